-- gap: a break in a pathway: `gap_days` or more between the end of everything begun so far and the next step.
-- A spell without an end lasts to the horizon. A declared situation is an observation, not something that happens: it neither opens nor
-- closes a gap. The step before is the one that ended last (of several, the last in the pathway's order).
WITH
spell AS (
    SELECT
        step.record_type,
        step.record_id,
        step.person_id,
        step.rank,
        step.organisation,
        step.started_on,
        greatest(step.started_on, coalesce(step.ended_on, edition.horizon)) AS last_on
    FROM step
    CROSS JOIN edition
    WHERE step.record_type <> 'situation'
),

run AS (
    SELECT
        spell.record_type,
        spell.record_id,
        spell.person_id,
        spell.rank,
        spell.organisation,
        spell.started_on,
        max(spell.last_on) OVER (PARTITION BY spell.person_id ORDER BY spell.rank ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS gap_start
    FROM spell
),

break AS (
    SELECT
        run.record_type,
        run.record_id,
        run.person_id,
        run.rank,
        run.organisation,
        run.gap_start,
        date_diff('day', run.gap_start, run.started_on) AS gap_days
    FROM run
    CROSS JOIN edition
    WHERE date_diff('day', run.gap_start, run.started_on) >= edition.gap_days
),

side AS (
    SELECT
        break.person_id,
        break.gap_start,
        break.gap_days,
        break.record_type AS to_record_type,
        break.record_id AS to_record_id,
        break.organisation AS to_org,
        spell.record_type AS from_record_type,
        spell.record_id AS from_record_id,
        spell.organisation AS from_org,
        row_number() OVER (PARTITION BY break.record_type, break.record_id ORDER BY spell.rank DESC) AS turn
    FROM break
    INNER JOIN spell ON break.person_id = spell.person_id AND break.gap_start = spell.last_on AND spell.rank < break.rank
)

SELECT
    side.person_id,
    side.from_record_type,
    side.from_record_id,
    side.to_record_type,
    side.to_record_id,
    side.gap_start,
    side.gap_days,
    side.from_org,
    side.to_org
FROM side
WHERE side.turn = 1

-- flow: moves from one organisation to another, counted by kind of organisation, service and month of the later step.
-- A move is two steps that follow one another in a person's pathway at two different organisations. Steps without an organisation
-- (declared situations) are passed over.
WITH
placed AS (
    SELECT
        step.person_id,
        step.organisation,
        coalesce(step.organisation_kind, 'other') AS kind,
        coalesce(step.service, 'other') AS service,
        strftime(step.started_on, '%Y-%m') AS month,
        lag(step.organisation) OVER (PARTITION BY step.person_id ORDER BY step.rank) AS from_org,
        lag(coalesce(step.organisation_kind, 'other')) OVER (PARTITION BY step.person_id ORDER BY step.rank) AS from_kind
    FROM step
    WHERE step.organisation IS NOT NULL
)

SELECT
    placed.month,
    placed.from_kind,
    placed.kind AS to_kind,
    placed.service,
    count(*) AS moves,
    count(DISTINCT placed.person_id) AS people
FROM placed
WHERE placed.from_org IS NOT NULL AND placed.from_org <> placed.organisation
GROUP BY placed.month, placed.from_kind, placed.kind, placed.service

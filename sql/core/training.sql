-- training: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
-- Contradictions are kept and flagged, never repaired; the first that applies:
--   ended_before_started        ended on a day before it started (possible once two feeds are merged)
--   not_started_with_start      never started, yet a start date
--   ending_contradicts_date     completed, yet ended before its planned end (a result that contradicts a withdrawal date)
--   ending_without_date         left early, but no date says when
--   ended_before_planned_start  ended before it was planned to start
WITH
version AS (
    SELECT
        current_version.head_id,
        current_version.rank,
        current_version.person_id,
        received.record_id,
        received.partner,
        received.delivery_id,
        received.line,
        received.sex,
        nullif(received.age_band, 'unknown') AS age_band,
        received.residence_epci,
        received.residence_zone,
        received.residence_department,
        nullif(received.share_consent, 'unknown') AS share_consent,
        received.organisation,
        received.planned_start,
        received.planned_end,
        received.started_on,
        received.ended_on,
        received.ending,
        received.programme,
        received.purpose,
        received.certification_code,
        received.formacode,
        received.hours,
        received.modality,
        received.funder,
        received.site,
        received.level_at_entry
    FROM current_version
    INNER JOIN record_training AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'training'
),

others AS (
    SELECT
        version.head_id,
        arg_min(version.sex, version.rank) FILTER (WHERE version.sex IS NOT NULL) AS sex,
        arg_min(version.age_band, version.rank) FILTER (WHERE version.age_band IS NOT NULL) AS age_band,
        arg_min(version.residence_epci, version.rank) FILTER (WHERE version.residence_epci IS NOT NULL) AS residence_epci,
        arg_min(version.residence_zone, version.rank) FILTER (WHERE version.residence_zone IS NOT NULL) AS residence_zone,
        arg_min(version.residence_department, version.rank) FILTER (WHERE version.residence_department IS NOT NULL) AS residence_department,
        arg_min(version.share_consent, version.rank) FILTER (WHERE version.share_consent IS NOT NULL) AS share_consent,
        arg_min(version.organisation, version.rank) FILTER (WHERE version.organisation IS NOT NULL) AS organisation,
        arg_min(version.planned_start, version.rank) FILTER (WHERE version.planned_start IS NOT NULL) AS planned_start,
        arg_min(version.planned_end, version.rank) FILTER (WHERE version.planned_end IS NOT NULL) AS planned_end,
        arg_min(version.started_on, version.rank) FILTER (WHERE version.started_on IS NOT NULL) AS started_on,
        arg_min(version.ended_on, version.rank) FILTER (WHERE version.ended_on IS NOT NULL) AS ended_on,
        arg_min(version.ending, version.rank) FILTER (WHERE version.ending IS NOT NULL) AS ending,
        arg_min(version.programme, version.rank) FILTER (WHERE version.programme IS NOT NULL) AS programme,
        arg_min(version.purpose, version.rank) FILTER (WHERE version.purpose IS NOT NULL) AS purpose,
        arg_min(version.certification_code, version.rank) FILTER (WHERE version.certification_code IS NOT NULL) AS certification_code,
        arg_min(version.formacode, version.rank) FILTER (WHERE version.formacode IS NOT NULL) AS formacode,
        arg_min(version.hours, version.rank) FILTER (WHERE version.hours IS NOT NULL) AS hours,
        arg_min(version.modality, version.rank) FILTER (WHERE version.modality IS NOT NULL) AS modality,
        arg_min(version.funder, version.rank) FILTER (WHERE version.funder IS NOT NULL) AS funder,
        arg_min(version.site, version.rank) FILTER (WHERE version.site IS NOT NULL) AS site,
        arg_min(version.level_at_entry, version.rank) FILTER (WHERE version.level_at_entry IS NOT NULL) AS level_at_entry
    FROM version
    WHERE version.rank > 1
    GROUP BY version.head_id
),

merged AS (
    SELECT
        head.record_id,
        head.person_id,
        head.partner,
        head.delivery_id,
        head.line,
        coalesce(head.sex, others.sex) AS sex,
        coalesce(head.age_band, others.age_band, 'unknown') AS age_band,
        coalesce(head.residence_epci, others.residence_epci) AS residence_epci,
        coalesce(head.residence_zone, others.residence_zone) AS residence_zone,
        coalesce(head.residence_department, others.residence_department) AS residence_department,
        coalesce(head.share_consent, others.share_consent, 'unknown') AS share_consent,
        coalesce(head.organisation, others.organisation) AS organisation,
        coalesce(head.planned_start, others.planned_start) AS planned_start,
        coalesce(head.planned_end, others.planned_end) AS planned_end,
        coalesce(head.started_on, others.started_on) AS started_on,
        coalesce(head.ended_on, others.ended_on) AS ended_on,
        coalesce(head.ending, others.ending) AS ending,
        coalesce(head.programme, others.programme) AS programme,
        coalesce(head.purpose, others.purpose) AS purpose,
        coalesce(head.certification_code, others.certification_code) AS certification_code,
        coalesce(head.formacode, others.formacode) AS formacode,
        coalesce(head.hours, others.hours) AS hours,
        coalesce(head.modality, others.modality) AS modality,
        coalesce(head.funder, others.funder) AS funder,
        coalesce(head.site, others.site) AS site,
        coalesce(head.level_at_entry, others.level_at_entry) AS level_at_entry
    FROM version AS head
    LEFT JOIN others ON head.head_id = others.head_id
    WHERE head.rank = 1
)

SELECT
    merged.record_id,
    merged.person_id,
    merged.partner,
    merged.delivery_id,
    merged.line,
    merged.sex,
    merged.age_band,
    merged.residence_epci,
    merged.residence_zone,
    merged.residence_department,
    merged.share_consent,
    merged.organisation,
    merged.planned_start,
    merged.planned_end,
    merged.started_on,
    merged.ended_on,
    merged.ending,
    merged.programme,
    merged.purpose,
    merged.certification_code,
    merged.formacode,
    merged.hours,
    merged.modality,
    merged.funder,
    merged.site,
    merged.level_at_entry,
    CASE
        WHEN merged.ended_on < merged.started_on THEN 'ended_before_started'
        WHEN merged.ending = 'not_started' AND merged.started_on IS NOT NULL THEN 'not_started_with_start'
        WHEN merged.ending = 'completed' AND merged.ended_on < merged.planned_end THEN 'ending_contradicts_date'
        WHEN merged.ending IN ('dropped_out', 'excluded', 'moved_on_to_job', 'moved_to_other_training') AND merged.ended_on IS NULL THEN 'ending_without_date'
        WHEN merged.ended_on < merged.planned_start THEN 'ended_before_planned_start'
    END AS contradiction
FROM merged

-- contract: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
-- Contradictions are kept and flagged, never repaired; the first that applies:
--   ended_before_started       ended on a day before it started (possible once two feeds are merged)
--   ending_contradicts_date    reached its term, yet ended before its planned end
--   ending_without_date        terminated early, but no date says when
--   reason_contradicts_ending  a reason of early termination on a contract that reached its term
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
        received.kind,
        received.started_on,
        received.planned_end,
        received.ended_on,
        received.contract_ending,
        received.ending_reason,
        received.employer,
        received.occupation,
        received.hours_weekly
    FROM current_version
    INNER JOIN record_contract AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'contract'
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
        arg_min(version.kind, version.rank) FILTER (WHERE version.kind IS NOT NULL) AS kind,
        arg_min(version.started_on, version.rank) FILTER (WHERE version.started_on IS NOT NULL) AS started_on,
        arg_min(version.planned_end, version.rank) FILTER (WHERE version.planned_end IS NOT NULL) AS planned_end,
        arg_min(version.ended_on, version.rank) FILTER (WHERE version.ended_on IS NOT NULL) AS ended_on,
        arg_min(version.contract_ending, version.rank) FILTER (WHERE version.contract_ending IS NOT NULL) AS contract_ending,
        arg_min(version.ending_reason, version.rank) FILTER (WHERE version.ending_reason IS NOT NULL) AS ending_reason,
        arg_min(version.employer, version.rank) FILTER (WHERE version.employer IS NOT NULL) AS employer,
        arg_min(version.occupation, version.rank) FILTER (WHERE version.occupation IS NOT NULL) AS occupation,
        arg_min(version.hours_weekly, version.rank) FILTER (WHERE version.hours_weekly IS NOT NULL) AS hours_weekly
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
        coalesce(head.kind, others.kind) AS kind,
        coalesce(head.started_on, others.started_on) AS started_on,
        coalesce(head.planned_end, others.planned_end) AS planned_end,
        coalesce(head.ended_on, others.ended_on) AS ended_on,
        coalesce(head.contract_ending, others.contract_ending) AS contract_ending,
        coalesce(head.ending_reason, others.ending_reason) AS ending_reason,
        coalesce(head.employer, others.employer) AS employer,
        coalesce(head.occupation, others.occupation) AS occupation,
        coalesce(head.hours_weekly, others.hours_weekly) AS hours_weekly
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
    merged.kind,
    merged.started_on,
    merged.planned_end,
    merged.ended_on,
    merged.contract_ending,
    merged.ending_reason,
    merged.employer,
    merged.occupation,
    merged.hours_weekly,
    CASE
        WHEN merged.ended_on < merged.started_on THEN 'ended_before_started'
        WHEN merged.contract_ending = 'term' AND merged.ended_on < merged.planned_end THEN 'ending_contradicts_date'
        WHEN merged.contract_ending = 'terminated_early' AND merged.ended_on IS NULL THEN 'ending_without_date'
        WHEN merged.ending_reason IS NOT NULL AND merged.contract_ending = 'term' THEN 'reason_contradicts_ending'
    END AS contradiction
FROM merged

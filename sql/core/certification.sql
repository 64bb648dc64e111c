-- certification: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
-- Contradictions are kept and flagged, never repaired; the first that applies:
--   result_without_certification  a full result, but of which certification is not said
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
        received.decided_on,
        received.certification_code,
        received.result
    FROM current_version
    INNER JOIN record_certification AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'certification'
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
        arg_min(version.decided_on, version.rank) FILTER (WHERE version.decided_on IS NOT NULL) AS decided_on,
        arg_min(version.certification_code, version.rank) FILTER (WHERE version.certification_code IS NOT NULL) AS certification_code,
        arg_min(version.result, version.rank) FILTER (WHERE version.result IS NOT NULL) AS result
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
        coalesce(head.decided_on, others.decided_on) AS decided_on,
        coalesce(head.certification_code, others.certification_code) AS certification_code,
        coalesce(head.result, others.result) AS result
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
    merged.decided_on,
    merged.certification_code,
    merged.result,
    CASE
        WHEN merged.result = 'full' AND merged.certification_code IS NULL THEN 'result_without_certification'
    END AS contradiction
FROM merged

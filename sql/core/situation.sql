-- situation: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
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
        received.observed_on,
        received.situation,
        received.source
    FROM current_version
    INNER JOIN record_situation AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'situation'
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
        arg_min(version.observed_on, version.rank) FILTER (WHERE version.observed_on IS NOT NULL) AS observed_on,
        arg_min(version.situation, version.rank) FILTER (WHERE version.situation IS NOT NULL) AS situation,
        arg_min(version.source, version.rank) FILTER (WHERE version.source IS NOT NULL) AS source
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
        coalesce(head.observed_on, others.observed_on) AS observed_on,
        coalesce(head.situation, others.situation) AS situation,
        coalesce(head.source, others.source) AS source
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
    merged.observed_on,
    merged.situation,
    merged.source,
    CAST(NULL AS VARCHAR) AS contradiction
FROM merged

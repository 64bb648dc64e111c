-- registration: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
-- Contradictions are kept and flagged, never repaired; the first that applies:
--   closed_before_opened  closed on a day before it opened (possible once two feeds are merged)
--   reason_without_date   a closing reason, but no closing date
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
        received.service,
        received.opened_on,
        received.closed_on,
        received.closing_reason,
        received.referent_org,
        received.situation_at_entry,
        received.level_at_entry
    FROM current_version
    INNER JOIN record_registration AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'registration'
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
        arg_min(version.service, version.rank) FILTER (WHERE version.service IS NOT NULL) AS service,
        arg_min(version.opened_on, version.rank) FILTER (WHERE version.opened_on IS NOT NULL) AS opened_on,
        arg_min(version.closed_on, version.rank) FILTER (WHERE version.closed_on IS NOT NULL) AS closed_on,
        arg_min(version.closing_reason, version.rank) FILTER (WHERE version.closing_reason IS NOT NULL) AS closing_reason,
        arg_min(version.referent_org, version.rank) FILTER (WHERE version.referent_org IS NOT NULL) AS referent_org,
        arg_min(version.situation_at_entry, version.rank) FILTER (WHERE version.situation_at_entry IS NOT NULL) AS situation_at_entry,
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
        coalesce(head.service, others.service) AS service,
        coalesce(head.opened_on, others.opened_on) AS opened_on,
        coalesce(head.closed_on, others.closed_on) AS closed_on,
        coalesce(head.closing_reason, others.closing_reason) AS closing_reason,
        coalesce(head.referent_org, others.referent_org) AS referent_org,
        coalesce(head.situation_at_entry, others.situation_at_entry) AS situation_at_entry,
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
    merged.service,
    merged.opened_on,
    merged.closed_on,
    merged.closing_reason,
    merged.referent_org,
    merged.situation_at_entry,
    merged.level_at_entry,
    CASE
        WHEN merged.closed_on < merged.opened_on THEN 'closed_before_opened'
        WHEN merged.closing_reason IS NOT NULL AND merged.closed_on IS NULL THEN 'reason_without_date'
    END AS contradiction
FROM merged

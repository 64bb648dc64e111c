-- referral: current as of the edition, one row per record of a partner.
-- The leading version gives each field; what it leaves empty comes from the partner's other feeds, the most recent first.
-- Contradictions are kept and flagged, never repaired; the first that applies:
--   status_before_sent         the status is older than the referral
--   reason_contradicts_status  a refusal reason on a referral declared accepted or arrived
--   sent_to_itself             sender and receiver are the same organisation
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
        received.direction,
        received.sent_on,
        received.sender_org,
        received.receiver_org,
        received.receiver_kind,
        received.service,
        received.declared_status,
        received.status_on,
        received.refusal_reason
    FROM current_version
    INNER JOIN record_referral AS received ON current_version.record_id = received.record_id
    WHERE current_version.record_type = 'referral'
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
        arg_min(version.direction, version.rank) FILTER (WHERE version.direction IS NOT NULL) AS direction,
        arg_min(version.sent_on, version.rank) FILTER (WHERE version.sent_on IS NOT NULL) AS sent_on,
        arg_min(version.sender_org, version.rank) FILTER (WHERE version.sender_org IS NOT NULL) AS sender_org,
        arg_min(version.receiver_org, version.rank) FILTER (WHERE version.receiver_org IS NOT NULL) AS receiver_org,
        arg_min(version.receiver_kind, version.rank) FILTER (WHERE version.receiver_kind IS NOT NULL) AS receiver_kind,
        arg_min(version.service, version.rank) FILTER (WHERE version.service IS NOT NULL) AS service,
        arg_min(version.declared_status, version.rank) FILTER (WHERE version.declared_status IS NOT NULL) AS declared_status,
        arg_min(version.status_on, version.rank) FILTER (WHERE version.status_on IS NOT NULL) AS status_on,
        arg_min(version.refusal_reason, version.rank) FILTER (WHERE version.refusal_reason IS NOT NULL) AS refusal_reason
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
        coalesce(head.direction, others.direction) AS direction,
        coalesce(head.sent_on, others.sent_on) AS sent_on,
        coalesce(head.sender_org, others.sender_org) AS sender_org,
        coalesce(head.receiver_org, others.receiver_org) AS receiver_org,
        coalesce(head.receiver_kind, others.receiver_kind) AS receiver_kind,
        coalesce(head.service, others.service) AS service,
        coalesce(head.declared_status, others.declared_status) AS declared_status,
        coalesce(head.status_on, others.status_on) AS status_on,
        coalesce(head.refusal_reason, others.refusal_reason) AS refusal_reason
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
    merged.direction,
    merged.sent_on,
    merged.sender_org,
    merged.receiver_org,
    merged.receiver_kind,
    merged.service,
    merged.declared_status,
    merged.status_on,
    merged.refusal_reason,
    CASE
        WHEN merged.status_on < merged.sent_on THEN 'status_before_sent'
        WHEN merged.refusal_reason IS NOT NULL AND merged.declared_status IN ('arrived', 'accepted') THEN 'reason_contradicts_status'
        WHEN merged.sender_org = merged.receiver_org THEN 'sent_to_itself'
    END AS contradiction
FROM merged

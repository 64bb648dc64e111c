-- current_version: which received versions are in force in this edition, and which of them leads its record.
-- In force: accepted deliveries up to the edition's month. In a feed of snapshots only the latest snapshot counts (what vanished from
-- it is closed); in a feed of deltas the latest version of each record counts. A feed that changed mode starts again at its snapshot.
-- Order of deliveries: month covered, then order of arrival. Within one file, the last line.
-- Several feeds of a partner may tell of the same record: the version of the latest delivery leads (rank 1), the others complete it.
-- The person is that of the version with evidence other than itself (a file without names leads to nobody), then of the leading one.
WITH
accepted AS (
    SELECT
        delivery.delivery_id,
        delivery.partner,
        delivery.feed,
        delivery.mode,
        row_number() OVER (ORDER BY delivery.period, delivery.sequence, delivery.delivery_id) AS turn
    FROM delivery
    CROSS JOIN edition
    WHERE delivery.status = 'accepted' AND delivery.period <= edition.month
),

latest_snapshot AS (
    SELECT
        accepted.partner,
        accepted.feed,
        max(accepted.turn) AS turn
    FROM accepted
    WHERE accepted.mode = 'snapshot'
    GROUP BY accepted.partner, accepted.feed
),

in_force AS (
    SELECT
        accepted.delivery_id,
        accepted.turn
    FROM accepted
    LEFT JOIN latest_snapshot ON accepted.partner = latest_snapshot.partner AND accepted.feed = latest_snapshot.feed
    WHERE accepted.turn >= coalesce(latest_snapshot.turn, 0)
),

received AS (
    SELECT 'registration' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_registration
    UNION ALL
    SELECT 'referral' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_referral
    UNION ALL
    SELECT 'training' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_training
    UNION ALL
    SELECT 'contract' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_contract
    UNION ALL
    SELECT 'situation' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_situation
    UNION ALL
    SELECT 'certification' AS record_type, record_id, partner, feed, record_key, entity_id, line, delivery_id FROM record_certification
),

recent AS (
    SELECT
        received.record_type,
        received.record_id,
        received.partner,
        received.record_key,
        received.entity_id,
        received.line,
        in_force.turn,
        row_number() OVER (
            PARTITION BY received.record_type, received.partner, received.feed, received.record_key
            ORDER BY in_force.turn DESC, received.line DESC, received.record_id DESC
        ) AS recency
    FROM received
    INNER JOIN in_force ON received.delivery_id = in_force.delivery_id
),

latest AS (
    SELECT
        recent.record_type,
        recent.record_id,
        recent.partner,
        recent.record_key,
        recent.turn,
        recent.line,
        link.person_id,
        CASE WHEN link.method = 'alone' THEN 1 ELSE 0 END AS alone
    FROM recent
    LEFT JOIN link ON recent.entity_id = link.entity_id
    WHERE recent.recency = 1
)

SELECT
    latest.record_type,
    latest.record_id,
    first_value(latest.record_id) OVER (
        PARTITION BY latest.record_type, latest.partner, latest.record_key
        ORDER BY latest.turn DESC, latest.line DESC, latest.record_id DESC
    ) AS head_id,
    row_number() OVER (
        PARTITION BY latest.record_type, latest.partner, latest.record_key
        ORDER BY latest.turn DESC, latest.line DESC, latest.record_id DESC
    ) AS rank,
    first_value(latest.person_id) OVER (
        PARTITION BY latest.record_type, latest.partner, latest.record_key
        ORDER BY latest.alone, latest.turn DESC, latest.line DESC, latest.record_id DESC
    ) AS person_id
FROM latest

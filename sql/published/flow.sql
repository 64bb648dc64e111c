-- Moves of fewer people than the threshold are withheld (empty, never zero).
SELECT
    flow.month,
    flow.from_kind,
    flow.to_kind,
    flow.service,
    CASE WHEN flow.people >= publication.threshold THEN flow.moves END AS moves,
    CASE WHEN flow.people >= publication.threshold THEN flow.people END AS people,
    CASE WHEN flow.people >= publication.threshold THEN 'publie' ELSE 'secret_primaire' END AS status
FROM flow
CROSS JOIN publication

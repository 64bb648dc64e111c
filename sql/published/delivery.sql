-- The warehouse's delivery number holds part of the file's hash: analysts get the order of arrival instead.
SELECT
    concat(partner, '-', period, '-', sequence) AS delivery_id,
    partner,
    feed,
    sequence,
    period AS month,
    covers_from,
    covers_to,
    mode,
    status,
    reason,
    lines_received,
    lines_kept,
    lines_repaired,
    lines_rejected,
    lines_superseded
FROM delivery

-- coverage: which data are there, by organisation, record type and month, from the first month covered to the edition's.
-- A month is covered by a feed when an accepted delivery spans it (`covers_from`..`covers_to`, else its own month), and by a partner when
-- every feed it is awaited for every month covers it (when none is awaited: any feed).
-- An organisation is covered by its own contract when that one promises the record type; otherwise by the partners whose records name it.
-- Months are counted as year * 12 + month - 1.
WITH
this_edition AS (
    SELECT
        edition.month,
        extract(YEAR FROM edition.horizon) * 12 + extract(MONTH FROM edition.horizon) - 1 AS number
    FROM edition
),

accepted AS (
    SELECT
        delivery.partner,
        delivery.feed,
        CAST(substr(delivery.period, 1, 4) AS INTEGER) * 12 + CAST(substr(delivery.period, 6, 2) AS INTEGER) - 1 AS own_number,
        extract(YEAR FROM delivery.covers_from) * 12 + extract(MONTH FROM delivery.covers_from) - 1 AS from_number,
        extract(YEAR FROM delivery.covers_to) * 12 + extract(MONTH FROM delivery.covers_to) - 1 AS to_number
    FROM delivery
    CROSS JOIN this_edition
    WHERE delivery.status = 'accepted' AND delivery.period <= this_edition.month
),

span AS (
    SELECT
        accepted.partner,
        accepted.feed,
        coalesce(accepted.from_number, accepted.own_number) AS from_number,
        least(coalesce(accepted.to_number, accepted.own_number), this_edition.number) AS to_number
    FROM accepted
    CROSS JOIN this_edition
),

month AS (
    SELECT unnest(generate_series(first_span.number, this_edition.number)) AS number
    FROM (SELECT min(span.from_number) AS number FROM span) AS first_span
    CROSS JOIN this_edition
),

feed_month AS (
    SELECT DISTINCT
        span.partner,
        span.feed,
        month.number
    FROM span
    INNER JOIN month ON month.number BETWEEN span.from_number AND span.to_number
),

promise AS (
    SELECT
        feed.partner,
        feed.record_type,
        max(CASE WHEN feed.expected THEN 1 ELSE 0 END) AS expected,
        sum(CASE WHEN feed.expected THEN 1 ELSE 0 END) AS feeds_expected
    FROM feed
    GROUP BY feed.partner, feed.record_type
),

partner_month AS (
    SELECT
        promise.partner,
        promise.record_type,
        feed_month.number
    FROM promise
    INNER JOIN feed ON promise.partner = feed.partner AND promise.record_type = feed.record_type
    INNER JOIN feed_month ON feed.partner = feed_month.partner AND feed.feed = feed_month.feed
    GROUP BY promise.partner, promise.record_type, promise.feeds_expected, feed_month.number
    HAVING sum(CASE WHEN feed.expected THEN 1 ELSE 0 END) = promise.feeds_expected
),

seen AS (
    SELECT 'registration' AS record_type, partner, organisation FROM registration
    UNION
    SELECT 'training' AS record_type, partner, organisation FROM training
    UNION
    SELECT 'contract' AS record_type, partner, organisation FROM contract
    UNION
    SELECT 'certification' AS record_type, partner, organisation FROM certification
    UNION
    SELECT
        'referral' AS record_type,
        partner,
        CASE WHEN direction = 'received' THEN receiver_org ELSE sender_org END AS organisation
    FROM referral
),

own AS (
    SELECT DISTINCT
        feed.record_type,
        feed.partner,
        feed.organisation
    FROM feed
),

informant AS (
    SELECT
        own.record_type,
        own.partner,
        own.organisation
    FROM own
    UNION
    SELECT
        seen.record_type,
        seen.partner,
        seen.organisation
    FROM seen
    LEFT JOIN own ON seen.record_type = own.record_type AND seen.organisation = own.organisation
    WHERE seen.organisation IS NOT NULL AND own.organisation IS NULL
),

organisation_month AS (
    SELECT DISTINCT
        informant.organisation,
        informant.record_type,
        partner_month.number
    FROM informant
    INNER JOIN partner_month ON informant.partner = partner_month.partner AND informant.record_type = partner_month.record_type
),

awaited AS (
    SELECT
        informant.organisation,
        informant.record_type,
        max(promise.expected) AS expected
    FROM informant
    INNER JOIN promise ON informant.partner = promise.partner AND informant.record_type = promise.record_type
    GROUP BY informant.organisation, informant.record_type
),

first_month AS (
    SELECT
        organisation_month.organisation,
        organisation_month.record_type,
        min(organisation_month.number) AS number
    FROM organisation_month
    GROUP BY organisation_month.organisation, organisation_month.record_type
)

SELECT
    first_month.organisation,
    first_month.record_type,
    lpad(CAST(CAST(floor(month.number / 12) AS INTEGER) AS VARCHAR), 4, '0') || '-' || lpad(CAST(month.number % 12 + 1 AS VARCHAR), 2, '0') AS month,
    awaited.expected = 1 AS expected,
    organisation_month.number IS NOT NULL AS covered
FROM first_month
INNER JOIN awaited ON first_month.organisation = awaited.organisation AND first_month.record_type = awaited.record_type
INNER JOIN month ON month.number >= first_month.number
LEFT JOIN organisation_month
    ON
        first_month.organisation = organisation_month.organisation
        AND first_month.record_type = organisation_month.record_type
        AND month.number = organisation_month.number

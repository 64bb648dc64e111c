-- referral_outcome: what became of each referral sent, seen from both sides.
--
-- 1. Candidates: arrivals of the person at the named receiver, or at any other organisation of the receiver's kind when none is named,
--    from `early_arrival_days` before the referral to `referral_window_days` after it, both days included.
-- 2. One-to-one, per service of the referral, in two moves and no more:
--    a. each arrival chooses one referral: sent before it rather than after, the nearest, receiver named rather than kind, the latest sent;
--    b. each referral keeps one of the arrivals that chose it: the earliest (registration, training, contract, receipt on one day).
--    Arrivals left over do not try an older referral: nearly always they are the same arrival told by a second record, and they would
--    answer a referral that had to be sent again. Both moves are one sort: the cost grows with the number of candidates.
-- 3. Referrals with no answer look elsewhere: the earliest arrival for the same service at another organisation, never the sender. There
--    one arrival may be told to several senders: it credits nobody, it says where the person went.
-- 4. Outcome, first that applies: arrived, arrived_elsewhere, refused, cancelled (declared), declared_arrived_unseen (declared, and the
--    receiver's complete data show nothing), pending (window still open), not_verifiable, not_arrived.
--
-- Verifiable: every month from the referral to the end of its window (or the horizon) is covered at the receiver; at every organisation
-- of the kind when none is named. A month is covered at an organisation when every arrival record it is awaited for is there
-- (registrations, trainings, contracts; receipts only where it sends nothing else).
WITH
sent AS (
    SELECT
        referral.record_id,
        referral.person_id,
        coalesce(referral.sender_org, own.organisation) AS sender_org,
        referral.receiver_org,
        coalesce(named.kind, referral.receiver_kind) AS receiver_kind,
        coalesce(referral.service, 'other') AS service,
        referral.sent_on,
        referral.declared_status,
        referral.refusal_reason,
        referral.sex,
        referral.age_band,
        referral.residence_epci,
        referral.residence_zone,
        referral.residence_department,
        CAST(referral.sent_on - edition.early_arrival_days AS DATE) AS window_start,
        CAST(referral.sent_on + edition.referral_window_days AS DATE) AS window_end,
        edition.horizon
    FROM referral
    CROSS JOIN edition
    LEFT JOIN organisation AS own ON referral.partner = own.partner
    LEFT JOIN organisation AS named ON referral.receiver_org = named.organisation
    WHERE coalesce(referral.direction, 'sent') = 'sent' AND referral.sent_on <= edition.horizon
),

near AS (
    SELECT
        sent.record_id,
        sent.service,
        sent.sent_on,
        arrival.record_type AS arrival_type,
        arrival.record_id AS arrival_id,
        arrival.organisation AS arrived_org,
        arrival.arrived_on,
        CASE arrival.record_type WHEN 'registration' THEN 1 WHEN 'training' THEN 2 WHEN 'contract' THEN 3 ELSE 4 END AS type_rank,
        CASE WHEN sent.receiver_org IS NULL THEN 1 ELSE 0 END AS by_kind,
        CASE WHEN arrival.arrived_on < sent.sent_on THEN 1 ELSE 0 END AS early,
        date_diff('day', sent.sent_on, arrival.arrived_on) AS delay_days,
        CASE
            WHEN sent.receiver_org IS NOT NULL THEN arrival.organisation = sent.receiver_org
            ELSE coalesce(arrival.organisation_kind = sent.receiver_kind, FALSE) AND arrival.organisation <> sent.sender_org
        END AS at_receiver,
        arrival.service = sent.service AND arrival.organisation <> sent.sender_org AS same_service
    FROM sent
    INNER JOIN arrival
        ON
            sent.person_id = arrival.person_id
            AND arrival.arrived_on BETWEEN sent.window_start AND sent.window_end
),

choice AS (
    SELECT
        near.*,
        row_number() OVER (
            PARTITION BY near.arrival_type, near.arrival_id, near.service
            ORDER BY near.early, abs(near.delay_days), near.by_kind, near.sent_on DESC, near.record_id
        ) AS preference
    FROM near
    WHERE near.at_receiver
),

answer AS (
    SELECT
        choice.*,
        row_number() OVER (PARTITION BY choice.record_id ORDER BY choice.arrived_on, choice.type_rank, choice.arrival_id) AS turn
    FROM choice
    WHERE choice.preference = 1
),

elsewhere AS (
    SELECT
        near.*,
        row_number() OVER (PARTITION BY near.record_id ORDER BY near.arrived_on, near.type_rank, near.arrival_id) AS turn
    FROM near
    LEFT JOIN answer ON near.record_id = answer.record_id AND answer.turn = 1
    WHERE near.same_service AND NOT near.at_receiver AND answer.record_id IS NULL
),

arrival_coverage AS (
    SELECT
        coverage.organisation,
        coverage.record_type,
        CAST(substr(coverage.month, 1, 4) AS INTEGER) * 12 + CAST(substr(coverage.month, 6, 2) AS INTEGER) - 1 AS number,
        coverage.expected,
        coverage.covered,
        max(CASE WHEN coverage.record_type = 'referral' THEN 0 ELSE 1 END) OVER (PARTITION BY coverage.organisation) AS sends_arrivals
    FROM coverage
    WHERE coverage.record_type IN ('registration', 'training', 'contract', 'referral')
),

organisation_month AS (
    SELECT
        arrival_coverage.organisation,
        arrival_coverage.number
    FROM arrival_coverage
    WHERE arrival_coverage.record_type <> 'referral' OR arrival_coverage.sends_arrivals = 0
    GROUP BY arrival_coverage.organisation, arrival_coverage.number
    HAVING bool_and(arrival_coverage.covered OR NOT arrival_coverage.expected) AND bool_or(arrival_coverage.covered)
),

kind_size AS (
    SELECT
        organisation.kind,
        count(*) AS organisations
    FROM organisation
    GROUP BY organisation.kind
),

receiver_month AS (
    SELECT
        organisation_month.organisation AS receiver,
        'organisation' AS receiver_is,
        organisation_month.number
    FROM organisation_month
    UNION ALL
    SELECT
        kind_size.kind AS receiver,
        'kind' AS receiver_is,
        organisation_month.number
    FROM organisation_month
    INNER JOIN organisation ON organisation_month.organisation = organisation.organisation
    INNER JOIN kind_size ON organisation.kind = kind_size.kind
    GROUP BY kind_size.kind, kind_size.organisations, organisation_month.number
    HAVING count(*) = kind_size.organisations
),

receiver_streak AS (
    SELECT
        receiver_month.receiver,
        receiver_month.receiver_is,
        receiver_month.number,
        receiver_month.number
        - row_number() OVER (PARTITION BY receiver_month.receiver, receiver_month.receiver_is ORDER BY receiver_month.number) AS streak
    FROM receiver_month
),

covered_since AS (
    SELECT
        receiver_streak.receiver,
        receiver_streak.receiver_is,
        receiver_streak.number,
        min(receiver_streak.number) OVER (
            PARTITION BY receiver_streak.receiver, receiver_streak.receiver_is, receiver_streak.streak
        ) AS since
    FROM receiver_streak
),

described AS (
    SELECT
        sent.*,
        covered_since.receiver IS NOT NULL AS verifiable,
        answer.record_id IS NOT NULL AS at_receiver,
        elsewhere.record_id IS NOT NULL AS seen_elsewhere,
        coalesce(answer.arrival_type, elsewhere.arrival_type) AS arrival_record_type,
        coalesce(answer.arrival_id, elsewhere.arrival_id) AS arrival_record_id,
        coalesce(answer.arrived_org, elsewhere.arrived_org) AS arrived_org,
        coalesce(answer.arrived_on, elsewhere.arrived_on) AS arrived_on,
        coalesce(answer.delay_days, elsewhere.delay_days) AS delay_days
    FROM sent
    LEFT JOIN answer ON sent.record_id = answer.record_id AND answer.turn = 1
    LEFT JOIN elsewhere ON sent.record_id = elsewhere.record_id AND elsewhere.turn = 1
    LEFT JOIN covered_since
        ON
            covered_since.receiver = coalesce(sent.receiver_org, sent.receiver_kind)
            AND covered_since.receiver_is = CASE WHEN sent.receiver_org IS NULL THEN 'kind' ELSE 'organisation' END
            AND covered_since.number
            = extract(YEAR FROM least(sent.window_end, sent.horizon)) * 12 + extract(MONTH FROM least(sent.window_end, sent.horizon)) - 1
            AND covered_since.since <= extract(YEAR FROM sent.sent_on) * 12 + extract(MONTH FROM sent.sent_on) - 1
)

SELECT
    described.record_id,
    described.person_id,
    described.sender_org,
    described.receiver_org,
    described.receiver_kind,
    described.service,
    described.sent_on,
    described.declared_status,
    described.refusal_reason,
    CASE
        WHEN described.at_receiver THEN 'arrived'
        WHEN described.seen_elsewhere THEN 'arrived_elsewhere'
        WHEN described.declared_status IN ('refused_by_receiver', 'refused_by_person') THEN 'refused'
        WHEN described.declared_status = 'cancelled' THEN 'cancelled'
        WHEN described.declared_status = 'arrived' AND described.verifiable THEN 'declared_arrived_unseen'
        WHEN described.window_end > described.horizon THEN 'pending'
        WHEN NOT described.verifiable THEN 'not_verifiable'
        ELSE 'not_arrived'
    END AS outcome,
    described.arrival_record_type,
    described.arrival_record_id,
    described.arrived_org,
    described.arrived_on,
    described.delay_days,
    coalesce(described.sex, person.sex) AS sex,
    coalesce(nullif(described.age_band, 'unknown'), person.age_band, 'unknown') AS age_band,
    CASE WHEN described.residence_department IS NULL THEN person.residence_epci ELSE described.residence_epci END AS residence_epci,
    CASE WHEN described.residence_department IS NULL THEN person.residence_zone ELSE described.residence_zone END AS residence_zone,
    coalesce(described.residence_department, person.residence_department) AS residence_department
FROM described
LEFT JOIN person ON described.person_id = person.person_id

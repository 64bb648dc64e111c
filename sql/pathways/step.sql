-- step: every dated thing that happens to a person up to the edition's horizon, in order. Overlaps are normal and kept.
-- Arrivals give the starts of registrations, trainings, contracts and receipts; referrals sent, situations and certifications are added.
-- Order: start; then on the same day registration, referral, training, contract, certification, situation; then the shorter (an open
-- spell last); then organisation, then record number.
WITH
begun AS (
    SELECT
        arrival.record_type,
        arrival.record_id,
        arrival.person_id,
        arrival.organisation,
        arrival.service,
        CASE arrival.record_type
            WHEN 'registration' THEN registration.situation_at_entry
            WHEN 'training' THEN training.purpose
            WHEN 'contract' THEN contract.kind
            ELSE referral.declared_status
        END AS detail,
        arrival.arrived_on AS started_on,
        CASE arrival.record_type
            WHEN 'registration' THEN registration.closed_on
            WHEN 'training' THEN training.ended_on
            WHEN 'contract' THEN contract.ended_on
            ELSE arrival.arrived_on
        END AS ended_on,
        CASE arrival.record_type
            WHEN 'registration' THEN registration.closing_reason
            WHEN 'training' THEN training.ending
            WHEN 'contract' THEN contract.contract_ending
        END AS ending
    FROM arrival
    LEFT JOIN registration ON arrival.record_type = 'registration' AND arrival.record_id = registration.record_id
    LEFT JOIN training ON arrival.record_type = 'training' AND arrival.record_id = training.record_id
    LEFT JOIN contract ON arrival.record_type = 'contract' AND arrival.record_id = contract.record_id
    LEFT JOIN referral ON arrival.record_type = 'referral' AND arrival.record_id = referral.record_id
),

dated AS (
    SELECT record_type, record_id, person_id, organisation, service, detail, started_on, ended_on, ending
    FROM begun
    UNION ALL
    SELECT
        'referral' AS record_type,
        record_id,
        person_id,
        sender_org AS organisation,
        service,
        declared_status AS detail,
        sent_on AS started_on,
        sent_on AS ended_on,
        outcome AS ending
    FROM referral_outcome
    UNION ALL
    SELECT
        'situation' AS record_type,
        record_id,
        person_id,
        NULL AS organisation,
        NULL AS service,
        situation AS detail,
        observed_on AS started_on,
        observed_on AS ended_on,
        NULL AS ending
    FROM situation
    UNION ALL
    SELECT
        'certification' AS record_type,
        record_id,
        person_id,
        organisation,
        NULL AS service,
        result AS detail,
        decided_on AS started_on,
        decided_on AS ended_on,
        result AS ending
    FROM certification
)

SELECT
    dated.record_id,
    dated.person_id,
    row_number() OVER (
        PARTITION BY dated.person_id
        ORDER BY
            dated.started_on,
            CASE dated.record_type
                WHEN 'registration' THEN 1 WHEN 'referral' THEN 2 WHEN 'training' THEN 3 WHEN 'contract' THEN 4 WHEN 'certification' THEN 5 ELSE 6
            END,
            coalesce(dated.ended_on, DATE '9999-12-31'),
            coalesce(dated.organisation, ''),
            dated.record_id
    ) AS rank,
    dated.record_type,
    dated.organisation,
    organisation.kind AS organisation_kind,
    dated.service,
    dated.detail,
    dated.started_on,
    dated.ended_on,
    dated.ending
FROM dated
CROSS JOIN edition
LEFT JOIN organisation ON dated.organisation = organisation.organisation
WHERE dated.started_on <= edition.horizon

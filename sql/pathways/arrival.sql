-- arrival: a person begins something at an organisation, up to the edition's horizon.
--   registration  opened                                                       service as registered, else accompagnement
--   training      started (when only planned: the planned start, once the training is known to have taken place)
--   contract      started
--   referral      received, declared by the receiver: on the day the person came when the status says so, else the day of the referral;
--                 a receipt that says the person did not come, was refused or is still expected is not an arrival
-- A training's service follows its modality (alternance first), then its purpose. A contract's: alternance or emploi.
WITH
started AS (
    SELECT
        training.record_id,
        training.person_id,
        training.partner,
        training.organisation,
        CASE
            WHEN training.modality = 'alternance' THEN 'alternance'
            WHEN training.purpose = 'remise_a_niveau' THEN 'remise_a_niveau'
            WHEN training.purpose = 'prequalifiant' THEN 'prequalification'
            WHEN training.purpose IN ('qualifiant', 'certifiant') THEN 'formation_qualifiante'
            WHEN training.purpose = 'insertion' THEN 'insertion'
            ELSE 'other'
        END AS service,
        CASE
            WHEN training.ending = 'not_started' THEN NULL
            WHEN training.started_on IS NOT NULL THEN training.started_on
            WHEN training.ending IS NOT NULL AND coalesce(training.ended_on, training.planned_start) >= training.planned_start THEN training.planned_start
        END AS arrived_on
    FROM training
),

received AS (
    SELECT
        referral.record_id,
        referral.person_id,
        referral.partner,
        referral.receiver_org AS organisation,
        coalesce(referral.service, 'other') AS service,
        CASE WHEN referral.declared_status = 'arrived' THEN coalesce(referral.status_on, referral.sent_on) ELSE referral.sent_on END AS arrived_on
    FROM referral
    WHERE
        referral.direction = 'received'
        AND coalesce(referral.declared_status, 'arrived') NOT IN ('planned', 'no_show', 'refused_by_receiver', 'refused_by_person', 'cancelled', 'expired')
),

arrived AS (
    SELECT 'registration' AS record_type, record_id, person_id, partner, organisation, coalesce(service, 'accompagnement') AS service, opened_on AS arrived_on
    FROM registration
    UNION ALL
    SELECT 'training' AS record_type, record_id, person_id, partner, organisation, service, arrived_on
    FROM started
    UNION ALL
    SELECT
        'contract' AS record_type,
        record_id,
        person_id,
        partner,
        organisation,
        CASE WHEN kind IN ('apprenticeship', 'professionalisation') THEN 'alternance' ELSE 'emploi' END AS service,
        started_on AS arrived_on
    FROM contract
    UNION ALL
    SELECT 'referral' AS record_type, record_id, person_id, partner, organisation, service, arrived_on
    FROM received
),

placed AS (
    SELECT
        arrived.record_type,
        arrived.record_id,
        arrived.person_id,
        coalesce(arrived.organisation, own.organisation) AS organisation,
        arrived.service,
        arrived.arrived_on
    FROM arrived
    LEFT JOIN organisation AS own ON arrived.partner = own.partner
)

SELECT
    placed.record_id,
    placed.person_id,
    placed.organisation,
    coalesce(organisation.kind, 'other') AS organisation_kind,
    placed.record_type,
    placed.service,
    placed.arrived_on
FROM placed
CROSS JOIN edition
LEFT JOIN organisation ON placed.organisation = organisation.organisation
WHERE placed.arrived_on <= edition.horizon

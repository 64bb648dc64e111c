-- person: one row per person, from every record in force.
-- Age band: of the first event that tells it. Sex, level and residence: the latest event that tells them; the parts of a residence always
-- come from the same record. Order of events: date (undated first), record type, record number.
WITH
event AS (
    SELECT
        'registration' AS record_type,
        record_id,
        person_id,
        partner,
        opened_on AS event_on,
        sex,
        age_band,
        level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM registration
    UNION ALL
    SELECT
        'referral' AS record_type,
        record_id,
        person_id,
        partner,
        sent_on AS event_on,
        sex,
        age_band,
        NULL AS level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM referral
    UNION ALL
    SELECT
        'training' AS record_type,
        record_id,
        person_id,
        partner,
        coalesce(started_on, planned_start, ended_on) AS event_on,
        sex,
        age_band,
        level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM training
    UNION ALL
    SELECT
        'contract' AS record_type,
        record_id,
        person_id,
        partner,
        started_on AS event_on,
        sex,
        age_band,
        NULL AS level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM contract
    UNION ALL
    SELECT
        'situation' AS record_type,
        record_id,
        person_id,
        partner,
        observed_on AS event_on,
        sex,
        age_band,
        NULL AS level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM situation
    UNION ALL
    SELECT
        'certification' AS record_type,
        record_id,
        person_id,
        partner,
        decided_on AS event_on,
        sex,
        age_band,
        NULL AS level_at_entry,
        residence_epci,
        residence_zone,
        residence_department
    FROM certification
),

ordered AS (
    SELECT
        event.person_id,
        event.partner,
        event.event_on,
        event.sex,
        event.age_band,
        event.level_at_entry,
        event.residence_epci,
        event.residence_zone,
        event.residence_department,
        row_number() OVER (
            PARTITION BY event.person_id
            ORDER BY coalesce(event.event_on, DATE '0001-01-01'), event.record_type, event.record_id
        ) AS turn
    FROM event
),

residence_turn AS (
    SELECT
        ordered.person_id,
        max(ordered.turn) AS turn
    FROM ordered
    WHERE ordered.residence_epci IS NOT NULL OR ordered.residence_zone IS NOT NULL OR ordered.residence_department IS NOT NULL
    GROUP BY ordered.person_id
),

summed AS (
    SELECT
        ordered.person_id,
        arg_max(ordered.sex, ordered.turn) FILTER (WHERE ordered.sex IS NOT NULL) AS sex,
        arg_min(ordered.age_band, ordered.turn) FILTER (WHERE ordered.age_band <> 'unknown') AS age_band,
        arg_max(ordered.level_at_entry, ordered.turn) FILTER (WHERE ordered.level_at_entry IS NOT NULL) AS level_at_entry,
        count(DISTINCT ordered.partner) AS partners,
        min(ordered.event_on) AS first_seen_on
    FROM ordered
    GROUP BY ordered.person_id
)

SELECT
    summed.person_id,
    summed.sex,
    coalesce(summed.age_band, 'unknown') AS age_band,
    summed.level_at_entry,
    ordered.residence_epci,
    ordered.residence_zone,
    ordered.residence_department,
    summed.partners,
    summed.first_seen_on
FROM summed
LEFT JOIN residence_turn ON summed.person_id = residence_turn.person_id
LEFT JOIN ordered ON residence_turn.person_id = ordered.person_id AND residence_turn.turn = ordered.turn

SELECT
    numbered.public_id AS record_id,
    registration.person_id,
    registration.partner,
    registration.organisation,
    registration.service,
    strftime(registration.opened_on, '%Y-%m') AS opened_month,
    strftime(registration.closed_on, '%Y-%m') AS closed_month,
    registration.closed_on - registration.opened_on AS duration_days,
    registration.closing_reason,
    registration.referent_org,
    registration.situation_at_entry,
    registration.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM registration
LEFT JOIN public_record AS numbered ON registration.record_id = numbered.record_id AND numbered.record_type = 'registration'
LEFT JOIN anonymous_person AS people ON registration.person_id = people.person_id

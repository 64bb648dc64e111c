SELECT
    numbered.public_id AS record_id,
    situation.person_id,
    situation.partner,
    strftime(situation.observed_on, '%Y-%m') AS observed_month,
    situation.situation,
    situation.source,
    situation.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM situation
LEFT JOIN public_record AS numbered ON situation.record_id = numbered.record_id AND numbered.record_type = 'situation'
LEFT JOIN anonymous_person AS people ON situation.person_id = people.person_id

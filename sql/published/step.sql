SELECT
    numbered.public_id AS record_id,
    step.person_id,
    step.rank,
    step.record_type,
    step.organisation,
    step.organisation_kind,
    step.service,
    step.detail,
    strftime(step.started_on, '%Y-%m') AS started_month,
    strftime(step.ended_on, '%Y-%m') AS ended_month,
    step.ended_on - step.started_on AS duration_days,
    step.ending,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM step
LEFT JOIN public_record AS numbered ON step.record_id = numbered.record_id AND step.record_type = numbered.record_type
LEFT JOIN anonymous_person AS people ON step.person_id = people.person_id

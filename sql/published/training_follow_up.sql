SELECT
    numbered.public_id AS record_id,
    training_follow_up.person_id,
    training_follow_up.organisation,
    training_follow_up.purpose,
    strftime(training_follow_up.ended_on, '%Y-%m') AS ended_month,
    training_follow_up.window_months,
    training_follow_up.follow_up,
    training_follow_up.next_record_type,
    following.public_id AS next_record_id,
    training_follow_up.delay_days,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM training_follow_up
LEFT JOIN public_record AS numbered ON training_follow_up.record_id = numbered.record_id AND numbered.record_type = 'training'
LEFT JOIN public_record AS following
    ON training_follow_up.next_record_id = following.record_id AND training_follow_up.next_record_type = following.record_type
LEFT JOIN anonymous_person AS people ON training_follow_up.person_id = people.person_id

SELECT
    gap.person_id,
    gap.from_record_type,
    step_before.public_id AS from_record_id,
    gap.to_record_type,
    step_after.public_id AS to_record_id,
    strftime(gap.gap_start, '%Y-%m') AS gap_month,
    gap.gap_days,
    gap.from_org,
    gap.to_org,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM gap
LEFT JOIN public_record AS step_before ON gap.from_record_id = step_before.record_id AND gap.from_record_type = step_before.record_type
LEFT JOIN public_record AS step_after ON gap.to_record_id = step_after.record_id AND gap.to_record_type = step_after.record_type
LEFT JOIN anonymous_person AS people ON gap.person_id = people.person_id

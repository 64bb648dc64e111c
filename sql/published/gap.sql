SELECT
    gap.person_id,
    step_before.public_id AS from_record_id,
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
LEFT JOIN public_record AS step_before ON gap.from_record_id = step_before.record_id
LEFT JOIN public_record AS step_after ON gap.to_record_id = step_after.record_id
LEFT JOIN anonymous_person AS people ON gap.person_id = people.person_id

SELECT
    numbered.public_id AS record_id,
    referral.person_id,
    referral.partner,
    referral.direction,
    referral.sender_org,
    referral.receiver_org,
    referral.receiver_kind,
    referral.service,
    strftime(referral.sent_on, '%Y-%m') AS sent_month,
    referral.declared_status,
    referral.status_on - referral.sent_on AS status_delay_days,
    referral.refusal_reason,
    referral.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM referral
LEFT JOIN public_record AS numbered ON referral.record_id = numbered.record_id AND numbered.record_type = 'referral'
LEFT JOIN anonymous_person AS people ON referral.person_id = people.person_id

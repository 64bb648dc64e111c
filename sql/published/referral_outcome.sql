SELECT
    numbered.public_id AS record_id,
    referral_outcome.person_id,
    referral_outcome.sender_org,
    referral_outcome.receiver_org,
    referral_outcome.receiver_kind,
    referral_outcome.service,
    strftime(referral_outcome.sent_on, '%Y-%m') AS sent_month,
    referral_outcome.declared_status,
    referral_outcome.refusal_reason,
    referral_outcome.outcome,
    referral_outcome.arrival_record_type,
    arrival.public_id AS arrival_record_id,
    referral_outcome.arrived_org,
    strftime(referral_outcome.arrived_on, '%Y-%m') AS arrived_month,
    referral_outcome.delay_days,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM referral_outcome
LEFT JOIN public_record AS numbered ON referral_outcome.record_id = numbered.record_id AND numbered.record_type = 'referral'
LEFT JOIN public_record AS arrival
    ON referral_outcome.arrival_record_id = arrival.record_id AND referral_outcome.arrival_record_type = arrival.record_type
LEFT JOIN anonymous_person AS people ON referral_outcome.person_id = people.person_id

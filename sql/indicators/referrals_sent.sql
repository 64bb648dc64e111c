/*
id: referrals_sent
title_fr: "Orientations émises"
title_en: "Referrals sent"
definition_fr: "Orientations ou prescriptions émises dans le mois, quelle qu'en soit l'issue."
definition_en: "Referrals sent in the month, whatever became of them."
population: "Organisme prescripteur"
numerator: "Orientations émises"
denominator: "Sans objet"
unit: referrals
measure: count
cohort_date: "Date d'envoi"
follow_up_days: 0
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Propre à Filrouge. France Travail compte des prescriptions, i-milo des propositions : les unes et les autres sont ici des orientations."
version: 1
owner: "Comité des données du territoire"
*/
SELECT
    strftime(referral_outcome.sent_on, '%Y-%m') AS cohort_month,
    referral_outcome.record_id AS unit_id,
    referral_outcome.sender_org AS organisation,
    referral_outcome.sex,
    referral_outcome.age_band,
    person.level_at_entry,
    referral_outcome.residence_epci,
    1 AS numerator,
    0 AS denominator
FROM referral_outcome
LEFT JOIN person ON referral_outcome.person_id = person.person_id

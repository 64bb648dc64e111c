/*
id: arrived_share_90d
title_fr: "Part des orientations arrivées sous 90 jours"
title_en: "Share of referrals arrived within 90 days"
definition_fr: "Parmi les orientations du mois dont l'issue est connue et qui n'ont pas été annulées, part de celles suivies d'une arrivée chez le destinataire 90 jours au plus après l'envoi."
definition_en: "Among the month's referrals whose outcome is known and that were not cancelled, share followed by an arrival at the receiver no later than 90 days after sending."
population: "Organisme prescripteur"
numerator: "Orientations arrivées chez le destinataire en 90 jours au plus"
denominator: "Orientations ni en attente, ni non vérifiables, ni annulées"
unit: share
measure: share
cohort_date: "Date d'envoi"
follow_up_days: 90
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Propre à Filrouge. Diffère des taux d'entrée en formation publiés sur statuts déclarés : l'arrivée est ici constatée dans les données du destinataire."
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
    CASE WHEN referral_outcome.outcome = 'arrived' AND referral_outcome.delay_days <= 90 THEN 1 ELSE 0 END AS numerator,
    CASE WHEN referral_outcome.outcome IN ('pending', 'not_verifiable', 'cancelled') THEN 0 ELSE 1 END AS denominator,
    CASE WHEN referral_outcome.outcome = 'not_verifiable' THEN 1 ELSE 0 END AS unverifiable
FROM referral_outcome
LEFT JOIN person ON referral_outcome.person_id = person.person_id

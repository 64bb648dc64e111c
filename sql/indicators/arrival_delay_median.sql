/*
id: arrival_delay_median
title_fr: "Délai médian d'arrivée"
title_en: "Median delay of arrival"
definition_fr: "Délai médian, en jours, entre l'envoi et l'arrivée chez le destinataire, pour les orientations du mois qui sont arrivées. Une arrivée un peu antérieure à l'orientation compte pour zéro jour."
definition_en: "Median days from sending to arrival at the receiver, for the month's referrals that arrived. An arrival shortly before the referral counts as zero days."
population: "Organisme prescripteur"
numerator: "Orientations arrivées"
denominator: "Orientations arrivées"
unit: days
measure: median
cohort_date: "Date d'envoi"
follow_up_days: 90
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Propre à Filrouge."
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
    1 AS denominator,
    greatest(referral_outcome.delay_days, 0) AS value
FROM referral_outcome
LEFT JOIN person ON referral_outcome.person_id = person.person_id
WHERE referral_outcome.outcome = 'arrived'

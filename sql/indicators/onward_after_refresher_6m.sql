/*
id: onward_after_refresher_6m
title_fr: "Suite de parcours dans les 6 mois après une remise à niveau"
title_en: "Onward step within 6 months of a basic-skills refresher"
definition_fr: "Parmi les remises à niveau qui ont pris fin dans le mois et dont la suite est connue, part de celles suivies, dans les 6 mois, d'une formation, d'un contrat de travail ou d'une inscription dans un autre organisme."
definition_en: "Among the basic-skills refreshers that ended in the month and whose follow-up is known, share followed within 6 months by a training, a work contract, or a registration at another organisation."
population: "Organisme de formation"
numerator: "Remises à niveau suivies d'une étape dans les 6 mois"
denominator: "Remises à niveau achevées dans le mois dont la suite à 6 mois est connue"
unit: share
measure: share
cohort_date: "Date de fin de la formation"
follow_up_days: 184
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Propre à Filrouge ; fenêtre de 6 mois comme InserJeunes, sans restriction aux sortants de formation."
version: 1
owner: "Comité des données du territoire"
*/
SELECT
    strftime(training_follow_up.ended_on, '%Y-%m') AS cohort_month,
    training_follow_up.record_id AS unit_id,
    training_follow_up.organisation,
    training_follow_up.sex,
    training_follow_up.age_band,
    person.level_at_entry,
    training_follow_up.residence_epci,
    CASE WHEN training_follow_up.follow_up IN ('none_seen', 'unknown') THEN 0 ELSE 1 END AS numerator,
    CASE WHEN training_follow_up.follow_up = 'unknown' THEN 0 ELSE 1 END AS denominator,
    CASE
        WHEN training_follow_up.follow_up = 'unknown' AND CAST(training_follow_up.ended_on + INTERVAL 6 MONTH AS DATE) <= edition.horizon THEN 1
        ELSE 0
    END AS unverifiable
FROM training_follow_up
CROSS JOIN edition
LEFT JOIN person ON training_follow_up.person_id = person.person_id
WHERE training_follow_up.purpose = 'remise_a_niveau' AND training_follow_up.window_months = 6

/*
id: completion_share
title_fr: "Part des formations terminées"
title_en: "Completion share"
definition_fr: "Parmi les formations qui ont pris fin dans le mois et dont l'issue est connue, part des formations menées à leur terme. Les formations jamais commencées ne comptent pas."
definition_en: "Among the trainings that ended in the month with a known ending, share of trainings completed. Trainings never started do not count."
population: "Organisme de formation"
numerator: "Formations terminées"
denominator: "Formations achevées dans le mois, d'issue connue, hors non-entrées"
unit: share
measure: share
cohort_date: "Date de fin de la formation"
follow_up_days: 0
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Proche des attestations d'entrée et de sortie (AES) de France Travail ; les départs pour un emploi ou une autre formation et les exclusions sont au dénominateur seulement."
version: 1
owner: "Comité des données du territoire"
*/
SELECT
    strftime(training.ended_on, '%Y-%m') AS cohort_month,
    training.record_id AS unit_id,
    training.organisation,
    coalesce(training.sex, person.sex) AS sex,
    coalesce(nullif(training.age_band, 'unknown'), person.age_band) AS age_band,
    coalesce(training.level_at_entry, person.level_at_entry) AS level_at_entry,
    CASE WHEN training.residence_department IS NULL THEN person.residence_epci ELSE training.residence_epci END AS residence_epci,
    CASE WHEN training.ending = 'completed' THEN 1 ELSE 0 END AS numerator,
    1 AS denominator
FROM training
LEFT JOIN person ON training.person_id = person.person_id
WHERE training.ended_on IS NOT NULL AND training.ending <> 'not_started'

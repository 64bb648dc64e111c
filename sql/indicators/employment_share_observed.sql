/*
id: employment_share_observed
title_fr: "Part en emploi parmi les situations observées"
title_en: "Share in employment among observed situations"
definition_fr: "Parmi les personnes dont une situation est observée dans le mois, part de celles dont la dernière situation du mois est un emploi (durable, court, aidé ou de durée non précisée) ou une alternance."
definition_en: "Among people with a situation observed in the month, share whose latest situation of the month is a job (lasting, short, aided or unspecified) or work-study."
population: "Territoire seulement"
numerator: "Personnes en emploi ou en alternance"
denominator: "Personnes dont une situation est observée"
unit: share
measure: share
cohort_date: "Date d'observation"
follow_up_days: 0
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Diffère des taux d'emploi d'InserJeunes : situations déclarées, à date d'observation et non à délai fixe après la sortie."
version: 1
owner: "Comité des données du territoire"
*/
WITH
latest AS (
    SELECT
        situation.person_id,
        situation.situation,
        strftime(situation.observed_on, '%Y-%m') AS cohort_month,
        row_number() OVER (
            PARTITION BY situation.person_id, strftime(situation.observed_on, '%Y-%m')
            ORDER BY situation.observed_on DESC, situation.record_id DESC
        ) AS turn
    FROM situation
)

SELECT
    latest.cohort_month,
    latest.person_id AS unit_id,
    NULL AS organisation,
    person.sex,
    person.age_band,
    person.level_at_entry,
    person.residence_epci,
    CASE WHEN latest.situation IN ('lasting_job', 'short_job', 'job', 'aided_job', 'alternance') THEN 1 ELSE 0 END AS numerator,
    1 AS denominator
FROM latest
LEFT JOIN person ON latest.person_id = person.person_id
WHERE latest.turn = 1

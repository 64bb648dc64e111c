/*
id: people_followed
title_fr: "Personnes accompagnées"
title_en: "People followed"
definition_fr: "Personnes distinctes dont une inscription est ouverte au moins un jour du mois. Une personne suivie par plusieurs organismes compte une fois pour le territoire et une fois pour chacun d'eux."
definition_en: "Distinct people with a registration open on at least one day of the month. A person followed by several organisations counts once for the territory and once for each of them."
population: "Organisme de l'inscription"
numerator: "Personnes distinctes"
denominator: "Sans objet"
unit: people
measure: count
cohort_date: "Chaque mois où l'inscription est ouverte, du premier mois couvert au mois de l'édition"
follow_up_days: 0
breakdowns: [sex, age_band, level_at_entry, residence_epci]
personal: true
follows: "Notion de file active des missions locales (i-milo), étendue à tous les partenaires : toute inscription ouverte compte, même sans entretien dans le mois."
version: 1
owner: "Comité des données du territoire"
*/
WITH
first_covered AS (
    SELECT min(coverage.month) AS month
    FROM coverage
    WHERE coverage.record_type = 'registration' AND coverage.covered
),

first_month AS (
    SELECT coalesce(min(first_covered.month), strftime(min(registration.opened_on), '%Y-%m')) AS month
    FROM registration
    CROSS JOIN first_covered
),

numbered AS (
    SELECT
        CAST(substr(first_month.month, 1, 4) AS INTEGER) * 12 + CAST(substr(first_month.month, 6, 2) AS INTEGER) - 1 AS first_number,
        CAST(substr(edition.month, 1, 4) AS INTEGER) * 12 + CAST(substr(edition.month, 6, 2) AS INTEGER) - 1 AS last_number
    FROM first_month
    CROSS JOIN edition
),

month AS (
    SELECT unnest(generate_series(numbered.first_number, numbered.last_number)) AS number
    FROM numbered
),

spell AS (
    SELECT
        registration.person_id,
        registration.organisation,
        extract(YEAR FROM registration.opened_on) * 12 + extract(MONTH FROM registration.opened_on) - 1 AS opened_number,
        coalesce(
            extract(YEAR FROM registration.closed_on) * 12 + extract(MONTH FROM registration.closed_on) - 1,
            numbered.last_number
        ) AS closed_number
    FROM registration
    CROSS JOIN numbered
)

SELECT
    lpad(CAST(CAST(floor(month.number / 12) AS INTEGER) AS VARCHAR), 4, '0') || '-' || lpad(CAST(month.number % 12 + 1 AS VARCHAR), 2, '0') AS cohort_month,
    spell.person_id AS unit_id,
    spell.organisation,
    person.sex,
    person.age_band,
    person.level_at_entry,
    person.residence_epci,
    1 AS numerator,
    0 AS denominator
FROM spell
INNER JOIN month ON month.number BETWEEN spell.opened_number AND spell.closed_number
LEFT JOIN person ON spell.person_id = person.person_id

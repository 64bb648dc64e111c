/*
id: partner_coverage
title_fr: "Couverture des données des partenaires"
title_en: "Partner coverage"
definition_fr: "Parmi les couples organisme et type d'enregistrement que les contrats promettent chaque mois, part de ceux pour lesquels une livraison acceptée couvre le mois. Un organisme dont seul un autre partenaire parle n'est pas attendu."
definition_en: "Among the pairs of organisation and record type that contracts promise every month, share covered by an accepted delivery. An organisation only another partner tells of is not expected."
population: "Organisme dont les données sont attendues"
numerator: "Couples couverts"
denominator: "Couples attendus"
unit: share
measure: share
cohort_date: "Mois attendu"
follow_up_days: 0
breakdowns: []
personal: false
follows: "Propre à Filrouge."
version: 1
owner: "Comité des données du territoire"
*/
WITH
promise AS (
    SELECT DISTINCT
        feed.organisation,
        feed.record_type
    FROM feed
    WHERE feed.expected
)

SELECT
    coverage.month AS cohort_month,
    coverage.organisation || '|' || coverage.record_type AS unit_id,
    coverage.organisation,
    CASE WHEN coverage.covered THEN 1 ELSE 0 END AS numerator,
    1 AS denominator
FROM coverage
INNER JOIN promise ON coverage.organisation = promise.organisation AND coverage.record_type = promise.record_type
WHERE coverage.expected

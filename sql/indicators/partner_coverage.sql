/*
id: partner_coverage
title_fr: "Couverture des données des partenaires"
title_en: "Partner coverage"
definition_fr: "Parmi les couples organisme et type d'enregistrement attendus pour le mois, part de ceux pour lesquels une livraison acceptée couvre le mois."
definition_en: "Among the pairs of organisation and record type expected for the month, share covered by an accepted delivery."
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
SELECT
    coverage.month AS cohort_month,
    coverage.organisation || '|' || coverage.record_type AS unit_id,
    coverage.organisation,
    CASE WHEN coverage.covered THEN 1 ELSE 0 END AS numerator,
    1 AS denominator
FROM coverage
WHERE coverage.expected

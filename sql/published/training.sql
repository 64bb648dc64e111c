-- Codes that fewer than k people share are withheld: a session of three would single them out.
WITH common_programme AS (
    SELECT training.programme
    FROM training
    CROSS JOIN publication
    GROUP BY training.programme
    HAVING count(DISTINCT training.person_id) >= max(publication.k)
),

common_certification AS (
    SELECT training.certification_code
    FROM training
    CROSS JOIN publication
    GROUP BY training.certification_code
    HAVING count(DISTINCT training.person_id) >= max(publication.k)
),

common_formacode AS (
    SELECT training.formacode
    FROM training
    CROSS JOIN publication
    GROUP BY training.formacode
    HAVING count(DISTINCT training.person_id) >= max(publication.k)
)

SELECT
    numbered.public_id AS record_id,
    training.person_id,
    training.partner,
    training.organisation,
    strftime(training.planned_start, '%Y-%m') AS planned_start_month,
    training.planned_end - training.planned_start AS planned_duration_days,
    strftime(training.started_on, '%Y-%m') AS started_month,
    strftime(training.ended_on, '%Y-%m') AS ended_month,
    training.ended_on - training.started_on AS duration_days,
    training.ending,
    common_programme.programme,
    training.purpose,
    common_certification.certification_code,
    common_formacode.formacode,
    training.hours,
    training.modality,
    training.funder,
    CASE WHEN left(training.site, 2) IN ('97', '98') THEN left(training.site, 3) ELSE left(training.site, 2) END AS site_department,
    training.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM training
LEFT JOIN common_programme ON training.programme = common_programme.programme
LEFT JOIN common_certification ON training.certification_code = common_certification.certification_code
LEFT JOIN common_formacode ON training.formacode = common_formacode.formacode
LEFT JOIN public_record AS numbered ON training.record_id = numbered.record_id AND numbered.record_type = 'training'
LEFT JOIN anonymous_person AS people ON training.person_id = people.person_id

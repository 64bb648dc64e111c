WITH common_certification AS (
    SELECT certification.certification_code
    FROM certification
    CROSS JOIN publication
    GROUP BY certification.certification_code
    HAVING count(DISTINCT certification.person_id) >= max(publication.k)
)

SELECT
    numbered.public_id AS record_id,
    certification.person_id,
    certification.partner,
    certification.organisation,
    strftime(certification.decided_on, '%Y-%m') AS decided_month,
    common_certification.certification_code,
    certification.result,
    certification.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM certification
LEFT JOIN common_certification ON certification.certification_code = common_certification.certification_code
LEFT JOIN public_record AS numbered ON certification.record_id = numbered.record_id AND numbered.record_type = 'certification'
LEFT JOIN anonymous_person AS people ON certification.person_id = people.person_id

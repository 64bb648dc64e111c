-- The employer is not published: a small one names its only employee. Occupations that fewer than k people share are withheld.
WITH common_occupation AS (
    SELECT contract.occupation
    FROM contract
    CROSS JOIN publication
    GROUP BY contract.occupation
    HAVING count(DISTINCT contract.person_id) >= max(publication.k)
)

SELECT
    numbered.public_id AS record_id,
    contract.person_id,
    contract.partner,
    contract.organisation,
    contract.kind,
    strftime(contract.started_on, '%Y-%m') AS started_month,
    contract.planned_end - contract.started_on AS planned_duration_days,
    strftime(contract.ended_on, '%Y-%m') AS ended_month,
    contract.ended_on - contract.started_on AS duration_days,
    contract.contract_ending,
    contract.ending_reason,
    common_occupation.occupation,
    contract.hours_weekly,
    contract.contradiction,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department
FROM contract
LEFT JOIN common_occupation ON contract.occupation = common_occupation.occupation
LEFT JOIN public_record AS numbered ON contract.record_id = numbered.record_id AND numbered.record_type = 'contract'
LEFT JOIN anonymous_person AS people ON contract.person_id = people.person_id

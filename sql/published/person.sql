-- One person: the quasi-identifiers come from the k-anonymous twin, the exact first date becomes a month.
SELECT
    person.person_id,
    people.sex,
    people.age_band,
    people.level_at_entry,
    people.residence_epci,
    people.residence_zone,
    people.residence_department,
    person.partners,
    strftime(person.first_seen_on, '%Y-%m') AS first_seen_month
FROM person
LEFT JOIN anonymous_person AS people ON person.person_id = people.person_id

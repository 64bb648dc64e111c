-- training_follow_up: what follows each training ended by the horizon (never those not started), within 3, 6 and 12 months.
-- The next step is the first thing begun after the training's last day by the same person: a training, a work contract, or a registration
-- at another organisation; within the window when it begins no later than `ended_on` + n calendar months (31 August + 6 months: last day
-- of February). On one day: qualifying training, alternance, lasting job, short job, other training, other follow-up.
--   qualifying_training  purpose qualifiant or certifiant            other_training   any other training
--   alternance           training or contract of alternance          lasting_job      CDI, CDD of 6 months or more, own business
--   short_job            any other work contract                     other_follow_up  registration elsewhere, civic service
-- Nothing seen: `unknown` when the window ends after the horizon, or when some month of it (from the month the training ended) has no
-- delivery at all of a record type the territory's partners send (trainings, contracts, registrations); else `none_seen`.
WITH
ended AS (
    SELECT
        training.record_id,
        training.person_id,
        training.organisation,
        training.purpose,
        training.ended_on,
        training.sex,
        training.age_band,
        training.residence_epci,
        training.residence_zone,
        training.residence_department,
        edition.horizon
    FROM training
    CROSS JOIN edition
    WHERE training.ended_on <= edition.horizon AND coalesce(training.ending, '') <> 'not_started'
),

followed AS (
    SELECT record_id, 3 AS window_months, CAST(ended_on + INTERVAL 3 MONTH AS DATE) AS window_end
    FROM ended
    UNION ALL
    SELECT record_id, 6 AS window_months, CAST(ended_on + INTERVAL 6 MONTH AS DATE) AS window_end
    FROM ended
    UNION ALL
    SELECT record_id, 12 AS window_months, CAST(ended_on + INTERVAL 12 MONTH AS DATE) AS window_end
    FROM ended
),

onward AS (
    SELECT
        arrival.record_type,
        arrival.record_id,
        arrival.person_id,
        arrival.organisation,
        arrival.arrived_on,
        CASE
            WHEN arrival.record_type = 'registration' OR contract.kind = 'civic_service' THEN 'other_follow_up'
            WHEN arrival.service = 'alternance' THEN 'alternance'
            WHEN arrival.service = 'formation_qualifiante' THEN 'qualifying_training'
            WHEN arrival.record_type = 'training' THEN 'other_training'
            WHEN contract.kind IN ('cdi', 'cdd_6m_plus', 'self_employed') THEN 'lasting_job'
            ELSE 'short_job'
        END AS follow_up
    FROM arrival
    LEFT JOIN contract ON arrival.record_type = 'contract' AND arrival.record_id = contract.record_id
    WHERE arrival.record_type IN ('registration', 'training', 'contract')
),

candidate AS (
    SELECT
        ended.record_id,
        onward.record_type AS next_record_type,
        onward.record_id AS next_record_id,
        onward.arrived_on,
        onward.follow_up,
        date_diff('day', ended.ended_on, onward.arrived_on) AS delay_days,
        row_number() OVER (
            PARTITION BY ended.record_id
            ORDER BY
                onward.arrived_on,
                CASE onward.follow_up
                    WHEN 'qualifying_training' THEN 1 WHEN 'alternance' THEN 2 WHEN 'lasting_job' THEN 3 WHEN 'short_job' THEN 4 WHEN 'other_training' THEN 5
                    ELSE 6
                END,
                onward.record_type,
                onward.record_id
        ) AS turn
    FROM ended
    INNER JOIN onward ON ended.person_id = onward.person_id AND ended.ended_on < onward.arrived_on
    WHERE onward.record_type <> 'registration' OR onward.organisation <> coalesce(ended.organisation, '')
),

sent_type AS (
    SELECT count(DISTINCT coverage.record_type) AS types
    FROM coverage
    WHERE coverage.record_type IN ('registration', 'training', 'contract')
),

covered_month AS (
    SELECT CAST(substr(coverage.month, 1, 4) AS INTEGER) * 12 + CAST(substr(coverage.month, 6, 2) AS INTEGER) - 1 AS number
    FROM coverage
    CROSS JOIN sent_type
    WHERE coverage.covered AND coverage.record_type IN ('registration', 'training', 'contract')
    GROUP BY coverage.month, sent_type.types
    HAVING count(DISTINCT coverage.record_type) = sent_type.types
),

streak AS (
    SELECT
        covered_month.number,
        covered_month.number - row_number() OVER (ORDER BY covered_month.number) AS streak
    FROM covered_month
),

covered_since AS (
    SELECT
        streak.number,
        min(streak.number) OVER (PARTITION BY streak.streak) AS since
    FROM streak
)

SELECT
    ended.record_id,
    ended.person_id,
    ended.organisation,
    ended.purpose,
    ended.ended_on,
    followed.window_months,
    CASE
        WHEN candidate.follow_up IS NOT NULL THEN candidate.follow_up
        WHEN followed.window_end > ended.horizon OR covered_since.number IS NULL THEN 'unknown'
        ELSE 'none_seen'
    END AS follow_up,
    candidate.next_record_type,
    candidate.next_record_id,
    candidate.delay_days,
    coalesce(ended.sex, person.sex) AS sex,
    coalesce(nullif(ended.age_band, 'unknown'), person.age_band, 'unknown') AS age_band,
    CASE WHEN ended.residence_department IS NULL THEN person.residence_epci ELSE ended.residence_epci END AS residence_epci,
    CASE WHEN ended.residence_department IS NULL THEN person.residence_zone ELSE ended.residence_zone END AS residence_zone,
    coalesce(ended.residence_department, person.residence_department) AS residence_department
FROM ended
INNER JOIN followed ON ended.record_id = followed.record_id
LEFT JOIN candidate ON ended.record_id = candidate.record_id AND candidate.turn = 1 AND candidate.arrived_on <= followed.window_end
LEFT JOIN covered_since
    ON
        covered_since.number = extract(YEAR FROM followed.window_end) * 12 + extract(MONTH FROM followed.window_end) - 1
        AND covered_since.since <= extract(YEAR FROM ended.ended_on) * 12 + extract(MONTH FROM ended.ended_on) - 1
LEFT JOIN person ON ended.person_id = person.person_id

"""How people move through the territory: doors, services, fates, durations, endings. Figures only.

Here: weights and durations (days). Not here: how they are drawn (`pathways.py`, `referrals.py`). They are plausible orders of
magnitude chosen for a demonstration, not estimates of any real territory.
"""

from __future__ import annotations

#: First organisation a person registers with, by age band.
DOORS: dict[str, dict[str, float]] = {
    "young": {"ML01": 0.74, "FT01": 0.17, "CAP01": 0.02, "CEP01": 0.02, "PLIE01": 0.02, "REG01": 0.03},
    "adult": {"ML01": 0.00, "FT01": 0.76, "CAP01": 0.09, "CEP01": 0.05, "PLIE01": 0.05, "REG01": 0.05},
    "senior": {"ML01": 0.00, "FT01": 0.72, "CAP01": 0.14, "CEP01": 0.06, "PLIE01": 0.05, "REG01": 0.03},
}
#: Share registered before the first month, share who also register with France Travail or the Région by themselves.
STOCK, ALSO_FRANCE_TRAVAIL, ALSO_REGION = 0.60, 0.78, 0.06
#: Who refers, and how likely a first, second and third referral is.
SENDERS = ("ML01", "FT01", "CAP01", "CEP01")
REFERRAL_SLOTS = (0.72, 0.40, 0.20)
#: Share of referrals that name no receiver, only a kind of organisation; share that follow another one within 100 days.
KIND_ONLY, CLOSE_REFERRALS = 0.12, 0.06
#: First days of the window without referrals, so that the days before each are covered too.
QUIET_DAYS = 8
#: Mean days a registration stays open.
OPEN_DAYS = {"ML01": 330.0, "FT01": 460.0, "CAP01": 280.0, "CEP01": 120.0, "PLIE01": 300.0, "REG01": 90.0, "MOB01": 90.0}

SERVICES: dict[str, dict[str, float]] = {
    "young": {
        "remise_a_niveau": 0.22,
        "prequalification": 0.09,
        "formation_qualifiante": 0.20,
        "insertion": 0.09,
        "alternance": 0.13,
        "accompagnement": 0.15,
        "emploi": 0.06,
        "mobilite": 0.06,
    },
    "adult": {
        "remise_a_niveau": 0.20,
        "prequalification": 0.09,
        "formation_qualifiante": 0.33,
        "insertion": 0.05,
        "alternance": 0.02,
        "accompagnement": 0.16,
        "emploi": 0.09,
        "mobilite": 0.06,
    },
    "senior": {
        "remise_a_niveau": 0.18,
        "prequalification": 0.08,
        "formation_qualifiante": 0.30,
        "insertion": 0.06,
        "alternance": 0.00,
        "accompagnement": 0.22,
        "emploi": 0.11,
        "mobilite": 0.05,
    },
}
#: Who offers a service.
OFFERS: dict[str, dict[str, float]] = {
    "remise_a_niveau": {"OF01": 0.42, "OF02": 0.28, "GRETA01": 0.14, "E2C01": 0.10, "OF03": 0.06},
    "prequalification": {"OF02": 0.50, "GRETA01": 0.30, "E2C01": 0.20},
    "formation_qualifiante": {"GRETA01": 0.34, "OF01": 0.22, "OF02": 0.26, "OF03": 0.18},
    "insertion": {"OF01": 0.62, "E2C01": 0.38},
    "alternance": {"CFA01": 1.0},
    "accompagnement": {"FT01": 0.30, "ML01": 0.22, "CAP01": 0.18, "CEP01": 0.15, "PLIE01": 0.15},
    "emploi": {"SIAE01": 1.0},
    "mobilite": {"REG01": 0.60, "MOB01": 0.40},
}
#: What really becomes of a referral.
FATES = {
    "arrive": 0.57,
    "early": 0.02,
    "late": 0.05,
    "elsewhere": 0.07,
    "refused": 0.08,
    "cancelled": 0.04,
    "unseen": 0.04,
    "nothing": 0.13,
}
#: What the sender ends up writing, by fate (`sent` = never updated).
STATUSES: dict[str, dict[str, float]] = {
    "arrive": {"arrived": 0.60, "accepted": 0.18, "sent": 0.22},
    "early": {"arrived": 0.70, "sent": 0.30},
    "late": {"sent": 0.60, "planned": 0.40},
    "elsewhere": {"sent": 0.60, "refused_by_receiver": 0.25, "no_show": 0.15},
    "refused": {"refused_by_receiver": 0.60, "refused_by_person": 0.40},
    "cancelled": {"cancelled": 1.0},
    "unseen": {"arrived": 1.0},
    "nothing": {"sent": 0.60, "no_show": 0.25, "planned": 0.15},
}
REFUSALS = {
    "no_place": 0.30,
    "not_eligible": 0.15,
    "not_interested": 0.15,
    "lacking_prerequisites": 0.15,
    "not_mobile": 0.10,
    "did_not_come": 0.10,
    "other": 0.05,
}

#: Purpose of a training by service, shortest and longest planned length.
PURPOSES: dict[str, dict[str, float]] = {
    "remise_a_niveau": {"remise_a_niveau": 1.0},
    "prequalification": {"prequalifiant": 1.0},
    "formation_qualifiante": {"qualifiant": 0.60, "certifiant": 0.40},
    "insertion": {"insertion": 1.0},
    "alternance": {"certifiant": 1.0},
}
LENGTHS = {
    "remise_a_niveau": (30, 90),
    "prequalification": (60, 120),
    "formation_qualifiante": (60, 200),
    "insertion": (30, 100),
    "alternance": (300, 700),
}
#: How a training that started ends; the first one fills its planned length.
ENDINGS = {"completed": 0.72, "dropped_out": 0.15, "excluded": 0.02, "moved_on_to_job": 0.08, "moved_to_other_training": 0.03}
#: Share of people who enter a training nobody referred them to, and of those entries the share that never start.
SPONTANEOUS_TRAINING, NEVER_STARTED = 0.22, 0.08
SPONTANEOUS_SERVICES: dict[str, dict[str, float]] = {
    "young": {"alternance": 0.50, "remise_a_niveau": 0.14, "formation_qualifiante": 0.24, "insertion": 0.12},
    "adult": {"alternance": 0.05, "remise_a_niveau": 0.20, "formation_qualifiante": 0.65, "prequalification": 0.10},
    "senior": {"remise_a_niveau": 0.25, "formation_qualifiante": 0.65, "prequalification": 0.10},
}
#: What follows a remise à niveau: referred onward by the training organisation, another training, a job, another partner, nothing.
ONWARD = {"referred": 0.22, "training": 0.30, "job": 0.10, "partner": 0.06, "nothing": 0.32}
ONWARD_SERVICES = {"formation_qualifiante": 0.70, "prequalification": 0.30}

JOBS = {"cdi": 0.14, "cdd_6m_plus": 0.20, "cdd_short": 0.34, "interim": 0.22, "civic_service": 0.06, "aided": 0.04}
JOB_LENGTHS = {
    "cdi": (0, 0),
    "cdd_6m_plus": (183, 400),
    "cdd_short": (14, 180),
    "interim": (5, 90),
    "civic_service": (183, 250),
    "aided": (183, 365),
    "insertion": (120, 365),
    "apprenticeship": (300, 700),
}
BREACHES = {"resignation": 0.40, "mutual": 0.25, "trial_period": 0.25, "dismissal": 0.10}
SITUATIONS = {"looking": 0.62, "short_job": 0.20, "training": 0.12, "inactive": 0.06}
CLOSINGS = {"employment": 0.35, "training": 0.20, "moved_away": 0.08, "withdrawn": 0.15, "end_of_support": 0.17, "other": 0.05}
RESULTS = {"full": 0.75, "partial": 0.15, "none": 0.10}
CERTIFICATIONS = ("RNCP37274", "RNCP35028", "RNCP34095", "RNCP38575", "RNCP37948", "RS5893", "RS6151")
FORMACODES = ("15041", "31054", "42752", "44028", "22254", "43436", "35054")
OCCUPATIONS = ("K1304", "N1103", "D1507", "G1602", "J1501", "F1703", "K2204", "M1607")

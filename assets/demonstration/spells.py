"""Training and contract spells: lengths, endings, and what goes with them.

Here: drawing spells from the day they begin. Not here: who begins one (`pathways.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.demonstration import rates
from assets.demonstration.calendar import Window
from assets.demonstration.draw import by_group, chance, either, pick


def trainings_of(rng: np.random.Generator, begun: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Training spells from arrivals (`person, org, service, day, referred`) of training services; those ended before the window are gone.

    Some arrivals at GRETA01 stop at the receipt; some spontaneous entries never start (`ending` not_started, no dates but the plan).
    """
    rows = begun[begun["service"].isin(list(rates.PURPOSES))]
    receipt_only = ((rows["org"] == "GRETA01") & rows["referred"]).to_numpy(bool) & chance(rng, len(rows), 0.12)
    rows = rows[~receipt_only].reset_index(drop=True)
    count = len(rows)
    out = rows[["person", "org", "service"]].copy()
    out["purpose"] = by_group(rng, out["service"].to_numpy(dtype=object), rates.PURPOSES)
    low, high = (out["service"].map({k: v[i] for k, v in rates.LENGTHS.items()}).to_numpy(int) for i in (0, 1))
    length = low + (rng.random(count) * (high - low)).astype(int)
    begins = rows["day"].to_numpy(int)
    never = ~rows["referred"].to_numpy(bool) & chance(rng, count, rates.NEVER_STARTED)
    out["planned_start"] = np.where(chance(rng, count, 0.85), begins, begins - rng.integers(1, 12, count))
    out["planned_end"] = out["planned_start"] + length
    out["ending"] = pick(rng, list(rates.ENDINGS), list(rates.ENDINGS.values()), count)
    full = (out["ending"] == "completed").to_numpy()
    ended = begins + np.where(full, length, np.maximum(3, (length * rng.uniform(0.05, 0.9, count)).astype(int)))
    out["started"] = np.where(never, 0, begins)
    out["ended"] = np.where(never | (ended > window.horizon), 0, ended)
    decided = np.where(never, out["planned_start"].to_numpy() + 5, out["ended"])
    out["ending_on"] = np.where(decided > window.horizon, 0, decided)
    out["ending"] = either(out["ending_on"] == 0, None, either(never, "not_started", out["ending"]))
    out["hours"] = length * 5
    qualifying = out["purpose"].isin(["qualifiant", "certifiant"]).to_numpy()
    out["certification"] = either(qualifying, pick(rng, rates.CERTIFICATIONS, None, count), None)
    out["formacode"] = pick(rng, rates.FORMACODES, None, count)
    plain = pick(rng, ("presentiel", "distance", "afest"), (0.86, 0.10, 0.04), count)
    out["modality"] = np.where(out["service"] == "alternance", "alternance", plain)
    out["funder"] = np.where(out["service"] == "alternance", "16", pick(rng, ("2", "4", "10", "7"), (0.6, 0.3, 0.06, 0.04), count))
    gone = ((out["ending_on"] > 0) & (out["ending_on"] < window.start)).to_numpy()
    out = out[~gone].reset_index(drop=True)
    out["id"] = np.arange(len(out))
    return out


def contracts_of(
    rng: np.random.Generator, registration: pd.DataFrame, training: pd.DataFrame, arrived: pd.DataFrame, window: Window
) -> pd.DataFrame:
    """Contracts the Mission locale learns of, Cap emploi's (`origin` = registration), the SIAE's, the CFA's (`origin` = training)."""
    young = registration[(registration["org"] == "ML01") & chance(rng, len(registration), 0.30)]
    cap = registration[(registration["org"] == "CAP01") & chance(rng, len(registration), 0.35)]
    jobs = arrived[arrived["service"] == "job"]
    siae = arrived[arrived["service"] == "emploi"]
    alternance = training[(training["org"] == "CFA01") & (training["started"] > 0)]
    batches = [
        _begun(young["person"], "ML01", young["opened"] + 5 + rng.exponential(150, len(young)).astype(int)),
        _begun(jobs["person"], "ML01", jobs["day"]),
        _begun(cap["person"], "CAP01", cap["opened"] + 5 + rng.exponential(120, len(cap)).astype(int), cap["id"]),
        _begun(siae["person"], "SIAE01", siae["day"], kind="insertion"),
        _begun(alternance["person"], "CFA01", alternance["started"], alternance["id"], kind="apprenticeship"),
    ]
    out = pd.concat(batches, ignore_index=True)
    late = (out["started"] > window.horizon) | ((out["started"] < window.start) & (out["org"] != "CFA01"))
    out = out[~late].drop_duplicates(["person", "org", "started", "origin"]).reset_index(drop=True)
    out["kind"] = np.where(out["kind"].isna(), pick(rng, list(rates.JOBS), list(rates.JOBS.values()), len(out)), out["kind"])
    _end_contracts(rng, out, training, window)
    out["id"] = np.arange(len(out))
    return out


def _begun(person: pd.Series, org: str, started: pd.Series, origin: pd.Series | None = None, kind: str | None = None) -> pd.DataFrame:
    out = pd.DataFrame({"person": person.to_numpy(int), "started": started.to_numpy(int)})
    return out.assign(org=org, kind=kind, origin=-1 if origin is None else origin.to_numpy(int))


def _end_contracts(rng: np.random.Generator, out: pd.DataFrame, training: pd.DataFrame, window: Window) -> None:
    """Term, or an early breach for one in eight; an apprentice who leaves the training breaks the contract the same day."""
    count = len(out)
    low, high = (out["kind"].map({k: v[i] for k, v in rates.JOB_LENGTHS.items()}).to_numpy(int) for i in (0, 1))
    length = low + (rng.random(count) * (high - low)).astype(int)
    started = out["started"].to_numpy(int)
    planned = np.where(out["kind"] == "cdi", 0, started + length)
    breach = chance(rng, count, 0.12)
    broken_on = started + np.maximum(2, (np.where(length == 0, 200, length) * rng.uniform(0.05, 0.9, count)).astype(int))
    ended = np.where(breach, broken_on, planned)
    school = (out["org"] == "CFA01").to_numpy()
    course = training.set_index("id").reindex(out["origin"].where(school, -2))
    planned = np.where(school, course["planned_end"].fillna(0).to_numpy(int), planned)
    ended = np.where(school, course["ended"].fillna(0).to_numpy(int), ended)
    breach = np.where(school, (course["ending"] != "completed").to_numpy(), breach)
    open_ = (ended == 0) | (ended > window.horizon)
    out["planned_end"] = planned
    out["ended"] = np.where(open_, 0, ended)
    out["ending"] = either(open_, None, either(breach, "terminated_early", "term"))
    broken = (out["ending"] == "terminated_early").to_numpy()
    out["reason"] = either(broken, pick(rng, list(rates.BREACHES), list(rates.BREACHES.values()), count), None)
    out["occupation"] = pick(rng, rates.OCCUPATIONS, None, count)

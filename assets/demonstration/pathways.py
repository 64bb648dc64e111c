"""What really happens to the people: registrations, trainings, contracts, situations, certifications, and the referrals between.

Here: the drawing of the world, all of it dated up to the horizon. Not here: what becomes of a referral under the rules
(`outcomes.py`), what partners know of it (`dossiers.py`, `layouts.py`). Days are integers (0 = none), people are rows of `people`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration import rates
from assets.demonstration.calendar import Window
from assets.demonstration.draw import by_group, chance, either, pick, stream
from assets.demonstration.noise import Noise
from assets.demonstration.outcomes import ARRIVAL_COLUMNS, Rules, ambiguous, arrivals_of, outcomes
from assets.demonstration.referrals import refer
from assets.demonstration.spells import contracts_of, trainings_of

TRAINING_SERVICES = ("remise_a_niveau", "prequalification", "formation_qualifiante", "insertion", "alternance")


@dataclass
class World:
    """Everything that happened. Each frame has `id` (unique, from 0) and `person`; dates are days since 1970, 0 for none.

    registration: `org, service, opened, closed, reason, situation`. referral: `sender, receiver` (None when only a kind is named),
    `receiver_kind, service, sent, status, status_on, refusal, origin` (id of the line it is written on: training of OF01,
    registration of CEP01; −1), then `outcome, arrived, delay, ambiguous`. receipt: `org, sender, service, received`.
    training: `org, service, purpose, planned_start, planned_end, started, ended, ending, ending_on, hours, certification,
    formacode, modality, funder`. contract: `org, kind, started, planned_end, ended, ending, reason, origin`.
    situation: `org, observed, situation, origin`. certification: `org, decided, result, certification, origin` (training).
    """

    window: Window
    people: pd.DataFrame
    registration: pd.DataFrame
    referral: pd.DataFrame
    receipt: pd.DataFrame
    training: pd.DataFrame
    contract: pd.DataFrame
    situation: pd.DataFrame
    certification: pd.DataFrame


def live(people: pd.DataFrame, seed: int, noise: Noise, window: Window) -> World:
    """Draws the world. Deterministic for a seed."""
    band = np.select([people["age"] < 26, people["age"] < 46], ["young", "adult"], "senior").astype(object)
    own = _own_registrations(stream(seed, "registrations"), people, band, window)
    first = _first_referrals(stream(seed, "referrals"), own, band, window)
    seen = _arrivals(first, window)
    alone = _spontaneous(stream(seed, "spontaneous"), own, band, window)
    begun = trainings_of(stream(seed, "trainings"), pd.concat([seen, alone], ignore_index=True), window)
    onward = _onward(stream(seed, "onward"), begun, own, band, window)
    second, steps = onward
    later = pd.concat([_arrivals(second, window), steps], ignore_index=True)
    training = pd.concat([begun, trainings_of(stream(seed, "later"), later, window)], ignore_index=True)
    training["id"] = np.arange(len(training))
    arrived = pd.concat([seen, later], ignore_index=True)
    registration = _registrations(stream(seed, "closings"), own, arrived, window)
    contract = contracts_of(stream(seed, "contracts"), registration, training, arrived, window)
    referral = pd.concat([first, second], ignore_index=True)
    referral = _consistent(referral, registration)
    receipt = _receipts(arrived, window)
    world = World(
        window, people, registration, referral, receipt, training, contract,
        _situations(stream(seed, "situations"), registration, window), _certifications(stream(seed, "certifications"), training, window),
    )  # fmt: skip
    _resolve(world, noise)
    return world


def _own_registrations(rng: np.random.Generator, people: pd.DataFrame, band: NDArray[np.object_], window: Window) -> pd.DataFrame:
    """The door everyone comes through, and the second registrations some make by themselves."""
    count = len(people)
    stock = chance(rng, count, rates.STOCK)
    span = window.horizon - window.start
    entry = np.where(stock, window.start - rng.integers(1, 300, count), window.start + rng.integers(0, span, count))
    doors = pd.DataFrame({"person": people["person"], "org": by_group(rng, band, rates.DOORS), "opened": entry, "door": True})
    also = doors["org"].isin(["ML01", "CAP01", "CEP01", "PLIE01"]).to_numpy() & chance(rng, count, rates.ALSO_FRANCE_TRAVAIL)
    france_travail = pd.DataFrame(
        {
            "person": people["person"][also],
            "org": "FT01",
            "opened": entry[also] + rng.exponential(60, int(also.sum())).astype(int),
            "door": False,
        }
    )
    aided = chance(rng, count, rates.ALSO_REGION) & (doors["org"] != "REG01").to_numpy()
    region = pd.DataFrame(
        {"person": people["person"][aided], "org": "REG01", "opened": entry[aided] + rng.integers(20, 200, int(aided.sum())), "door": False}
    )
    out = pd.concat([doors, france_travail, region], ignore_index=True)
    out["service"] = np.where(out["org"] == "REG01", pick(rng, ("mobilite", "other"), (0.75, 0.25), len(out)), "accompagnement")
    return out[out["opened"] <= window.horizon].reset_index(drop=True)


def _first_referrals(rng: np.random.Generator, own: pd.DataFrame, band: NDArray[np.object_], window: Window) -> pd.DataFrame:
    """Up to three referrals by the organisation of the door, the first at least ten days after the registration."""
    doors = own[own["door"] & own["org"].isin(rates.SENDERS)]
    base = np.maximum(
        doors["opened"].to_numpy(), window.start - 10 + (rng.random(len(doors)) * 0.6 * (window.horizon - window.start)).astype(int)
    )
    base = np.where(doors["opened"] >= window.start, doors["opened"], base)
    sent = base + 10 + rng.exponential(25, len(doors)).astype(int)
    going = np.ones(len(doors), dtype=bool)
    batches = []
    for slot, share in enumerate(rates.REFERRAL_SLOTS):
        going = going & chance(rng, len(doors), share / (1.0 if slot == 0 else rates.REFERRAL_SLOTS[slot - 1]))
        kept = going & (sent >= window.start + rates.QUIET_DAYS) & (sent <= window.horizon)
        if slot:
            kept = kept & (doors["org"] != "CEP01").to_numpy()  # one referral per line of the CEP's workbook
        rows = doors[kept]
        batches.append(pd.DataFrame({"person": rows["person"], "sender": rows["org"], "sent": sent[kept]}))
        close = chance(rng, len(doors), rates.CLOSE_REFERRALS)
        sent = sent + np.where(close, rng.integers(5, 100, len(doors)), 111 + rng.exponential(50, len(doors)).astype(int))
    plan = pd.concat(batches, ignore_index=True)
    service = by_group(rng, band[plan["person"].to_numpy()], rates.SERVICES)
    return refer(rng, plan.assign(service=service, origin=-1), window)


def _arrivals(referral: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Where people really go after a referral: `person, org, service, day, referred` (True), up to the horizon."""
    rows = referral[(referral["goes_on"] > 0) & (referral["goes_on"] <= window.horizon)]
    return pd.DataFrame(
        {
            "person": rows["person"],
            "org": rows["goes_to"],
            "service": rows["service"],
            "day": rows["goes_on"],
            "sender": rows["sender"],
            "referred": True,
        }
    ).reset_index(drop=True)


def _spontaneous(rng: np.random.Generator, own: pd.DataFrame, band: NDArray[np.object_], window: Window) -> pd.DataFrame:
    """Trainings nobody referred to, some begun before the window."""
    doors = own[own["door"]]
    rows = doors[chance(rng, len(doors), rates.SPONTANEOUS_TRAINING)]
    service = by_group(rng, band[rows["person"].to_numpy()], rates.SPONTANEOUS_SERVICES)
    when = rows["opened"].to_numpy() + rng.exponential(70, len(rows)).astype(int)
    out = pd.DataFrame(
        {
            "person": rows["person"].to_numpy(),
            "org": by_group(rng, service, rates.OFFERS),
            "service": service,
            "day": when,
            "sender": None,
            "referred": False,
        }
    )
    return out[out["day"] <= window.horizon].reset_index(drop=True)


def _onward(
    rng: np.random.Generator, training: pd.DataFrame, own: pd.DataFrame, band: NDArray[np.object_], window: Window
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """After a remise à niveau: the referrals OF01 makes, and the steps people take by themselves."""
    ended = training[(training["service"] == "remise_a_niveau") & (training["ended"] > 0)]
    next_ = pick(rng, list(rates.ONWARD), list(rates.ONWARD.values()), len(ended))
    quick = ended["ended"].to_numpy() + 1 + rng.gamma(2.0, 28.0, len(ended)).astype(int)
    sent = ended["ended"].to_numpy() + rng.integers(0, 6, len(ended))
    by_of = (
        (next_ == "referred") & (ended["org"] == "OF01").to_numpy() & (sent <= window.horizon) & (sent >= window.start + rates.QUIET_DAYS)
    )
    plan = pd.DataFrame(
        {"person": ended["person"][by_of], "sender": "OF01", "sent": sent[by_of], "origin": ended["id"][by_of]}
    ).reset_index(drop=True)
    plan["service"] = pick(rng, list(rates.ONWARD_SERVICES), list(rates.ONWARD_SERVICES.values()), len(plan))
    alone = (next_ == "training") | ((next_ == "referred") & ~by_of)
    known_ml = ended["person"].isin(own.loc[own["org"] == "ML01", "person"]).to_numpy()
    service = np.where(
        alone, pick(rng, list(rates.ONWARD_SERVICES), list(rates.ONWARD_SERVICES.values()), len(ended)),
        np.where(next_ == "job", "job", np.where(next_ == "partner", "accompagnement", "")),
    )  # fmt: skip
    service = np.where((service == "job") & ~known_ml, "", service)
    steps = pd.DataFrame({"person": ended["person"].to_numpy(), "service": service, "day": quick, "sender": None, "referred": False})
    steps = steps[(steps["service"] != "") & (steps["day"] <= window.horizon)].reset_index(drop=True)
    offers = {**rates.OFFERS, "job": {"ML01": 1.0}, "accompagnement": {"CEP01": 0.4, "FT01": 0.3, "CAP01": 0.1, "PLIE01": 0.2}}
    steps["org"] = by_group(rng, steps["service"].to_numpy(dtype=object), offers)
    return refer(rng, plan, window), steps


def _registrations(rng: np.random.Generator, own: pd.DataFrame, arrived: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Own registrations and those referrals lead to; one per person and organisation, the earliest."""
    came = arrived[arrived["service"].isin(["accompagnement", "mobilite"])]
    came = came.rename(columns={"day": "opened"})[["person", "org", "service", "opened"]].assign(door=False)
    out = (
        pd.concat([own, came], ignore_index=True)
        .sort_values(["opened", "person", "org"], kind="stable")
        .drop_duplicates(["person", "org"])
        .reset_index(drop=True)
    )
    mean = out["org"].map(rates.OPEN_DAYS).to_numpy(float)
    closed = out["opened"].to_numpy() + 20 + rng.exponential(mean).astype(int)
    closed = np.where(closed < window.start, window.start + rng.integers(1, 200, len(out)), closed)
    out["closed"] = np.where(closed > window.horizon, 0, closed)
    out["reason"] = either(out["closed"] > 0, pick(rng, list(rates.CLOSINGS), list(rates.CLOSINGS.values()), len(out)), None)
    out["situation"] = pick(rng, ("looking", "inactive", "short_job", "school"), (0.7, 0.12, 0.12, 0.06), len(out))
    out["id"] = np.arange(len(out))
    return out


def _consistent(referral: pd.DataFrame, registration: pd.DataFrame) -> pd.DataFrame:
    """Nobody is referred to an organisation that has followed them for more than a week."""
    opened = registration.set_index(["person", "org"])["opened"]
    keys = pd.MultiIndex.from_frame(referral[["person", "intended"]])
    since = opened.reindex(keys).to_numpy(float)
    followed = referral["service"].isin(["accompagnement", "mobilite"]).to_numpy() & (since < referral["sent"].to_numpy() - 7)
    out = referral[~followed].reset_index(drop=True)
    out["id"] = np.arange(len(out))
    return out


def _receipts(arrived: pd.DataFrame, window: Window) -> pd.DataFrame:
    """GRETA01 writes down those it receives, the day they come."""
    rows = arrived[arrived["referred"] & (arrived["org"] == "GRETA01") & (arrived["day"] >= window.start)]
    out = pd.DataFrame(
        {"person": rows["person"], "org": rows["org"], "sender": rows["sender"], "service": rows["service"], "received": rows["day"]}
    )
    out = out.reset_index(drop=True)
    out["id"] = np.arange(len(out))
    return out


def _situations(rng: np.random.Generator, registration: pd.DataFrame, window: Window) -> pd.DataFrame:
    """France Travail: one a month while registered. Cap emploi: one, three months after the registration."""
    job_seekers = registration[registration["org"] == "FT01"]
    batches = []
    for first, after in zip(window.edges[:-1], window.edges[1:], strict=True):
        open_ = job_seekers[(job_seekers["opened"] < after) & ((job_seekers["closed"] == 0) | (job_seekers["closed"] >= first))]
        batches.append(pd.DataFrame({"person": open_["person"], "org": "FT01", "observed": int(after) - 1, "origin": open_["id"]}))
    cap = registration[
        (registration["org"] == "CAP01") & (registration["opened"] + 90 <= window.horizon) & (registration["opened"] + 90 >= window.start)
    ]
    batches.append(pd.DataFrame({"person": cap["person"], "org": "CAP01", "observed": cap["opened"] + 90, "origin": cap["id"]}))
    out = pd.concat(batches, ignore_index=True)
    out["situation"] = pick(rng, list(rates.SITUATIONS), list(rates.SITUATIONS.values()), len(out))
    out["id"] = np.arange(len(out))
    return out


def _certifications(rng: np.random.Generator, training: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Results of completed qualifying trainings, ten to forty days after the end."""
    done = training[(training["ending"] == "completed") & training["purpose"].isin(["qualifiant", "certifiant"]) & (training["ended"] > 0)]
    done = done[chance(rng, len(done), 0.85)]
    decided = done["ended"].to_numpy() + rng.integers(10, 41, len(done))
    out = pd.DataFrame(
        {"person": done["person"], "org": done["org"], "decided": decided, "certification": done["certification"], "origin": done["id"]}
    )
    out["result"] = pick(rng, list(rates.RESULTS), list(rates.RESULTS.values()), len(out))
    out = out[out["decided"] <= window.horizon].reset_index(drop=True)
    out["id"] = np.arange(len(out))
    return out


def _resolve(world: World, noise: Noise) -> None:
    """Writes each referral's outcome under the rules; leaves out those the rules could read in two ways when the noise says so."""
    arrivals = arrivals_of(world.registration, world.training, world.contract, world.receipt)
    rules = Rules(horizon=world.window.horizon)
    referral = world.referral.sort_values(["person", "sent", "id"], kind="stable")
    previous = referral.groupby("person")["sent"].shift()
    referral["close"] = (referral["sent"] - previous).fillna(1_000) < 110
    if noise.ambiguous_referrals == 0:
        referral = referral[~referral["close"]]
    referral["ambiguous"] = ambiguous(referral, arrivals[list(ARRIVAL_COLUMNS)], rules) | referral["close"]
    if noise.ambiguous_referrals == 0:
        referral = referral[~referral["ambiguous"]]
    referral = referral.sort_values("id").reset_index(drop=True)
    referral["id"] = np.arange(len(referral))
    world.referral = referral.join(outcomes(referral, arrivals, rules).set_index("id"), on="id")

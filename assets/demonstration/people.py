"""The people of the demonstration: who they really are.

Here: birth and usage names, dates, places, numbers, and the ties that make linkage hard (twins, siblings, couples, homonyms).
Not here: how partners write them (`dossiers.py`), what they live through (`pathways.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration.calendar import Days, Window, from_parts, parts
from assets.demonstration.draw import chance, either, pick, stream
from assets.demonstration.names import draw_given, draw_surnames
from assets.demonstration.noise import Noise
from assets.demonstration.places import BIRTH_PLACES, communes
from assets.demonstration.texts import STREETS, plain

LEVELS = {"1": 4.0, "2": 16.0, "3": 38.0, "4": 26.0, "5": 9.0, "6": 5.0, "7": 2.0}
DOMAINS = {"gmail.test": 5.0, "orange.test": 3.0, "free.test": 2.0, "hotmail.test": 2.0, "laposte.test": 1.0}


def draw_people(count: int, seed: int, noise: Noise, window: Window) -> pd.DataFrame:
    """One row per person, in order of `person` (0…): `sex, birth` (days since 1970), `age` (years at the horizon), `family, usage`
    (None when the same), `given, more_given, birth_place, commune, address, email, phone, nir, ine, ft_id, level, consent`."""
    rng = stream(seed, "people")
    sex = pick(rng, ("F", "M"), (0.52, 0.48), count)
    people = pd.DataFrame({"person": np.arange(count), "sex": sex, "birth": _births(rng, count, window)})
    people["family"] = draw_surnames(rng, count)
    people["given"] = draw_given(rng, sex)
    people["more_given"] = either(chance(rng, count, 0.35), draw_given(rng, sex), None)
    people["birth_place"] = pick(rng, list(BIRTH_PLACES), list(BIRTH_PLACES.values()), count)
    places = communes()
    people["commune"] = pick(rng, places["commune"].tolist(), places["population"].to_numpy(float), count)
    people["address"] = np.char.add(rng.integers(1, 120, count).astype(str), " ").astype(object) + pick(rng, STREETS, None, count)
    _families(stream(seed, "families"), people, noise)
    if noise.homonyms == 0:
        _distinct(people)
    people["age"] = (window.horizon - people["birth"]) // 365.25
    people["usage"] = _usage(rng, people)
    _contacts(rng, people, noise)
    people["nir"] = _nir(people)
    _numbers(rng, people)
    people["level"] = pick(rng, list(LEVELS), list(LEVELS.values()), count)
    people["consent"] = pick(rng, ("yes", "no", "unknown"), (0.72, 0.08, 0.20), count)
    return people


def _births(rng: np.random.Generator, count: int, window: Window) -> Days:
    """Half between 16 and 25 years old at the horizon, a third to 45, the rest to 61."""
    bands = pick(rng, ("young", "adult", "senior"), (0.50, 0.33, 0.17), count)
    low = np.where(bands == "young", 16.6, np.where(bands == "adult", 26.0, 46.0))
    high = np.where(bands == "young", 26.0, np.where(bands == "adult", 46.0, 61.0))
    return np.asarray(window.horizon - (rng.uniform(low, high) * 365.25).astype(np.int64), dtype=np.int64)


def _families(rng: np.random.Generator, people: pd.DataFrame, noise: Noise) -> None:
    """Copies what relatives and homonyms share from the first to the second of disjoint pairs."""
    order = rng.permutation(len(people))
    at = 0
    ties = {
        "twin": (noise.twins, ["family", "birth", "birth_place", "commune", "address"]),
        "sibling": (noise.siblings, ["family", "birth_place", "commune", "address"]),
        "couple": (noise.couples, ["commune", "address"]),
        "homonym": (noise.homonyms, ["family", "given", "sex", "birth"]),
    }
    people["tie"] = -1
    people["tie_kind"] = ""
    for kind, (share, columns) in ties.items():
        pairs = int(len(people) * share / 2)
        first, second = order[at : at + pairs], order[at + pairs : at + 2 * pairs]
        at += 2 * pairs
        for column in columns:
            values = people[column].to_numpy(copy=True)
            values[second] = values[first]
            people[column] = values
        people.loc[second, "tie"] = first
        people.loc[second, "tie_kind"] = kind
    twins = people.index[people["tie_kind"] == "twin"].to_numpy()
    same = twins[people["given"].to_numpy()[twins] == people["given"].to_numpy()[people["tie"].to_numpy()[twins]]]
    people.loc[same, "given"] = people.loc[same, "given"] + "-Ange"


def _distinct(people: pd.DataFrame) -> None:
    """A perfect world has no two people alike in name and birth date: the second is made some days older."""
    for _ in range(20):
        form = plain(people["family"].to_numpy()) + "|" + plain(people["given"].to_numpy())
        again = pd.DataFrame({"form": form, "birth": people["birth"]}).duplicated().to_numpy()
        if not again.any():
            return
        people.loc[again, "birth"] -= 17


def _usage(rng: np.random.Generator, people: pd.DataFrame) -> NDArray[np.object_]:
    """A married name for some women over 24 and few men: the spouse's alone, or after one's own."""
    count = len(people)
    married = np.where(people["sex"] == "F", 0.42, 0.02) * (people["age"] > 24)
    spouse = draw_surnames(rng, count, double=0)
    both = chance(rng, count, 0.25)
    name = np.where(both, people["family"].to_numpy() + "-" + spouse, spouse)
    has = (rng.random(count) < married) & (spouse != people["family"].to_numpy())
    return either(has, name, None)


def _contacts(rng: np.random.Generator, people: pd.DataFrame, noise: Noise) -> None:
    """E-mail and phone; reserved domains and numbers (ARCEP fiction ranges need ten digits: 06 39 98 xx xx is too small a range, so
    numbers start with 06 00 or 07 00, not attributed)."""
    count = len(people)
    local = pd.Series(plain(people["given"].to_numpy()) + "." + plain(people["family"].to_numpy()))
    local = local.str.lower().str.replace("[^a-z.]", "", regex=True)
    number = people["person"].to_numpy()
    email = (
        local.to_numpy(dtype=object)
        + (number % 100_000).astype(str).astype(object)
        + "@"
        + pick(rng, list(DOMAINS), list(DOMAINS.values()), count)
    )
    slot = (number.astype(np.int64) * 7919) % 1_999_993
    phone = np.where(slot < 1_000_000, "0600", "0700") + pd.Series(slot % 1_000_000).astype(str).str.zfill(6).to_numpy(dtype=object)
    tie = people["tie"].to_numpy()
    for kind, columns in {"couple": (email, phone), "sibling": (phone,)}.items():
        mask = (people["tie_kind"] == kind).to_numpy()
        for values in columns:
            values[mask] = values[tie[mask]]
    people["email"], people["phone"] = email, phone


def _nir(people: pd.DataFrame) -> NDArray[np.object_]:
    """A well-formed number of 15 characters with its key; order numbers from 601 up, distinct within sex, month and place."""
    year, month, _ = parts(people["birth"].to_numpy())
    head = np.where(people["sex"] == "F", "2", "1").astype(object)
    head = head + pd.Series(year % 100).astype(str).str.zfill(2).to_numpy(dtype=object)
    head = head + pd.Series(month).astype(str).str.zfill(2).to_numpy(dtype=object) + people["birth_place"].to_numpy()
    order = pd.Series(head).groupby(head).cumcount() + 601
    body = pd.Series(head + order.astype(str).to_numpy(dtype=object))
    digits = body.str.replace("2A", "19").str.replace("2B", "18").astype("int64")
    return np.asarray(body.to_numpy(dtype=object) + (97 - digits % 97).astype(str).str.zfill(2).to_numpy(dtype=object))


def _numbers(rng: np.random.Generator, people: pd.DataFrame) -> None:
    """INE (ten digits and a letter) for those born since 1995, France Travail identifier (seven digits and a letter) for all."""
    count = len(people)
    letters = np.array(list("ABCDEFGHJKLMNPRSTUVWXYZ"), dtype=object)
    serial = pd.Series((people["person"] * 104_729 + 3_000_017) % 9_999_991).astype(str).str.zfill(7).to_numpy(dtype=object)
    young = people["birth"].to_numpy() > from_parts(np.array([1995]), np.array([1]), np.array([1]))[0]
    people["ine"] = either(young, "020" + serial + letters[rng.integers(0, len(letters), count)], None)
    people["ft_id"] = serial + letters[rng.integers(0, len(letters), count)]

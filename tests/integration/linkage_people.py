"""Invented people and the ways partners write them, for linkage tests: nobody here exists.

Noise, per dossier unless said: letter error 3 % per name (inserted, dropped, replaced or exchanged), surname and given name exchanged
0.5 %, day and month exchanged 1 %, one part of the date wrong 1 %, usage name alone one time in five for married women (30 % of women over
25), second given name given one time in two, hyphen dropped one time in two, birth place missing 25 %, NIR given 30 %. One birth in eighty
is of twins. Names follow a Zipf law over invented lists (measured: two strangers share a surname 1.1e-3, a given name 4e-3).
"""

from __future__ import annotations

import datetime as dt
import random

import pandas as pd

from assets.privacy.identifiers import nir_key

PARTNERS = ("mission_locale", "cfa", "region", "cap_emploi")

_STARTS = [
    "MAR",
    "DU",
    "BER",
    "LE",
    "GAU",
    "CHE",
    "ROU",
    "PEL",
    "FON",
    "BOU",
    "VAL",
    "SAU",
    "TRE",
    "GI",
    "MO",
    "RI",
    "LAM",
    "DEL",
    "COU",
    "BRE",
    "PRE",
    "HU",
    "NOR",
    "FA",
    "CAR",
    "BLAN",
    "GUE",
    "TES",
    "PI",
    "RO",
]
_MIDDLES = ["TI", "CHA", "NA", "LE", "RAN", "BO", "VI", "ME", "SSO", "GNA", "LI", "TRA", "DE", "NO", "RE", "BRI"]
_ENDS = ["N", "EAU", "ARD", "ET", "IER", "OT", "IN", "ON", "EL", "AUD", "OIS", "AND", "ERT", "ELLE", "AIS", "OUX"]


def _zipf(count: int, power: float) -> list[float]:
    return [1 / (k + 12) ** power for k in range(count)]


def _names(rng: random.Random) -> tuple[list[str], list[str]]:
    surnames = sorted({a + m + e for a in _STARTS for m in [*_MIDDLES, ""] for e in _ENDS})
    givens = sorted({a[:2] + m + e for a in _STARTS[::2] for m in _MIDDLES[::3] for e in ("A", "E", "IN", "O", "ETTE", "EL")})[:600]
    rng.shuffle(surnames)
    rng.shuffle(givens)
    return surnames, givens


def people(count: int, seed: int = 1) -> list[dict[str, object]]:
    """`count` people: surname, given, second, date, place, sex, usage, nir, email, phone."""
    rng = random.Random(seed)
    surnames, givens = _names(rng)
    found: list[dict[str, object]] = []
    sw, gw = _zipf(len(surnames), 0.9), _zipf(len(givens), 0.9)
    picked_s, picked_g, picked_2 = rng.choices(surnames, sw, k=count), rng.choices(givens, gw, k=count), rng.choices(givens, gw, k=count)
    places = [f"{d:02d}{c:03d}" for d in (38, 38, 38, 69, 1, 73, 26) for c in range(1, 120)]
    for k in range(count):
        twin = k > 0 and rng.random() < 1 / 80
        former = found[-1] if twin else None
        born = former["date"] if former else dt.date(1962, 1, 1) + dt.timedelta(days=int(rng.triangular(0, 16400, 15000)))
        assert isinstance(born, dt.date)
        place = former["place"] if former else rng.choice(places)
        sex = rng.choice("FM")
        given = picked_g[k]
        if former and given == former["given"]:
            given = givens[(givens.index(given) + 7) % len(givens)]
        body = f"{1 if sex == 'M' else 2}{born:%y%m}{place}{rng.randrange(1, 999):03d}"
        found.append(
            {
                "surname": former["surname"] if former else picked_s[k],
                "given": given,
                "second": picked_2[k],
                "date": born,
                "place": place,
                "sex": sex,
                "compound": rng.random() < 0.06,
                "usage": rng.choice(surnames) if sex == "F" and born.year < 1998 and rng.random() < 0.3 else None,
                "nir": f"{body}{nir_key(body):02d}",
                "email": f"{given.lower()}.{k}@exemple.fr",
                "phone": f"06{rng.randrange(10**8):08d}",
            }
        )
    return found


def _error(rng: random.Random, name: str) -> str:
    k = rng.randrange(len(name))
    kind = rng.randrange(4)
    if kind == 0:
        return name[:k] + rng.choice("AEIOULRNST") + name[k:]
    if kind == 1 and len(name) > 3:
        return name[:k] + name[k + 1 :]
    if kind == 2 and k + 1 < len(name):
        return name[:k] + name[k + 1] + name[k] + name[k + 2 :]
    return name[:k] + rng.choice("AEIOULRNST") + name[k + 1 :]


def _written_date(rng: random.Random, born: dt.date) -> dt.date:
    draw = rng.random()
    if draw < 0.01 and born.day <= 12:
        return dt.date(born.year, born.day, born.month)
    if draw > 0.99:
        return rng.choice(
            (born.replace(year=born.year + rng.choice((-1, 1, 10, -10)), day=min(born.day, 28)), born.replace(day=rng.randrange(1, 29)))
        )
    return born


def written(person: dict[str, object], rng: random.Random) -> dict[str, object]:
    """The person as one partner typed them: canonical identity fields, raw."""
    surname, given, usage = str(person["surname"]), str(person["given"]), person["usage"]
    if person["compound"]:
        given = given + rng.choice(("-", " ")) + str(person["second"])
    elif rng.random() < 0.5:
        given = f"{given} {person['second']}"
    if rng.random() < 0.03:
        surname = _error(rng, surname)
    if rng.random() < 0.03:
        given = _error(rng, given)
    if usage and rng.random() < 0.2:
        surname, usage = str(usage), None
    if rng.random() < 0.005:
        surname, given = given, surname
    born = person["date"]
    assert isinstance(born, dt.date)
    if rng.random() < 0.5:
        surname, given = surname.title(), given.title()
    return {
        "family_name": surname,
        "usage_name": usage,
        "given_names": given,
        "birth_date": _written_date(rng, born),
        "birth_place": None if rng.random() < 0.25 else person["place"],
        "sex": person["sex"],
        "nir": person["nir"] if rng.random() < 0.3 else None,
    }


def deliveries(population: list[dict[str, object]], seed: int = 2, share: float = 0.5) -> dict[str, pd.DataFrame]:
    """One typed frame of registrations per partner, each knowing `share` of the people; column `truth`: index in the population."""
    rng = random.Random(seed)
    found = {}
    for number, partner in enumerate(PARTNERS):
        rows = []
        for index, person in enumerate(population):
            if rng.random() < share:
                rows.append(written(person, rng) | {"truth": index})
                if number == 1:
                    rows[-1] |= {"email": person["email"], "phone": person["phone"]}
        rng.shuffle(rows)
        frame = pd.DataFrame(rows)
        frame["birth_date"] = pd.to_datetime(frame["birth_date"])
        frame["line"] = range(2, len(frame) + 2)
        frame["part"] = 0
        frame["record_key"] = [f"R{k}" for k in range(len(frame))]
        frame["dossier"] = [f"{partner[:2].upper()}{k:07d}" for k in range(len(frame))]
        frame["opened_on"] = pd.Timestamp("2025-09-01")
        frame["residence_commune"] = "38185"
        found[partner] = frame
    return found

"""A person as one partner knows them: the partner's file number, and the identity as it was typed there.

Here: identity noise, per dossier, and its later correction. Not here: the person (`people.py`), the file (`rendering.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration import texts
from assets.demonstration.calendar import Days, Window, day, from_parts, parts
from assets.demonstration.draw import chance, either, stream
from assets.demonstration.noise import Noise

NEVER = 10**6
_PLACEHOLDER = day(date(1900, 1, 1))


@dataclass(frozen=True)
class Style:
    """How a partner writes: names in capitals or not, with accents or not, all given names or the first; `prefix` of its file numbers."""

    prefix: str
    capitals: bool = False
    accents: bool = True
    all_given: bool = False
    company: str = "name"  # how it names organisations: name, code, siret, alias


@dataclass
class Dossiers:
    """`typed` (as first written) and `right` (once corrected): same rows, sorted by person, by canonical identity field;
    birth dates as days. `corrected_on` is the day of the correction, `NEVER` when there is none."""

    person: NDArray[np.int64]
    typed: dict[str, NDArray[Any]]
    right: dict[str, NDArray[Any]]
    corrected_on: Days

    def rows(self, person: NDArray[np.int64]) -> NDArray[np.int64]:
        """Position of each person's dossier."""
        return np.searchsorted(self.person, person)

    def values(self, field: str, person: NDArray[np.int64], by: int) -> NDArray[np.object_]:
        """What the partner writes in `field` for each person in a delivery made at day `by`."""
        at = self.rows(person)
        right = self.right[field][at]
        return np.where(self.corrected_on[at] <= by, right, self.typed[field][at])


def open_dossiers(person: NDArray[np.int64], people: pd.DataFrame, style: Style, noise: Noise, window: Window, seed: int) -> Dossiers:
    """Dossiers of the persons (sorted, distinct) at one partner; drawn from the seed and the partner's prefix alone."""
    rng = stream(seed, f"dossiers/{style.prefix}")
    known = people.iloc[person].reset_index(drop=True)
    count = len(known)
    right = _exact(rng, known, style, noise)
    numbers = pd.Series(rng.permutation(count) + 1).astype(str).str.zfill(6).to_numpy(dtype=object)
    right["dossier"] = style.prefix + numbers
    typed = right.copy()
    wrong = _spoil(rng, typed, known, noise)
    fixed = wrong & chance(rng, count, noise.corrected_later)
    month = rng.integers(0, window.length, count)
    for frame in (typed, right):
        _style(frame, style)
    return Dossiers(person, _arrays(typed), _arrays(right), np.where(fixed, window.edges[month] + 14, NEVER))


def _arrays(frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {str(c): frame[c].to_numpy() if c == "birth_date" else _texts(frame[c]) for c in frame.columns}


def _texts(series: pd.Series) -> NDArray[np.object_]:
    """Texts with None where there is none."""
    return np.asarray(series.astype(object).where(series.notna(), None).to_numpy(dtype=object))


def _exact(rng: np.random.Generator, known: pd.DataFrame, style: Style, noise: Noise) -> pd.DataFrame:
    """The identity without faults, but with what is simply not known at this partner."""
    count = len(known)
    given, more = _texts(known["given"]), _texts(known["more_given"])
    if style.all_given and noise.all_given_names >= 0.5:
        has = np.array([m is not None for m in more], dtype=bool)
        given = given.copy()
        given[has] = given[has] + ", " + more[has]
    out = pd.DataFrame({"given_names": pd.Series(given, dtype=object)})
    plain = {
        "family_name": "family",
        "usage_name": "usage",
        "birth_place": "birth_place",
        "nir": "nir",
        "ine": "ine",
        "france_travail_id": "ft_id",
        "email": "email",
        "phone": "phone",
        "address": "address",
        "residence_commune": "commune",
        "sex": "sex",
        "share_consent": "consent",
        "level_at_entry": "level",
    }
    for field, column in plain.items():
        out[field] = pd.Series(_texts(known[column]), dtype=object)
    out["birth_date"] = known["birth"].to_numpy(np.int64)
    missing = {
        "birth_place": noise.birth_place_missing,
        "nir": noise.nir_missing,
        "ine": noise.ine_missing,
        "email": noise.email_missing,
        "phone": noise.phone_missing,
        "france_travail_id": noise.france_travail_id_missing,
    }
    for field, share in missing.items():
        out[field] = pd.Series(either(chance(rng, count, share), None, out[field].to_numpy()), dtype=object)
    changed = chance(rng, count, noise.contact_changed)
    for field, stem in (("email", "contact"), ("phone", "")):
        values = out[field].to_numpy(dtype=object, copy=True)
        rows = np.flatnonzero(changed & out[field].notna().to_numpy())
        serial = rng.integers(5_000_000, 10_000_000, len(rows))
        values[rows] = [f"{stem}{s}@mail.test" if stem else f"06{s:08d}" for s in serial]
        out[field] = pd.Series(values, dtype=object)
    return out


def _spoil(rng: np.random.Generator, typed: pd.DataFrame, known: pd.DataFrame, noise: Noise) -> NDArray[np.bool_]:
    """Damages the typed identity in place; returns which dossiers were damaged."""
    count = len(typed)
    family, given = typed["family_name"].to_numpy(dtype=object, copy=True), typed["given_names"].to_numpy(dtype=object, copy=True)
    usage = typed["usage_name"].to_numpy(dtype=object)
    wrong = np.zeros(count, dtype=bool)

    def some(share: float, among: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        mask = chance(rng, count, share)
        mask = mask if among is None else mask & among
        wrong[mask] = True
        return np.flatnonzero(mask)

    rows = some(noise.married_as_birth, np.array([u is not None for u in usage], dtype=bool))
    family[rows] = usage[rows]
    for values in (family, given):
        compound = np.array([texts.first_part(v) != v for v in values], dtype=bool)
        rows = some(noise.compound_cut, compound)
        values[rows] = [texts.first_part(v) for v in values[rows]]
    for values, share in ((family, noise.family_typo), (given, noise.given_typo)):
        rows = some(share)
        how = rng.integers(0, 10_000, (len(rows), 2))
        values[rows] = [texts.typo(v, int(k), int(p)) for v, (k, p) in zip(values[rows], how, strict=True)]
    rows = some(noise.accents_lost)
    for values in (family, given):
        values[rows] = [texts.strip_accents(v) for v in values[rows]]
    rows = some(noise.swapped_names)
    family[rows], given[rows] = given[rows], family[rows]
    typed["family_name"], typed["given_names"] = pd.Series(family, dtype=object), pd.Series(given, dtype=object)
    _spoil_dates(rng, typed, some, noise)
    rows = some(noise.nir_typo, typed["nir"].notna().to_numpy())
    nir = typed["nir"].to_numpy(dtype=object, copy=True)
    nir[rows] = [v[:11] + v[12] + v[11] + v[13:] for v in nir[rows]]
    typed["nir"] = pd.Series(nir, dtype=object)
    return wrong


def _spoil_dates(rng: np.random.Generator, typed: pd.DataFrame, some: Callable[..., NDArray[np.int64]], noise: Noise) -> None:
    """Day and month swapped, one part wrong, or the placeholder 01/01/1900."""
    birth = typed["birth_date"].to_numpy(np.int64, copy=True)
    year, month, of_month = parts(birth)
    rows = some(noise.day_month_swap, (of_month <= 12) & (of_month != month))
    birth[rows] = from_parts(year[rows], of_month[rows], month[rows])
    rows = some(noise.birth_typo)
    by_day = rng.random(len(rows)) < 0.6
    other_day = np.where(of_month[rows] > 20, of_month[rows] - 10, of_month[rows] + 1)
    shifted = year[rows] + rng.choice(np.array([-10, -1, 1]), len(rows))
    birth[rows] = from_parts(np.where(by_day, year[rows], shifted), month[rows], np.where(by_day, other_day, of_month[rows]))
    birth[some(noise.birth_placeholder)] = _PLACEHOLDER
    typed["birth_date"] = birth


def _style(frame: pd.DataFrame, style: Style) -> None:
    """Capitals and accents as the partner's software writes them."""
    for field in ("family_name", "usage_name", "given_names"):
        values = frame[field].to_numpy(dtype=object)
        if not style.accents:
            values = texts.plain(values)
        elif style.capitals and field != "given_names":
            values = texts.upper(values)
        frame[field] = pd.Series(values, dtype=object)

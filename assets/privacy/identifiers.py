"""National numbers: NIR, INE, France Travail identifier. What is not surely a person's own number is not an identifier.

Rules of the NIR: INSEE, « Répertoire national d'identification des personnes physiques »; décret 82-103. Not here: names.
"""

from __future__ import annotations

import re

_NIR = re.compile(
    r"^(?P<sex>[12])(?P<year>\d{2})(?P<month>\d{2})(?P<department>\d{2}|2[AB])(?P<commune>\d{3})(?P<rank>\d{3})(?P<key>\d{2})?$"
)
_INE = re.compile(r"^(?:\d{9}[A-Z]{2}|\d{10}[A-Z]|\d{4}A\d{5}[A-Z])$")


def nir_key(body: str) -> int:
    """The control key of a 13-character NIR: 97 − n mod 97, Corsica 2A counted 19 and 2B 18."""
    return 97 - int(body.replace("2A", "19").replace("2B", "18")) % 97


def nir(value: str) -> str | None:
    """The 13 characters of a valid NIR, None otherwise.

    Months 01–12, and 20, 30–42, 50–99 (civil status incomplete) are accepted. Refused: a wrong key, provisional numbers (first
    digit 3, 4, 7, 8), fictitious months and ranks, zero commune or rank.
    """
    text = re.sub(r"[\s.\-]", "", value).upper()
    found = _NIR.match(text)
    if found is None:
        return None
    month = int(found["month"])
    if not (1 <= month <= 12 or month == 20 or 30 <= month <= 42 or month >= 50):
        return None
    if found["department"] == "00" or found["rank"] == "000" or (found["commune"] == "000"):
        return None
    body = text[:13]
    if found["key"] is not None and int(found["key"]) != nir_key(body):
        return None
    return body


def ine(value: str) -> str | None:
    """A national student number in one of its three shapes, None otherwise."""
    text = re.sub(r"[\s\-]", "", value).upper()
    return text if _INE.match(text) else None


def france_travail(value: str) -> str | None:
    """A France Travail identifier: 7 to 13 letters and digits. None for zeros, or for anything else."""
    text = re.sub(r"[\s\-]", "", value).upper().removesuffix(".0")
    return text if re.fullmatch(r"[0-9A-Z]{7,13}", text) and set(text) != {"0"} else None

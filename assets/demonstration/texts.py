"""Sentences, streets, and the ways a name gets damaged.

Here: functions on arrays of texts, computed once per distinct value. Not here: whose names they are.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STREETS = (
    "rue de la République", "rue Victor-Hugo", "avenue Jean-Jaurès", "place de l'Église", "rue des Écoles", "chemin du Moulin",
    "rue Pasteur", "allée des Tilleuls", "rue du 8-Mai-1945", "impasse de l'Étang", "boulevard de la Gare", "rue Haute",
    "lotissement Les Acacias, bât. B", "résidence du Parc, appt 12", "route de Brandeuil", "quai de l'Isle",
)  # fmt: skip

#: What advisers write in free-text columns. `{g}` given name, `{f}` family name: identities where nobody expects them.
COMMENTS = (
    "Vu {g} {f} ce jour, motivé(e), attend une réponse ; rappeler sa mère",
    "Entretien avec {g} : permis en cours, garde d'enfant à régler",
    "{f} {g} n'a pas donné suite, message laissé au domicile",
    "Mme ou M. {f} souhaite se réorienter, \"veut bouger\"",
    "RDV reporté à la demande de {g} {f} (santé)",
    "Bonne participation. {g} prévoit un stage chez son oncle",
)  # fmt: skip


def each(values: NDArray[np.object_], change: Callable[[str], str]) -> NDArray[np.object_]:
    """Applies `change` once per distinct text; None stays None."""
    known: dict[object, str | None] = {}
    for value in values.tolist():
        if value not in known:
            known[value] = change(value) if isinstance(value, str) else None
    return np.array([known[v] for v in values.tolist()], dtype=object)


def strip_accents(value: str) -> str:
    """`Hélène` → `Helene`, `Lœuf` → `Loeuf`."""
    value = value.replace("œ", "oe").replace("Œ", "OE")
    return "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))


def plain(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """Without accents, in upper case, hyphens and apostrophes as spaces: how old systems write."""
    return each(values, lambda v: strip_accents(v).upper().replace("-", " ").replace("'", " "))


def upper(values: NDArray[np.object_]) -> NDArray[np.object_]:
    """In upper case, accents kept."""
    return each(values, str.upper)


def typo(value: str, kind: int, place: int) -> str:
    """One letter dropped, doubled, swapped with the next or replaced (`kind` modulo 4) at about `place`."""
    if len(value) < 3:
        return value + "e"
    at = 1 + place % (len(value) - 2)
    match kind % 4:
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return value[:at] + value[at] + value[at:]
        case 2:
            return value[:at] + value[at + 1] + value[at] + value[at + 2 :]
        case _:
            return value[:at] + "aeinrstlu"[place % 9] + value[at + 1 :]


def first_part(value: str) -> str:
    """`Jean-Pierre` → `Jean`, `Martin-Dubois` → `Martin`; particles stay whole."""
    for glue in ("-", " "):
        head, found, rest = value.partition(glue)
        if found and len(head) > 3 and rest:
            return head
    return value


def comments(rng: np.random.Generator, given: NDArray[np.object_], family: NDArray[np.object_], share: float) -> NDArray[np.object_]:
    """A sentence that names the person, for a `share` of rows; None elsewhere."""
    out = np.full(len(given), None, dtype=object)
    which = np.where(rng.random(len(given)) < share, rng.integers(0, len(COMMENTS), len(given)), -1)
    for number, sentence in enumerate(COMMENTS):
        rows = np.flatnonzero(which == number)
        out[rows] = [sentence.format(g=g, f=f) for g, f in zip(given[rows], family[rows], strict=True)]
    return out

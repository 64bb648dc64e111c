"""Names to draw from: Faker's French lists, a longer tail of invented surnames, particles, compounds.

Here: the pools and their weights. Not here: who bears which name.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from faker.providers.person.fr_FR import Provider
from numpy.typing import NDArray

from assets.demonstration.draw import pick, zipf

_ACCENTED = (
    "Lefèvre", "Hébert", "Gérard", "Bénard", "Béranger", "Crépin", "Desprès", "Ménard", "Lepère", "Françoise", "Müller", "Maître",
    "Benoît", "Côté", "Hénault", "N'Diaye", "N'Guessan", "D'Almeida", "D'Angelo", "L'Hostis", "O'Brien", "Saïdi", "Belkacem",
    "Haddad", "Diallo", "Traoré", "Coulibaly", "Sissoko", "Nguyen", "Pham", "Kaya", "Yilmaz", "Popescu", "Kowalski", "Fernández",
)  # fmt: skip
_PARTICLES = (
    "de La Tour",
    "de Villiers",
    "du Bois",
    "des Moulins",
    "de Montfort",
    "d'Harcourt",
    "Le Bihan",
    "Le Corre",
    "La Rocca",
    "Van Damme",
    "El Amrani",
    "Ben Salah",
    "Aït Ouali",
)
_ROOTS = (
    "Chav", "Mont", "Bér", "Cass", "Dur", "Font", "Gav", "Lamb", "Maz", "Pell", "Rav", "Sav", "Tern", "Vall", "Barr", "Brun", "Carp",
    "Delm", "Fav", "Grim", "Jol", "Lav", "Mér", "Pign", "Roch", "Serv", "Tail", "Verd", "Bouch", "Coll", "Garn", "Marc",
)  # fmt: skip
_ENDINGS = (
    "ier", "and", "eau", "on", "et", "ot", "ard", "in", "elle", "oux", "ac", "as", "é", "ès", "aud", "ineau", "eron", "illon", "ault",
    "euil", "ois", "ette", "igny", "erin", "anger", "oubre", "achon", "essier",
)  # fmt: skip
_SECOND = (
    "Marie",
    "Pierre",
    "Paul",
    "Claude",
    "Anne",
    "Luc",
    "Michel",
    "Louis",
    "Christophe",
    "France",
    "Laure",
    "Noël",
    "Philippe",
    "Sophie",
)
_WORLD_F = ("Fatima", "Aïcha", "Mariama", "Yasmine", "Leïla", "Oksana", "Gülsüm", "Thi Mai", "Fatoumata", "Nour")
_WORLD_M = ("Mohamed", "Yacine", "Ibrahima", "Mehmet", "Ousmane", "Karim", "Andriy", "João", "Mamadou", "Bilal")


@cache
def surnames() -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """About 1,300 surnames and their weights: Faker's by rank, accented and particled ones, then an invented tail."""
    known = tuple(dict.fromkeys(n.strip() for n in Provider.last_names))
    tail = tuple(dict.fromkeys(r + e for r in _ROOTS for e in _ENDINGS))
    tail = tuple(n for n in tail if n not in known)
    names = (*known, *_ACCENTED, *_PARTICLES, *tail)
    weights = np.concatenate([
        0.62 * _share(zipf(len(known), 0.75)), 0.09 * _share(zipf(len(_ACCENTED), 0.5)),
        0.04 * _share(zipf(len(_PARTICLES), 0.5)), 0.25 * _share(zipf(len(tail), 0.4)),
    ])  # fmt: skip
    return names, weights


@cache
def given_names(sex: str) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Given names of one sex (`F`, `M`) and their weights: Faker's, names from elsewhere, compounds (Jean-Pierre, Marie Laure)."""
    base = Provider.first_names_female if sex == "F" else Provider.first_names_male
    world, stem = (_WORLD_F, "Marie") if sex == "F" else (_WORLD_M, "Jean")
    simple = tuple(dict.fromkeys(base))
    order = np.random.default_rng(20).permutation(len(simple))  # Faker's list is alphabetical: frequency must not be
    compounds = tuple(f"{stem}{glue}{second}" for second in _SECOND if second != stem for glue in ("-", " "))
    names = (*simple, *world, *compounds)
    common = np.empty(len(simple))
    common[order] = zipf(len(simple), 0.7)
    weights = np.concatenate([0.80 * _share(common), 0.12 * _share(zipf(len(world), 0.4)), 0.08 * _share(zipf(len(compounds), 0.6))])
    return names, weights


def draw_surnames(rng: np.random.Generator, count: int, double: float = 0.03) -> NDArray[np.object_]:
    """`count` surnames, of which a share `double` are double-barrelled (Martin-Dubois)."""
    names, weights = surnames()
    out = pick(rng, names, weights, count)
    both = rng.random(count) < double
    out[both] = out[both] + "-" + pick(rng, names[:200], None, int(both.sum()))
    return out


def draw_given(rng: np.random.Generator, sex: NDArray[np.object_]) -> NDArray[np.object_]:
    """A given name for each sex (`F` or `M`)."""
    out = np.empty(len(sex), dtype=object)
    for value in ("F", "M"):
        mask = sex == value
        names, weights = given_names(value)
        out[mask] = pick(rng, names, weights, int(mask.sum()))
    return out


def _share(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(weights / weights.sum(), dtype=float)

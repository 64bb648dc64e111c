"""The token rules, as data: what each token covers, and what two people who share it agree on.

A rule joins parts of an identity; a token is the keyed hash of that text under the rule's own key. Every rule covers at
least two strong fields: a token of one field alone is undone by counting (measured: 22.6 % of records for a first name).
Not here: how parts are normalised (`normalise.py`), hashed (`tokens.py`), or weighed (`assets/linkage`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How closely two people agree on something, from what they share. Higher is closer."""

    NEAR = 1  # one letter apart; two of three parts of a date
    SOUND = 2
    CROSSED = 3  # day and month, or surname and given name, exchanged
    EXACT = 4


@dataclass(frozen=True)
class Part:
    """A piece of an identity: a column of the table `identity` in memory (`many`: a list of forms, one token each), the `field` it
    comes from (None when too weak to count: a decade), and what sharing it proves: (comparison, level)."""

    name: str
    field: str | None
    many: bool
    proves: tuple[tuple[str, Level], ...] = ()


PARTS: dict[str, Part] = {
    p.name: p
    for p in (
        Part("surname", "surname", True, (("surname", Level.EXACT),)),
        Part("surname_sound", "surname", True, (("surname", Level.SOUND),)),
        Part("surname_near", "surname", True, (("surname", Level.NEAR),)),
        Part("given", "given", True, (("given", Level.EXACT),)),
        Part("given_sound", "given", True, (("given", Level.SOUND),)),
        Part("given_near", "given", True, (("given", Level.NEAR),)),
        Part("any_name", "any_name", True),
        Part("date", "date", False, (("date", Level.EXACT),)),
        Part("date_sorted", "date", False, (("date", Level.CROSSED),)),
        Part("year_month", "date", False, (("date", Level.NEAR),)),
        Part("year_day", "date", False, (("date", Level.NEAR),)),
        Part("month_day", "date", False, (("date", Level.NEAR),)),
        Part("year", "date", False),
        Part("decade", None, False),
        Part("place", "place", False, (("place", Level.EXACT),)),
        Part("nir", "nir", False, (("nir", Level.EXACT),)),
        Part("ine", "ine", False, (("number", Level.EXACT),)),
        Part("france_travail", "france_travail", False, (("number", Level.EXACT),)),
        Part("email", "email", False, (("contact", Level.EXACT),)),
        Part("phone", "phone", False, (("contact", Level.EXACT),)),
    )
}

#: Comparisons a pair is weighed on, beside the sex, and the levels each may reach.
COMPARISONS: dict[str, tuple[Level, ...]] = {
    "surname": (Level.EXACT, Level.CROSSED, Level.SOUND, Level.NEAR),
    "given": (Level.EXACT, Level.CROSSED, Level.SOUND, Level.NEAR),
    "date": (Level.EXACT, Level.CROSSED, Level.NEAR),
    "place": (Level.EXACT,),
    "contact": (Level.EXACT,),
    "number": (Level.EXACT,),
    "nir": (Level.EXACT,),
}


@dataclass(frozen=True)
class Rule:
    """One rule: `number` is stored, `name` is its key's label; neither ever changes meaning. `candidate`: sharing one such token is enough
    for a pair to be weighed. `crossed`: the two names are put in alphabetical order, so that exchanged ones agree."""

    number: int
    name: str
    parts: tuple[str, ...]
    fr: str
    en: str
    candidate: bool = True
    crossed: bool = False

    @property
    def fields(self) -> frozenset[str]:
        """Strong fields covered."""
        return frozenset(f for f in (PARTS[p].field for p in self.parts) if f is not None)

    @property
    def evidence(self) -> dict[str, Level]:
        """What two people sharing a token of this rule agree on: comparison → level."""
        found = {c: level for p in self.parts for c, level in PARTS[p].proves}
        return found | ({"surname": Level.CROSSED, "given": Level.CROSSED} if self.crossed else {})

    @property
    def text(self) -> str:
        """The SQL expression of the text to hash, over the columns named by `parts`."""
        if self.crossed:
            first, second, *rest = self.parts
            ordered = [f"least({first}, {second})", f"greatest({first}, {second})", *rest]
        else:
            ordered = list(self.parts)
        return " || '|' || ".join(ordered)


_NAMES = ("surname", "given")

RULES: tuple[Rule, ...] = (
    Rule(0, "names_date", (*_NAMES, "date"), "nom, prénom et date de naissance", "surname, given name and birth date"),
    Rule(
        1,
        "sounds_date",
        ("surname_sound", "given_sound", "date"),
        "nom et prénom à l'oreille, date de naissance",
        "sounding names, birth date",
    ),
    Rule(2, "given_date_place", ("given", "date", "place"), "prénom, date et lieu de naissance", "given name, birth date and place"),
    Rule(3, "surname_date_place", ("surname", "date", "place"), "nom, date et lieu de naissance", "surname, birth date and place"),
    Rule(4, "given_date", ("given", "date"), "prénom et date de naissance", "given name and birth date"),
    Rule(5, "surname_date", ("surname", "date"), "nom et date de naissance", "surname and birth date"),
    Rule(6, "names_place", (*_NAMES, "place"), "nom, prénom et lieu de naissance", "surname, given name and birth place"),
    Rule(7, "names_year_month", (*_NAMES, "year_month"), "nom, prénom, année et mois de naissance", "names, year and month of birth"),
    Rule(8, "names_year_day", (*_NAMES, "year_day"), "nom, prénom, année et jour de naissance", "names, year and day of birth"),
    Rule(9, "names_month_day", (*_NAMES, "month_day"), "nom, prénom, mois et jour de naissance", "names, month and day of birth"),
    Rule(10, "names_date_sorted", (*_NAMES, "date_sorted"), "nom, prénom, jour et mois intervertis", "names, day and month exchanged"),
    Rule(
        11,
        "crossed_names_date",
        (*_NAMES, "date"),
        "nom et prénom intervertis, date de naissance",
        "names exchanged, birth date",
        crossed=True,
    ),
    Rule(12, "date_place", ("date", "place"), "date et lieu de naissance", "birth date and place"),
    Rule(13, "surname_sound_date", ("surname_sound", "date"), "nom à l'oreille et date de naissance", "sounding surname, birth date"),
    Rule(
        14,
        "given_sound_date",
        ("given_sound", "date"),
        "prénom à l'oreille et date de naissance",
        "sounding given name, birth date",
        candidate=False,
    ),
    Rule(
        15,
        "sounds_place_decade",
        ("surname_sound", "given_sound", "place", "decade"),
        "nom et prénom à l'oreille, lieu et décennie de naissance",
        "sounding names, place and decade of birth",
    ),
    Rule(16, "any_name_date", ("any_name", "date"), "l'un des noms et date de naissance", "any of the names, birth date"),
    Rule(
        17,
        "surname_near_date",
        ("surname_near", "date"),
        "nom à une lettre près et date de naissance",
        "surname but one letter, birth date",
        candidate=False,
    ),
    Rule(
        18,
        "given_near_date",
        ("given_near", "date"),
        "prénom à une lettre près et date de naissance",
        "given name but one letter, birth date",
        candidate=False,
    ),
    Rule(20, "nir_surname", ("nir", "surname"), "NIR et nom", "NIR and surname"),
    Rule(21, "nir_given", ("nir", "given"), "NIR et prénom", "NIR and given name"),
    Rule(22, "nir_year", ("nir", "year"), "NIR et année de naissance", "NIR and birth year"),
    Rule(30, "ine_surname", ("ine", "surname"), "INE et nom", "INE and surname"),
    Rule(31, "ine_given", ("ine", "given"), "INE et prénom", "INE and given name"),
    Rule(32, "ine_year", ("ine", "year"), "INE et année de naissance", "INE and birth year"),
    Rule(
        40,
        "france_travail_surname",
        ("france_travail", "surname"),
        "identifiant France Travail et nom",
        "France Travail identifier and surname",
    ),
    Rule(
        41,
        "france_travail_given",
        ("france_travail", "given"),
        "identifiant France Travail et prénom",
        "France Travail identifier and given name",
    ),
    Rule(
        42,
        "france_travail_year",
        ("france_travail", "year"),
        "identifiant France Travail et année de naissance",
        "France Travail identifier, birth year",
    ),
    Rule(50, "email_surname", ("email", "surname"), "adresse électronique et nom", "e-mail and surname"),
    Rule(51, "email_given", ("email", "given"), "adresse électronique et prénom", "e-mail and given name"),
    Rule(52, "email_year", ("email", "year"), "adresse électronique et année de naissance", "e-mail and birth year", candidate=False),
    Rule(60, "phone_surname", ("phone", "surname"), "téléphone et nom", "phone and surname"),
    Rule(61, "phone_given", ("phone", "given"), "téléphone et prénom", "phone and given name"),
    Rule(62, "phone_year", ("phone", "year"), "téléphone et année de naissance", "phone and birth year", candidate=False),
)

#: Rules of the numbers that name one person by themselves: sharing one joins, unless all else contradicts.
STRONG: tuple[Rule, ...] = tuple(r for r in RULES if {"nir", "ine", "france_travail"} & r.fields)


def by_evidence(comparison: str, level: Level | None = None) -> tuple[Rule, ...]:
    """Rules that prove agreement on `comparison` (at exactly `level` when given)."""
    return tuple(r for r in RULES if comparison in r.evidence and level in (None, r.evidence[comparison]))

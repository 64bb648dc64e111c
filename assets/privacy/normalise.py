"""Names, dates and contacts as partners type them → comparable forms.

Here: pure functions of one value; callers apply them to unique values only. A placeholder (INCONNU, XXX, 01/01/1900…) is
a missing value: it never becomes a token. Not here: national numbers (`identifiers.py`), tokens (`tokens.py`).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

_LIGATURES = str.maketrans(
    {"Œ": "OE", "œ": "OE", "Æ": "AE", "æ": "AE", "ß": "SS", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L", "Đ": "D", "đ": "D", "ı": "I"}
)
_APOSTROPHES = re.compile("['`´‘’ʼ]")
_HYPHENS = re.compile(r"\s*[-‐‑–]\s*")
_NOT_LETTERS = re.compile(r"[^A-Z]+")

#: What software writes when a name is not known, as `letters` gives it. SNP: « sans nom patronymique ».
PLACEHOLDERS = frozenset(
    (
        "INCONNU",
        "INCONNUE",
        "NON CONNU",
        "NON CONNUE",
        "NON RENSEIGNE",
        "NON RENSEIGNEE",
        "NON COMMUNIQUE",
        "NON PRECISE",
        "NEANT",
        "AUCUN",
        "AUCUNE",
        "ANONYME",
        "NULL",
        "NONE",
        "NAN",
        "N A",
        "NC",
        "NR",
        "ND",
        "SNP",
        "SANS NOM",
        "SANS PRENOM",
        "SANS",
        "TEST",
        "NOM",
        "PRENOM",
        "A COMPLETER",
        "A RENSEIGNER",
        "UNKNOWN",
    )
)

#: Words in front of a surname that some software keeps and some drops.
PARTICLES = frozenset(("DE", "DU", "DES", "D", "LA", "LE", "LES", "L", "VAN", "VON", "DER", "DEN", "EL", "AL", "BEN", "DA", "DOS", "DI"))

_TITLES = frozenset(("M", "MR", "MME", "MLLE", "MONSIEUR", "MADAME", "MADEMOISELLE"))
_MARRIED = re.compile(r"\b(?:EPOUSE|EP|EPSE|NEE|NE|VEUVE|VVE)\b")

#: Dates that stand for "unknown": blank spreadsheet cells and the defaults of common software.
UNKNOWN_DATES = frozenset(
    (dt.date(1900, 1, 1), dt.date(1900, 1, 2), dt.date(1899, 12, 30), dt.date(1899, 12, 31), dt.date(1901, 1, 1), dt.date(1911, 11, 11))
)

#: Longest life accepted, and the first year of an accepted birth date.
FIRST_BIRTH_YEAR = 1901

#: Every name gives exactly this many near forms (itself, its one-letter deletions, then fillers): the count says nothing of its length.
NEAR_FORMS = 10

# Sound of a French name, coarse on purpose. Each rule rewrites what the former left.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"PH", "F"),
        (r"E?AUX?", "O"),
        (r"OU", "U"),
        (r"[AE][IY]", "E"),
        (r"Y", "I"),
        (r"QU?|CK|C(?=[AOUKLR])|C$", "K"),
        (r"C(?=[EI])|Z|X", "S"),
        (r"G(?=[EI])", "J"),
        (r"W", "V"),
        (r"H", ""),
        (r"O?E(?=N)", "A"),
        (r"M(?=[BP])", "N"),
        (r"(.)\1+", r"\1"),
        (r"(?<=..)[ESTDX]+$", ""),
    )
)


def letters(value: str) -> str:
    """Upper case A–Z words separated by single spaces: accents off (NFKD), ligatures opened, apostrophes closed up."""
    text = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", value.translate(_LIGATURES))).upper()
    return _NOT_LETTERS.sub(" ", "".join(c for c in text if not unicodedata.combining(c))).strip()


def is_placeholder(words: str) -> bool:
    """True for texts that stand for "unknown": a listed one, one letter, or one letter repeated (XXX)."""
    joined = words.replace(" ", "")
    return len(set(joined)) <= 1 or words in PLACEHOLDERS or joined in PLACEHOLDERS


def _untitled(words: list[str]) -> list[str]:
    return words[1:] if len(words) > 1 and words[0] in _TITLES else words


def surname_forms(value: str) -> list[str]:
    """Forms under which a surname may be met elsewhere, best first: whole, without its particles, and each half of a compound one.

    « DUPONT épouse MARTIN » gives both names. [] when missing.
    """
    forms: dict[str, None] = {}
    for name in _MARRIED.split(letters(value)):
        words = _untitled(name.split())
        if not words or is_placeholder(" ".join(words)):
            continue
        forms["".join(words)] = None
        bare = list(words)
        while len(bare) > 1 and bare[0] in PARTICLES:
            bare.pop(0)
        forms["".join(bare)] = None
        parts = [w for w in bare if len(w) > 3]
        if len(parts) > 1:
            forms.update(dict.fromkeys(parts))
    return [f for f in forms if len(f) > 1]


def given_forms(value: str) -> list[str]:
    """Forms of the given names, best first: the first, and the first two joined (Jean Pierre = Jean-Pierre). [] when missing.

    A second name never stands alone: brothers and sisters often share it. A hyphenated name is one name: « Marie-Lou » and
    « Marie-Ève », who may be twins, have no form in common.
    """
    words = _untitled(letters(_HYPHENS.sub("", value)).split())
    if not words or is_placeholder(" ".join(words)):
        return []
    forms = dict.fromkeys(("".join(words[:1]), "".join(words[:2])))
    return [f for f in forms if len(f) > 1]


def sound(form: str) -> str:
    """The coarse French sound of a form (own table, after Soundex-like keys for French): MARTEAU and MARTO agree."""
    for pattern, replacement in _SOUNDS:
        form = pattern.sub(replacement, form)
    return form


def near_forms(form: str) -> list[str]:
    """Exactly `NEAR_FORMS` texts: the form, its one-letter deletions, then fillers that no other name gives.

    Two names one typing error apart share at least one. Fillers depend on the form only, so that two exports of one name
    look alike and a filler cannot be told from a deletion.
    """
    found = dict.fromkeys((form,))
    if len(form) > 3:
        found.update(dict.fromkeys(form[:k] + form[k + 1 :] for k in range(len(form))))
    kept = list(found)[:NEAR_FORMS]
    return kept + [f"{form}#{k}" for k in range(len(kept), NEAR_FORMS)]


def birth_date(value: dt.date) -> dt.date | None:
    """The date, or None when it stands for "unknown" or cannot be a birth."""
    if value in UNKNOWN_DATES or not FIRST_BIRTH_YEAR <= value.year < 2100:
        return None
    return value


_PLACE = re.compile(r"^(?:\d{2}|2[AB])\d{3}$")


def birth_place(value: str) -> str | None:
    """INSEE code of a commune or country (99xxx), zero restored when a spreadsheet ate it; None for anything else."""
    text = re.sub(r"\s", "", value).upper().removesuffix(".0")
    if text.isdigit() and len(text) == 4:
        text = "0" + text
    return text if _PLACE.match(text) and text[2:] not in ("000", "999") and text[:2] != "00" else None


_EMAIL = re.compile(r"^[^@\s]+@[a-z0-9.-]+\.[a-z]{2,}$")
_NOBODY = re.compile(r"^(no-?reply|inconnue?|aucun|nc|xx+|pas-?de-?mail|sans-?mail|test|contact|accueil|secretariat)@")


def email(value: str) -> str | None:
    """Lower case address, None when it is not one, or is nobody's."""
    text = value.strip().lower()
    return text if _EMAIL.match(text) and not _NOBODY.match(text) else None


def phone(value: str) -> str | None:
    """French numbers as 0XXXXXXXXX (+33, 0033 and 33 removed), others as +digits. None for too short or obviously invented ones."""
    text = re.sub(r"[^\d+]", "", value.replace("(0)", ""))
    for prefix in ("+33", "0033"):
        if text.startswith(prefix):
            text = "0" + text[len(prefix) :].lstrip("0")
    if len(text) == 11 and text.startswith("33"):
        text = "0" + text[2:]
    if len(text) == 9 and text[0] in "1234567":
        text = "0" + text
    if re.fullmatch(r"0[1-9]\d{8}", text):
        return None if (len(set(text[2:])) == 1 and text[2] in "09") or text in ("0102030405", "0123456789") else text
    text = text.replace("00", "+", 1) if text.startswith("00") else text
    return text if re.fullmatch(r"\+[1-9]\d{7,14}", text) else None


def reference_sql(column: str) -> str:
    """SQL for a partner's own number: letters and digits, upper case; NULL when blank, zeros, or a placeholder.

    In SQL because nearly every line brings a different one.
    """
    text = f"regexp_replace(upper(strip_accents({column})), '[^0-9A-Z]', '', 'g')"
    nothing = "|".join(("0*", "X*", *sorted(p for p in PLACEHOLDERS if " " not in p)))
    return f"CASE WHEN NOT regexp_full_match({text}, '{nothing}') THEN {text} END"

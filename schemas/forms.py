"""The written forms of codes: what a SIRET, a commune code or an RNCP number looks like, and the harmless clean-ups before checking.

Here: one regular expression and the characters that may be removed, per form. Not here: identity numbers (their keys are checked in
the privacy room), organisations (resolved against `territory.yaml`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """`pattern` the whole text must match; `removable` characters added for the eye; `width` when a spreadsheet may have eaten zeros."""

    pattern: str
    removable: str = ""
    width: int | None = None


#: Sources: INSEE (SIRET, COG), France compétences (RNCP/RS), Centre Inffo (Formacode), France Travail (ROME 4).
FORMS: dict[str, Form] = {
    "siret": Form(r"\d{14}", " .-\u00a0\u202f"),
    "commune": Form(r"(?:\d{2}|2[AB])\d{3}", "", 5),
    "certification": Form(r"(?:RNCP|RS)\d{1,6}", " -"),
    "formacode": Form(r"\d{5}", "", 5),
    "rome": Form(r"[A-N]\d{4}"),
    "label": Form(r".{1,200}"),
    "code": Form(r"[A-Za-z0-9_./|:+-]{1,60}"),
}

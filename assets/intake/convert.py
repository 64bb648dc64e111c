"""Text → typed values: dates, numbers, codes, organisations, with harmless repairs counted.

Here: one function per kind of field. Not here: rules between fields (`schemas/validation.py`), where the text comes from (`evaluate.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd

from assets.intake.evaluate import Context, Series, fold, on_unique
from schemas import codelists
from schemas.contract import Value, strptime_format
from schemas.fields import Field, Type
from schemas.forms import FORMS
from schemas.territory import Organisation

#: A workbook's date cells arrive as ISO text whatever the contract says of typed ones.
ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


class Directory:
    """Organisations by code, SIRET or alias (accents and case aside)."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self.by_name: dict[str, str] = {}
        for o in organisations:
            for name in (o.code, o.siret, o.name, *o.aliases):
                if name:
                    self.by_name.setdefault(fold(name), o.code)

    def resolve(self, texts: list[str]) -> list[str | None]:
        """The organisation's code for each text, None when unknown."""
        return [self.by_name.get(fold(t)) for t in texts]


def dates(raw: Series, value: Value, context: Context) -> Series:
    """Days (midnight, no time zone). Formats are tried in the contract's order; what none reads is noted `date_unreadable`."""
    formats = tuple(strptime_format(p) for p in value.dates or context.feed.dates)
    if value.plus_days is not None or context.feed.format.type == "xlsx" or value.values is not None:
        formats += ISO

    def parse(uniques: list[str]) -> Series:
        texts = pd.Series(uniques, dtype="str")
        result = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
        for pattern in formats:
            left = result.isna()
            if left.any():
                result = result.mask(left, pd.to_datetime(texts.where(left), format=pattern, errors="coerce").astype("datetime64[us]"))
        days: Series = result.dt.normalize()
        return days

    parsed = on_unique(raw, parse, "datetime64[us]")
    context.findings.note(raw.notna() & parsed.isna(), context.label, "rejected", "date_unreadable")
    return parsed


def decimals(raw: Series, context: Context) -> Series:
    """Numbers, decimal comma or point, spaces between thousands allowed."""
    cleaned = raw.str.replace(r"[\s\u00a0\u202f]", "", regex=True).str.replace(",", ".", regex=False)
    number = pd.to_numeric(cleaned, errors="coerce").astype("float64")
    context.findings.note(raw.notna() & number.isna(), context.label, "rejected", "number_unreadable")
    return number


@cache
def _aliases(name: str) -> Mapping[str, str]:
    """Folded code, French label and official names → code, for a code list."""
    found: dict[str, str] = {}
    for code in codelists.load(name).codes:
        for text in (code.code, code.fr, *code.aliases):
            found.setdefault(fold(text), code.code)
    return found


def listed(raw: Series, name: str, value: Value, context: Context) -> Series:
    """Codes of a list, recognised by code, French label or official name."""
    known, aliases = codelists.load(name).values, _aliases(name)
    found = on_unique(raw, lambda u: [x if x in known else aliases.get(fold(x)) for x in u])
    context.findings.note(raw.notna() & ~raw.isin(list(known)) & found.notna(), context.label, "repaired", "code_alias")
    if value.otherwise == "reject":
        context.findings.note(raw.notna() & found.isna(), context.label, "rejected", "code_not_listed")
    return found


def formed(raw: Series, form_name: str, value: Value, context: Context) -> Series:
    """Codes with a written form: characters added for the eye removed, zeros eaten by a spreadsheet restored, then checked."""
    form = FORMS[form_name]
    cleaned = raw
    if form.removable:
        cleaned = on_unique(raw, lambda u: [x.translate(str.maketrans("", "", form.removable)) for x in u])
        context.findings.note((cleaned != raw) & raw.notna(), context.label, "repaired", "spaces_removed")
    if form.width is not None:
        padded = on_unique(
            cleaned, lambda u: [x.zfill(form.width or 0) if x.isdigit() and len(x) == (form.width or 0) - 1 else x for x in u]
        )
        context.findings.note((padded != cleaned) & raw.notna(), context.label, "repaired", "zero_restored")
        cleaned = padded
    wrong = cleaned.notna() & ~cleaned.str.fullmatch(form.pattern).fillna(False).astype(bool)
    if value.otherwise == "reject":
        context.findings.note(wrong, context.label, "rejected", "form_wrong")
    return cleaned.mask(wrong)


def organisations(raw: Series, directory: Directory, value: Value, context: Context) -> Series:
    """Organisation codes; an unknown organisation is noted unless the contract says `otherwise: blank`."""
    found = on_unique(raw, directory.resolve)
    if value.otherwise == "reject":
        context.findings.note(raw.notna() & found.isna(), context.label, "rejected", "organisation_unknown")
    return found


def convert(raw: Series, field: Field, value: Value, context: Context, directory: Directory) -> Any:
    """One field's typed column."""
    if field.type is Type.DATE:
        return dates(raw, value, context)
    if field.type is Type.DECIMAL:
        return decimals(raw, context)
    if field.type is Type.IDENTITY:
        return raw
    if field.codelist is not None:
        return listed(raw, field.codelist, value, context)
    if field.form == "organisation":
        return organisations(raw, directory, value, context)
    return formed(raw, field.form or "code", value, context)

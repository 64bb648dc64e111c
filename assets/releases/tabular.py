"""The indicators of a pack as rows, as CSV and as XLSX: French, safe to open, the same bytes for the same figures.

Here: which rows a partner receives and how each cell is written. Not here: the pack around them (`pack.py`), which figures are safe
(`assets/disclosure`: only `release` is read).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

import duckdb
import xlsxwriter

from schemas import codelists
from schemas.pack import BREAKDOWNS, COLUMNS, DIALECT, UNITS
from schemas.tables import TABLES

TERRITORY, TOTAL = "territoire", "ensemble"

#: A text that begins like this is run as a formula by a spreadsheet (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")

Row = tuple[object, ...]
Labels = Mapping[tuple[str, str], str]


class DefinitionLike(Protocol):
    """What a pack says of an indicator (`assets/indicators` gives more)."""

    @property
    def title_fr(self) -> str: ...
    @property
    def definition_fr(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def unit(self) -> str: ...


def harmless(text: str) -> str:
    """The text as a spreadsheet will show it, never run it: an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def code_labels() -> dict[tuple[str, str], str]:
    """(breakdown, code) → French label, for every coded column of the warehouse."""
    listed = {c.name: c.codelist for t in TABLES.values() for c in t.columns if c.codelist}
    return {(name, code.code): code.fr for name, codelist in listed.items() for code in codelists.load(codelist).codes}


def rows(
    con: duckdb.DuckDBPyConnection, organisations: Iterable[str], definitions: Mapping[str, DefinitionLike], labels: Labels
) -> list[Row]:
    """The cells of `release` about the territory and `organisations`, in the columns of `schemas/pack.py`, values typed.

    Sorted by indicator, population (territory first), breakdown (total first), category, month. Raises KeyError for an indicator without
    a definition: a figure nobody can explain is not delivered.
    """
    populations = [TERRITORY, *sorted(set(organisations))]
    cells = con.execute(
        """SELECT edition, month, indicator, population, breakdown, category, numerator, denominator, value, unit, status, provisional,
            definition_version
        FROM release WHERE population IN (SELECT unnest(?))
        ORDER BY indicator, population <> ?, population, breakdown <> ?, breakdown, category, month""",
        [populations, TERRITORY, TOTAL],
    ).fetchall()
    known = {**code_labels(), **labels}
    return [
        (
            edition,
            month,
            name,
            definitions[name].title_fr,
            population,
            *_group(breakdown, category, known),
            numerator,
            denominator,
            value,
            UNITS.get(unit, unit),
            status,
            provisional,
            v,
        )
        for edition, month, name, population, breakdown, category, numerator, denominator, value, unit, status, provisional, v in cells
    ]


def _group(breakdown: str, category: str, labels: Labels) -> tuple[str, str]:
    """French words for a breakdown and its category."""
    if breakdown == TOTAL:
        return TOTAL, TOTAL
    return BREAKDOWNS.get(breakdown, breakdown), labels.get((breakdown, category), category)


def _text(value: object) -> str:
    """One CSV cell. Numbers take a decimal comma and no useless zero; a missing value is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f").replace(".", ",")
    return harmless(value) if isinstance(value, str) else str(value)


def to_csv(found: Sequence[Row]) -> bytes:
    """UTF-8 with a byte-order mark, `;`, decimal comma, CRLF (RFC 4180)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=str(DIALECT["delimiter"]), lineterminator=str(DIALECT["lineTerminator"]))
    writer.writerow([c.name for c in COLUMNS])
    writer.writerows([_text(v) for v in row] for row in found)
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(found: Sequence[Row], definitions: Mapping[str, DefinitionLike], horizon: date) -> bytes:
    """The same rows as a workbook, with the definitions and the meaning of each status. `horizon` dates the file, not the clock."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": datetime(horizon.year, horizon.month, horizon.day)})
    bold = book.add_format({"bold": True, "bottom": 1})
    share = book.add_format({"num_format": "0.0%"})
    sheet = book.add_worksheet("Indicateurs")
    for position, column in enumerate(COLUMNS):
        sheet.write_string(0, position, column.name, bold)
        sheet.set_column(position, position, 36 if column.name == "libelle" else 16)
    unit = next(i for i, c in enumerate(COLUMNS) if c.name == "unite")
    for line, row in enumerate(found, 1):
        for position, value in enumerate(row):
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                sheet.write_number(
                    line, position, float(value), share if isinstance(value, Decimal) and row[unit] == UNITS["share"] else None
                )
            elif value is not None:
                sheet.write_string(line, position, str(value) if isinstance(value, str) else _text(value))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(found), len(COLUMNS) - 1)
    _sheet(
        book,
        bold,
        "Définitions",
        ["indicateur", "libelle", "definition", "unite", "version_definition"],
        [(n, d.title_fr, d.definition_fr, UNITS.get(d.unit, d.unit), str(d.version)) for n, d in sorted(definitions.items())],
    )
    _sheet(book, bold, "Statuts", ["statut", "signification"], [(c.code, c.fr) for c in codelists.load("status").codes])
    book.close()
    return out.getvalue()


def _sheet(book: xlsxwriter.Workbook, bold: object, name: str, header: Sequence[str], lines: Iterable[tuple[str, ...]]) -> None:
    """A sheet of texts."""
    sheet = book.add_worksheet(name)
    sheet.set_column(0, len(header) - 1, 30)
    for line, cells in enumerate([tuple(header), *lines]):
        for position, text in enumerate(cells):
            sheet.write_string(line, position, text, bold if line == 0 else None)
    sheet.freeze_panes(1, 0)

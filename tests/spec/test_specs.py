"""Runs every specification of this folder: readable tables in (« Soit »), figures out (« Alors »).

Here: the reader of the Markdown tables, the defaults that keep them short, the comparison. Not here: the rules (one `.md` per core
table, pathway table or indicator) nor unit tests of the Python around them (`tests/unit`).

How a specification is written: `README.md` beside this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest

from assets.core import build as core
from assets.core.edition import Edition, horizon_of, write
from assets.indicators import build as indicators
from assets.indicators.definition import load_all
from assets.pathways import build as pathways
from assets.tables import read_sql
from schemas.tables import TABLES, create
from schemas.territory import Territory

HERE = Path(__file__).resolve().parent
Row = dict[str, str]

#: The organisations every scenario starts with, unless the file gives its own.
ORGANISATIONS: list[Row] = [
    {"organisation": code, "name": code, "kind": kind, "partner": code.lower()}
    for code, kind in (
        ("ML01", "mission_locale"), ("FT01", "france_travail"), ("OF01", "organisme_formation"), ("OF02", "organisme_formation"),
        ("CFA01", "cfa"), ("CEP01", "cep_operator"),
    )
]  # fmt: skip
RAW = {"delivery", "link", "feed", *(name for name in TABLES if name.startswith("record_"))}


@dataclass
class Scenario:
    """One scenario: tables given, tables expected, in the order they are written."""

    file: Path
    title: str
    given: dict[str, list[Row]] = field(default_factory=dict)
    expected: list[tuple[str, list[str], list[Row]]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.file.parent.name}/{self.file.stem}: {self.title}"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _table(lines: list[str]) -> tuple[list[str], list[Row]]:
    rows = [_cells(line) for line in lines if not re.fullmatch(r"[|\s:-]+", line)]
    header, body = rows[0], rows[1:]
    assert all(len(row) == len(header) for row in body), f"a row has not {len(header)} cells: {lines[0]}"
    return header, [dict(zip(header, row, strict=True)) for row in body]


def scenarios(path: Path) -> Iterator[Scenario]:
    """Scenarios of one file. Tables before the first `##` belong to every scenario."""
    shared, current = Scenario(path, ""), Scenario(path, "")
    done: list[Scenario] = []
    lines, i = path.read_text("utf-8").splitlines(), 0
    while i < len(lines):
        if found := re.match(r"## (.+)", lines[i]):
            shared = current if not current.title else shared
            current = Scenario(path, found[1], {name: list(rows) for name, rows in shared.given.items()})
            done.append(current)
        if found := re.match(r"### (Soit|Alors) (\w+)", lines[i]):
            start = next(n for n in range(i + 1, len(lines)) if lines[n].startswith("|"))
            end = next((n for n in range(start, len(lines)) if not lines[n].startswith("|")), len(lines))
            header, rows = _table(lines[start:end])
            if found[1] == "Soit":
                current.given.setdefault(found[2], []).extend(rows)
            else:
                current.expected.append((found[2], header, rows))
            i = end - 1
        i += 1
    yield from done


def _months(row: Row) -> Iterator[Row]:
    """`2026-01..2026-03` in a `month` cell stands for the months between, both included."""
    if ".." not in row.get("month", ""):
        yield row
        return
    first, last = (int(m[:4]) * 12 + int(m[5:]) - 1 for m in row["month"].split(".."))
    for n in range(first, last + 1):
        yield {**row, "month": f"{n // 12:04d}-{n % 12 + 1:02d}"}


_DEFAULTS: Row = {
    "partner": "ml01", "feed": "f", "delivery_id": "d1", "line": "2", "age_band": "18_25", "person_id": "p1", "expected": "oui",
    "covered": "oui", "sha256": "0", "file_name": "x.csv", "bytes": "1", "received_at": "2026-01-01", "status": "accepted",
    "mode": "delta", "method": "dossier", "name": "x", "partners": "1", "organisation": "ML01",
}  # fmt: skip
_BOOLEAN = {"oui": "true", "non": "false"}


def _fill(con: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    table = TABLES[name]
    for n, row in enumerate((r for given in rows for r in _months(given)), start=1):
        unknown = set(row) - set(table.names)
        assert not unknown, f"{name} has no column {unknown}"
        full = dict(row)
        for column in table.columns:
            if column.required and column.name not in full:
                full[column.name] = str(n) if column.name in ("record_id", "record_key", "sequence") else _DEFAULTS.get(column.name, "")
        values = [_BOOLEAN.get(v, v) if v != "" else None for v in full.values()]
        con.execute(f"INSERT INTO {name} ({', '.join(full)}) VALUES ({', '.join('?' * len(full))})", values)


@cache
def _texts() -> dict[str, str]:
    """The SQL of every computed table and indicator, by name."""
    tables = [*((n, "core") for n in core.SQL_TABLES), *((n, "pathways") for n in pathways.SQL_TABLES)]
    return {**{name: read_sql(room, name) for name, room in tables}, **{i.id: i.select for i in load_all()}}


def _needed(names: set[str], given: set[str]) -> set[str]:
    """`names` and every table their SQL mentions, and theirs in turn, down to what is given."""
    found, todo = set(names), [n for n in names if n not in given]
    while todo:
        words = set(re.findall(r"\w+", _texts().get(todo.pop(), "")))
        new = (words & set(_texts())) - found
        found |= new
        todo += [n for n in new if n not in given]
    return found


def run(scenario: Scenario) -> duckdb.DuckDBPyConnection:
    """Gives the scenario's tables to the real SQL: a table that is given is not computed."""
    con = duckdb.connect()
    con.execute("; ".join(create(t) for t in TABLES.values() if t.name != "edition"))  # without comments: five times faster
    given = dict(scenario.given)
    edition = given.pop("edition", [{"month": "2026-12"}])[-1]
    names = {"referral": "referral_window_days", "early_arrival": "early_arrival_days", "gap": "gap_days"}
    windows = {k: int(edition[c]) for k, c in names.items() if c in edition}
    territory = Territory.model_validate({"name": "t", "windows": windows})
    write(con, Edition(edition["month"], 0, horizon_of(edition["month"]), "f"), territory)
    given.setdefault("organisation", ORGANISATIONS)
    for name, rows in given.items():
        _fill(con, name, rows)
    rooms = {**dict.fromkeys(core.SQL_TABLES, core), **dict.fromkeys(pathways.SQL_TABLES, pathways)}
    needed = _needed({name for name, _, _ in scenario.expected}, set(given))
    for name, room in rooms.items():
        if name in needed and name not in given and (room is pathways or name == "person" or RAW & set(given)):
            room.build_table(con, name)
    return con


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)):f}".rstrip("0").rstrip(".") if "." in f"{Decimal(str(value)):f}" else f"{Decimal(str(value)):f}"
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def observe(con: duckdb.DuckDBPyConnection, name: str, columns: list[str]) -> list[tuple[str, ...]]:
    """The rows of a table, or of an indicator (for the territory and in total, unless those columns are asked for)."""
    definitions = {i.id: i for i in load_all()}
    where, source = "true", name
    if name in definitions:
        indicators.build(con, [definitions[name]])
        defaults = {"population": "territoire", "breakdown": "ensemble"}
        where = " AND ".join(f"{c} = '{v}'" for c, v in defaults.items() if c not in columns) or "true"
        source = "indicator"
    rows = con.execute(f"SELECT {', '.join(columns)} FROM {source} WHERE {where}").fetchall()
    return sorted(tuple(_text(v) for v in row) for row in rows)


SCENARIOS = [s for path in sorted(HERE.glob("*/*.md")) for s in scenarios(path)]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_specification(scenario: Scenario) -> None:
    assert scenario.expected, "a scenario without « Alors » checks nothing"
    con = run(scenario)
    for name, columns, rows in scenario.expected:
        wanted = sorted(tuple(full[c] for c in columns) for row in rows for full in _months(row))
        if wanted == [tuple("" for _ in columns)]:
            wanted = []  # one row of empty cells: no row at all
        got = observe(con, name, columns)
        assert got == wanted, f"{name} ({', '.join(columns)})\n  attendu : {wanted}\n  obtenu  : {got}"


def test_every_indicator_and_table_has_its_specification() -> None:
    written = {s.file.stem for s in SCENARIOS}
    computed = {*(i.id for i in load_all()), *pathways.SQL_TABLES, *core.SQL_TABLES}
    assert computed <= written, f"without a specification: {sorted(computed - written)}"

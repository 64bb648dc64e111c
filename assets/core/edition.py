"""Which edition a run computes: `YYYY-MM.rN`, its horizon and its fingerprint.

Here: the rule that says whether anything a figure depends on has changed. Not here: what the edition contains (`build.py`).
"""

from __future__ import annotations

import calendar
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets.tables import SQL, ensure, replace
from schemas.tables import TABLES, quote
from schemas.territory import Territory


@dataclass(frozen=True)
class Edition:
    """One edition. `horizon` is the last day it knows of; `revision` 0 is the month's first computation."""

    month: str
    revision: int
    horizon: date
    fingerprint: str

    @property
    def name(self) -> str:
        """`2026-10.r0`."""
        return f"{self.month}.r{self.revision}"


def horizon_of(month: str) -> date:
    """Last day of `YYYY-MM`. Raises ValueError when it is not a month."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise ValueError("month_invalid")
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def definitions_hash(folder: Path = SQL) -> str:
    """SHA-256 (hex) over every SQL file's path and text: a changed definition is a new revision."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.sql")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def fingerprint(
    con: duckdb.DuckDBPyConnection, month: str, territory: Territory, code_version: str, others: Mapping[str, str] | None = None
) -> str:
    """SHA-256 (hex) of all a figure of this month depends on: accepted deliveries in their order, territory, definitions, code.

    `others` adds what the caller knows to matter (name → hash): link decisions, erasures.
    """
    ensure(con, "delivery")
    deliveries = con.execute(
        "SELECT delivery_id, sha256, contract_hash, mode FROM delivery WHERE status = 'accepted' AND period <= ?"
        " ORDER BY period, sequence, delivery_id",
        [month],
    ).fetchall()
    parts = {
        "month": month,
        "deliveries": [list(row) for row in deliveries],
        "territory": territory.model_dump(mode="json"),
        "definitions": definitions_hash(),
        "code": code_version,
        "others": dict(others or {}),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def decide(
    con: duckdb.DuckDBPyConnection, month: str, territory: Territory, code_version: str, others: Mapping[str, str] | None = None
) -> Edition:
    """The edition to compute: the month's latest revision when nothing changed since, else the next one. Writes nothing."""
    ensure(con, "edition_history")
    mark = fingerprint(con, month, territory, code_version, others)
    former = "SELECT revision, fingerprint FROM edition_history WHERE month = ? ORDER BY revision DESC LIMIT 1"
    latest = next(iter(con.execute(former, [month]).fetchall()), None)  # read to the end: an open result blocks the connection
    revision = 0 if latest is None else int(latest[0]) + (latest[1] != mark)
    return Edition(month, revision, horizon_of(month), mark)


def write(con: duckdb.DuckDBPyConnection, edition: Edition, territory: Territory) -> None:
    """Makes `edition` the current one, with the parameters every SQL file reads."""
    values = {
        "edition": quote(edition.name),
        "month": quote(edition.month),
        "horizon": f"DATE {quote(edition.horizon.isoformat())}",
        "fingerprint": quote(edition.fingerprint),
        "referral_window_days": str(territory.windows.referral),
        "early_arrival_days": str(territory.windows.early_arrival),
        "gap_days": str(territory.windows.gap),
        "suppression_threshold": str(territory.thresholds.suppression),
    }
    replace(con, TABLES["edition"], "SELECT " + ", ".join(f"{value} AS {name}" for name, value in values.items()))


def remember(con: duckdb.DuckDBPyConnection, edition: Edition) -> None:
    """Keeps the edition in `edition_history`; doing it twice changes nothing."""
    ensure(con, "edition_history")
    con.execute(
        "INSERT INTO edition_history SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM edition_history WHERE edition = ?)",
        [edition.name, edition.month, edition.revision, edition.fingerprint, edition.name],
    )

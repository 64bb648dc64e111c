"""Builds the room's tables, in the order they need one another.

Here: what comes from configuration (edition, feeds, organisations) and the run of `sql/core`. Not here: the rules, which are in the
SQL files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version

import duckdb

from assets.core import edition as editions
from assets.core.edition import Edition
from assets.tables import ensure, read_sql, replace
from schemas.contract import Contract
from schemas.records import RECORDS
from schemas.tables import TABLES, quote
from schemas.territory import Territory

#: Tables computed by `sql/core/<name>.sql`, in order.
SQL_TABLES: tuple[str, ...] = ("current_version", *RECORDS, "coverage", "person")

#: What the room reads: tables of former rooms, empty when nothing was ever received.
INPUTS: tuple[str, ...] = ("delivery", "link", *(f"record_{name}" for name in RECORDS))


def code_version() -> str:
    """Version of the installed distribution, `0` when run from a bare tree."""
    try:
        return version("filrouge")
    except PackageNotFoundError:
        return "0"


def _values(columns: tuple[str, ...], rows: Iterable[tuple[str | bool | None, ...]]) -> str:
    """A SELECT of literal rows (empty when there are none)."""
    literal = {True: "true", False: "false", None: "CAST(NULL AS VARCHAR)"}
    lines = []
    for row in rows:
        values = [quote(v) if isinstance(v, str) else literal[v] for v in row]
        lines.append("SELECT " + ", ".join(f"{v} AS {c}" for c, v in zip(columns, values, strict=True)))
    if not lines:
        return "SELECT " + ", ".join(f"NULL AS {c}" for c in columns) + " WHERE false"
    return " UNION ALL ".join(lines)


def build_edition(con: duckdb.DuckDBPyConnection, territory: Territory, month: str, others: Mapping[str, str] | None = None) -> Edition:
    """Decides the month's edition and writes table `edition`. `others`: see `edition.fingerprint`. Raises ValueError on a bad month."""
    edition = editions.decide(con, month, territory, code_version(), others)
    editions.write(con, edition, territory)
    return edition


def build_feed(con: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> int:
    """Table `feed`: one row per contract, feed and record type. Returns the row count."""
    rows = {
        (contract.partner, name, record.type, contract.organisation, feed.expected)
        for contract in contracts.values()
        for name, feed in contract.feeds.items()
        for record in feed.records
    }
    return replace(con, TABLES["feed"], _values(TABLES["feed"].names, sorted(rows)))


def build_organisation(con: duckdb.DuckDBPyConnection, territory: Territory, contracts: Mapping[str, Contract]) -> int:
    """Table `organisation`: `territory.yaml`, with the partner that delivers for each. Returns the row count.

    Raises ValueError(`organisation_unknown:<code>`) when a contract names an organisation the territory does not list.
    """
    partner_of: dict[str, str] = {}
    known = {o.code for o in territory.organisations}
    for contract in sorted(contracts.values(), key=lambda c: c.partner):
        if contract.organisation not in known:
            raise ValueError(f"organisation_unknown:{contract.organisation}")
        partner_of.setdefault(contract.organisation, contract.partner)
    rows = [(o.code, o.name, o.kind, o.siret, o.commune, partner_of.get(o.code)) for o in territory.organisations]
    return replace(con, TABLES["organisation"], _values(TABLES["organisation"].names, rows))


def build_table(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """One table of `SQL_TABLES`, from its SQL file. Returns the row count.

    Raises duckdb.ConstraintException when a record in force has no person: linkage must have run on every record.
    """
    return replace(con, TABLES[name], read_sql("core", name))


def build(
    con: duckdb.DuckDBPyConnection,
    territory: Territory,
    contracts: Mapping[str, Contract],
    month: str,
    others: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """The whole room for `month` (`YYYY-MM`): every table, then the edition is remembered. Returns row counts by table."""
    ensure(con, *INPUTS)
    edition = build_edition(con, territory, month, others)
    counts = {"edition": 1, "feed": build_feed(con, contracts), "organisation": build_organisation(con, territory, contracts)}
    counts |= {name: build_table(con, name) for name in SQL_TABLES}
    editions.remember(con, edition)
    return counts

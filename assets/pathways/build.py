"""Builds the pathway tables, in the order they need one another.

Here: the order. Not here: the rules: one file of `sql/pathways` each.
"""

from __future__ import annotations

import duckdb

from assets.tables import read_sql, replace
from schemas.tables import TABLES

#: Tables computed by `sql/pathways/<name>.sql`, in order: each reads core tables and the ones before it.
SQL_TABLES: tuple[str, ...] = ("arrival", "referral_outcome", "step", "training_follow_up", "gap", "flow")


def build_table(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """One table of `SQL_TABLES`. Returns the row count."""
    return replace(con, TABLES[name], read_sql("pathways", name))


def build(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The whole room, for the edition in force. Returns row counts by table."""
    return {name: build_table(con, name) for name in SQL_TABLES}

"""The analysts' file, `published/territory.duckdb`: built aside, swapped in whole, left alone when it would say the same.

Here: writing the `analyst.*` tables declared in `schemas/published.py` from `sql/published/*.sql`, comparing, swapping. Not here: what
people look like once generalised (`anonymity.py`), which figures are safe (`assets/disclosure`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import duckdb
import pandas as pd

from assets import keys, tables
from assets.releases import anonymity
from assets.workspace import Workspace, private_directory
from schemas import codelists
from schemas.published import FROM_DECLARATIONS, PUBLISHED, SCHEMA
from schemas.records import RECORDS
from schemas.tables import Table, comments, create, quote
from schemas.territory import Territory

#: The oldest file format DuckDB still writes: clients from 1.0 (June 2024) on open it, so do DBeaver and R of that age.
STORAGE_VERSION = "v1.0.0"

#: Catalogue name of the file while it is attached.
_NEW, _OLD = "being_published", "in_place"

_MODE = 0o644


class AnonymityBroken(Exception):
    """A class of people smaller than k was about to be published. Carries sizes, never attributes."""


def _code_frame() -> pd.DataFrame:
    rows = [
        (listed.name, rank, code.code, code.fr, code.en, listed.source, listed.version)
        for listed in map(codelists.load, codelists.names())
        for rank, code in enumerate(listed.codes, 1)
    ]
    return pd.DataFrame(rows, columns=list(PUBLISHED["code"].names))


def _field_frame() -> pd.DataFrame:
    rows = [
        (table.name, position, c.name, c.type, c.required, c.codelist, c.fr, c.en)
        for table in PUBLISHED.values()
        for position, c in enumerate(table.columns, 1)
    ]
    return pd.DataFrame(rows, columns=list(PUBLISHED["field"].names))


def territory_frame(workspace: Workspace) -> pd.DataFrame:
    """`reference/territory.csv` (UTF-8, comma), the declared columns it has; no row when the file is not there. Codes stay text."""
    names = list(PUBLISHED["territory"].names)
    path = workspace.reference / "territory.csv"
    found = (
        pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""]) if path.is_file() else pd.DataFrame(columns=names, dtype=str)
    )
    return found.reindex(columns=names)


def _fill(con: duckdb.DuckDBPyConnection, table: Table, select: str) -> None:
    """Creates `analyst.<table>` with its comments and fills it in the order of its key, which says nothing of the order received."""
    schema = f"{_NEW}.{SCHEMA}"
    con.execute(create(table, schema))
    columns = ", ".join(table.names)
    order = ", ".join(table.key or table.names)
    con.execute(f"INSERT INTO {schema}.{table.name} ({columns}) SELECT {columns} FROM ({select}) AS filled ORDER BY {order}")
    for statement in comments(table, schema):
        con.execute(statement)


def _prepare(con: duckdb.DuckDBPyConnection, workspace: Workspace, territory: Territory) -> None:
    """The temporary tables that `sql/published/*.sql` reads. Raises AnonymityBroken."""
    k, threshold = territory.thresholds.k_anonymity, territory.thresholds.suppression
    con.execute(f"CREATE OR REPLACE TEMP TABLE publication AS SELECT {k}::INTEGER AS k, {threshold}::INTEGER AS threshold")
    smallest = anonymity.build(con, k)
    row = con.execute("SELECT count(*) FROM person").fetchone()
    if smallest < min(k, row[0] if row else 0):
        raise AnonymityBroken(f"smallest={smallest} k={k}")
    anonymity.number_records(con, keys.load(workspace).derive("published/record"), tuple(RECORDS))


def _write(con: duckdb.DuckDBPyConnection, path: Path, workspace: Workspace) -> None:
    """Builds the whole file at `path`."""
    frames = {"code": _code_frame(), "field": _field_frame(), "territory": territory_frame(workspace)}
    con.execute(f"ATTACH {quote(str(path))} AS {_NEW} (STORAGE_VERSION '{STORAGE_VERSION}')")
    try:
        con.execute("BEGIN")
        con.execute(f"CREATE SCHEMA {_NEW}.{SCHEMA}")
        for table in PUBLISHED.values():
            if table.name in FROM_DECLARATIONS:
                con.register("declared_frame", frames[table.name])
                _fill(con, table, "SELECT * FROM declared_frame")
                con.unregister("declared_frame")
            else:
                _fill(con, table, tables.read_sql("published", table.name))
        con.execute("COMMIT")
        con.execute(f"CHECKPOINT {_NEW}")
    except Exception:
        with contextlib.suppress(duckdb.TransactionException):
            con.execute("ROLLBACK")
        raise
    finally:
        con.execute(f"DETACH {_NEW}")


def _content(con: duckdb.DuckDBPyConnection, path: Path, name: str) -> list[tuple[object, ...]]:
    """What a published file says, whatever its bytes: columns, types, comments, and per table its row count and a digest of its rows.

    DuckDB does not write the same bytes twice, so files are compared by this. The digest is a sum of row hashes: it does not depend on
    the order of rows, which the key fixes anyway. Compared within one process only: `hash` may change with DuckDB's version.
    """
    con.execute(f"ATTACH {quote(str(path))} AS {name} (READ_ONLY)")
    try:
        said: list[tuple[object, ...]] = con.execute(
            """SELECT t.schema_name, t.table_name, t.comment, c.column_index, c.column_name, c.data_type, c.is_nullable, c.comment
            FROM duckdb_tables() AS t JOIN duckdb_columns() AS c USING (database_name, schema_name, table_name)
            WHERE t.database_name = ? ORDER BY ALL""",
            [name],
        ).fetchall()
        for schema, table in sorted({(str(row[0]), str(row[1])) for row in said}):
            digest = con.execute(f"SELECT count(*), sum(hash(r)::HUGEINT), bit_xor(hash(r)) FROM {name}.{schema}.{table} AS r").fetchone()
            said.append((schema, table, *(digest or ())))
        return said
    finally:
        con.execute(f"DETACH {name}")


def _same(con: duckdb.DuckDBPyConnection, new: Path, in_place: Path, room: Path) -> bool:
    """True when the file in place says the same. It is compared through a copy: another part of this process may have it open, and an
    unreadable one is simply replaced."""
    if not in_place.is_file():
        return False
    copy = room / "in_place.duckdb"
    shutil.copyfile(in_place, copy)
    try:
        before = _content(con, copy, _OLD)
    except duckdb.Error:
        return False
    return before == _content(con, new, _NEW)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(workspace: Workspace, con: duckdb.DuckDBPyConnection, territory: Territory) -> bool:
    """Publishes the edition held by the warehouse connection `con` (read-write, no open transaction); True when the file changed.

    Built in the private scratch directory and renamed into place: a reader sees the former file or the new one, whole; a crash leaves the
    former one. Raises AnonymityBroken, keys.KeyMissing, duckdb.Error (a table is missing, or an event has no person): nothing is published.
    """
    with private_directory(workspace) as room:
        new = room / "territory.duckdb"
        try:
            _prepare(con, workspace, territory)
            _write(con, new, workspace)
        finally:
            anonymity.drop(con)
            con.execute("DROP TABLE IF EXISTS temp.main.publication")
        if _same(con, new, workspace.published, room):
            return False
        new.chmod(_MODE)
        _sync(new)
        workspace.published.parent.mkdir(parents=True, exist_ok=True)
        workspace.published.parent.chmod(0o755)  # analysts come here, whatever the umask of the writer
        os.replace(new, workspace.published)  # noqa: PTH105 (the rename that publishes is named, so that a test can break it)
        _sync(workspace.published.parent)
        return True

"""How a room writes a table declared in `schemas/tables.py`: a typed twin, filled in one statement, swapped in.

Here: ensure, replace, append. Not here: which columns a table has, or the SELECT that fills it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from schemas import codelists
from schemas.tables import TABLES, Table, comments, create

SQL = Path(__file__).resolve().parent.parent / "sql"


def read_sql(room: str, name: str) -> str:
    """The SELECT of `sql/<room>/<name>.sql`."""
    return (SQL / room / f"{name}.sql").read_text("utf-8")


def ensure(con: duckdb.DuckDBPyConnection, *names: str) -> None:
    """Creates the declared tables that do not exist yet, with their comments."""
    for name in names:
        table = TABLES[name]
        if not exists(con, name):
            con.execute(create(table))
            for statement in comments(table):
                con.execute(statement)


def exists(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """True when the table is in the main schema."""
    # Read to the end: a result left open refuses any later `register` on the connection.
    return bool(con.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'main' AND table_name = ?", [name]).fetchall()[0][0])


def replace(con: duckdb.DuckDBPyConnection, table: Table, select: str) -> int:
    """Fills the declared table from `select` (columns matched by name, rows sorted by the key) in one transaction; returns the row count.

    Raises duckdb.Error when the SELECT lacks a column, gives a wrong type or a NULL where none is allowed: the former table stays.
    """
    columns = ", ".join(table.names)
    order = ", ".join(table.key or table.names)
    con.execute("BEGIN")
    try:
        twin = f"{table.name}__new"
        con.execute(f"DROP TABLE IF EXISTS {twin}")
        con.execute(create(table, name=twin))
        con.execute(f"INSERT INTO {twin} ({columns}) SELECT {columns} FROM ({select.rstrip().rstrip(';')}) AS filled ORDER BY {order}")
        con.execute(f"DROP TABLE IF EXISTS {table.name}")
        con.execute(f"ALTER TABLE {twin} RENAME TO {table.name}")
        for statement in comments(table):
            con.execute(statement)
        con.execute("COMMIT")
    except Exception:
        con.execute("ROLLBACK")
        raise
    return int(con.execute(f"SELECT count(*) FROM {table.name}").fetchall()[0][0])


def violations(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """What a stored table breaks of its declaration, as `rule:column` codes: types, unique key, code lists. Empty when whole."""
    if not exists(con, table.name):
        return ["absent"]
    described = {
        r[0]: r[1]
        for r in con.execute(
            "SELECT column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = ?", [table.name]
        ).fetchall()
    }
    found = [f"type:{c.name}" for c in table.columns if described.get(c.name) != c.type]
    if found:
        return found
    if table.key:
        key = ", ".join(table.key)
        row = con.execute(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} GROUP BY {key} HAVING count(*) > 1)").fetchone()
        found += [f"key:{key}"] if row and row[0] else []
    for column in table.columns:
        if column.codelist is not None:
            known = sorted(codelists.load(column.codelist).values)
            row = con.execute(
                f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NOT NULL AND NOT list_contains(?, {column.name})", [known]
            ).fetchone()
            found += [f"code:{column.name}"] if row and row[0] else []
    return found

"""Writing what the privacy room produced: records to the warehouse, entities and tokens to the linkage store.

Here: appends that may be repeated (the rows of a batch's deliveries are deleted, then inserted, in one transaction per file).
Not here: any identity; who opens the two files.
"""

from __future__ import annotations

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd

from assets.privacy.pseudonymise import Pseudonymised
from assets.tables import ensure, exists
from schemas.tables import LINKAGE_TABLES, TABLES, create


def ensure_linkage(con: duckdb.DuckDBPyConnection) -> None:
    """Creates the declared tables of the linkage store that do not exist yet."""
    for name, table in LINKAGE_TABLES.items():
        if not exists(con, name):
            con.execute(create(table))


def known_profiles(linkage: duckdb.DuckDBPyConnection) -> npt.NDArray[np.int64]:
    """Profile ids the linkage store already knows: their tokens are there (written in the same transaction as the first entity)."""
    ensure_linkage(linkage)
    return np.asarray(linkage.execute("SELECT DISTINCT profile_id FROM entity").fetchnumpy()["profile_id"], dtype=np.int64)


def _insert(con: duckdb.DuckDBPyConnection, table: str, columns: tuple[str, ...], frame: pd.DataFrame, where: str = "true") -> None:
    names = ", ".join(columns)
    con.register("incoming", frame)
    try:
        con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM incoming AS i WHERE {where}")
    finally:
        con.unregister("incoming")


def _deliveries(done: Pseudonymised) -> list[str]:
    """The deliveries of the batch, in alphabetical order."""
    return sorted(done.records["delivery_id"].unique())


def write_records(warehouse: duckdb.DuckDBPyConnection, done: Pseudonymised) -> int:
    """Replaces the rows of `record_<type>` of the batch's deliveries; returns how many there are now."""
    name = f"record_{done.record_type}"
    ensure(warehouse, name)
    warehouse.execute("BEGIN")
    try:
        warehouse.execute(f"DELETE FROM {name} WHERE list_contains(?, delivery_id)", [_deliveries(done)])
        _insert(warehouse, name, TABLES[name].names, done.records)
        warehouse.execute("COMMIT")
    except Exception:
        warehouse.execute("ROLLBACK")
        raise
    return len(done.records)


def write_linkage(linkage: duckdb.DuckDBPyConnection, done: Pseudonymised) -> None:
    """Adds the delivery's entities and tokens, replaces what the delivery says of them.

    Entities no delivery mentions any more stay until `forget`.
    """
    ensure_linkage(linkage)
    deliveries = _deliveries(done)
    if not deliveries:
        return
    seen = done.records[["entity_id", "delivery_id"]].drop_duplicates().assign(record_type=done.record_type)
    chance = done.collisions.assign(delivery_id=deliveries[0], record_type=done.record_type)  # of the batch, under its first delivery
    linkage.execute("BEGIN")
    try:
        for name in ("entity_delivery", "collision"):
            linkage.execute(f"DELETE FROM {name} WHERE list_contains(?, delivery_id) AND record_type = ?", [deliveries, done.record_type])
        _insert(linkage, "entity_delivery", LINKAGE_TABLES["entity_delivery"].names, seen)
        _insert(linkage, "collision", LINKAGE_TABLES["collision"].names, chance)
        # Tokens before entities: a profile is new as long as no entity has it.
        _insert(linkage, "token", LINKAGE_TABLES["token"].names, done.tokens, "i.profile_id NOT IN (SELECT e.profile_id FROM entity AS e)")
        _insert(
            linkage, "entity", LINKAGE_TABLES["entity"].names, done.entities, "i.entity_id NOT IN (SELECT e.entity_id FROM entity AS e)"
        )
        linkage.execute("COMMIT")
    except Exception:
        linkage.execute("ROLLBACK")
        raise


def write(warehouse: duckdb.DuckDBPyConnection, linkage: duckdb.DuckDBPyConnection, done: Pseudonymised) -> int:
    """Both stores, linkage first: a crash in between leaves no record without its entity. Returns the record rows written."""
    write_linkage(linkage, done)
    return write_records(warehouse, done)


def forget(linkage: duckdb.DuckDBPyConnection) -> int:
    """Removes entities that no delivery mentions any more, and their tokens; returns how many entities went.

    Which person they were (two random numbers, no identity) is kept: a delivery held, then restored, finds its people again.
    """
    ensure_linkage(linkage)
    linkage.execute("BEGIN")
    try:
        gone = linkage.execute(
            "DELETE FROM entity WHERE entity_id NOT IN (SELECT entity_id FROM entity_delivery) RETURNING entity_id"
        ).fetchall()
        if gone:
            linkage.execute("DELETE FROM token WHERE profile_id NOT IN (SELECT profile_id FROM entity)")
        linkage.execute("COMMIT")
    except Exception:
        linkage.execute("ROLLBACK")
        raise
    return len(gone)

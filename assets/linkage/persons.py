"""Person ids that last: random, never derived from anything, kept from one run to the next.

Here: which former id each cluster inherits, what is new, and the history of merges and splits. Not here: who belongs together.
"""

from __future__ import annotations

import secrets

import duckdb
import pyarrow as pa

from assets.linkage.pairs import first

#: 80 random bits: 10⁻¹² chance of one collision among a million people.
_BYTES = 10


def _inherit(rows: list[tuple[int, str, int, int]]) -> dict[int, str]:
    """Cluster → former id. Each id goes to the cluster that holds most of its dossiers, each cluster takes the id it holds most of.

    `rows`: cluster, former id, dossiers in common, dossiers the id had. Ties go to the larger former person, then to the lowest id and
    cluster, so that a run repeated gives the same answer.
    """
    kept: dict[int, str] = {}
    taken: set[str] = set()
    for cluster, person, _, _ in sorted(rows, key=lambda r: (-r[2], -r[3], r[1], r[0])):
        if cluster not in kept and person not in taken:
            kept[cluster] = person
            taken.add(person)
    return kept


def assign(con: duckdb.DuckDBPyConnection, store: str, edition: str) -> dict[str, int]:
    """Table `person_now(entity_id, person_id)` from `clustered(entity_id, cluster)`; updates the store when something changed.

    Returns counts: persons, new, merged and split (dossiers moved). `person_history` of the store receives one row per dossier moved.
    """
    rows = con.execute(
        f"""SELECT c.cluster, b.person_id, count(*), any_value(b.n)
        FROM clustered AS c
        INNER JOIN (SELECT *, count(*) OVER (PARTITION BY person_id) AS n FROM {store}.person_entity) AS b USING (entity_id)
        GROUP BY c.cluster, b.person_id"""
    ).fetchall()
    kept = _inherit(rows)
    clusters = [r[0] for r in con.execute("SELECT DISTINCT cluster FROM clustered ORDER BY cluster").fetchall()]
    ids = [kept.get(c) or secrets.token_hex(_BYTES) for c in clusters]
    _load(con, clusters, ids)
    moved = _record(con, store, edition)
    return {"persons": len(clusters), "new_persons": len(clusters) - len(kept), **moved}


def _load(con: duckdb.DuckDBPyConnection, clusters: list[int], ids: list[str]) -> None:
    con.register("named", pa.table({"cluster": pa.array(clusters, pa.int64()), "person_id": pa.array(ids, pa.string())}))
    con.execute("CREATE TABLE person_now AS SELECT c.entity_id, n.person_id FROM clustered AS c INNER JOIN named AS n USING (cluster)")
    con.unregister("named")


def _record(con: duckdb.DuckDBPyConnection, store: str, edition: str) -> dict[str, int]:
    """Writes what changed: history first, then the current assignment. Nothing is written when nothing changed."""
    con.execute(
        f"""CREATE TABLE moved AS
        SELECT b.entity_id, b.person_id AS from_person_id, a.person_id AS to_person_id,
            CASE WHEN b.person_id IN (SELECT person_id FROM person_now) THEN 'split' ELSE 'merge' END AS event
        FROM {store}.person_entity AS b INNER JOIN person_now AS a USING (entity_id) WHERE a.person_id <> b.person_id"""
    )
    row = first(con, "SELECT count(*) FILTER (event = 'merge'), count(*) FILTER (event = 'split') FROM moved")
    fresh = first(con, f"SELECT count(*) FROM person_now WHERE entity_id NOT IN (SELECT entity_id FROM {store}.person_entity)")
    if any(row) or fresh[0]:
        con.execute(
            f"""INSERT INTO {store}.person_history
            SELECT (SELECT coalesce(max(sequence), 0) + 1 FROM {store}.person_history), ?, entity_id, from_person_id, to_person_id, event
            FROM moved ORDER BY entity_id""",
            [edition],
        )
        con.execute(f"DELETE FROM {store}.person_entity WHERE entity_id IN (SELECT entity_id FROM moved)")
        con.execute(
            f"""INSERT INTO {store}.person_entity
            SELECT entity_id, person_id FROM person_now
            WHERE entity_id NOT IN (SELECT entity_id FROM {store}.person_entity) ORDER BY entity_id"""
        )
    return {"merged": int(row[0]), "split": int(row[1])}

"""The run of the linkage room: reads the linkage store, decides who is who, writes `link`.

Here: the order of the steps, the working database, what is written. Each step is a module of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import numpy as np
import pyarrow as pa

from assets.linkage import model, pairs, persons
from assets.linkage.clusters import Clusters, Ints, groups
from assets.linkage.decide import decide, evidence
from assets.privacy.store import ensure_linkage
from assets.tables import replace
from schemas.tables import TABLES

_WORK = "linkage_work"

#: Pairs never to be in one cluster. A given name that changed under one dossier number is a correction, not a twin.
_APART = """
    SELECT l, r FROM decision AS d WHERE verdict = 'apart' AND NOT (
        reason = 'twins' AND EXISTS (SELECT 1 FROM dossier_pair AS s WHERE s.l = d.l AND s.r = d.r AND NOT s.contradictory)
    )
    UNION SELECT l, r FROM dossier_pair WHERE contradictory ORDER BY 1, 2"""


@contextmanager
def _working_database(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """An in-memory database beside the store, current for the time of the run; yields the store's own name."""
    name = pairs.first(con, "SELECT current_database()")[0]
    store = f'"{name}"'
    con.execute(f"ATTACH ':memory:' AS {_WORK}")
    try:
        con.execute(f"USE {_WORK}")
        yield f"{store}.main"
    finally:
        con.execute(f"USE {store}")
        con.execute(f"DETACH {_WORK}")


def _weigh(con: duckdb.DuckDBPyConnection, store: str, profiles: int) -> tuple[int, list[tuple[str, str, float, float]]]:
    """Tables `pair`, `weighed`, `decision`; without any candidate pair, an empty `decision`."""
    count, sure = pairs.build_pairs(con)
    if count == 0:
        con.execute("CREATE TABLE weighed AS SELECT *, 0::DOUBLE AS weight FROM pair")
        decide(con)
        return 0, []
    parameters = model.predict(con, store, profiles, sure)
    decide(con)
    return count, parameters


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> list[Ints]:
    return [np.asarray(column, dtype=np.int64) for column in con.execute(query).fetchnumpy().values()]


def _cluster(con: duckdb.DuckDBPyConnection, profiles: int) -> int:
    """Table `clustered(entity_id, cluster)` and `refused(l, r)`; returns how many merges a constraint refused."""
    count = profiles + 1  # p starts at 1
    left, right = _columns(con, "SELECT l, r FROM weighed WHERE nir = 1")
    nir = np.full(count, -1, dtype=np.int64)
    (holders,) = _columns(con, "SELECT p FROM profile WHERE has_nir")
    nir[holders] = groups(count, left, right)[holders]
    found = Clusters.of(count, nir)
    left, right = _columns(con, _APART)
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        found.keep_apart(a, b)
    left, right = _columns(
        con,
        """SELECT l, r FROM (
            SELECT l, r, 2 AS rank, support AS weight FROM dossier_pair WHERE NOT contradictory
            UNION ALL SELECT l, r, CASE reason WHEN 'identifier' THEN 1 ELSE 0 END, weight FROM decision WHERE verdict = 'join'
        ) ORDER BY rank DESC, weight DESC, l, r""",
    )
    refused = [(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True) if not found.join(a, b)]
    con.register("labels", pa.table({"p": np.arange(count), "cluster": found.labels()}))
    con.execute("CREATE TABLE clustered AS SELECT e.entity_id, e.p, g.cluster FROM entity AS e INNER JOIN labels AS g USING (p)")
    con.unregister("labels")
    con.execute("CREATE TABLE refused (l INTEGER, r INTEGER)")
    if refused:
        con.register("refusing", pa.table({"l": [a for a, _ in refused], "r": [b for _, b in refused]}))
        con.execute("INSERT INTO refused SELECT l, r FROM refusing")
        con.unregister("refusing")
    return len(refused)


def _methods(con: duckdb.DuckDBPyConnection) -> None:
    """Table `linked(entity_id, person_id, method)`: the strongest evidence that ties each dossier to another of the same person."""
    con.execute(
        """CREATE TABLE linked AS
        WITH tie AS (
            SELECT l, r, 3 AS rank FROM dossier_pair WHERE NOT contradictory
            UNION ALL SELECT l, r, CASE reason WHEN 'identifier' THEN 2 ELSE 0 END FROM decision WHERE verdict = 'join'
        ),
        together AS (
            SELECT t.l, t.r, t.rank FROM tie AS t
            INNER JOIN (SELECT DISTINCT p, cluster FROM clustered) AS a ON a.p = t.l
            INNER JOIN (SELECT DISTINCT p, cluster FROM clustered) AS b ON b.p = t.r AND b.cluster = a.cluster
        ),
        best AS (
            SELECT p, max(rank) AS rank FROM (
                SELECT l AS p, rank FROM together UNION ALL SELECT r, rank FROM together
                UNION ALL SELECT p, 1 FROM entity GROUP BY p HAVING count(*) > 1
            ) GROUP BY p
        )
        SELECT c.entity_id, n.person_id,
            CASE b.rank WHEN 3 THEN 'dossier' WHEN 2 THEN 'identifier' WHEN 1 THEN 'identical' WHEN 0 THEN 'probabilistic' ELSE 'alone'
            END AS method
        FROM clustered AS c INNER JOIN person_now AS n USING (entity_id) LEFT JOIN best AS b USING (p)"""
    )


def _listed(con: duckdb.DuckDBPyConnection, store: str, parameters: list[tuple[str, str, float, float]]) -> tuple[int, int]:
    """Rewrites `conflict`, `review_candidate` and `linkage_parameter` of the store; returns (conflicts, pairs to review).

    Pairs already in one person, whatever the way, are not listed: there is nothing left to decide.
    """
    con.execute("CREATE TABLE named AS SELECT p, min(entity_id) AS entity_id, any_value(cluster) AS cluster FROM clustered GROUP BY p")
    both = "INNER JOIN named AS a ON a.p = d.l INNER JOIN named AS b ON b.p = d.r WHERE a.cluster <> b.cluster"
    ends = "least(a.entity_id, b.entity_id) AS entity_left, greatest(a.entity_id, b.entity_id) AS entity_right"
    con.execute(f"DELETE FROM {store}.conflict")
    con.execute(
        f"""INSERT INTO {store}.conflict SELECT DISTINCT * FROM (
            SELECT {ends}, d.reason FROM decision AS d {both} AND d.verdict = 'apart'
            UNION ALL SELECT {ends}, 'dossier' FROM dossier_pair AS d {both} AND d.contradictory
            UNION ALL SELECT {ends}, 'cluster' FROM refused AS d {both}
        ) ORDER BY ALL"""
    )
    con.execute(f"DELETE FROM {store}.review_candidate")
    con.execute(
        f"""INSERT INTO {store}.review_candidate
        SELECT {ends}, d.weight, CASE WHEN d.weight < -1 THEN 'low' WHEN d.weight < 1 THEN 'even' ELSE 'high' END, {evidence()}
        FROM decision AS d {both} AND d.verdict = 'review' ORDER BY 1, 2"""
    )
    con.execute(f"DELETE FROM {store}.linkage_parameter")
    if parameters:
        con.executemany(f"INSERT INTO {store}.linkage_parameter VALUES (?, ?, ?, ?)", parameters)
    row = pairs.first(con, f"SELECT (SELECT count(*) FROM {store}.conflict), (SELECT count(*) FROM {store}.review_candidate)")
    return int(row[0]), int(row[1])


def link(linkage: duckdb.DuckDBPyConnection, warehouse: duckdb.DuckDBPyConnection, *, edition: str = "") -> dict[str, float | int]:
    """Links every dossier of the linkage store, writes `link` in the warehouse, keeps the person ids in the store.

    `linkage`: a writable connection to linkage.duckdb (memory limit and temporary directory already set); `warehouse`: to warehouse.duckdb;
    `edition`: noted in `person_history`. Run again on the same store it changes nothing. Returns counts and seconds per step (`*_seconds`).
    """
    ensure_linkage(linkage)
    stats: dict[str, float | int] = {}
    clock = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal clock
        now = time.perf_counter()
        stats[f"{name}_seconds"], clock = round(now - clock, 2), now

    with _working_database(linkage) as store:
        stats["profiles"] = pairs.build_profiles(linkage, store)
        pairs.build_dossier_pairs(linkage)
        lap("profiles")
        stats["pairs"], parameters = _weigh(linkage, store, int(stats["profiles"]))
        lap("weights")
        stats["refused"] = _cluster(linkage, int(stats["profiles"]))
        lap("clusters")
        stats |= persons.assign(linkage, store, edition)
        _methods(linkage)
        stats["conflicts"], stats["review"] = _listed(linkage, store, parameters)
        linked = linkage.sql("SELECT entity_id, person_id, method FROM linked").to_arrow_table()
        stats["entities"] = linked.num_rows
        lap("persons")
    warehouse.register("linked_now", linked)
    try:
        replace(warehouse, TABLES["link"], "SELECT entity_id, person_id, method FROM linked_now")
    finally:
        warehouse.unregister("linked_now")
    lap("write")
    return stats

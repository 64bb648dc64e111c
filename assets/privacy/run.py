"""One partner's waiting records through the privacy room: out of the vault, identities removed, into the two stores.

Here: which deliveries, in which order, what is forgotten. Not here: how an identity becomes tokens (`pseudonymise.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
import numpy as np
import pandas as pd

from assets.intake.take import from_parquet
from assets.landing import vault
from assets.privacy.pseudonymise import pseudonymise
from assets.privacy.store import ensure_linkage, forget, known_profiles, write
from assets.privacy.territory import Communes
from assets.site import Site
from assets.tables import ensure
from assets.workspace import duckdb_file
from schemas.contract import Contract
from schemas.records import RECORDS

#: Of the engine that holds identities, in memory only.
MEMORY = "3GB"

#: Lines pseudonymised together: enough to spare the fixed cost of a pass, few enough for the memory above.
BATCH_ROWS = 300_000


def _forget_delivery(warehouse: duckdb.DuckDBPyConnection, linkage: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
    for name in RECORDS:
        warehouse.execute(f"DELETE FROM record_{name} WHERE delivery_id = ?", [delivery_id])
    for name in ("entity_delivery", "collision"):
        linkage.execute(f"DELETE FROM {name} WHERE delivery_id = ?", [delivery_id])


def _batches(sizes: Mapping[str, int]) -> Iterator[list[str]]:
    """Deliveries, in order, in groups of at most BATCH_ROWS records (a larger one alone)."""
    batch: list[str] = []
    rows = 0
    for delivery_id, size in sizes.items():
        if batch and rows + size > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(delivery_id)
        rows += size
    if batch:
        yield batch


def _frames(site: Site, deliveries: list[tuple[str, str]]) -> dict[str, pd.DataFrame]:
    """The typed records of the deliveries (id, feed), by record type, each row knowing its delivery."""
    found: dict[str, list[pd.DataFrame]] = {}
    for delivery_id, feed in deliveries:
        for name, data in (vault.get_typed(site.workspace, site.keys, delivery_id) or {}).items():
            frame = from_parquet(data)
            if len(frame):
                found.setdefault(name, []).append(frame.assign(delivery_id=delivery_id, feed=feed))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def remove_identities(site: Site, contract: Contract) -> dict[str, int]:
    """Pseudonymises the partner's accepted deliveries whose typed records wait in the vault; drops what a held delivery had given before.

    Returns the rows written by record type. Raises VaultUnreadable. May be repeated: a delivery's rows are replaced, and its typed records
    are dropped only once both stores hold them.
    """
    rows = dict.fromkeys(RECORDS, 0)
    communes = Communes.load(site.workspace.reference / "territory.csv", site.territory.thresholds.epci_population)
    with site.warehouse() as warehouse, duckdb_file(site.workspace.linkage, site.workspace) as linkage:
        ensure(warehouse, *(f"record_{name}" for name in RECORDS))
        ensure_linkage(linkage)
        found = warehouse.execute(
            "SELECT delivery_id, feed, status = 'accepted', coalesce(lines_received, 0) FROM delivery WHERE partner = ? ORDER BY sequence",
            [contract.partner],
        ).fetchall()
        waiting = [d for d in found if (vault.typed_directory(site.workspace, d[0]) / "complete").exists()]
        known = known_profiles(linkage) if waiting else np.empty(0, dtype=np.int64)
        feeds = {d[0]: d[1] for d in waiting if d[2]}
        for delivery_id, *_ in waiting:
            _forget_delivery(warehouse, linkage, delivery_id)
        for batch in _batches({d[0]: d[3] for d in waiting if d[2]}):
            for name, frame in _frames(site, [(d, feeds[d]) for d in batch]).items():
                done = pseudonymise(
                    frame, RECORDS[name], partner=contract.partner, keys=site.keys, communes=communes, tokenised=known, memory_limit=MEMORY
                )
                rows[name] += write(warehouse, linkage, done)
                known = np.union1d(known, done.tokens["profile_id"].to_numpy())
        for delivery_id, *_ in waiting:
            vault.drop_typed(site.workspace, delivery_id)
        if waiting:
            forget(linkage)
    return rows

"""One partner's waiting records through the privacy room: out of the vault, identities removed, into the two stores.

Here: which deliveries, in which order, what is forgotten. Not here: how an identity becomes tokens (`pseudonymise.py`).
"""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import numpy as np

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


def _forget_delivery(warehouse: duckdb.DuckDBPyConnection, linkage: duckdb.DuckDBPyConnection, delivery_id: str) -> None:
    for name in RECORDS:
        warehouse.execute(f"DELETE FROM record_{name} WHERE delivery_id = ?", [delivery_id])
    for name in ("entity_delivery", "collision"):
        linkage.execute(f"DELETE FROM {name} WHERE delivery_id = ?", [delivery_id])


def remove_identities(site: Site, contract: Contract, listen: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """Pseudonymises the partner's accepted deliveries whose typed records wait in the vault; drops what a held delivery had given before.

    Returns the rows written by record type. Raises VaultUnreadable. May be repeated: a delivery's rows are replaced, and its typed records
    are dropped only once both stores hold them.
    """
    rows = dict.fromkeys(RECORDS, 0)
    communes = Communes.load(site.workspace.reference / "territory.csv", site.territory.thresholds.epci_population)
    with site.warehouse() as warehouse, duckdb_file(site.workspace.linkage, site.workspace) as linkage:
        ensure(warehouse, *(f"record_{name}" for name in RECORDS))
        ensure_linkage(linkage)
        deliveries = warehouse.execute(
            "SELECT delivery_id, feed, status FROM delivery WHERE partner = ? ORDER BY sequence", [contract.partner]
        ).fetchall()
        waiting = [d for d in deliveries if vault.typed_directory(site.workspace, d[0]).exists()]
        known = known_profiles(linkage) if waiting else np.empty(0, dtype=np.int64)
        for delivery_id, feed, status in waiting:
            listen(delivery_id)
            frames = vault.get_typed(site.workspace, site.keys, delivery_id)
            if frames is None:
                continue
            _forget_delivery(warehouse, linkage, delivery_id)
            for name, data in frames.items() if status == "accepted" else ():
                done = pseudonymise(
                    from_parquet(data),
                    RECORDS[name],
                    partner=contract.partner,
                    feed=feed,
                    delivery_id=delivery_id,
                    keys=site.keys,
                    communes=communes,
                    tokenised=known,
                    memory_limit=MEMORY,
                )
                rows[name] += write(warehouse, linkage, done)
                known = np.union1d(known, done.tokens["profile_id"].to_numpy())
            vault.drop_typed(site.workspace, delivery_id)
        if waiting:
            forget(linkage)
    return rows

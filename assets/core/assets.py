"""The core room in Dagster: every core table, current as of the edition."""

import hashlib
from collections.abc import Mapping

import dagster as dg
import duckdb

from assets.core.build import INPUTS, SQL_TABLES, build
from assets.orchestration import table_room
from assets.site import Site
from assets.tables import ensure
from schemas.records import RECORDS

NAMES = ("edition", "feed", "organisation", *SQL_TABLES)


def _links(con: duckdb.DuckDBPyConnection, month: str) -> str:
    """Hash of who is linked with whom among the dossiers of the edition's deliveries: a changed link is a new revision, a dossier that
    only a later month knows is not. A group is named by its first dossier, not by its person number."""
    known = " UNION ".join(f"SELECT r.entity_id FROM record_{n} AS r SEMI JOIN mine USING (delivery_id)" for n in RECORDS)
    rows = con.execute(
        f"""WITH mine AS (SELECT delivery_id FROM delivery WHERE status = 'accepted' AND period <= ?),
        grouped AS (
            SELECT l.entity_id, min(l.entity_id) OVER (PARTITION BY l.person_id) AS first_entity
            FROM link AS l SEMI JOIN ({known}) AS known USING (entity_id)
        )
        SELECT count(*), bit_xor(hash(entity_id, first_entity)) FROM grouped""",
        [month],
    ).fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _contracts(site: Site) -> str:
    """Hash of the contracts: who is expected to deliver what."""
    text = "".join(c.model_dump_json() for _, c in sorted(site.contracts.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _fill(site: Site, month: str) -> Mapping[str, int]:
    reference = site.workspace.reference / "territory.csv"
    with site.warehouse() as con:
        ensure(con, *INPUTS)
        others = {
            "links": _links(con, month),
            "contracts": _contracts(site),
            "reference": hashlib.sha256(reference.read_bytes()).hexdigest() if reference.exists() else "",
        }
        return build(con, site.territory, site.contracts, month, others)


definitions = table_room("core", NAMES, [dg.AssetKey("link")], _fill)

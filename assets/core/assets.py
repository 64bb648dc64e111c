"""The core room in Dagster: every core table, current as of the edition."""

import hashlib
from collections.abc import Mapping

import dagster as dg
import duckdb

from assets.core.build import SQL_TABLES, build
from assets.orchestration import table_room
from assets.site import Site

NAMES = ("edition", "feed", "organisation", *SQL_TABLES)


def _links(con: duckdb.DuckDBPyConnection) -> str:
    """Hash of who is linked with whom: a changed link is a new revision."""
    row = con.execute("SELECT count(*), bit_xor(hash(entity_id, person_id)) FROM link").fetchone()
    return hashlib.sha256(repr(row).encode()).hexdigest()


def _fill(site: Site, month: str) -> Mapping[str, int]:
    reference = site.workspace.reference / "territory.csv"
    with site.warehouse() as con:
        others = {"links": _links(con), "reference": hashlib.sha256(reference.read_bytes()).hexdigest() if reference.exists() else ""}
        return build(con, site.territory, site.contracts, month, others)


definitions = table_room("core", NAMES, [dg.AssetKey("link")], _fill)

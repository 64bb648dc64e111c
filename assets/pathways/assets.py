"""The pathways room in Dagster."""

from collections.abc import Mapping

import dagster as dg

from assets.core.assets import NAMES as CORE
from assets.orchestration import table_room
from assets.pathways.build import SQL_TABLES, build
from assets.site import Site


def _fill(site: Site, month: str) -> Mapping[str, int]:
    with site.warehouse() as con:
        return build(con)


definitions = table_room("pathways", SQL_TABLES, [dg.AssetKey(n) for n in CORE], _fill)

"""The disclosure room in Dagster: `release`, what may leave."""

from collections.abc import Mapping

import dagster as dg

from assets.disclosure.suppress import build
from assets.orchestration import table_room
from assets.site import Site


def _fill(site: Site, month: str) -> Mapping[str, int]:
    with site.warehouse() as con:
        return {"release": build(con, site.territory.thresholds.suppression)}


definitions = table_room("disclosure", ["release"], [dg.AssetKey("indicator")], _fill)

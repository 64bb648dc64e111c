"""The landing room in Dagster: one asset, the ledger."""

import dagster as dg

from assets.landing.land import Landed, land
from assets.orchestration import MONTHS, POOL, table_metadata
from assets.safety import sealed
from assets.site import Site


def _land(site: Site, month: str) -> tuple[Landed, int]:
    with site.warehouse() as con:
        landed = land(site.workspace, con, site.keys, site.contracts, month)
        row = con.execute("SELECT count(*) FROM delivery").fetchone()
    return landed, int(row[0]) if row else 0


@dg.asset(
    key="delivery",
    group_name="landing",
    partitions_def=MONTHS,
    pool=POOL,
    kinds={"duckdb"},
    description="Le registre des livraisons : chaque fichier reçu, chiffré au coffre, puis retiré de la boîte d'arrivée.",
)
def delivery(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
    """Takes in the inbox."""
    site.listen("landing", "")
    landed, rows = sealed(_land)(site, context.partition_key)
    site.landed = landed
    return dg.MaterializeResult(
        metadata={
            **table_metadata("delivery", rows),
            "new": len(landed.new),
            "already_known": len(landed.again),
            "left_alone": sum(landed.unsettled.values()),
            "unknown_folders": len(landed.unknown_partners),
        }
    )


definitions = [delivery]

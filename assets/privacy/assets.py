"""The privacy room in Dagster: one asset per partner, after its intake."""

from typing import Any

import dagster as dg

from assets.orchestration import MONTHS, POOL
from assets.privacy.run import remove_identities
from assets.safety import sealed
from assets.site import Site
from schemas.contract import Contract


def partner_assets(contract: Contract) -> list[Any]:
    """The partner's records, pseudonymised."""
    partner = contract.partner

    @dg.asset(
        key=["privacy", partner],
        group_name="privacy",
        partitions_def=MONTHS,
        deps=[dg.AssetKey(["intake", partner])],
        pool=POOL,
        kinds={"duckdb"},
        description=f"{contract.name} : identités remplacées par des jetons à clé, quasi-identifiants généralisés.",
    )
    def privacy(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        site.listen("privacy", partner)
        rows = sealed(remove_identities)(site, contract)
        return dg.MaterializeResult(metadata={"dagster/row_count": sum(rows.values()), **{f"record_{k}": v for k, v in rows.items() if v}})

    return [privacy]

"""The releases room in Dagster: the analysts' file, and one pack per partner."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.core.assets import NAMES as CORE
from assets.indicators.definition import load_all
from assets.orchestration import MONTHS, POOL
from assets.pathways.build import SQL_TABLES as PATHWAYS
from assets.releases.pack import Pack, pack
from assets.releases.publish import publish
from assets.safety import sealed
from assets.site import Site
from schemas.contract import Contract


def _publish(site: Site) -> bool:
    with site.warehouse() as con:
        return publish(site.workspace, con, site.territory)


def _pack(site: Site, contract: Contract, month: str) -> Pack:
    with site.warehouse(read_only=True) as con:
        return pack(site.workspace, con, contract, site.territory, month, {i.id: i.header for i in load_all()})


def _partner_pack(contract: Contract) -> Any:
    partner = contract.partner

    @dg.asset(
        key=["pack", partner],
        group_name="releases",
        partitions_def=MONTHS,
        deps=[dg.AssetKey("published")],
        pool=POOL,
        kinds={"csv"},
        description=f"{contract.name} : le dossier du mois (figures, description, empreintes).",
    )
    def partner_pack(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        site.listen("releases", partner)
        done = sealed(_pack)(site, contract, context.partition_key)
        return dg.MaterializeResult(
            metadata={"figures": done.figures, "changed": done.changed, "folder": done.path.relative_to(site.workspace.root).as_posix()}
        )

    return partner_pack


def definitions(contracts: Mapping[str, Contract]) -> list[Any]:
    """`published`, then a pack per partner: analysts and partners read the same edition."""

    @dg.asset(
        key="published",
        group_name="releases",
        partitions_def=MONTHS,
        deps=[dg.AssetKey(n) for n in (*CORE, *PATHWAYS, "release")],
        pool=POOL,
        kinds={"duckdb"},
        description="Le fichier des analystes, remplacé d'un coup ; intact quand rien n'a changé.",
    )
    def published(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        site.listen("releases", "")
        return dg.MaterializeResult(metadata={"changed": sealed(_publish)(site)})

    return [published, *(_partner_pack(c) for c in contracts.values())]

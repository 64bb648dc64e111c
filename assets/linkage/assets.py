"""The linkage room in Dagster: one asset, `link`, after every partner's privacy asset."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from assets.linkage.link import link
from assets.orchestration import MONTHS, POOL, contract_checks, table_metadata
from assets.safety import sealed
from assets.site import Site
from assets.workspace import duckdb_file


def _link(site: Site, month: str) -> dict[str, float | int]:
    with site.warehouse() as warehouse, duckdb_file(site.workspace.linkage, site.workspace) as linkage:
        return link(linkage, warehouse, edition=month)


def room(partners: Iterable[str]) -> list[Any]:
    """`link` and its blocking contract check."""

    @dg.asset(
        key="link",
        group_name="linkage",
        partitions_def=MONTHS,
        deps=[dg.AssetKey(["privacy", p]) for p in partners],
        pool=POOL,
        kinds={"duckdb"},
        description="Quels dossiers sont une même personne : identifiants forts, puis Splink sur les jetons, puis groupes contraints.",
    )
    def link_asset(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        site.listen("linkage", "")
        stats = sealed(_link)(site, context.partition_key)
        return dg.MaterializeResult(metadata={**table_metadata("link", int(stats["entities"])), **stats})

    return [link_asset, contract_checks("linkage", ["link"])]

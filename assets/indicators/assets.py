"""The indicators room in Dagster: one asset per file of `sql/indicators`, and the long table they fill."""

from typing import Any

import dagster as dg

from assets.core.assets import NAMES as CORE
from assets.indicators.build import build
from assets.indicators.definition import load_all
from assets.orchestration import MONTHS, POOL, contract_checks, specs, table_metadata
from assets.pathways.build import SQL_TABLES as PATHWAYS
from assets.safety import sealed
from assets.site import Site


def _fill(site: Site) -> dict[str, int]:
    with site.warehouse() as con:
        return build(con)


def definitions() -> list[Any]:
    """The room's assets and its blocking contract check. Raises DefinitionError when a header is wrong."""
    indicators = load_all()
    deps = [dg.AssetKey(n) for n in (*CORE, *PATHWAYS)]
    each = [
        dg.AssetSpec(
            ["indicators", i.id],
            group_name="indicators",
            deps=deps,
            partitions_def=MONTHS,
            kinds={"sql"},
            description=f"{i.header.title_fr}. {i.header.definition_fr}",
        )
        for i in indicators
    ]

    @dg.multi_asset(name="indicators", specs=[*each, *specs(["indicator"], "indicators", deps)], pool=POOL)
    def figures(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> Any:
        site.listen("indicators", "")
        counts = sealed(_fill)(site)
        for i in indicators:
            yield dg.MaterializeResult(
                asset_key=dg.AssetKey(["indicators", i.id]),
                metadata={"dagster/row_count": counts[i.id], "version": i.header.version, "unit": i.header.unit},
            )
        yield dg.MaterializeResult(asset_key=dg.AssetKey("indicator"), metadata=table_metadata("indicator", sum(counts.values())))

    return [figures, contract_checks("indicators", ["indicator"])]

"""Plausibility in Dagster: one check per table of the Great Expectations suites; a failing figure blocks the releases."""

from typing import Any

import dagster as dg

from assets.orchestration import POOL
from assets.quality.suites import Outcome, run_suite
from assets.safety import sealed
from assets.site import Site
from schemas.expectations import SUITES

#: What fails here must not leave. Elsewhere a failure is a warning that the steward reads.
BLOCKING = frozenset({"release"})


def _judge(site: Site) -> dict[str, list[Outcome]]:
    with site.warehouse(read_only=True) as con:
        return {table: run_suite(con, table) for table in SUITES}


def _result(table: str, outcomes: list[Outcome]) -> dg.AssetCheckResult:
    lines = [
        "| attente | colonne | tenue |",
        "|---|---|---|",
        *(f"| {o.expectation} | {o.column} | {'oui' if o.success else '**non**'} |" for o in outcomes),
    ]
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(table),
        check_name="plausible",
        passed=all(o.success for o in outcomes),
        severity=dg.AssetCheckSeverity.ERROR if table in BLOCKING else dg.AssetCheckSeverity.WARN,
        metadata={"failed": sum(not o.success for o in outcomes), "expectations": dg.MarkdownMetadataValue("\n".join(lines))},
    )


@dg.multi_asset_check(
    name="quality",
    specs=[
        dg.AssetCheckSpec(
            "plausible",
            asset=dg.AssetKey(t),
            blocking=t in BLOCKING,
            description="Great Expectations : vraisemblance de la table, oui ou non par attente.",
        )
        for t in SUITES
    ],
    pool=POOL,
)
def plausible(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> Any:
    """Runs every suite."""
    site.listen("quality", "")
    for table, outcomes in sealed(_judge)(site).items():
        yield _result(table, outcomes)


definitions = [plausible]

"""The only Definitions: every room's assets for the workspace's partners, the monthly job, its schedule, its sensor.

Built when asked for, not at import: the partners are those of the workspace (`FILROUGE_HOME`).
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import dagster as dg

from assets.core import assets as core
from assets.disclosure import assets as disclosure
from assets.indicators import assets as indicators
from assets.intake import assets as intake
from assets.landing import assets as landing
from assets.linkage import assets as linkage
from assets.pathways import assets as pathways
from assets.privacy import assets as privacy
from assets.quality import assets as quality
from assets.releases import assets as releases
from assets.site import Site
from pipelines.jobs import monthly
from pipelines.resources import default_workspace
from pipelines.schedules import monthly_schedule
from pipelines.sensors import inbox_sensor


def build(site: Site) -> dg.Definitions:
    """The definitions of one site: per-partner assets come from its contracts."""
    contracts = site.contracts.values()
    found: list[Any] = [
        *landing.definitions,
        *chain.from_iterable(intake.partner_assets(c) for c in contracts),
        *chain.from_iterable(privacy.partner_assets(c) for c in contracts),
        *linkage.room(site.contracts),
        *core.definitions,
        *pathways.definitions,
        *indicators.definitions(),
        *disclosure.definitions,
        *quality.definitions,
        *releases.definitions(site.contracts),
    ]
    return dg.Definitions(
        assets=[d for d in found if not isinstance(d, dg.AssetChecksDefinition)],
        asset_checks=[d for d in found if isinstance(d, dg.AssetChecksDefinition)],
        jobs=[monthly],
        schedules=[monthly_schedule(site.territory)],
        sensors=[inbox_sensor(site)],
        resources={"site": site},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions of the workspace the environment names."""
    return build(Site.load(default_workspace()))

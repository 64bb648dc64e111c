"""The monthly job: every room, in order, for one month."""

from __future__ import annotations

import dagster as dg

MONTHLY = "monthly"

monthly = dg.define_asset_job(
    MONTHLY,
    selection=dg.AssetSelection.all(),
    description="Le mois du territoire : prendre ce qui est arrivé, relier, calculer, publier.",
    executor_def=dg.in_process_executor,
)

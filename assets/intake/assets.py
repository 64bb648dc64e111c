"""The intake room in Dagster: one asset per partner, and the blocking check that its account balances."""

from typing import Any

import dagster as dg

from assets.intake.take import Account, take_in
from assets.orchestration import MONTHS, POOL
from assets.safety import sealed
from assets.site import Site
from schemas.contract import Contract


def _take_in(site: Site, contract: Contract) -> list[Account]:
    with site.warehouse() as con:
        return take_in(site.workspace, con, site.keys, contract, site.territory, lambda delivery: site.listen("intake", delivery))


#: Deliveries whose account does not add up, or disagrees with the line events.
_UNBALANCED = """
SELECT count(*) FROM delivery d
LEFT JOIN (
    SELECT delivery_id, count(DISTINCT line) FILTER (fate = 'rejected') AS rejected FROM line_event GROUP BY delivery_id
) e USING (delivery_id)
WHERE d.partner = ? AND (
    d.lines_received <> d.lines_kept + d.lines_repaired + d.lines_rejected + d.lines_superseded
    OR d.lines_rejected <> coalesce(e.rejected, 0)
)
"""


def _unbalanced(site: Site, partner: str) -> tuple[int, int]:
    with site.warehouse(read_only=True) as con:
        wrong = con.execute(_UNBALANCED, [partner]).fetchone()
        held = con.execute("SELECT count(*) FROM delivery WHERE partner = ? AND status = 'held'", [partner]).fetchone()
    return int(wrong[0]) if wrong else 0, int(held[0]) if held else 0


def partner_assets(contract: Contract) -> list[Any]:
    """The partner's intake asset, its blocking balance check, and the warning for deliveries on hold."""
    partner, key = contract.partner, dg.AssetKey(["intake", contract.partner])

    @dg.asset(
        key=key,
        group_name="intake",
        partitions_def=MONTHS,
        deps=[dg.AssetKey("delivery")],
        pool=POOL,
        kinds={"pandas", "pandera"},
        description=f"{contract.name} : fichiers lus ligne à ligne, enregistrements typés, accusés de réception.",
    )
    def intake(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> dg.MaterializeResult[None]:
        site.listen("intake", partner)
        accounts = sealed(_take_in)(site, contract)
        total = {k: sum(a.counts[k] for a in accounts) for k in ("received", "kept", "repaired", "rejected", "superseded")}
        return dg.MaterializeResult(
            metadata={
                "deliveries": len(accounts),
                "held": sum(a.status == "held" for a in accounts),
                "dagster/row_count": total["kept"] + total["repaired"],
                **total,
            }
        )

    @dg.multi_asset_check(
        name=f"account_{partner}",
        specs=[
            dg.AssetCheckSpec(
                "balance",
                asset=key,
                blocking=True,
                description="reçues = gardées + réparées + rejetées + remplacées, livraison par livraison.",
            ),
            dg.AssetCheckSpec("nothing_held", asset=key, description="Aucune livraison en attente."),
        ],
        pool=POOL,
    )
    def account(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> Any:
        wrong, held = sealed(_unbalanced)(site, partner)
        yield dg.AssetCheckResult(asset_key=key, check_name="balance", passed=wrong == 0, metadata={"unbalanced_deliveries": wrong})
        yield dg.AssetCheckResult(
            asset_key=key, check_name="nothing_held", passed=held == 0, severity=dg.AssetCheckSeverity.WARN, metadata={"held": held}
        )

    return [intake, account]

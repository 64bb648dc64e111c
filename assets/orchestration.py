"""What the rooms' `assets.py` share: the month partitions, the metadata of a table, blocking contract checks.

Here: thin Dagster helpers. No personal value can pass here: metadata are row counts, column names, codes.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import dagster as dg

from assets.safety import sealed
from assets.site import Site
from assets.tables import violations
from schemas.tables import TABLES

#: One partition a month (YYYY-MM); the current month included. The earliest real export tried starts in 1993.
MONTHS = dg.MonthlyPartitionsDefinition(start_date="1990-01", fmt="%Y-%m", end_offset=1)

#: DuckDB has one writer.
POOL = "duckdb"


def table_metadata(name: str, rows: int) -> dict[str, Any]:
    """Row count and column schema of a declared table, for the page."""
    columns = [
        dg.TableColumn(c.name, c.type, description=c.fr, constraints=dg.TableColumnConstraints(nullable=not c.required))
        for c in TABLES[name].columns
    ]
    return {"dagster/row_count": rows, "dagster/column_schema": dg.TableSchema(columns)}


def specs(
    names: Iterable[str],
    group: str,
    deps: Sequence[dg.AssetKey],
    describe: Callable[[str], str] | None = None,
    kinds: set[str] | None = None,
) -> list[dg.AssetSpec]:
    """One asset per declared table."""
    return [
        dg.AssetSpec(
            dg.AssetKey(n),
            group_name=group,
            deps=deps,
            description=describe(n) if describe else TABLES[n].fr,
            kinds=kinds or {"duckdb"},
            partitions_def=MONTHS,
        )
        for n in names
    ]


def table_room(
    room: str,
    names: Sequence[str],
    deps: Sequence[dg.AssetKey],
    fill: Callable[[Site, str], Mapping[str, int]],
    describe: Callable[[str], str] | None = None,
) -> list[Any]:
    """A room whose `fill(site, month)` writes the declared tables `names` (returning their row counts), and its blocking contract check."""

    @dg.multi_asset(name=room, specs=specs(names, room, deps, describe), pool=POOL)
    def room_tables(context: dg.AssetExecutionContext, site: dg.ResourceParam[Site]) -> Any:
        site.listen(room, "")
        rows = sealed(fill)(site, context.partition_key)
        for name in names:
            yield dg.MaterializeResult(asset_key=dg.AssetKey(name), metadata=table_metadata(name, rows[name]))

    return [room_tables, contract_checks(room, names)]


def contract_checks(room: str, names: Sequence[str]) -> dg.AssetChecksDefinition:
    """A blocking check per table: keys unique, codes in their lists. What is wrong is said by column and code, never by value."""

    @dg.multi_asset_check(
        name=f"{room}_contract",
        specs=[
            dg.AssetCheckSpec("contract", asset=dg.AssetKey(n), blocking=True, description="Clé unique, codes connus, types déclarés.")
            for n in names
        ],
        pool=POOL,
    )
    def check(context: dg.AssetCheckExecutionContext, site: dg.ResourceParam[Site]) -> Any:
        found = sealed(_violations_of)(site, names)
        for name in names:
            yield dg.AssetCheckResult(
                asset_key=dg.AssetKey(name), check_name="contract", passed=not found[name], metadata={"problems": found[name]}
            )

    return check


def _violations_of(site: Site, names: Sequence[str]) -> dict[str, list[str]]:
    with site.warehouse(read_only=True) as con:
        return {name: violations(con, TABLES[name]) for name in names}

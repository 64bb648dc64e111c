"""From units to figures: counts, shares and medians, for the territory and for each organisation, in total and by breakdown.

Here: the aggregation, the same for every indicator. Not here: who counts and how (`sql/indicators`), what may be released.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from assets.indicators.definition import DefinitionError, Indicator, load_all
from assets.tables import replace
from schemas.tables import TABLES, quote

#: Population of the whole territory; total of a breakdown; category of a missing value.
TERRITORY, TOTAL, MISSING = "territoire", "ensemble", "inconnu"

_REQUIRED = ("cohort_month", "unit_id", "organisation", "numerator", "denominator")
_OPTIONAL = {"value": "CAST(NULL AS DOUBLE)", "unverifiable": "0"}

_VALUE = {
    "share": "round(figure.numerator / nullif(figure.denominator, 0), 6)",
    "count": "figure.numerator",
    "median": "round(figure.median, 6)",
}


def _write_units(con: duckdb.DuckDBPyConnection, indicator: Indicator) -> None:
    """Runs the indicator's SELECT into the temporary table `unit`: months up to the edition's, every optional column there."""
    file = f"{indicator.id}.sql"
    try:
        given = [str(row[0]) for row in con.execute(f"DESCRIBE {indicator.select}").fetchall()]
    except duckdb.Error as error:
        raise DefinitionError(file, "select", type(error).__name__) from error
    for column in (*_REQUIRED, *indicator.header.breakdowns):
        if column not in given:
            raise DefinitionError(file, column, "column_missing")
    columns = [f"CAST({c} AS VARCHAR) AS {c}" for c in ("cohort_month", "organisation")]
    columns += [f"coalesce(nullif(CAST({b} AS VARCHAR), ''), {quote(MISSING)}) AS {b}" for b in indicator.header.breakdowns]
    columns += ["unit_id", "CAST(numerator AS TINYINT) AS numerator", "CAST(denominator AS TINYINT) AS denominator"]
    columns += [c if c in given else f"{default} AS {c}" for c, default in _OPTIONAL.items()]
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE unit AS SELECT {', '.join(columns)} FROM ({indicator.select}) AS selected"
        " WHERE cohort_month <= (SELECT month FROM edition)"
    )


def _figures(indicator: Indicator, population: str) -> str:
    """SELECT of the figures of one population (an SQL expression over `unit`): the total and every breakdown, in one pass.

    A unit counts once per month and population, in one category of each breakdown (the last in alphabetical order, should its rows
    disagree): categories always add up to the total.
    """
    header = indicator.header
    breakdowns = header.breakdowns
    maxima = "".join(f", max(unit.{b}) AS {b}" for b in breakdowns)
    sets = ", ".join(f"(cohort_month, population{', ' + b if b else ''})" for b in ("", *breakdowns))
    name = " ".join(f"WHEN grouping({b}) = 0 THEN {quote(b)}" for b in breakdowns)
    category = " ".join(f"WHEN grouping({b}) = 0 THEN {b}" for b in breakdowns)
    where = "" if population == quote(TERRITORY) else "WHERE unit.organisation IS NOT NULL"
    return f"""
    WITH counted AS (
        SELECT
            unit.cohort_month, {population} AS population, unit.unit_id, max(unit.numerator) AS numerator,
            max(unit.denominator) AS denominator, max(unit.unverifiable) AS unverifiable, min(unit.value) AS value{maxima}
        FROM unit {where}
        GROUP BY unit.cohort_month, {population}, unit.unit_id
    ),
    figure AS (
        SELECT
            cohort_month, population, {f"CASE {name} ELSE {quote(TOTAL)} END" if breakdowns else quote(TOTAL)} AS breakdown,
            {f"CASE {category} ELSE '' END" if breakdowns else "''"} AS category, sum(numerator) AS numerator,
            sum(denominator) AS denominator, sum(unverifiable) AS unverifiable, median(value) AS median
        FROM counted
        GROUP BY GROUPING SETS ({sets})
    )
    SELECT
        edition.edition, figure.cohort_month AS month, {quote(header.id)} AS indicator, {header.version} AS definition_version,
        figure.population, figure.breakdown, figure.category, figure.numerator,
        {"NULL" if header.measure == "count" else "figure.denominator"} AS denominator, {_VALUE[header.measure]} AS value,
        {quote(header.unit)} AS unit, figure.unverifiable,
        last_day(CAST(figure.cohort_month || '-01' AS DATE)) + {header.follow_up_days} > edition.horizon AS provisional
    FROM figure CROSS JOIN edition"""


def build(con: duckdb.DuckDBPyConnection, indicators: Sequence[Indicator] | None = None) -> dict[str, int]:
    """Computes every indicator (default: all of `sql/indicators`) into table `indicator`, which keeps the current edition alone.

    Returns the number of figures by indicator. Raises DefinitionError when a file's SELECT does not give what its header says.
    """
    chosen = load_all() if indicators is None else tuple(indicators)
    table = TABLES["indicator"]
    con.execute(f"CREATE OR REPLACE TEMP TABLE computed ({', '.join(f'{c.name} {c.type}' for c in table.columns)})")
    try:
        for indicator in chosen:
            _write_units(con, indicator)
            for population in (quote(TERRITORY), "unit.organisation"):
                con.execute(f"INSERT INTO computed BY NAME {_figures(indicator, population)}")
        replace(con, table, "SELECT * FROM computed")
        counts: dict[str, int] = dict(con.execute("SELECT indicator, count(*) FROM computed GROUP BY indicator").fetchall())
    finally:
        con.execute("DROP TABLE IF EXISTS unit")
        con.execute("DROP TABLE IF EXISTS computed")
    return {i.id: counts.get(i.id, 0) for i in chosen}

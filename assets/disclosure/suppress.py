"""Primary suppression: which figures of `indicator` may be released, and what the others say instead.

Here: the one rule that decides a cell's status, applied last, and the table `release`. Not here: the figures themselves
(`assets/indicators`), complementary suppression and protection across editions (later: they only ever turn `publie` into
`secret_complementaire`), how a figure is shown (`assets/releases`).

The rule fails closed: a cell is published because it passed a test, never because it failed none.
"""

from __future__ import annotations

import duckdb

from assets import tables
from schemas.tables import TABLES, quote

PUBLISHED = "publie"
PRIMARY = "secret_primaire"
COMPLEMENTARY = "secret_complementaire"
NOT_VERIFIABLE = "non_verifiable"
NOT_APPLICABLE = "sans_objet"

#: Unit of a figure that is a share of people or of their events: numerator, denominator and complement are all at stake.
SHARE_UNITS = frozenset({"share"})

#: Units of a figure computed over a group (median, mean): the size of the group, its denominator, is at stake.
DURATION_UNITS = frozenset({"days", "months", "hours"})

#: Indicators that count deliveries, not people (`personal: false` in their header): nobody is described by them, and a partner's gaps
#: must be visible to all. Named here too, so that no header alone can lift the secrecy of a figure.
EXEMPT_INDICATORS = frozenset({"partner_coverage"})


#: A median gives the size of its group, which is the numerator of a share: it is withheld wherever that share is (median, share).
SAME_COUNTS: tuple[tuple[str, str], ...] = (("arrival_delay_median", "arrived_share_90d"),)


def _one_of(column: str, values: frozenset[str]) -> str:
    return f"{column} IN ({', '.join(quote(v) for v in sorted(values))})"


def status_sql(threshold: int, exempt: frozenset[str] = EXEMPT_INDICATORS) -> str:
    """The CASE that gives a row of `indicator` its status; `threshold` is the smallest count that may be published.

    Zeros. In a share, a numerator of 0 (or a complement of 0) is a count under the threshold like another, and is withheld: it would
    say of every member of the group that they did not arrive, or all dropped out, which is what the threshold is there to prevent;
    withholding 0 with 1..threshold−1 also leaves more possibilities open for the cells hidden. A *count* of 0 describes nobody and is
    published. A denominator of 0 is no figure at all: `sans_objet`, or `non_verifiable` when coverage alone explains it.
    """
    share, duration = _one_of("unit", SHARE_UNITS), _one_of("unit", DURATION_UNITS)
    rated = f"({share} OR {duration})"
    exempted = _one_of("indicator", exempt) if exempt else "false"
    return f"""
        CASE
            WHEN {rated} AND coalesce(denominator, 0) = 0 AND unverifiable > 0 THEN '{NOT_VERIFIABLE}'
            WHEN {rated} AND coalesce(denominator, 0) = 0 THEN '{NOT_APPLICABLE}'
            WHEN value IS NULL AND unverifiable > 0 THEN '{NOT_VERIFIABLE}'
            WHEN value IS NULL THEN '{NOT_APPLICABLE}'
            WHEN {exempted} THEN '{PUBLISHED}'
            WHEN {share} AND numerator >= {threshold} AND denominator - numerator >= {threshold} THEN '{PUBLISHED}'
            WHEN {duration} AND denominator >= {threshold} AND coalesce(numerator, denominator) >= {threshold} THEN '{PUBLISHED}'
            WHEN NOT {rated} AND value = 0 AND coalesce(numerator, 0) = 0 THEN '{PUBLISHED}'
            WHEN NOT {rated} AND value >= {threshold} AND coalesce(numerator, value) >= {threshold} THEN '{PUBLISHED}'
            ELSE '{PRIMARY}'
        END"""


def release_sql(threshold: int, exempt: frozenset[str] = EXEMPT_INDICATORS) -> str:
    """The SELECT that fills `release`: every cell of `indicator`, with its status; figures only where the status is `publie`.

    A figure that is not published is NULL, never 0; so are its numerator and denominator, even when one of them alone would pass:
    numerator, denominator and value say the same thing three times. `unverifiable` never leaves: it is a count of people too.
    """
    figures = {"numerator", "denominator", "value"}
    columns = ", ".join(f"CASE WHEN status = '{PUBLISHED}' THEN {c} END AS {c}" if c in figures else c for c in TABLES["release"].names)
    twins = ", ".join(f"({quote(median)}, {quote(share)})" for median, share in SAME_COUNTS)
    return f"""
        WITH judged AS (SELECT *, {status_sql(threshold, exempt)} AS status FROM indicator),
        twin AS (SELECT * FROM (VALUES {twins}) AS t (indicator, share)),
        hidden AS (
            SELECT twin.indicator, j.month, j.population, j.breakdown, j.category
            FROM judged AS j INNER JOIN twin ON j.indicator = twin.share
            WHERE j.status NOT IN ('{PUBLISHED}', '{NOT_APPLICABLE}', '{NOT_VERIFIABLE}')
        ),
        settled AS (
            SELECT j.* REPLACE (
                CASE WHEN h.indicator IS NOT NULL AND j.status = '{PUBLISHED}' THEN '{COMPLEMENTARY}' ELSE j.status END AS status
            )
            FROM judged AS j LEFT JOIN hidden AS h USING (indicator, month, population, breakdown, category)
        )
        SELECT {columns} FROM settled"""


def build(con: duckdb.DuckDBPyConnection, threshold: int, exempt: frozenset[str] = EXEMPT_INDICATORS) -> int:
    """Fills `release` from `indicator`; returns its number of rows. `threshold` comes from `territory.yaml` (at least 3).

    Raises ValueError when the threshold is under 2 (it would protect nobody), duckdb.Error when `indicator` is not there.
    """
    if threshold < 2:
        raise ValueError("suppression_threshold")
    return tables.replace(con, TABLES["release"], release_sql(threshold, exempt))


def statuses(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Number of cells of `release` by status, for the run's summary."""
    rows = con.execute("SELECT status, count(*) FROM release GROUP BY status ORDER BY status").fetchall()
    return {str(status): int(cells) for status, cells in rows}

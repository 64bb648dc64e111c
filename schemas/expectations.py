"""Great Expectations suites, as data: what the core, pathway and indicator tables must look like once built.

Here: one suite per table — the generic part derived from `schemas/tables.py` (keys, required columns, code lists, dates), then the rules
across columns and tables, each one SQL aggregate. Not here: running them (`assets/quality`), and the typed checks of deliveries (pandera).

An expectation bears on the table's *profile* — counts of violations, distinct codes, smallest and largest value — never on rows: no
personal row enters Great Expectations, so none can leave by its results, and a table of any size costs one scan.
"""
# ruff: noqa: E501 (one rule a line)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas import codelists
from schemas.records import RECORDS
from schemas.tables import TABLES, Table

#: Earliest plausible date of anything, and years after the horizon that a plan may reach.
FIRST_YEAR, YEARS_AHEAD = 1900, 10


@dataclass(frozen=True)
class Expectation:
    """One expectation about one column (or, for a rule, one table).

    `sql`: an aggregate over the table. `values` given: it returns the list of distinct values, which must be among them. Else it returns
    a number (a date as YYYYMMDD) or a list of numbers, which must lie between `minimum` and `maximum`; a rule counts its violations, so
    both are 0. `nullable`: an empty table or column has nothing to judge; otherwise a missing number is a failure.
    """

    name: str
    column: str
    sql: str
    values: tuple[str, ...] | None = None
    minimum: float | None = 0
    maximum: float | None = 0
    nullable: bool = False


def _rule(name: str, column: str, violations: str) -> Expectation:
    return Expectation(name, column, violations)


def _count(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


#: Tables that hold at least a row in any edition.
NEVER_EMPTY: frozenset[str] = frozenset({"edition", "organisation", "person", "indicator", "release"})

_ORPHANS = "(SELECT count(*) FROM {table} AS o WHERE NOT EXISTS (SELECT 1 FROM person AS p WHERE p.person_id = o.person_id))"
_THRESHOLD = "(SELECT max(suppression_threshold) FROM edition)"
_EDITION = "(SELECT max(edition) FROM edition)"
_HORIZON = f"(SELECT (year(max(horizon)) + {YEARS_AHEAD}) * 10000 + 1231 FROM edition)"
_PERSONAL_SHARE = "unit = 'share' AND indicator <> 'partner_coverage'"

_FIGURES: tuple[Expectation, ...] = (
    Expectation("share_between_0_and_1", "value", "[min(value) FILTER (WHERE unit = 'share'), max(value) FILTER (WHERE unit = 'share')]", None, 0, 1, True),
    _rule("numerator_at_most_denominator", "numerator", _count("unit = 'share' AND numerator > denominator")),
    _rule("no_negative_count", "numerator", _count("numerator < 0 OR denominator < 0")),
    _rule("share_is_its_ratio", "value", _count("unit = 'share' AND abs(value - numerator / nullif(denominator, 0)) > 0.000001")),
    _rule("one_edition", "edition", _count(f"edition IS DISTINCT FROM {_EDITION}")),
)  # fmt: skip

#: Rules beyond what the declaration of a table says.
RULES: dict[str, tuple[Expectation, ...]] = {
    "indicator": _FIGURES,
    "release": (
        *_FIGURES,
        _rule("withheld_is_empty", "value", _count("status <> 'publie' AND (numerator IS NOT NULL OR denominator IS NOT NULL OR value IS NOT NULL)")),
        _rule("published_is_filled", "value", _count("status = 'publie' AND value IS NULL")),
        _rule("no_share_under_the_threshold", "numerator",
              _count(f"status = 'publie' AND {_PERSONAL_SHARE} AND least(numerator, denominator, denominator - numerator) < {_THRESHOLD}")),
        _rule("no_count_under_the_threshold", "value", _count(f"status = 'publie' AND unit IN ('people', 'referrals') AND value > 0 AND value < {_THRESHOLD}")),
        _rule("no_median_under_the_threshold", "denominator", _count(f"status = 'publie' AND unit = 'days' AND coalesce(denominator, 0) < {_THRESHOLD}")),
        _rule("every_cell_is_there", "indicator",
              "(SELECT count(*) FROM (SELECT edition, month, indicator, population, breakdown, category FROM indicator) AS i"
              " ANTI JOIN release AS r USING (edition, month, indicator, population, breakdown, category))"),
        _rule("every_cell_comes_from_an_exact_one", "indicator",
              "(SELECT count(*) FROM (SELECT edition, month, indicator, population, breakdown, category FROM release) AS r"
              " ANTI JOIN indicator AS i USING (edition, month, indicator, population, breakdown, category))"),
    ),
    "referral_outcome": (
        _rule("arrival_is_named", "arrival_record_id", _count("outcome IN ('arrived', 'arrived_elsewhere') AND (arrival_record_id IS NULL OR arrived_on IS NULL)")),
        _rule("no_arrival_without_outcome", "arrival_record_id", _count("outcome IN ('not_arrived', 'pending', 'not_verifiable') AND arrival_record_id IS NOT NULL")),
        _rule("delay_is_the_difference", "delay_days", _count("delay_days <> arrived_on - sent_on")),
        _rule("one_arrival_one_referral_per_service", "arrival_record_id",
              "(SELECT count(*) FROM (SELECT arrival_record_type, arrival_record_id, service FROM referral_outcome"
              " WHERE outcome = 'arrived' GROUP BY ALL HAVING count(*) > 1))"),
    ),
    "gap": (_rule("gap_is_long_enough", "gap_days", _count("gap_days < (SELECT max(gap_days) FROM edition)")),),
    "flow": (_rule("people_at_most_moves", "people", _count("people > moves OR people < 1")),),
}  # fmt: skip


def _date(column: str) -> str:
    number = "(year({0}) * 10000 + month({0}) * 100 + day({0}))"
    return f"[{number.format(f'min({column})')}, {number.format(f'max({column})')}]"


def _derived(table: Table) -> Iterator[Expectation]:
    """What the table's declaration says of it."""
    if table.name in NEVER_EMPTY:
        yield Expectation("not_empty", table.name, "count(*)", None, 1, None)
    if table.key:
        key = ", ".join(table.key)
        yield _rule(
            "unique", "+".join(table.key), f"(SELECT count(*) FROM (SELECT {key} FROM {table.name} GROUP BY ALL HAVING count(*) > 1))"
        )
    for column in table.columns:
        if column.required:
            yield _rule("not_null", column.name, _count(f"{column.name} IS NULL"))
        if column.codelist:
            known = tuple(c.code for c in codelists.load(column.codelist).codes)
            yield Expectation("in_code_list", column.name, f"list(DISTINCT {column.name})", known, None, None, True)
        if column.type == "DATE":
            yield Expectation("plausible_date", column.name, _date(column.name), None, FIRST_YEAR * 10000 + 101, None, True)
            yield _rule(
                "not_too_far_ahead",
                column.name,
                _count(f"year({column.name}) * 10000 + month({column.name}) * 100 + day({column.name}) > {_HORIZON}"),
            )
    if any(c.name == "person_id" for c in table.columns) and table.name != "person":
        yield _rule("person_exists", "person_id", _ORPHANS.format(table=table.name))


#: Every table with a suite, in the order of the rooms.
SUITES: dict[str, tuple[Expectation, ...]] = {
    name: (*_derived(TABLES[name]), *RULES.get(name, ()))
    for name in (
        "edition", "organisation", "coverage", "person", *RECORDS, "arrival", "referral_outcome", "step", "training_follow_up", "gap", "flow",
        "indicator", "release",
    )
}  # fmt: skip

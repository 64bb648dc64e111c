"""Primary suppression: the status of every kind of cell, and that nothing withheld leaves."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from assets import tables
from assets.disclosure import suppress
from tests.unit.releases_warehouse import indicator


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as con:
        tables.ensure(con, "indicator")
        yield con


def status(con: duckdb.DuckDBPyConnection, threshold: int = 5) -> str:
    suppress.build(con, threshold)
    row = con.execute("SELECT status FROM release").fetchone()
    assert row
    return str(row[0])


@pytest.mark.parametrize(
    ("numerator", "denominator", "unverifiable", "expected"),
    [
        (5, 10, 0, "publie"),
        (4, 10, 0, "secret_primaire"),  # numerator
        (6, 10, 0, "secret_primaire"),  # complement
        (0, 400, 0, "secret_primaire"),  # nobody: says it of each of the 400
        (400, 400, 0, "secret_primaire"),  # everybody
        (2, 4, 0, "secret_primaire"),
        (11, 10, 0, "secret_primaire"),  # impossible figure: fails closed
        (None, 10, 0, "sans_objet"),
        (0, 0, 0, "sans_objet"),
        (0, 0, 3, "non_verifiable"),
        (None, None, 3, "non_verifiable"),
        (10, 20, 3, "publie"),
    ],
)
def test_share(con: duckdb.DuckDBPyConnection, numerator: int | None, denominator: int | None, unverifiable: int, expected: str) -> None:
    value = None if numerator is None or not denominator else numerator / denominator
    indicator(con, "completion_share", "share", numerator=numerator, denominator=denominator, value=value, unverifiable=unverifiable)
    assert status(con) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "publie"), (1, "secret_primaire"), (4, "secret_primaire"), (5, "publie"), (None, "sans_objet")]
)
def test_count(con: duckdb.DuckDBPyConnection, value: int | None, expected: str) -> None:
    indicator(con, "people_followed", "people", numerator=value, value=value)
    assert status(con) == expected


def test_count_judged_on_the_smaller_of_its_two_figures(con: duckdb.DuckDBPyConnection) -> None:
    indicator(con, "people_followed", "people", numerator=3, value=30)
    assert status(con) == "secret_primaire"


@pytest.mark.parametrize(
    ("denominator", "value", "expected"),
    [(5, 12, "publie"), (4, 12, "secret_primaire"), (0, None, "sans_objet"), (9, None, "sans_objet"), (9, 0, "publie")],
)
def test_median(con: duckdb.DuckDBPyConnection, denominator: int, value: int | None, expected: str) -> None:
    indicator(con, "median_delay", "days", denominator=denominator, value=value)
    assert status(con) == expected


def test_coverage_counts_deliveries_not_people(con: duckdb.DuckDBPyConnection) -> None:
    indicator(con, "partner_coverage", "share", numerator=1, denominator=3)
    assert status(con) == "publie"
    suppress.build(con, 5, frozenset())
    assert suppress.statuses(con) == {"secret_primaire": 1}


def test_threshold_is_the_territory_s(con: duckdb.DuckDBPyConnection) -> None:
    indicator(con, "completion_share", "share", numerator=10, denominator=30)
    assert status(con) == "publie"
    assert status(con, 11) == "secret_primaire"
    with pytest.raises(ValueError, match="suppression_threshold"):
        suppress.build(con, 1)


def test_withheld_is_empty_never_zero(con: duckdb.DuckDBPyConnection) -> None:
    indicator(con, "completion_share", "share", numerator=2, denominator=20)
    indicator(con, "people_followed", "people", numerator=3, value=3)
    suppress.build(con, 5)
    assert con.execute("SELECT DISTINCT numerator, denominator, value FROM release").fetchall() == [(None, None, None)]
    assert suppress.statuses(con) == {"secret_primaire": 2}
    assert "unverifiable" not in {c[0] for c in con.execute("DESCRIBE release").fetchall()}


def test_every_cell_has_a_status(con: duckdb.DuckDBPyConnection) -> None:
    for i, unit in enumerate(["share", "people", "days", "unheard_of"]):
        indicator(con, f"i{i}", unit, numerator=7, denominator=20, value=9)
    assert suppress.build(con, 5) == 4
    assert suppress.statuses(con) == {"publie": 4}


@pytest.mark.parametrize("threshold", [3, 5, 11])
def test_no_small_count_is_ever_released(con: duckdb.DuckDBPyConnection, threshold: int) -> None:
    """Every share with a numerator and a complement up to 30: published when both reach the threshold, and only then."""
    con.execute(
        """INSERT INTO indicator SELECT 'e', '2026-09', 'completion_share', 1, 'territoire', n::VARCHAR, o::VARCHAR, n, n + o,
            n / nullif(n + o, 0), 'share', 0, false
        FROM range(31) AS a(n), range(31) AS b(o)"""
    )
    suppress.build(con, threshold)
    rows = con.execute("SELECT breakdown::INTEGER, category::INTEGER, numerator, denominator, value FROM release").fetchall()
    assert len(rows) == 31 * 31
    for n, others, *figures in rows:
        if n >= threshold and others >= threshold:
            assert figures[:2] == [n, n + others]
        else:
            assert figures == [None, None, None]


def test_a_median_does_not_give_the_count_its_share_withholds(con: duckdb.DuckDBPyConnection) -> None:
    for category, arrived in (("F", 10), ("M", 7)):
        indicator(con, "arrived_share_90d", "share", category=category, numerator=arrived, denominator=12, value=arrived / 12)
        indicator(con, "arrival_delay_median", "days", category=category, numerator=arrived, denominator=arrived, value=20)
    suppress.build(con, 5)
    found = con.execute("SELECT indicator, category, status, denominator FROM release ORDER BY ALL").fetchall()
    assert found == [
        ("arrival_delay_median", "F", "secret_complementaire", None),
        ("arrival_delay_median", "M", "publie", 7),
        ("arrived_share_90d", "F", "secret_primaire", None),
        ("arrived_share_90d", "M", "publie", 12),
    ]

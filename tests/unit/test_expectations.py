"""The Great Expectations suites: a healthy warehouse passes them all, each rule is seen failing, an expectation that breaks has failed.

Great Expectations takes seconds to import: every spoilt table is profiled, then all profiles are judged in one go.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.quality import suites
from assets.quality.suites import Outcome, judge, profile, run_suite
from schemas.expectations import NEVER_EMPTY, RULES, SUITES, Expectation
from schemas.tables import TABLES
from tests.unit.releases_warehouse import template

Case = tuple[str, str, str, str]

#: table, expectation, column, what spoils it
SPOILT: tuple[Case, ...] = (
    ("person", "not_empty", "person", "DELETE FROM person"),
    ("person", "unique", "person_id", "INSERT INTO person SELECT * FROM person LIMIT 1"),
    ("person", "in_code_list", "sex", "UPDATE person SET sex = 'Z' WHERE person_id = 'P0007'"),
    (
        "person",
        "not_null",
        "age_band",
        "ALTER TABLE person ALTER age_band DROP NOT NULL; UPDATE person SET age_band = NULL WHERE person_id = 'P0007'",
    ),
    ("person", "plausible_date", "first_seen_on", "UPDATE person SET first_seen_on = DATE '1899-12-31' WHERE person_id = 'P0007'"),
    ("training", "not_too_far_ahead", "ended_on", "UPDATE training SET ended_on = DATE '2037-01-01' WHERE record_id = 3000"),
    ("training", "person_exists", "person_id", "DELETE FROM person WHERE person_id = 'P0007'"),
    ("training", "in_code_list", "ending", "UPDATE training SET ending = 'partie'"),
    ("registration", "unique", "record_id", "INSERT INTO registration SELECT * FROM registration LIMIT 1"),
    ("coverage", "unique", "organisation+record_type+month", "INSERT INTO coverage SELECT * FROM coverage"),
    (
        "referral_outcome",
        "arrival_is_named",
        "arrival_record_id",
        "UPDATE referral_outcome SET arrival_record_id = NULL WHERE record_id = 2000",
    ),
    (
        "referral_outcome",
        "no_arrival_without_outcome",
        "arrival_record_id",
        "UPDATE referral_outcome SET outcome = 'not_arrived' WHERE record_id = 2000",
    ),
    ("referral_outcome", "delay_is_the_difference", "delay_days", "UPDATE referral_outcome SET delay_days = 1 WHERE record_id = 2000"),
    (
        "referral_outcome",
        "one_arrival_one_referral_per_service",
        "arrival_record_id",
        "UPDATE referral_outcome SET arrival_record_id = 3001 WHERE record_id = 2000",
    ),
    ("gap", "gap_is_long_enough", "gap_days", "UPDATE gap SET gap_days = 89 WHERE from_record_id = 1000"),
    ("flow", "people_at_most_moves", "people", "UPDATE flow SET people = moves + 1"),
    *(
        (table, name, column, sql.format(table))
        for table in ("indicator", "release")
        for name, column, sql in (
            ("share_between_0_and_1", "value", "UPDATE {} SET value = 1.01 WHERE unit = 'share'"),
            ("numerator_at_most_denominator", "numerator", "UPDATE {} SET numerator = 61 WHERE unit = 'share'"),
            ("no_negative_count", "numerator", "UPDATE {} SET numerator = -1"),
            ("share_is_its_ratio", "value", "UPDATE {} SET value = 0.5 WHERE unit = 'share' AND denominator IS NOT NULL"),
            ("one_edition", "edition", "UPDATE {} SET edition = '2026-09.r0' WHERE population = 'ML01'"),
            ("not_empty", "", "DELETE FROM {}"),
        )
    ),
    ("release", "withheld_is_empty", "value", "UPDATE release SET value = 0 WHERE status = 'secret_primaire'"),
    ("release", "published_is_filled", "value", "UPDATE release SET value = NULL WHERE unit = 'share'"),
    (
        "release",
        "no_share_under_the_threshold",
        "numerator",
        "UPDATE release SET numerator = 56 WHERE unit = 'share' AND status = 'publie'",
    ),
    ("release", "no_share_under_the_threshold", "numerator", "UPDATE release SET numerator = 4 WHERE unit = 'share' AND status = 'publie'"),
    ("release", "no_count_under_the_threshold", "value", "UPDATE release SET value = 4 WHERE unit = 'people'"),
    ("release", "no_median_under_the_threshold", "denominator", "UPDATE release SET unit = 'days', denominator = 4 WHERE unit = 'people'"),
    ("release", "every_cell_is_there", "indicator", "DELETE FROM release WHERE population = 'ML01'"),
    ("release", "every_cell_comes_from_an_exact_one", "indicator", "DELETE FROM indicator WHERE population = 'ML01'"),
)


def expectation(table: str, name: str, column: str) -> Expectation:
    (found,) = [e for e in SUITES[table] if e.name == name and e.column == (column or table)]
    return found


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(template(tmp_path_factory.mktemp("filled") / "warehouse.duckdb"))) as con:
        yield con


@pytest.fixture(scope="module")
def verdicts(con: duckdb.DuckDBPyConnection) -> list[tuple[Outcome, Outcome]]:
    """For every spoilt case: the expectation on the healthy table, and on the spoilt one."""
    suite, columns = [], {}
    for table, name, column, spoil in SPOILT:
        wanted = expectation(table, name, column)
        for spoilt in (False, True):
            con.execute("BEGIN")
            if spoilt:
                con.execute(spoil)
            columns[f"e{len(suite)}"] = profile(con, table, [wanted])["e0"]
            con.execute("ROLLBACK")
            suite.append(wanted)
    outcomes = judge(pd.DataFrame(columns), suite)
    return list(zip(outcomes[::2], outcomes[1::2], strict=True))


@pytest.mark.parametrize("case", range(len(SPOILT)), ids=[f"{c[0]}-{c[1]}-{i}" for i, c in enumerate(SPOILT)])
def test_each_expectation_is_seen_failing(verdicts: list[tuple[Outcome, Outcome]], case: int) -> None:
    healthy, spoilt = verdicts[case]
    assert healthy.success and not spoilt.success


def test_every_rule_has_its_spoilt_case() -> None:
    ruled = {(table, rule.name) for table, rules in RULES.items() for rule in rules}
    assert ruled <= {(case[0], case[1]) for case in SPOILT}


@pytest.mark.parametrize("table", ["person", "training", "referral_outcome", "indicator", "release"])
def test_a_healthy_table_passes_its_whole_suite(con: duckdb.DuckDBPyConnection, table: str) -> None:
    outcomes = run_suite(con, table)
    assert len(outcomes) == len(SUITES[table]) and [o for o in outcomes if not o.success] == []


def test_an_expectation_that_breaks_has_failed() -> None:
    fine = Expectation("fine", "x", "1", None, 0, 1)
    texts = pd.DataFrame({"e0": ["a", "b"], "e2": [1.0, 1.0]})  # e0: numbers expected; e1: no such column
    assert [o.success for o in judge(texts, [fine, fine, fine])] == [False, False, True]


@pytest.mark.parametrize("info", [{"raised_exception": True, "exception_message": "x"}, {"metric": {"raised_exception": True}}])
def test_what_great_expectations_reports_as_raised_is_seen_at_both_depths(info: dict[str, object]) -> None:
    assert suites._raised(info)
    assert (
        not suites._raised({"raised_exception": False, "exception_traceback": None}) and not suites._raised({}) and not suites._raised(None)
    )


def test_a_number_that_is_missing_has_failed(con: duckdb.DuckDBPyConnection) -> None:
    empty = Expectation("empty", "x", "CAST(NULL AS INTEGER)", None, 0, 0)
    suite = [empty, replace(empty, nullable=True), Expectation("codes", "x", "list(DISTINCT person_id)", ("P0001",), None, None, True)]
    assert [o.success for o in judge(profile(con, "person", suite), suite)] == [False, True, False]


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    with caplog.at_level(logging.DEBUG):
        judge(pd.DataFrame({"e0": ["DURAND", "b"]}), [Expectation("fine", "x", "1", None, 0, 1)])
    said = capfd.readouterr()
    assert caplog.text + said.out + said.err == ""


def test_no_telemetry_no_data_docs() -> None:
    variables = suites._context().variables
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false" and not variables.analytics_enabled and not variables.data_docs_sites


def test_a_missing_table_is_not_a_success(con: duckdb.DuckDBPyConnection) -> None:
    with duckdb.connect(":memory:") as empty, pytest.raises(duckdb.Error):
        run_suite(empty, "person")
    with pytest.raises(KeyError):
        run_suite(con, "unheard_of")


def test_suites_are_for_declared_tables_and_columns() -> None:
    assert set(SUITES) <= set(TABLES) and set(RULES) <= set(SUITES) and set(SUITES) >= NEVER_EMPTY
    for table, suite in SUITES.items():
        assert {part for e in suite for part in e.column.split("+")} <= {*TABLES[table].names, table}
        assert len({(e.name, e.column) for e in suite}) == len(suite)


def test_declaring_or_importing_does_not_import_great_expectations() -> None:
    code = "import sys, assets.quality.suites; sys.exit('great_expectations' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": "."})


@pytest.mark.heavy
def test_half_a_million_rows_take_seconds(tmp_path: Path) -> None:
    """All suites on 500,000 rows of events, Great Expectations already imported: under 10 seconds."""
    import time

    with duckdb.connect(str(template(tmp_path / "warehouse.duckdb"))) as con:
        run_suite(con, "edition")
        for table in ("registration", "referral", "training", "contract", "situation"):
            con.execute(
                f"INSERT INTO {table} SELECT t.* REPLACE (record_id + n * 10000000 AS record_id) FROM {table} AS t, range(1, 1667) AS r(n)"
            )
        start = time.perf_counter()
        failed = [o for table in SUITES for o in run_suite(con, table) if not o.success]
        assert failed == [] and time.perf_counter() - start < 10

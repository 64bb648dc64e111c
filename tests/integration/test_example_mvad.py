"""712 young people, 72 monthly states: the share in employment at each month equals the direct count in the wide file."""

from __future__ import annotations

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def run(run_example):
    return run_example("mvad")


@pytest.fixture(scope="module")
def wide(realdata) -> pd.DataFrame:
    """Months as rows (AAAA-MM), people as columns, states as published."""
    table = pd.read_csv(realdata("mvad") / "mvad.csv", dtype=str).set_index("id")
    months = table.loc[:, "Jul.93":"Jun.99"].T
    months.index = [pd.Period(pd.to_datetime(m, format="%b.%y"), "M").strftime("%Y-%m") for m in months.index]
    return months


def test_the_run_succeeds_and_balances(run, wide):
    assert run.code == 0, run.output[-3000:]
    with run.warehouse() as con:
        rows = con.execute(
            "SELECT status, lines_received, lines_kept + lines_repaired, lines_rejected, lines_superseded FROM delivery"
        ).fetchall()
        situations, persons = con.execute("SELECT count(*), count(DISTINCT person_id) FROM situation").fetchone()
    assert rows == [("accepted", 712, 712, 0, 0)]
    assert (situations, persons) == (wide.size, wide.shape[1]) == (712 * 72, 712)


def test_states_of_every_month(run, wide):
    with run.warehouse() as con:
        rows = con.execute("SELECT strftime(observed_on, '%Y-%m'), situation, count(*) FROM situation GROUP BY ALL").fetchall()
    ours = {"employment": "job", "FE": "school", "HE": "school", "school": "school", "training": "training", "joblessness": "looking"}
    counted = wide.replace(ours).stack().groupby(level=0).value_counts()
    assert {(m, s): n for m, s, n in rows} == counted.to_dict()


def test_sex_is_read_from_the_file(run, realdata):
    table = pd.read_csv(realdata("mvad") / "mvad.csv", dtype=str)
    with run.warehouse() as con:
        rows = dict(con.execute("SELECT sex, count(*) FROM person GROUP BY sex").fetchall())
    assert rows == {"M": int((table.male == "yes").sum()), "F": int((table.male == "no").sum())}


def test_share_in_employment_of_each_month(run, wide):
    query = (
        "SELECT month, numerator, denominator FROM {} "
        "WHERE indicator = 'employment_share_observed' AND population = 'territoire' AND breakdown = 'ensemble'"
    )
    counted = {month: int((states == "employment").sum()) for month, states in wide.iterrows()}
    with run.warehouse() as con:
        exact = con.execute(query.format("indicator")).fetchall()
    assert {m: (n, d) for m, n, d in exact} == {m: (n, 712) for m, n in counted.items()}
    assert len(counted) == 72
    with run.published() as con:
        shown = con.execute(query.format("analyst.indicator") + " AND status = 'publie'").fetchall()
    assert len(shown) >= 60
    for month, numerator, denominator in shown:
        assert (numerator, denominator) == (counted[month], 712)

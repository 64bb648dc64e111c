"""32,593 real registrations, from two CSV files and two YAML files to the published figures, recomputed here straight from the CSV.

Nothing of the product is used to compute what is expected: pandas on the files as published.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

KEY = ["code_module", "code_presentation", "id_student"]
STARTS = {"2013B": "2013-02-01", "2013J": "2013-10-01", "2014B": "2014-02-01", "2014J": "2014-10-01"}


def _csv(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def run(run_example):
    return run_example("oulad")


@pytest.fixture(scope="module")
def expected(realdata) -> pd.DataFrame:
    """One row per registration: result, first day, last day (withdrawal, else end of the module for who did not withdraw)."""
    folder = realdata("oulad")
    rows = _csv(folder, "studentInfo.csv").merge(_csv(folder, "studentRegistration.csv"), on=KEY, validate="1:1")
    rows = rows.merge(_csv(folder, "courses.csv"), on=KEY[:2], validate="m:1")
    start = pd.to_datetime(rows.code_presentation.map(STARTS))
    left = pd.to_numeric(rows.date_unregistration, errors="coerce")
    length = pd.to_numeric(rows.module_presentation_length)
    withdrawn = rows.final_result == "Withdrawn"
    ended = (start + pd.to_timedelta(left, unit="D")).where(left.notna(), (start + pd.to_timedelta(length, unit="D")).where(~withdrawn))
    contradiction = (withdrawn & left.isna()) | (~withdrawn & left.notna())
    return rows.assign(
        start=start, left=left, withdrawn=withdrawn, ended=ended, month=ended.dt.strftime("%Y-%m"), contradiction=contradiction
    )


def test_the_run_succeeds(run):
    assert run.code == 0, run.output[-3000:]


def test_every_line_is_accounted_for(run, expected):
    with run.warehouse() as con:
        rows = con.execute(
            "SELECT file_name, status, lines_received, lines_kept, lines_repaired, lines_rejected, lines_superseded "
            "FROM delivery ORDER BY file_name"
        ).fetchall()
    assert [(r[0], r[1], r[2]) for r in rows] == [
        ("studentInfo.csv", "accepted", len(expected)),
        ("studentRegistration.csv", "accepted", len(expected)),
    ]
    assert all(received == kept + repaired + rejected + superseded for _, _, received, kept, repaired, rejected, superseded in rows)
    assert [(r[5], r[6]) for r in rows] == [(0, 0), (0, 0)]


def test_several_registrations_are_one_person(run, expected):
    with run.warehouse() as con:
        persons = con.execute("SELECT count(*) FROM person").fetchone()[0]
        per_person = con.execute(
            "SELECT n, count(*) FROM (SELECT count(*) n FROM training GROUP BY person_id) GROUP BY n ORDER BY n"
        ).fetchall()
    assert persons == expected.id_student.nunique() == 28_785
    counted = expected.groupby("id_student").size().value_counts().sort_index()
    assert per_person == list(counted.items())


def test_training_spells_carry_the_dates_of_the_files(run, expected):
    with run.warehouse() as con:
        trainings, registrations = (con.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("training", "registration"))
        never_started = con.execute("SELECT count(*) FROM training WHERE started_on IS NULL").fetchone()[0]
        dropped = con.execute(
            "SELECT programme, CAST(ended_on AS VARCHAR), count(*) FROM training "
            "WHERE ending = 'dropped_out' AND ended_on IS NOT NULL GROUP BY ALL"
        ).fetchall()
    assert trainings == len(expected)
    assert registrations == (expected.date_registration != "").sum()
    assert never_started == (expected.left < 0).sum()
    real = expected[expected.withdrawn & expected.ended.notna()]
    counted = real.groupby([real.code_module + "-" + real.code_presentation, real.ended.dt.strftime("%Y-%m-%d")]).size()
    # a programme is stored as a token: the same days and numbers must be found, programme by programme, whatever its name
    by_token: dict[str, list[tuple[str, int]]] = {}
    for programme, day, n in dropped:
        by_token.setdefault(programme, []).append((day, n))
    by_name: dict[str, list[tuple[str, int]]] = {}
    for (programme, day), n in counted.items():
        by_name.setdefault(programme, []).append((day, n))
    assert sorted(sorted(v) for v in by_token.values()) == sorted(sorted(v) for v in by_name.values())


def test_contradictions_are_kept_and_flagged(run, expected):
    with run.warehouse() as con:
        flagged = con.execute("SELECT contradiction, count(*) FROM training WHERE contradiction IS NOT NULL GROUP BY ALL").fetchall()
        failed = con.execute("SELECT count(*) FROM training WHERE ending = 'completed' AND ended_on < planned_end").fetchone()[0]
    failed_with_a_date = int((expected.contradiction & ~expected.withdrawn).sum())
    withdrawn_without = int((expected.contradiction & expected.withdrawn).sum())
    assert (failed_with_a_date, withdrawn_without) == (9, 93)
    assert dict(flagged) == {
        "ending_contradicts_date": failed_with_a_date,
        "ending_without_date": withdrawn_without,
        "ended_before_planned_start": int((expected.withdrawn & (expected.left < 0)).sum()),
    }
    assert failed == failed_with_a_date, "kept as received, not repaired"


def _shares(expected: pd.DataFrame, dropped: bool) -> dict[str, tuple[int, int]]:
    known = expected[expected.ended.notna() & (expected.month <= "2015-06")]
    hits = known[known.withdrawn == dropped].groupby("month").size()
    return {m: (int(hits.get(m, 0)), int(n)) for m, n in known.groupby("month").size().items()}


@pytest.mark.parametrize(("indicator", "dropped"), [("dropout_share", True), ("completion_share", False)])
def test_exact_shares_equal_the_direct_count(run, expected, indicator, dropped):
    with run.warehouse() as con:
        rows = con.execute(
            "SELECT month, numerator, denominator FROM indicator "
            "WHERE indicator = ? AND population = 'territoire' AND breakdown = 'ensemble'",
            [indicator],
        ).fetchall()
    counted = _shares(expected, dropped)
    assert {m: (n, d) for m, n, d in rows} == counted
    assert sum(n for n, _ in counted.values()) > 10_000, "the comparison is not empty"


@pytest.mark.parametrize(("indicator", "dropped"), [("dropout_share", True), ("completion_share", False)])
def test_published_shares_are_exact_or_withheld(run, expected, indicator, dropped):
    with run.published() as con:
        rows = con.execute(
            "SELECT month, numerator, denominator, CAST(value AS DOUBLE), status FROM analyst.indicator "
            "WHERE indicator = ? AND population = 'territoire' AND breakdown = 'ensemble'",
            [indicator],
        ).fetchall()
    counted = _shares(expected, dropped)
    small = {m for m, (n, d) in counted.items() if min(n, d - n) < 5}  # a count, or what it leaves, under the threshold of 5
    status = {r[0]: r[4] for r in rows}
    assert set(status) == set(counted)
    assert {m for m, s in status.items() if s == "secret_primaire"} == small
    shown = [r for r in rows if r[4] == "publie"]
    assert len(shown) >= 3, "the ends of the four sessions are published"
    for month, numerator, denominator, value, _ in shown:
        assert (numerator, denominator) == counted[month]
        assert value == pytest.approx(numerator / denominator, abs=1e-6)
    assert all(r[1:4] == (None, None, None) for r in rows if r[4] != "publie"), "what is withheld shows nothing"

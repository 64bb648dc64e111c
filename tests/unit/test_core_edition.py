"""The edition's number: what changes it, what does not."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from assets.core import build as core
from assets.core import edition as editions
from assets.tables import ensure
from schemas.contract import Contract
from schemas.territory import Organisation, Territory, Windows

TERRITORY = Territory(name="t", organisations=(Organisation(code="ML01", name="L'une", kind="mission_locale"),))


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    ensure(con, *core.INPUTS)
    return con


def deliver(
    con: duckdb.DuckDBPyConnection, name: str, period: str, sequence: int = 1, status: str = "accepted", mode: str = "delta"
) -> None:
    con.execute(
        "INSERT INTO delivery (delivery_id, partner, feed, sequence, sha256, file_name, bytes, received_at, period, mode, status)"
        " VALUES (?, 'ml', 'f', ?, 'h', 'x.csv', 1, TIMESTAMP '2026-01-01', ?, ?, ?)",
        [name, sequence, period, mode, status],
    )


def built(con: duckdb.DuckDBPyConnection, month: str = "2026-02", territory: Territory = TERRITORY, **more: object) -> str:
    core.build(con, territory, {}, month, **more)
    return con.execute("SELECT edition FROM edition").fetchone()[0]


def test_same_inputs_same_edition(con):
    deliver(con, "d1", "2026-02")
    assert [built(con), built(con)] == ["2026-02.r0", "2026-02.r0"]
    assert con.execute("SELECT count(*) FROM edition_history").fetchone() == (1,)


def test_a_late_delivery_a_setting_a_decision_each_make_a_revision(con):
    assert built(con) == "2026-02.r0"
    deliver(con, "d1", "2026-01")
    assert built(con) == "2026-02.r1"
    assert built(con, territory=TERRITORY.model_copy(update={"windows": Windows(referral=60)})) == "2026-02.r2"
    assert built(con, territory=TERRITORY.model_copy(update={"windows": Windows(referral=60)}), others={"links": "a"}) == "2026-02.r3"
    assert built(con) == "2026-02.r4", "coming back to a former state is a new revision: history only goes forward"


def test_what_is_not_in_the_edition_does_not_revise_it(con):
    assert built(con) == "2026-02.r0"
    deliver(con, "held", "2026-02", status="held")
    deliver(con, "next", "2026-03", sequence=2)
    assert built(con) == "2026-02.r0"
    assert built(con, "2026-03") == "2026-03.r0"


def test_order_and_mode_of_deliveries_matter(con):
    deliver(con, "d1", "2026-01", 1)
    deliver(con, "d2", "2026-01", 2)
    marks = {editions.fingerprint(con, "2026-02", TERRITORY, "1")}
    con.execute("UPDATE delivery SET sequence = 3 WHERE delivery_id = 'd1'")
    marks.add(editions.fingerprint(con, "2026-02", TERRITORY, "1"))
    con.execute("UPDATE delivery SET mode = 'snapshot' WHERE delivery_id = 'd1'")
    marks.add(editions.fingerprint(con, "2026-02", TERRITORY, "1"))
    marks.add(editions.fingerprint(con, "2026-02", TERRITORY, "2"))
    assert len(marks) == 4


def test_a_changed_definition_changes_the_hash(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.sql").write_text("SELECT 1\n")
    before = editions.definitions_hash(tmp_path)
    (tmp_path / "a" / "x.sql").write_bytes(b"SELECT 1\r\n")
    assert editions.definitions_hash(tmp_path) == before, "line ends are not a definition"
    (tmp_path / "a" / "x.sql").write_text("SELECT 2\n")
    assert editions.definitions_hash(tmp_path) != before


@pytest.mark.parametrize(
    ("month", "last"), [("2024-02", date(2024, 2, 29)), ("2026-02", date(2026, 2, 28)), ("2026-12", date(2026, 12, 31))]
)
def test_horizon(month, last):
    assert editions.horizon_of(month) == last


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "202602", "2026-2", "2026-02-01", ""])
def test_not_a_month(month):
    with pytest.raises(ValueError, match="month_invalid"):
        editions.horizon_of(month)


def test_a_crash_before_the_end_leaves_the_revision_free(con, monkeypatch):
    assert built(con) == "2026-02.r0"
    deliver(con, "d1", "2026-01")
    with monkeypatch.context() as patch:
        patch.setattr(core, "build_table", lambda *_: (_ for _ in ()).throw(OSError()))
        with pytest.raises(OSError):
            built(con)
    assert built(con) == "2026-02.r1"


def contract(organisation: str) -> Contract:
    fields = {"opened_on": "Date", "dossier": "N"}
    record = {"type": "registration", "key": ["N"], "fields": fields}
    return Contract.model_validate(
        {
            "partner": "ml",
            "name": "x",
            "organisation": organisation,
            "feeds": {"f": {"match": "*.csv", "records": [record], "expected": False}},
        }
    )


def test_feeds_and_organisations_come_from_configuration(con):
    core.build(con, TERRITORY, {"ml": contract("ML01")}, "2026-02")
    assert con.execute("SELECT organisation, name, kind, partner FROM organisation").fetchall() == [
        ("ML01", "L'une", "mission_locale", "ml")
    ]
    assert con.execute("FROM feed").fetchall() == [("ml", "f", "registration", "ML01", False)]


def test_an_organisation_the_territory_does_not_list_is_refused(con):
    with pytest.raises(ValueError, match="organisation_unknown:OF99"):
        core.build(con, TERRITORY, {"ml": contract("OF99")}, "2026-02")


def test_a_record_without_a_person_stops_the_room(con):
    deliver(con, "d1", "2026-02")
    con.execute(
        "INSERT INTO record_situation (record_id, partner, feed, delivery_id, line, record_key, entity_id, age_band)"
        " VALUES (1, 'ml', 'f', 'd1', 2, 7, 8, 'unknown')"
    )
    with pytest.raises(duckdb.ConstraintException):
        built(con)

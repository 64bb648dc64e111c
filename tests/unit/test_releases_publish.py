"""The analysts' file: what is in it and what never is, k-anonymity, the swap, doing nothing the second time."""
# ruff: noqa: E501 (SQL and expected rows on one line)

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from assets.disclosure import suppress
from assets.keys import KeyMissing, key_path
from assets.releases import anonymity, publish
from assets.workspace import Workspace
from schemas.published import PUBLISHED, QUASI
from schemas.territory import Territory, Thresholds
from tests.unit.releases_warehouse import insert, template, warehouse

TERRITORY = Territory(name="Essai")

Made = tuple[Workspace, duckdb.DuckDBPyConnection]
TERRITORY_CSV = "commune,name,epci,department,population,valid_from\n01001,Là,200,01,500,\n2A004,Ajaccio,201,2A,70000,2020-01-01\n"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("filled") / "warehouse.duckdb")


@pytest.fixture
def made(tmp_path: Path, filled: Path) -> Iterator[Made]:
    workspace, con = warehouse(tmp_path, filled)
    yield workspace, con
    con.close()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, filled: Path) -> Iterator[Made]:
    """A workspace published once, for the tests that only look."""
    workspace, con = warehouse(tmp_path_factory.mktemp("done"), filled)
    workspace.reference.mkdir()
    (workspace.reference / "territory.csv").write_text(TERRITORY_CSV, "utf-8")
    assert publish.publish(workspace, con, TERRITORY)
    yield workspace, con
    con.close()


def read(workspace: Workspace, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(workspace.published), read_only=True) as con:
        return list(con.execute(sql).fetchall())


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_declared_table_with_its_rows_and_comments(done: Made) -> None:
    workspace, _ = done
    tables = dict(read(workspace, "SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'analyst'"))
    assert set(tables) == set(PUBLISHED) and all(tables.values())
    assert read(workspace, "SELECT count(*) FROM duckdb_columns() WHERE schema_name = 'analyst' AND comment IS NULL") == [(0,)]
    for name in PUBLISHED:
        assert read(workspace, f"SELECT count(*) > 0 FROM analyst.{name}") == [(True,)], name
    assert read(workspace, "SELECT commune, department FROM analyst.territory ORDER BY 1") == [("01001", "01"), ("2A004", "2A")]
    assert read(workspace, "SELECT count(*) FROM analyst.field") == [(sum(len(t.columns) for t in PUBLISHED.values()),)]
    assert read(workspace, "SELECT fr FROM analyst.code WHERE codelist = 'sex' AND code = 'F'") == [("Femme",)]


def test_the_warehouse_is_left_as_it_was(done: Made) -> None:
    workspace, con = done
    assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary OR database_name <> 'warehouse'").fetchall() == [(0,)]
    assert list(workspace.scratch.iterdir()) == []


def test_no_exact_date_about_a_person_no_line_no_warehouse_number(done: Made) -> None:
    workspace, _ = done
    for table in PUBLISHED.values():
        if "person_id" in table.names:
            assert not [c.name for c in table.columns if c.type in ("DATE", "TIMESTAMP")]
        assert not {"line", "delivery_id", "entity_id", "file_name", "sha256", "employer", "site", "record_key"} & (
            set(table.names) - ({"delivery_id"} if table.name == "delivery" else set())
        )
    assert read(workspace, "SELECT count(*) FROM analyst.training WHERE record_id BETWEEN 3000 AND 3999") == [(0,)]
    assert b"abcdef012345" not in workspace.published.read_bytes() and b"durand_jean" not in workspace.published.read_bytes()
    assert read(workspace, "SELECT delivery_id FROM analyst.delivery") == [("ml-2026-09-1",)]


def test_records_still_join_and_their_order_says_nothing(done: Made) -> None:
    workspace, _ = done
    joined = "SELECT count(*) FROM analyst.referral_outcome o JOIN analyst.training t ON o.arrival_record_id = t.record_id AND o.person_id = t.person_id"
    assert read(workspace, joined) == [(60,)]
    assert read(
        workspace,
        "SELECT count(*) FROM analyst.gap g JOIN analyst.registration r ON g.from_record_id = r.record_id JOIN analyst.contract c ON g.to_record_id = c.record_id",
    ) == [(60,)]
    order = [p for (p,) in read(workspace, "SELECT person_id FROM analyst.training")]
    assert order != sorted(map(str, order))


def test_months_and_durations(done: Made) -> None:
    workspace, _ = done
    assert read(workspace, "SELECT DISTINCT started_month, ended_month, duration_days FROM analyst.training WHERE person_id = 'P0000'") == [
        ("2026-03", "2026-05", 61)
    ]
    assert read(workspace, "SELECT sent_month, status_delay_days FROM analyst.referral WHERE person_id = 'P0000'") == [("2026-02", 5)]
    assert read(workspace, "SELECT site_department FROM analyst.training WHERE person_id = 'P0000'") == [("974",)]


def test_rare_codes_are_withheld(done: Made) -> None:
    workspace, _ = done
    assert read(workspace, "SELECT programme, count(*) FROM analyst.training GROUP BY ALL ORDER BY ALL") == [("COMMUN", 57), (None, 3)]
    assert read(workspace, "SELECT occupation, count(*) FROM analyst.contract GROUP BY ALL ORDER BY ALL") == [("N1103", 59), (None, 1)]


def test_figures_are_the_safe_ones(done: Made) -> None:
    workspace, _ = done
    assert read(workspace, "SELECT DISTINCT numerator, denominator, value FROM analyst.indicator WHERE status = 'secret_primaire'") == [
        (None, None, None)
    ]
    assert read(workspace, "SELECT moves, people, status FROM analyst.flow ORDER BY month") == [
        (60, 60, "publie"),
        (None, None, "secret_primaire"),
    ]


@pytest.mark.parametrize("k", [5, 13])
def test_every_class_has_k_people_in_every_table(made: Made, k: int) -> None:
    workspace, con = made
    quasi = ", ".join(c.name for c in QUASI)
    con.execute("UPDATE person SET residence_department = '05', sex = 'X' WHERE person_id = 'P0001'")  # one of a kind
    assert anonymity.class_sizes(con, "person")[0] == 1
    publish.publish(workspace, con, Territory(name="Essai", thresholds=Thresholds(k_anonymity=k)))
    for table in PUBLISHED.values():
        if "person_id" in table.names:
            smallest = f"SELECT min(people) FROM (SELECT count(DISTINCT person_id) AS people FROM analyst.{table.name} GROUP BY {quasi})"
            assert read(workspace, smallest)[0][0] >= k, table.name  # type: ignore[operator]
    same = f"SELECT count(*) FROM (SELECT person_id, {quasi} FROM analyst.training EXCEPT SELECT person_id, {quasi} FROM analyst.person)"
    assert read(workspace, same) == [(0,)]


def test_generalisation_starts_with_the_finest_geography(made: Made) -> None:
    _, con = made
    con.execute("DELETE FROM person")
    insert(
        con,
        "person",
        rows="10",
        person_id="'Q' || i",
        sex="'F'",
        age_band="'18_25'",
        residence_epci="CASE WHEN i < 7 THEN 'A' ELSE 'B' END",
        residence_zone="'Z'",
        partners="1",
    )
    assert anonymity.build(con, 3) == 3
    assert con.execute("SELECT residence_epci, count(*) FROM anonymous_person GROUP BY 1 ORDER BY 1").fetchall() == [("A", 7), ("B", 3)]
    assert anonymity.build(con, 4) == 10  # three people left alone take the seven others along


@pytest.mark.parametrize("people", [0, 4, 6, 40])
@pytest.mark.parametrize("variety", [2, 9, 40])
def test_k_anonymity_whatever_the_mix(people: int, variety: int) -> None:
    with duckdb.connect(":memory:") as con:
        con.execute(
            "CREATE TABLE person (person_id VARCHAR, sex VARCHAR, age_band VARCHAR, level_at_entry VARCHAR, residence_epci VARCHAR, residence_zone VARCHAR, residence_department VARCHAR)"
        )
        con.execute(
            f"INSERT INTO person SELECT 'P' || i, CASE WHEN hash(i) % {variety} = 0 THEN NULL ELSE 'F' END, 'b' || hash(i + 1) % {variety}, 'l' || hash(i + 2) % {variety},"
            f" 'e' || hash(i + 3) % {variety}, 'z' || hash(i + 4) % {variety}, 'd' || hash(i + 5) % {variety} FROM range({people}) r(i)"
        )
        assert anonymity.build(con, 5) >= min(5, people)
        assert con.execute("SELECT count(*) FROM anonymous_person").fetchone() == (people,)
        first = con.execute("SELECT * FROM anonymous_person ORDER BY person_id").fetchall()
        con.execute("CREATE OR REPLACE TABLE person AS SELECT * FROM person ORDER BY hash(person_id)")
        anonymity.build(con, 5)
        assert con.execute("SELECT * FROM anonymous_person ORDER BY person_id").fetchall() == first


def test_publishing_refuses_a_broken_class(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, con = made
    monkeypatch.setattr(anonymity, "ORDER", anonymity.ORDER[:1])
    con.execute("UPDATE person SET sex = 'X' WHERE person_id = 'P0001'")
    with pytest.raises(publish.AnonymityBroken, match=re.escape("smallest=1 k=5")):
        publish.publish(workspace, con, TERRITORY)
    assert not workspace.published.exists()


def test_second_time_same_bytes_same_file(made: Made) -> None:
    workspace, con = made
    assert publish.publish(workspace, con, TERRITORY)
    before, status = sha(workspace.published), workspace.published.stat()
    assert not publish.publish(workspace, con, TERRITORY)
    after = workspace.published.stat()
    assert sha(workspace.published) == before and (after.st_mtime_ns, after.st_ino) == (status.st_mtime_ns, status.st_ino)
    assert after.st_mode & 0o777 == 0o644


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE release SET value = 0.9 WHERE rowid = (SELECT min(rowid) FROM release)",
        "UPDATE training SET ended_on = ended_on + 1 WHERE record_id = 3000",
        "DELETE FROM situation WHERE record_id = 5000",
    ],
)
def test_one_changed_value_is_published(made: Made, change: str) -> None:
    workspace, con = made
    publish.publish(workspace, con, TERRITORY)
    con.execute(change)
    assert publish.publish(workspace, con, TERRITORY)


def test_a_changed_comment_is_published(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, con = made
    publish.publish(workspace, con, TERRITORY)
    monkeypatch.setattr(publish, "comments", lambda table, schema: iter([f"COMMENT ON TABLE {schema}.{table.name} IS 'autre'"]))
    assert publish.publish(workspace, con, TERRITORY)


def test_a_crash_leaves_the_former_file_whole(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, con = made
    publish.publish(workspace, con, TERRITORY)
    before = sha(workspace.published)
    con.execute("DELETE FROM indicator WHERE indicator = 'people_followed'")
    suppress.build(con, 5)

    def broken(*_: object) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(os, "replace", broken)
        publish.publish(workspace, con, TERRITORY)
    assert sha(workspace.published) == before
    assert read(workspace, "SELECT count(*) FROM analyst.indicator WHERE indicator = 'people_followed'") == [(3,)]
    assert list(workspace.scratch.iterdir()) == []
    assert publish.publish(workspace, con, TERRITORY)  # the next run completes
    assert read(workspace, "SELECT count(*) FROM analyst.indicator WHERE indicator = 'people_followed'") == [(0,)]


def test_an_unreadable_file_in_place_is_replaced(made: Made) -> None:
    workspace, con = made
    workspace.published.parent.mkdir(parents=True)
    workspace.published.write_bytes(b"not a database")
    assert publish.publish(workspace, con, TERRITORY)


def test_a_reader_keeps_its_generation(made: Made) -> None:
    workspace, con = made
    publish.publish(workspace, con, TERRITORY)
    with duckdb.connect(str(workspace.published), read_only=True) as reader:
        assert not publish.publish(workspace, con, TERRITORY)
        con.execute("DELETE FROM situation")
        assert publish.publish(workspace, con, TERRITORY)
        assert reader.execute("SELECT count(*) FROM analyst.situation").fetchone() == (60,)


def test_an_event_without_a_person_stops_everything(made: Made) -> None:
    workspace, con = made
    con.execute("DELETE FROM person WHERE person_id = 'P0003'")
    with pytest.raises(duckdb.ConstraintException):
        publish.publish(workspace, con, TERRITORY)
    assert not workspace.published.exists() and list(workspace.scratch.iterdir()) == []


def test_without_a_key_nothing_is_published(made: Made) -> None:
    workspace, con = made
    key_path(workspace).unlink()
    with pytest.raises(KeyMissing):
        publish.publish(workspace, con, TERRITORY)
    assert not workspace.published.exists()


def test_the_file_has_a_format_old_clients_read(done: Made) -> None:
    workspace, _ = done
    assert workspace.published.read_bytes()[12:20] == (64).to_bytes(8, "little")  # storage version 64: DuckDB 0.10 to 1.x

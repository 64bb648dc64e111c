"""A small warehouse for the tests of disclosure, releases and quality: every declared table, a few dozen people, two organisations."""
# ruff: noqa: E501 (SQL and expected rows on one line)

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from assets import keys, tables
from assets.disclosure import suppress
from assets.workspace import Workspace
from schemas.tables import TABLES

PEOPLE = 60


def insert(con: duckdb.DuckDBPyConnection, table: str, **values: str) -> None:
    """Inserts `rows` rows (default 60) given as SQL expressions over `i`, the row number; required columns left out get a filler."""
    rows = values.pop("rows", str(PEOPLE))
    filler = {"VARCHAR": "'x'", "BOOLEAN": "true", "DATE": "DATE '2026-01-01'"}
    values = {**{c.name: filler.get(c.type, "1") for c in TABLES[table].columns if c.required}, **values}
    columns = ", ".join(values)
    con.execute(f"INSERT INTO {table} ({columns}) SELECT {', '.join(values.values())} FROM range({rows}) AS r(i) ORDER BY i")


def _person(i: str = "i") -> dict[str, str]:
    return {
        "person_id": f"'P' || lpad(({i})::VARCHAR, 4, '0')",
        "sex": f"CASE WHEN ({i}) % 2 = 0 THEN 'F' ELSE 'M' END",
        "age_band": f"CASE WHEN ({i}) % 3 = 0 THEN '18_25' ELSE '30_44' END",
        "residence_epci": f"CASE WHEN ({i}) % 7 = 0 THEN '200000001' ELSE '200000002' END",
        "residence_zone": "'Z1'",
        "residence_department": "'73'",
    }


def _event(offset: int, i: str = "i") -> dict[str, str]:
    return {"record_id": f"{offset} + i", **_person(i), "partner": "'ml'", "delivery_id": "'ml-2026-09-abcdef012345'", "line": "i + 2"}


def indicator(
    con: duckdb.DuckDBPyConnection,
    name: str,
    unit: str,
    *,
    numerator: object = None,
    denominator: object = None,
    value: object = None,
    unverifiable: int = 0,
    population: str = "territoire",
    breakdown: str = "ensemble",
    category: str = "ensemble",
    month: str = "2026-09",
    provisional: bool = False,
) -> None:
    """Adds one exact figure."""
    if value is None and unit == "share" and denominator and numerator is not None:
        value = int(str(numerator)) / int(str(denominator))
    con.execute(
        "INSERT INTO indicator VALUES ('2026-10.r0', ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [month, name, population, breakdown, category, numerator, denominator, value, unit, unverifiable, provisional],
    )


def fill(con: duckdb.DuckDBPyConnection) -> None:
    """Every table of the warehouse, filled."""
    tables.ensure(con, *TABLES)
    con.execute(
        "INSERT INTO edition (edition, month, horizon, fingerprint, referral_window_days, early_arrival_days, gap_days, suppression_threshold) VALUES ('2026-10.r0', '2026-10', DATE '2026-10-31', 'f', 90, 7, 90, 5)"
    )
    con.execute(
        "INSERT INTO organisation VALUES ('ML01', 'Mission locale', 'mission_locale', NULL, '73001', 'ml'), ('OF01', 'Organisme', 'organisme_formation', NULL, NULL, 'of')"
    )
    con.execute("INSERT INTO coverage VALUES ('ML01', 'registration', '2026-09', true, true)")
    con.execute(
        "INSERT INTO delivery (delivery_id, partner, feed, sequence, sha256, file_name, bytes, received_at, period, covers_from, covers_to, mode, status, lines_received)"
        " VALUES ('ml-2026-09-abcdef012345', 'ml', 'f', 1, 'abcdef012345', 'durand_jean.csv', 10, TIMESTAMP '2026-10-01 08:00:00', '2026-09',"
        " DATE '2026-09-01', DATE '2026-09-30', 'delta', 'accepted', 60)"
    )
    insert(
        con,
        "person",
        **_person(),
        level_at_entry="CASE WHEN i % 11 = 0 THEN '7' ELSE '3' END",
        partners="1 + i % 2",
        first_seen_on="DATE '2026-01-15' + i::INTEGER",
    )
    insert(
        con,
        "registration",
        **_event(1000),
        organisation="'ML01'",
        opened_on="DATE '2026-01-15' + i::INTEGER",
        closed_on="DATE '2026-03-01' + i::INTEGER",
    )
    insert(
        con,
        "referral",
        **_event(2000),
        sent_on="DATE '2026-02-15' + i::INTEGER",
        sender_org="'ML01'",
        receiver_org="'OF01'",
        service="'remise_a_niveau'",
        status_on="DATE '2026-02-20' + i::INTEGER",
    )
    insert(
        con,
        "training",
        **_event(3000),
        organisation="'OF01'",
        started_on="DATE '2026-03-15' + i::INTEGER",
        ended_on="DATE '2026-05-15' + i::INTEGER",
        ending="'completed'",
        programme="CASE WHEN i < 3 THEN 'RARE' ELSE 'COMMUN' END",
        purpose="'remise_a_niveau'",
        site="CASE WHEN i = 0 THEN '97411' ELSE '73001' END",
    )
    insert(
        con,
        "contract",
        **_event(4000),
        kind="'cdi'",
        started_on="DATE '2026-06-15' + i::INTEGER",
        employer="'12345678900011'",
        occupation="CASE WHEN i = 0 THEN 'K1302' ELSE 'N1103' END",
    )
    insert(con, "situation", **_event(5000), observed_on="DATE '2026-07-01'", situation="'job'")
    insert(con, "certification", **_event(6000), decided_on="DATE '2026-05-20'", result="'full'", certification_code="'RNCP1'")
    insert(
        con,
        "step",
        record_id="3000 + i",
        person_id=_person()["person_id"],
        rank="1",
        record_type="'training'",
        organisation="'OF01'",
        started_on="DATE '2026-03-15' + i::INTEGER",
        ended_on="DATE '2026-05-15' + i::INTEGER",
    )
    outcome = {k: v for k, v in _event(2000).items() if k not in ("partner", "delivery_id", "line")}
    insert(
        con,
        "referral_outcome",
        **outcome,
        sender_org="'ML01'",
        receiver_org="'OF01'",
        service="'remise_a_niveau'",
        sent_on="DATE '2026-02-15' + i::INTEGER",
        outcome="'arrived'",
        arrival_record_type="'training'",
        arrival_record_id="3000 + i",
        arrived_org="'OF01'",
        arrived_on="DATE '2026-03-15' + i::INTEGER",
        delay_days="28",
    )
    follow_up = {**outcome, "record_id": "3000 + i"}
    insert(
        con,
        "training_follow_up",
        **follow_up,
        ended_on="DATE '2026-05-15' + i::INTEGER",
        window_months="6",
        follow_up="'lasting_job'",
        next_record_type="'contract'",
        next_record_id="4000 + i",
        delay_days="31",
    )
    insert(
        con,
        "gap",
        person_id=_person()["person_id"],
        from_record_type="'registration'",
        from_record_id="1000 + i",
        to_record_type="'contract'",
        to_record_id="4000 + i",
        gap_start="DATE '2026-03-01'",
        gap_days="100",
    )
    con.execute(
        "INSERT INTO flow VALUES ('2026-03', 'mission_locale', 'organisme_formation', 'remise_a_niveau', 60, 60), ('2026-04', 'mission_locale', 'cfa', 'alternance', 6, 4)"
    )
    for population in ("territoire", "ML01", "OF01"):
        indicator(con, "people_followed", "people", numerator=60, value=60, population=population)
        indicator(con, "completion_share", "share", numerator=31, denominator=60, population=population, provisional=True)
        indicator(con, "completion_share", "share", numerator=2, denominator=20, population=population, breakdown="sex", category="F")


def template(path: Path) -> Path:
    """A filled warehouse file, to be made once and copied by each test."""
    with duckdb.connect(str(path)) as con:
        con.execute("BEGIN")
        fill(con)
        con.execute("COMMIT")
        suppress.build(con, 5)
    return path


def warehouse(root: Path, filled: Path) -> tuple[Workspace, duckdb.DuckDBPyConnection]:
    """A workspace with its key, and an open read-write connection to its own copy of the warehouse `filled`."""
    workspace = Workspace(root)
    keys.create(workspace)
    shutil.copyfile(filled, workspace.warehouse)
    return workspace, duckdb.connect(str(workspace.warehouse))

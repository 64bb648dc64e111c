"""Referral matching against a plain re-reading of its rules, on crowded random worlds; and the same tables whatever the order of rows.

Here: what a readable specification cannot show: many people, many ties. Not here: each rule by example (`tests/spec/pathways`).
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest

from assets.core import build as core
from assets.core.edition import Edition, horizon_of, write
from assets.indicators import build as indicators
from assets.pathways import build as pathways
from assets.tables import exists
from schemas.tables import TABLES, create
from schemas.territory import Territory

KINDS = {"A": "mission_locale", "B": "organisme_formation", "C": "organisme_formation", "D": "cfa"}
SERVICES = {"remise_a_niveau": "remise_a_niveau", "insertion": "insertion"}
HORIZON, WINDOW, EARLY = date(2026, 6, 30), 20, 3
Row = dict[str, Any]


def world(seed: int) -> tuple[list[Row], list[Row], list[Row]]:
    """Referrals, trainings, registrations: few people, few days, so that everything ties with everything."""
    draw = random.Random(seed)

    def day() -> date:
        return date(2026, 5, 1) + timedelta(days=draw.randrange(60))

    referrals = []
    for n in range(300):
        named = draw.random() < 0.7
        referrals.append(
            {
                "record_id": n,
                "person_id": f"p{draw.randrange(12)}",
                "sender_org": draw.choice("ABCD"),
                "receiver_org": draw.choice("ABCD") if named else None,
                "receiver_kind": None if named else draw.choice(["organisme_formation", "cfa"]),
                "service": draw.choice(list(SERVICES)),
                "sent_on": day(),
            }
        )
    trainings, registrations = [], []
    for n in range(300):
        row = {"record_id": n, "person_id": f"p{draw.randrange(12)}", "organisation": draw.choice("ABCD")}
        if draw.random() < 0.5:
            started = day()
            ended = started + timedelta(days=draw.randrange(5))
            trainings.append({**row, "purpose": draw.choice(list(SERVICES)), "started_on": started, "ended_on": ended})
        else:
            registrations.append({**row, "service": draw.choice(list(SERVICES)), "opened_on": day()})
    return referrals, trainings, registrations


def fill(seed: int, shuffle: int | None = None, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """The world's tables, computed by the real SQL; `shuffle` changes the order of rows, nothing else."""
    con = duckdb.connect()
    con.execute(f"SET threads = {threads}")
    con.execute("; ".join(create(t) for t in TABLES.values() if t.name != "edition"))
    write(
        con,
        Edition("2026-06", 0, horizon_of("2026-06"), "f"),
        Territory.model_validate({"name": "t", "windows": {"referral": WINDOW, "early_arrival": EARLY}}),
    )
    for code, kind in KINDS.items():
        con.execute("INSERT INTO organisation VALUES (?, ?, ?, NULL, NULL, NULL)", [code, code, kind])
    for name, rows in zip(("referral", "training", "registration"), world(seed), strict=True):
        if shuffle is not None:
            random.Random(shuffle).shuffle(rows)
        full = [{"partner": "x", "delivery_id": "d", "line": 2, "age_band": "18_25", **row} for row in rows]
        con.executemany(
            f"INSERT INTO {name} ({', '.join(full[0])}) VALUES ({', '.join('?' * len(full[0]))})", [list(r.values()) for r in full]
        )
    core.build_table(con, "person")
    pathways.build(con)
    indicators.build(con)
    return con


def expected(seed: int) -> dict[int, tuple[str, str | None, date | None]]:
    """Outcome, place and day of each referral, by following the words one referral at a time."""
    referrals, trainings, registrations = world(seed)
    arrivals = [(0, r["record_id"], r["person_id"], r["organisation"], r["service"], r["opened_on"]) for r in registrations]
    arrivals += [(1, t["record_id"], t["person_id"], t["organisation"], t["purpose"], t["started_on"]) for t in trainings]
    chosen: dict[int, list[tuple[date, int, int, str]]] = {}

    def window(r: Row, a: tuple[Any, ...]) -> bool:
        return r["person_id"] == a[2] and -EARLY <= (a[5] - r["sent_on"]).days <= WINDOW

    def there(r: Row, a: tuple[Any, ...]) -> bool:
        if r["receiver_org"]:
            return bool(a[3] == r["receiver_org"])
        return KINDS[a[3]] == r["receiver_kind"] and a[3] != r["sender_org"]

    for a in arrivals:
        for service in SERVICES:
            near = [r for r in referrals if r["service"] == service and window(r, a) and there(r, a)]
            if near:
                best = min(
                    near,
                    key=lambda r: (
                        a[5] < r["sent_on"],
                        abs((a[5] - r["sent_on"]).days),
                        r["receiver_org"] is None,
                        -r["sent_on"].toordinal(),
                        r["record_id"],
                    ),
                )
                chosen.setdefault(best["record_id"], []).append((a[5], a[0], a[1], a[3]))
    out: dict[int, tuple[str, str | None, date | None]] = {}
    for r in referrals:
        if r["record_id"] in chosen:
            first = min(chosen[r["record_id"]])
            out[r["record_id"]] = ("arrived", first[3], first[0])
            continue
        other = [a for a in arrivals if window(r, a) and not there(r, a) and a[4] == r["service"] and a[3] != r["sender_org"]]
        if other:
            a = min(other, key=lambda a: (a[5], a[0], a[1]))
            out[r["record_id"]] = ("arrived_elsewhere", a[3], a[5])
        else:
            still_open = r["sent_on"] + timedelta(days=WINDOW) > HORIZON
            out[r["record_id"]] = ("pending" if still_open else "not_verifiable", None, None)
    return out


@pytest.mark.parametrize("seed", range(4))
def test_matching_follows_the_words(seed):
    rows = fill(seed).execute("SELECT record_id, outcome, arrived_org, arrived_on FROM referral_outcome").fetchall()
    got = {r[0]: (r[1], r[2], r[3]) for r in rows}
    assert got == expected(seed)
    assert {"arrived", "arrived_elsewhere", "pending", "not_verifiable"} <= {o for o, _, _ in got.values()}


def test_an_arrival_answers_one_referral_per_service():
    rows = (
        fill(9)
        .execute(
            "SELECT arrival_record_type, arrival_record_id, service, count(*) FROM referral_outcome WHERE outcome = 'arrived' GROUP BY ALL"
        )
        .fetchall()
    )
    assert rows and all(n == 1 for *_, n in rows)


def test_same_tables_whatever_the_order_of_rows_and_the_threads():
    one, other = fill(5, threads=1), fill(5, shuffle=1, threads=4)
    for name in ("person", *pathways.SQL_TABLES, "indicator"):
        assert exists(one, name)
        assert one.execute(f"FROM {name}").fetchall() == other.execute(f"FROM {name}").fetchall(), name

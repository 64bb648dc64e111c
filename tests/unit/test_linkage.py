"""The linkage room on a few dossiers each: who is joined, who is kept apart, and ids that last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyrage
import pytest

from assets.keys import Keys
from assets.linkage import link
from assets.linkage.clusters import Clusters, groups
from assets.linkage.persons import _inherit
from assets.privacy import Communes, known_profiles, pseudonymise, write
from assets.privacy.identifiers import nir_key
from assets.privacy.store import forget
from schemas.records import RECORDS
from schemas.tables import LINKAGE_TABLES

KEYS = Keys(pyrage.x25519.Identity.generate())


def nir(body: str) -> str:
    """A valid NIR from its 13 characters."""
    return f"{body}{nir_key(body):02d}"


class Territory:
    """Two stores in memory; `add` delivers dossiers, `link` links, `persons` says which records are one person."""

    def __init__(self) -> None:
        self.warehouse, self.linkage = duckdb.connect(), duckdb.connect()
        self.deliveries = 0

    def add(self, partner: str, **rows: dict[str, object]) -> None:
        """One delivery: record key → identity fields."""
        self.deliveries += 1
        base = {"part": 0, "opened_on": pd.Timestamp("2025-01-01"), "dossier": None, "sex": None, "birth_date": None}
        frame = pd.DataFrame([{**base, "line": k + 2, "record_key": key, **row} for k, (key, row) in enumerate(rows.items())])
        frame["birth_date"] = pd.to_datetime(frame["birth_date"])
        done = pseudonymise(
            frame.assign(delivery_id=f"d{self.deliveries}", feed="f"),
            RECORDS["registration"],
            partner=partner,
            keys=KEYS,
            communes=Communes({}),
            tokenised=known_profiles(self.linkage),
        )
        write(self.warehouse, self.linkage, done)
        known = zip(rows, done.records.sort_values("line")["entity_id"], strict=True)
        self.names = {**getattr(self, "names", {}), **{int(entity): key for key, entity in known}}

    def link(self, edition: str = "") -> dict[str, float | int]:
        return link(self.linkage, self.warehouse, edition=edition)

    def persons(self) -> dict[str, str]:
        """Record key → person id."""
        return {self.names[e]: p for e, p in self.warehouse.execute("SELECT entity_id, person_id FROM link").fetchall() if e in self.names}

    def methods(self) -> dict[str, str]:
        """Record key → method."""
        return {self.names[e]: m for e, m in self.warehouse.execute("SELECT entity_id, method FROM link").fetchall() if e in self.names}

    def conflicts(self) -> set[str]:
        """Reasons of the conflicts listed."""
        return {r for (r,) in self.linkage.execute("SELECT DISTINCT reason FROM conflict").fetchall()}


@pytest.fixture
def land() -> Iterator[Territory]:
    territory = Territory()
    yield territory
    territory.warehouse.close()
    territory.linkage.close()


LUC = {"family_name": "Garnier", "given_names": "Luc", "birth_date": "1999-03-17", "birth_place": "38185", "sex": "M"}


def test_no_names_only_dossiers(land: Territory) -> None:
    land.add("ml", a={"dossier": "1"}, b={"dossier": "2"})
    land.add("cfa", c={"dossier": "1"})
    assert land.link()["pairs"] == 0
    assert len(set(land.persons().values())) == 3
    assert set(land.methods().values()) == {"alone"}


def test_an_empty_store(land: Territory) -> None:
    stats = land.link()
    assert stats["persons"] == stats["entities"] == 0


def test_across_partners(land: Territory) -> None:
    land.add("ml", a={**LUC, "dossier": "1"})
    land.add("cfa", same={**LUC, "dossier": "X"}, typo={**LUC, "family_name": "GARNIET", "dossier": "Y"})
    land.add(
        "region",
        swap={**LUC, "family_name": "Luc", "given_names": "Garnier", "birth_place": None},
        other={**LUC, "family_name": "Roche", "given_names": "Théo", "birth_date": "1998-03-17"},
    )
    land.link()
    persons = land.persons()
    assert persons["a"] == persons["same"] == persons["typo"] == persons["swap"] != persons["other"]
    assert land.methods()["a"] == "identical" and land.methods()["typo"] == "probabilistic" and land.methods()["other"] == "alone"


def test_person_ids_are_random(land: Territory) -> None:
    land.add("ml", a=LUC)
    land.link()
    other = Territory()
    other.add("ml", a=LUC)
    other.link()
    assert re.fullmatch(r"[0-9a-f]{20}", land.persons()["a"])
    assert land.persons()["a"] != other.persons()["a"]


def test_one_dossier_one_person_unless_contradictory(land: Territory) -> None:
    land.add("ml", a={**LUC, "dossier": "1"}, bare={"dossier": "1"}, other={"dossier": "2"})
    land.add(
        "ml",
        b={**LUC, "family_name": "Garnier-Petit", "dossier": "1"},
        wrong={"family_name": "Roche", "given_names": "Ana", "birth_date": "1985-07-01", "sex": "F", "dossier": "1"},
    )
    land.link()
    persons = land.persons()
    assert persons["a"] == persons["b"] == persons["bare"] != persons["other"]
    assert persons["wrong"] != persons["a"]
    assert land.methods()["a"] == "dossier"
    assert land.conflicts() == {"dossier", "cluster"}, "the bare dossier may not bridge the two either"


def test_a_placeholder_dossier_joins_no_one(land: Territory) -> None:
    land.add(
        "ml",
        **{
            f"k{n}": {"dossier": "9", "given_names": name}
            for n, name in enumerate(f"{a}{b}" for a in "ABCDE" for b in ("LIX", "DAM", "RIN", "TUS", "VEL"))
        },
    )
    land.link()
    assert len(set(land.persons().values())) == 25


def test_a_number_joins_what_names_alone_would_not(land: Territory) -> None:
    number = nir("1990338185012")
    land.add("ml", a={**LUC, "nir": number})
    land.add("cfa", b={"family_name": "Garnier", "given_names": "Lucas", "birth_date": "1989-03-17", "nir": number[:13], "sex": "M"})
    land.link()
    assert land.persons()["a"] == land.persons()["b"]
    assert land.methods()["a"] == "identifier"


def test_a_borrowed_number_is_a_conflict(land: Territory) -> None:
    land.add("ml", a={**LUC, "france_travail_id": "1234567A"})
    land.add(
        "cfa", b={"family_name": "Garnier", "given_names": "Ana", "birth_date": "2004-11-02", "sex": "F", "france_travail_id": "1234567A"}
    )
    land.link()
    assert land.persons()["a"] != land.persons()["b"]
    assert land.conflicts() == {"identifier"}


def test_two_valid_nir_never_meet(land: Territory) -> None:
    land.add("ml", a={**LUC, "nir": nir("1990338185012")})
    land.add("cfa", b={**LUC, "nir": nir("1990338185077")})
    land.add("region", bridge=LUC)
    land.link()
    persons = land.persons()
    assert persons["a"] != persons["b"]
    assert persons["bridge"] in (persons["a"], persons["b"])
    assert "nir" in land.conflicts()


def test_twins_stay_apart(land: Territory) -> None:
    land.add(
        "ml",
        a={**LUC, "email": "famille@exemple.fr", "phone": "0611223344"},
        b={**LUC, "given_names": "Théo", "email": "famille@exemple.fr", "phone": "0611223344"},
    )
    land.add("cfa", c=LUC, d={**LUC, "given_names": "Théo"})
    land.add("region", unknown={**LUC, "given_names": None})
    land.link()
    persons = land.persons()
    assert persons["a"] == persons["c"] != persons["b"] == persons["d"]
    assert "twins" in land.conflicts()


def test_a_given_name_corrected_under_one_dossier_is_no_twin(land: Territory) -> None:
    land.add("ml", a={**LUC, "dossier": "1"})
    land.add("ml", corrected={**LUC, "given_names": "Théo", "dossier": "1"})
    land.link()
    assert land.persons()["a"] == land.persons()["corrected"]


def test_nothing_printed_logged_or_left_behind(
    land: Territory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level("DEBUG")
    land.add("ml", a=LUC)
    land.add("cfa", b={**LUC, "family_name": "Garnié"})
    land.link()
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    assert not list(tmp_path.iterdir())
    databases = land.linkage.execute("SELECT database_name FROM duckdb_databases() WHERE NOT internal").fetchall()
    assert databases == [("memory",)]
    assert land.linkage.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(len(LINKAGE_TABLES),)]


def test_homonyms_born_elsewhere_or_another_day(land: Territory) -> None:
    land.add("ml", a=LUC)
    land.add(
        "cfa",
        day={**LUC, "birth_date": "1987-10-02", "birth_place": "69123"},
        sex={**LUC, "birth_date": "1992-06-30", "sex": "F", "birth_place": None},
    )
    land.link()
    assert len(set(land.persons().values())) == 3


def test_no_birth_date_links_by_name_and_contact(land: Territory) -> None:
    bare = {"family_name": "GARNIER", "given_names": "LUC", "email": "luc@exemple.fr", "phone": "06 11 22 33 44"}
    land.add("france_travail", a=bare, stranger={**bare, "email": "autre@exemple.fr", "phone": "0699887755"})
    land.add("ml", b={**LUC, "email": "Luc@exemple.fr"})
    land.add("cfa", c={"family_name": "Garnier", "given_names": "Luc", "phone": "+33611223344"})
    land.link()
    persons = land.persons()
    assert persons["a"] == persons["b"] == persons["c"] != persons["stranger"]


def test_a_second_run_changes_nothing(land: Territory) -> None:
    land.add("ml", a=LUC, b={**LUC, "given_names": "Théo"})
    land.add("cfa", c={**LUC, "family_name": "Garnié"})
    land.link()
    tables = ("person_entity", "person_history", "conflict", "review_candidate", "linkage_parameter")

    def state() -> list[object]:
        return [land.linkage.execute(f"FROM {t} ORDER BY ALL").fetchall() for t in tables] + [
            land.warehouse.execute("FROM link").fetchall()
        ]

    before = state()
    stats = land.link()
    assert state() == before
    assert (stats["new_persons"], stats["merged"], stats["split"]) == (0, 0, 0)


def test_new_evidence_merges_and_the_larger_keeps_its_id(land: Territory) -> None:
    land.add("ml", a={**LUC, "dossier": "1"}, a2={**LUC, "dossier": "2"})
    land.add("cfa", b={"family_name": "Moreau", "given_names": "Lucien", "birth_date": "1999-03-17", "dossier": "9"})
    land.link("2026-01")
    before = land.persons()
    assert before["a"] == before["a2"] != before["b"]
    land.add("cfa", later={**LUC, "dossier": "9", "usage_name": "Moreau", "given_names": "Luc Lucien"})
    land.link("2026-02")
    assert land.persons() == {"a": before["a"], "a2": before["a"], "b": before["a"], "later": before["a"]}
    history = land.linkage.execute("SELECT sequence, edition, from_person_id, to_person_id, event FROM person_history").fetchall()
    assert history == [(1, "2026-02", before["b"], before["a"], "merge")]


def test_new_evidence_splits_and_history_says_so(land: Territory) -> None:
    land.add("ml", a=LUC, a2={**LUC, "dossier": "2"})
    land.add("cfa", b={**LUC, "birth_place": None})
    land.link("2026-01")
    before = land.persons()
    assert len(set(before.values())) == 1
    gone = [e for e, key in land.names.items() if key == "b"]
    land.linkage.execute("UPDATE person_entity SET person_id = 'feedfeedfeedfeedfeed' WHERE entity_id = ?", gone).fetchall()
    land.add("ml", stranger={"family_name": "Roche", "given_names": "Ana", "birth_date": "1985-07-01"})
    entity = next(e for e, key in land.names.items() if key == "stranger")
    land.linkage.execute("INSERT INTO person_entity VALUES (?, ?)", [entity, before["a"]]).fetchall()
    land.link("2026-02")
    after = land.persons()
    assert after["a"] == after["b"] == before["a"] != after["stranger"]
    events = land.linkage.execute("SELECT event, count(*) FROM person_history GROUP BY event ORDER BY event").fetchall()
    assert events == [("merge", 1), ("split", 1)]


def test_grey_zone_is_listed_with_its_evidence(land: Territory) -> None:
    land.add("ml", a={**LUC, "birth_place": None, "sex": None})
    land.add("cfa", b={"family_name": "Dubreuil", "given_names": "Luc", "birth_date": "1999-03-17"})
    land.link()
    assert land.persons()["a"] != land.persons()["b"]
    rows = land.linkage.execute("SELECT evidence, weight < 3, band FROM review_candidate").fetchall()
    assert rows == [("surname=none given=exact date=exact", True, "high")]


def test_clusters_carry_their_constraints() -> None:
    found = Clusters.of(6, np.array([-1, 7, -1, 8, -1, -1]))
    found.keep_apart(0, 4)
    assert found.join(0, 1) and found.join(2, 3)
    assert not found.join(1, 2), "two NIR through a chain"
    assert found.join(4, 5)
    assert not found.join(5, 1), "a veto holds for the whole cluster"
    assert found.join(1, 0)
    labels = found.labels()
    assert labels[0] == labels[1] and labels[2] == labels[3] and labels[4] == labels[5] and len(set(labels)) == 3


def test_a_veto_follows_merges_on_both_sides() -> None:
    found = Clusters.of(6, np.full(6, -1))
    found.keep_apart(0, 1)
    assert found.join(2, 0) and found.join(2, 3) and found.join(1, 4) and found.join(4, 5)
    assert not found.join(3, 5)


def test_groups() -> None:
    labels = groups(5, np.array([0, 1]), np.array([1, 2]))
    assert labels[0] == labels[1] == labels[2] and len(set(labels)) == 3


def test_inheritance_is_one_to_one_and_larger_first() -> None:
    rows = [(1, "a", 3, 5), (2, "a", 2, 5), (1, "b", 1, 1), (3, "c", 1, 1), (3, "d", 1, 4)]
    assert _inherit(rows) == {1: "a", 3: "d"}
    assert _inherit(rows[::-1]) == {1: "a", 3: "d"}


def test_a_familys_number_is_not_a_person(land: Territory) -> None:
    father = {"family_name": "Haddad", "given_names": "Samir", "birth_date": "1975-02-03", "sex": "M", "dossier": "F1"}
    land.add("ml", father=father, daughter={**father, "given_names": "Leïla", "sex": "F", "birth_date": "2004-02-03"})
    land.link()
    persons = land.persons()
    assert persons["father"] != persons["daughter"]


def test_people_find_their_number_again_after_their_delivery_was_held(land: Territory) -> None:
    land.add("ml", a={**LUC, "dossier": "1"})
    land.link()
    before = land.persons()["a"]
    delivery = f"d{land.deliveries}"
    land.linkage.execute("DELETE FROM entity_delivery WHERE delivery_id = ?", [delivery])
    forget(land.linkage)
    land.warehouse.execute("DELETE FROM record_registration")
    land.link()
    land.add("ml", a={**LUC, "dossier": "1"})
    land.link()
    assert land.persons()["a"] == before

"""The privacy room on small frames: identities stop here, records keep their numbers, ages and places are generalised."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyrage
import pytest

from assets.keys import Keys
from assets.privacy import Communes, Pseudonymised, forget, known_profiles, pseudonymise, write
from assets.privacy.pseudonymise import record_ids
from assets.privacy.territory import department
from schemas.records import RECORDS
from schemas.tables import LINKAGE_TABLES, TABLES

KEYS = Keys(pyrage.x25519.Identity.generate())
CANARIES = {
    "dossier": "DOSSIERCANARI9",
    "family_name": "Canarifamille",
    "usage_name": "Canariusage",
    "given_names": "Canariprénom",
    "birth_place": "38185",
    "nir": "201053818500123",
    "ine": "123456789AB",
    "france_travail_id": "9876543X",
    "email": "canari@exemple.fr",
    "phone": "06 98 76 54 32",
    "address": "12 rue du Canari",
}


def frame(*rows: dict[str, object]) -> pd.DataFrame:
    """A typed registrations frame."""
    base = {
        "part": 0,
        "delivery_id": "d1",
        "feed": "f",
        "opened_on": "2025-03-01",
        "organisation": "ML01",
        "sex": "F",
        "residence_commune": None,
    }
    made = pd.DataFrame([{"line": k + 2, "record_key": f"K{k}", **base, **row} for k, row in enumerate(rows)])
    for column in ("opened_on", "birth_date", "closed_on"):
        if column in made:
            made[column] = pd.to_datetime(made[column])
    return made


def run(
    made: pd.DataFrame, partner: str = "ml", record: str = "registration", communes: Communes | None = None, **more: object
) -> Pseudonymised:
    arguments = {"keys": KEYS, "communes": communes or Communes({})} | more
    return pseudonymise(made, RECORDS[record], partner=partner, **arguments)  # type: ignore[arg-type]


def test_no_identity_in_anything_produced() -> None:
    done = run(frame({**CANARIES, "birth_date": "2001-05-17"}))
    text = " ".join(f.to_csv() for f in (done.records, done.entities, done.tokens, done.collisions)).upper()
    for canary in (*CANARIES.values(), "CANARI", "2001-05-17", "20010517", "0698765432", "201053818"):
        assert canary.upper() not in text
    assert len(done.tokens) > 30


def test_records_have_exactly_the_declared_columns() -> None:
    for name, record in RECORDS.items():
        made = frame({"dossier": "1"})
        for date in record.main_date:
            made[date] = pd.Timestamp("2025-02-03")
        done = run(made, record=name)
        assert tuple(done.records.columns) == TABLES[f"record_{name}"].names
        assert len(done.records) == 1


def test_one_person_one_entity_per_partner_and_spelling() -> None:
    same = {"dossier": "A1", "family_name": "LEFÈVRE", "given_names": "Zoë", "birth_date": "2001-05-17"}
    done = run(frame(same, {**same, "family_name": "Lefevre "}, {**same, "dossier": "a-1"}, {**same, "dossier": "A2"}))
    ids = done.records["entity_id"].tolist()
    assert ids[0] == ids[1] == ids[2] != ids[3]
    assert done.entities["profile_id"].nunique() == 1
    elsewhere = run(frame(same), partner="cfa")
    assert elsewhere.records["entity_id"].iloc[0] not in ids
    assert elsewhere.entities["profile_id"].iloc[0] == done.entities["profile_id"].iloc[0]
    assert not set(elsewhere.entities["dossier"]) & set(done.entities["dossier"])


def test_a_weak_identity_is_not_shared_between_partners() -> None:
    weak = {"dossier": "A1", "family_name": "Martin", "given_names": "Pierre"}
    assert run(frame(weak)).entities["profile_id"].iloc[0] != run(frame(weak), partner="cfa").entities["profile_id"].iloc[0]
    bare = run(frame({"dossier": "A1"}, {"dossier": "A2"}))
    assert bare.entities["profile_id"].nunique() == 2
    assert bare.tokens.empty


def numbers(lines: list[int], parts: list[int], delivery: str = "d1", record_type: str = "registration") -> pd.Series[int]:
    return record_ids(pd.DataFrame({"delivery_id": delivery, "feed": "f", "line": lines, "part": parts}), record_type)


def test_record_numbers() -> None:
    lines, parts = [2, 3, 3], [0, 0, 1]
    ids = numbers(lines, parts)
    assert ids.is_unique and (ids > 0).all()
    assert (ids % (1 << 24)).tolist() == lines
    assert ids.tolist() == numbers(lines, parts).tolist()
    assert not set(ids) & set(numbers(lines, parts, delivery="d2"))
    assert not set(ids) & set(numbers(lines, parts, record_type="training"))
    with pytest.raises(ValueError, match="record_not_unique"):
        numbers([2, 2], [0, 0])
    with pytest.raises(ValueError, match="line_out_of_range"):
        numbers([1 << 24], [0])


def test_a_batch_gives_what_its_deliveries_give_one_by_one() -> None:
    one = frame({"dossier": "A", "family_name": "Durand", "given_names": "Léa", "birth_date": "2001-05-17"})
    two = frame({"dossier": "A", "family_name": "Durand", "given_names": "Léa", "birth_date": "2001-05-17"}).assign(delivery_id="d2")
    together = run(pd.concat([one, two], ignore_index=True))
    apart = pd.concat([run(one).records, run(two).records], ignore_index=True)
    pd.testing.assert_frame_equal(together.records, apart)
    assert len(together.entities) == 1


def test_record_key_is_the_partners_and_the_types() -> None:
    done = run(frame({"dossier": "1", "record_key": "X"}, {"dossier": "2", "record_key": "X"}, {"dossier": "1", "record_key": "Y"}))
    keys = done.records["record_key"].tolist()
    assert keys[0] == keys[1] != keys[2]
    assert run(frame({"dossier": "1", "record_key": "X"}), partner="cfa").records["record_key"].iloc[0] != keys[0]


@pytest.mark.parametrize(
    ("born", "on", "band"),
    [
        ("2007-03-02", "2025-03-01", "under_18"),
        ("2007-03-01", "2025-03-01", "18_25"),
        ("1999-03-02", "2025-03-01", "18_25"),
        ("1999-03-01", "2025-03-01", "26_29"),
        ("1995-03-01", "2025-03-01", "30_44"),
        ("1980-02-28", "2025-03-01", "45_54"),
        ("1970-03-01", "2025-03-01", "55_plus"),
        (None, "2025-03-01", "unknown"),
        ("1900-01-01", "2025-03-01", "unknown"),
        ("2026-01-01", "2025-03-01", "unknown"),
        ("2004-02-29", "2022-02-28", "under_18"),
    ],
)
def test_age_bands(born: str | None, on: str, band: str) -> None:
    assert run(frame({"dossier": "1", "birth_date": born, "opened_on": on})).records["age_band"].tolist() == [band]


def test_the_first_filled_main_date_counts() -> None:
    made = frame({"dossier": "1", "birth_date": "2000-06-15"})
    made["started_on"], made["planned_start"] = pd.NaT, pd.Timestamp("2018-06-14")
    assert run(made, record="training").records["age_band"].tolist() == ["under_18"]


@pytest.mark.parametrize(
    ("commune", "expected"), [("01004", "01"), ("2A004", "2A"), ("97105", "971"), ("98818", "988"), ("99350", None), ("75", None)]
)
def test_departments(commune: str, expected: str | None) -> None:
    assert department(commune) == expected


def test_territory_and_its_floor(tmp_path: Path) -> None:
    path = tmp_path / "territory.csv"
    path.write_text(
        "commune,name,epci,epci_name,zone,zone_name,department,region,population,valid_from,valid_to\n"
        "38185,Grenoble,200040715,Métropole,8409,Grenoble,38,84,9000,2017-01-01,\n"
        "38421,Saint-Martin,200040715,Métropole,8409,Grenoble,38,84,2000,2017-01-01,\n"
        "38001,Petite,243800604,Petit EPCI,8410,Ailleurs,38,84,500,2017-01-01,\n"
        "38999,Ancienne,243800604,Petit EPCI,8410,Ailleurs,38,84,90000,2010-01-01,2016-12-31\n",
        "utf-8",
    )
    rows = [{"dossier": str(k), "residence_commune": c} for k, c in enumerate(("38185", "38001", "38999", "05023", None))]
    done = run(frame(*rows), communes=Communes.load(path, 10_000)).records
    assert done["residence_epci"].fillna("").tolist() == ["200040715", "", "", "", ""]
    assert done["residence_zone"].fillna("").tolist() == ["8409", "8410", "8410", "", ""]
    assert done["residence_department"].fillna("").tolist() == ["38", "38", "38", "05", ""]
    assert run(frame(*rows), communes=Communes.load(path, 11_001)).records["residence_epci"].isna().all()
    assert Communes.load(tmp_path / "absent.csv", 10_000).areas == {}


def test_tokens_already_known_are_not_made_again() -> None:
    made = frame(
        {"dossier": "1", "family_name": "Garnier", "given_names": "Luc", "birth_date": "1999-01-02"},
        {"dossier": "2", "family_name": "Roche", "given_names": "Ana", "birth_date": "1998-01-02"},
    )
    first = run(made)
    again = run(made, tokenised=np.array(first.entities["profile_id"].tolist()))
    assert again.tokens.empty and again.records.equals(first.records) and again.entities.equals(first.entities)
    part = run(made, tokenised=[int(first.entities["profile_id"].iloc[0])])
    assert set(part.tokens["profile_id"]) == {int(first.entities["profile_id"].iloc[1])}


def test_writing_twice_is_writing_once() -> None:
    with duckdb.connect() as warehouse, duckdb.connect() as linkage:
        done = run(frame({"dossier": "1", "family_name": "Garnier", "given_names": "Luc", "birth_date": "1999-01-02"}, {"dossier": "2"}))

        def counts() -> list[int]:
            tables = [(linkage, n) for n in ("entity", "token", "entity_delivery", "collision")] + [(warehouse, "record_registration")]
            return [con.execute(f"SELECT count(*) FROM {n}").fetchall()[0][0] for con, n in tables]

        assert write(warehouse, linkage, done) == 2
        once = counts()
        write(warehouse, linkage, done)
        assert counts() == once
        assert sorted(known_profiles(linkage)) == sorted(done.entities["profile_id"])
        for name in ("entity", "token", "entity_delivery"):
            key = ", ".join(LINKAGE_TABLES[name].key)
            assert linkage.execute(f"SELECT count(*) FROM (SELECT {key} FROM {name} GROUP BY ALL HAVING count(*) > 1)").fetchall() == [(0,)]
        write(warehouse, linkage, run(frame({"dossier": "2"})))
        assert forget(linkage) == 1
        assert counts()[1] == 0


def test_an_error_says_nothing_of_values() -> None:
    made = frame({"dossier": "1", "family_name": "Canarifamille"})
    made["opened_on"] = ["Canaridate"]
    with pytest.raises(ValueError) as failure:
        run(made)
    assert "anari" not in str(failure.value)
    assert failure.value.__cause__ is None and failure.value.__context__ is None


def test_people_of_whom_nothing_usable_is_known_are_not_one_person() -> None:
    blank = [
        {"family_name": "INCONNU", "given_names": "INCONNU", "birth_date": "1900-01-01"},
        {"family_name": "XXX", "given_names": "XXX"},
        {"nir": "123"},
        {"family_name": "Martin", "given_names": "Marie"},
        {"family_name": "Martin", "given_names": "Marie"},
    ]
    done = run(frame(*blank))
    assert done.records["entity_id"].nunique() == len(blank)
    assert done.tokens.empty or done.tokens["profile_id"].nunique() <= len(blank)
    full = {"family_name": "Martin", "given_names": "Marie", "birth_date": "2001-05-17"}
    assert run(frame(full, full)).records["entity_id"].nunique() == 1


def test_a_partners_own_wording_is_a_token() -> None:
    made = frame({"dossier": "1"}, {"dossier": "2"}, {"dossier": "3"}).drop(columns="opened_on")
    made["programme"] = ["Groupe de Zzcanari", "Groupe de Zzcanari", None]
    found = run(made, record="training").records["programme"]
    assert found[0] == found[1] and "canari" not in found[0].lower() and found.isna().tolist() == [False, False, True]

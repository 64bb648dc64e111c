"""What a stored token must be: keyed, compound, the same wherever it is made, absent where a value is missing, silent on lengths."""

from __future__ import annotations

import itertools

import duckdb
import pandas as pd
import pyrage
import pytest

from assets.keys import Keys
from assets.privacy import RULES, Communes, pseudonymise
from assets.privacy.normalise import NEAR_FORMS
from assets.privacy.rules import COMPARISONS, PARTS, STRONG
from assets.privacy.tokens import hashed, load_pads, token
from schemas.records import RECORDS

PERSON = {
    "dossier": "ML-001",
    "family_name": "Lefèvre",
    "usage_name": None,
    "given_names": "Zoë",
    "birth_date": "2001-05-17",
    "birth_place": "38185",
    "nir": None,
    "ine": None,
    "france_travail_id": None,
    "email": None,
    "phone": None,
    "sex": "F",
}


@pytest.fixture(scope="module")
def keys() -> Keys:
    return Keys(pyrage.x25519.Identity.generate())


def tokens_of(keys: Keys, partner: str = "ml", **changes: object) -> pd.DataFrame:
    """The tokens of one person."""
    row = {
        **PERSON,
        **changes,
        "line": 2,
        "part": 0,
        "record_key": "1",
        "delivery_id": "d",
        "feed": "f",
        "opened_on": pd.Timestamp("2025-01-01"),
    }
    frame = pd.DataFrame([row])
    frame["birth_date"] = pd.to_datetime(frame["birth_date"])
    return pseudonymise(frame, RECORDS["registration"], partner=partner, keys=keys, communes=Communes({})).tokens


def shared(left: pd.DataFrame, right: pd.DataFrame) -> set[str]:
    """Names of the rules of which two people share a token."""
    names = {r.number: r.name for r in RULES}
    return {names[rule] for rule in left.merge(right, on=["rule", "token"])["rule"]}


def test_every_rule_covers_two_strong_fields() -> None:
    for rule in RULES:
        assert len(rule.fields) >= 2, rule.name
        assert all(p in PARTS for p in rule.parts), rule.name


def test_rules_are_told_apart_and_explained() -> None:
    for attribute in ("number", "name", "fr", "en"):
        values = [getattr(r, attribute) for r in RULES]
        assert len(values) == len(set(values)), attribute
    assert all(c in COMPARISONS and level in COMPARISONS[c] for r in RULES for c, level in r.evidence.items())
    assert {r.name.rsplit("_", 1)[0] for r in STRONG} == {"nir", "ine", "france_travail"}


def test_sql_equals_the_standard_library(keys: Keys) -> None:
    with duckdb.connect() as con:
        load_pads(con, keys, ("a", "b"))
        query = f"SELECT {hashed('s')} FROM (SELECT ?::VARCHAR AS s), pad WHERE use = ?"
        for text, use in itertools.product(("", "LEFEVRE|20010517", "é" * 200), ("a", "b")):
            assert con.execute(query, [text, use]).fetchall() == [(token(keys, use, text),)]


def test_another_key_another_token(keys: Keys) -> None:
    other = Keys(pyrage.x25519.Identity.generate())
    assert not set(tokens_of(keys)["token"]) & set(tokens_of(other)["token"])
    assert set(tokens_of(keys)["token"]) == set(tokens_of(keys, partner="cfa")["token"])


def test_each_rule_has_its_own_key(keys: Keys) -> None:
    found = tokens_of(keys)
    assert found["token"].is_unique
    assert found["token"].min() >= 0
    assert token(keys, "names_date", "LEFEVRE|ZOE|20010517") in set(found.loc[found["rule"] == 0, "token"])


@pytest.mark.parametrize("blank", [None, "INCONNU", "XXX", "NC"])
def test_a_missing_value_makes_no_token(keys: Keys, blank: str | None) -> None:
    found = tokens_of(keys, family_name=blank)
    using = {r.number for r in RULES if "surname" in r.fields}
    assert not set(found["rule"]) & using
    assert len(found)
    assert tokens_of(keys, family_name=blank, given_names=blank, birth_date=None).empty
    assert tokens_of(keys, birth_date="1900-01-01").merge(tokens_of(keys)[["rule"]].drop_duplicates(), on="rule")["rule"].isin([6]).all()


def test_counts_do_not_tell_the_length_of_a_name(keys: Keys) -> None:
    near = {r.number for r in RULES if "near" in r.name}
    for name in ("Ng", "Lefèvre", "Vandenbrouckeberghe"):
        counts = tokens_of(keys, family_name=name, given_names=name).groupby("rule").size()
        assert {counts[r] for r in near} == {NEAR_FORMS}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"family_name": "LEFEVRE"}, "names_date"),
        ({"family_name": "Lefevbre"}, "surname_near_date"),
        ({"family_name": "Lephèvre"}, "sounds_date"),
        ({"family_name": "Zoë", "given_names": "Lefèvre"}, "crossed_names_date"),
        ({"birth_date": "2001-05-18"}, "names_year_month"),
        ({"birth_date": "2001-09-17"}, "names_year_day"),
        ({"birth_date": "2010-05-17"}, "names_month_day"),
        ({"family_name": "Martin"}, "given_date_place"),
        ({"family_name": "Martin", "usage_name": "Lefèvre"}, "names_date"),
    ],
)
def test_what_partners_do_to_a_name_still_meets(keys: Keys, changes: dict[str, str], rule: str) -> None:
    assert rule in shared(tokens_of(keys), tokens_of(keys, partner="cfa", **changes))


def test_day_and_month_exchanged(keys: Keys) -> None:
    assert "names_date_sorted" in shared(tokens_of(keys, birth_date="2001-05-07"), tokens_of(keys, birth_date="2001-07-05"))


def test_strangers_share_nothing(keys: Keys) -> None:
    assert not shared(
        tokens_of(keys), tokens_of(keys, family_name="Moreau", given_names="Paul", birth_date="1988-11-02", birth_place="69123")
    )


def test_no_birth_date_but_a_contact(keys: Keys) -> None:
    known = tokens_of(keys, email="Zoe.L@exemple.fr", phone="06 12 34 56 70", france_travail_id="1234567A")
    bare = tokens_of(keys, birth_date=None, birth_place=None, email="zoe.l@exemple.fr", phone="+33612345670", france_travail_id="1234567a")
    assert {"email_surname", "email_given", "phone_surname", "france_travail_surname"} <= shared(known, bare)


def test_a_parents_nir_is_not_the_learners(keys: Keys) -> None:
    nir = {r.number for r in RULES if "nir" in r.fields}
    assert not set(tokens_of(keys, nir="2700899350010")["rule"]) & nir
    assert set(tokens_of(keys, nir="2010599350010")["rule"]) & nir

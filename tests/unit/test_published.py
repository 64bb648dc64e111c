"""The declaration of the analysts' tables: the names others rely on, a SELECT for each, nothing read that must not be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assets.tables import SQL
from schemas import codelists
from schemas.fields import IDENTITY_NAMES
from schemas.published import FROM_DECLARATIONS, PUBLISHED, QUASI
from schemas.tables import TABLES

#: The interface others' scripts use.
NAMES = """
    person organisation registration referral training contract certification situation step referral_outcome training_follow_up gap flow
    indicator coverage delivery code territory field
""".split()  # noqa: SIM905
INDICATOR = """
    edition month indicator definition_version population breakdown category numerator denominator value unit status provisional
""".split()  # noqa: SIM905

FILES = sorted((SQL / "published").glob("*.sql"))


def test_the_names_others_rely_on() -> None:
    assert set(PUBLISHED) == set(NAMES)
    assert list(PUBLISHED["indicator"].names) == INDICATOR


def test_one_select_per_table_and_no_other() -> None:
    assert {f.stem for f in FILES} == set(PUBLISHED) - set(FROM_DECLARATIONS)


def test_every_column_says_what_it_is_and_only_once() -> None:
    for table in PUBLISHED.values():
        assert table.fr and table.en and len(set(table.names)) == len(table.names) and set(table.key) <= set(table.names)
        for column in table.columns:
            assert column.fr and column.en
            assert column.codelist is None or column.codelist in codelists.names()


def test_no_identity_column() -> None:
    assert not {c for t in PUBLISHED.values() for c in t.names} & {
        *IDENTITY_NAMES,
        "residence_commune",
        "entity_id",
        "line",
        "share_consent",
    }


def test_rows_about_people_close_with_the_same_quasi_identifiers() -> None:
    for table in PUBLISHED.values():
        if "person_id" in table.names and table.name != "person":
            assert table.columns[-len(QUASI) :] == QUASI


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_nothing_is_read_that_must_not_be(path: Path) -> None:
    text = re.sub(r"--.*", "", path.read_text("utf-8"))
    read = set(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", text))
    forbidden = {"indicator", "link", "line_event", *(t for t in TABLES if t.startswith("record_"))}
    assert not read & forbidden
    if "people.sex" in text:  # quasi-identifiers come from the k-anonymous twin alone
        own = {f"{name}.{c.name}" for name in TABLES for c in QUASI}
        assert "anonymous_person" in read and not {m for m in own if re.search(rf"\b{m}\b", text)}

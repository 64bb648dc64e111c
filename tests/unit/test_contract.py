"""The contract: what is refused, and the French sentence that says where."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.contract import Contract, strptime_format
from schemas.contract_file import ConfigurationError, load_contract, load_contracts, load_territory, parse, validate
from schemas.messages import catalogue, say
from schemas.territory import Organisation, Territory

GOOD = """partner: demo
name: "Démo"
organisation: ML01
feeds:
  orientations:
    match: "*.csv"
    records:
      - type: referral
        key: ["N"]
        fields:
          dossier: "D"
          sent_on: "Le"
"""


def refused(tmp_path: Path, text: str) -> list[str]:
    """The problems of a contract text, as the steward reads them."""
    path = tmp_path / "demo.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError) as error:
        load_contract(path)
    return [str(p) for p in error.value.problems]


def test_a_good_contract_loads(tmp_path: Path) -> None:
    path = tmp_path / "demo.yaml"
    path.write_text(GOOD, "utf-8")
    contract = load_contract(path)
    assert contract.feeds["orientations"].mapped_columns() == ("N", "D", "Le")
    assert contract.reject_limit == 0.05


@pytest.mark.parametrize(
    ("before", "after", "line", "words"),
    [
        ('match: "*.csv"', 'match: "*.csv"\n    delimitr: ";"', 7, "delimitr"),
        ("type: referral", "type: orientation", 8, "« orientation » n'existe pas"),
        ('dossier: "D"', 'dossiers: "D"', 8, "« dossiers » n'existe pas"),
        ('sent_on: "Le"', 'status_on: "Le"', 8, "« sent_on »"),
        ('dossier: "D"', 'dossier: {column: "D", constant: "x"}', 11, "exactement une source"),
        ('dossier: "D"', 'declared_status: {column: "D", values: {A: realise}}', 8, "« realise » n'est pas dans la liste"),
        ('dossier: "D"', 'nir: "D"', 1, "legal_basis"),
        ('sent_on: "Le"', 'sent_on: {column: "Le", dates: ["JJ-MM"]}', 12, "JJ/MM/AAAA"),
        ('match: "*.csv"', 'match: "*.csv"\n    ignore: ["D"]', 6, "utilisée et ignorée"),
        ("name:", "name: a\nname:", 3, "écrite deux fois"),
        ("feeds:", "feeds: [", 5, "YAML n'est pas lisible"),
        ("organisation: ML01", "organisation: ML01\nreject_limit: 3", 4, "hors des bornes"),
        ('match: "*.csv"', 'extends: inconnu\n    match: "*.csv"', 6, "« inconnu » n'est pas livré"),
        ('sent_on: "Le"', 'sent_on: {column: "Le", dates: ["JJ/JJ/AAAA"]}', 12, "JJ/MM/AAAA"),
        ('match: "*.csv"', 'match: "*.csv"\n    covers_from: "2026-02-31"', 7, "n'existe pas"),
        ('match: "*.csv"', 'match: "*.csv"\n    period: {from_name: "("}', 7, "expression régulière"),
        ('key: ["N"]', 'key: ["N"]\n        unpivot: {columns: "("}', 10, "expression régulière"),
        ('key: ["N"]', 'key: ["N"]\n        when: {all: []}', 10, "au moins un élément"),
        ('dossier: "D"', "dossier: {from_header: true}", 8, "unpivot"),
        ("partner: demo", "partner: autre", 1, "doit porter le nom de son fichier"),
    ],
)
def test_each_mistake_names_file_key_and_line(tmp_path: Path, before: str, after: str, line: int, words: str) -> None:
    assert before in GOOD
    problems = refused(tmp_path, GOOD.replace(before, after, 1))
    assert any(words in p and "demo.yaml" in p for p in problems), problems
    found = next(p for p in problems if words in p)
    assert abs(int(found.split("ligne ")[1].split(",")[0]) - line) <= 1, found


def test_all_problems_are_said_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("organisation: ML01", "organisation: ML01\nreject_limit: 3\nfoo: 1")
    assert len(refused(tmp_path, text)) == 2


def test_an_organisation_must_be_declared(tmp_path: Path) -> None:
    (tmp_path / "demo.yaml").write_text(GOOD, "utf-8")
    with pytest.raises(ConfigurationError, match="ML01"):
        load_contracts(tmp_path, Territory(name="x"))
    known = Territory(name="x", organisations=(Organisation(code="ML01", name="M", kind="mission_locale"),))
    assert list(load_contracts(tmp_path, known)) == ["demo"]


def test_missing_territory_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="filrouge init"):
        load_territory(tmp_path / "territory.yaml")


def test_line_numbers_are_those_of_the_file() -> None:
    _, lines = parse("a: 1\nb:\n  - c: 2\n  - d: 3\n", "x")
    assert lines[("b", 1, "d")] == 4


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("JJ/MM/AAAA", "%d/%m/%Y"), ("AAAA-MM-JJ hh:mm:ss", "%Y-%m-%d %H:%M:%S"), ("%b.%y", "%b.%y"), ("JJ/MM/AA", "%d/%m/%y")],
)
def test_date_words(pattern: str, expected: str) -> None:
    assert strptime_format(pattern) == expected


def test_every_message_has_both_languages() -> None:
    assert all({"fr", "en"} <= set(m) for m in catalogue().values())
    with pytest.raises(KeyError):
        say("absent")


def test_the_contract_of_the_guide_is_valid() -> None:
    guide = (Path(__file__).resolve().parents[2] / "docs" / "contrat.md").read_text("utf-8")
    data, lines = parse(guide.split("```yaml\n")[1].split("```")[0], "docs/contrat.md")
    assert validate(Contract, data, lines, "docs/contrat.md").feeds["orientations"].records[0].type == "referral"


def test_a_territory_names_each_organisation_once() -> None:
    first = Organisation(code="ML01", name="M", kind="mission_locale", aliases=("ML",))
    with pytest.raises(ValidationError, match="organisation_twice:ml"):
        Territory(name="x", organisations=(first, Organisation(code="OF01", name="O", kind="cfa", aliases=("ml",))))
    with pytest.raises(ValidationError, match="time_zone_unknown"):
        Territory(name="x", time_zone="Mars/Phobos")
    with pytest.raises(ValidationError, match="code_unknown"):
        Organisation(code="ML01", name="M", kind="guilde")


def test_merged_keys_and_folders_do_not_break_the_reader(tmp_path: Path) -> None:
    data, _ = parse("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n", "x")
    assert data["c"] == {"b": 1, "d": 2}
    with pytest.raises(ConfigurationError):
        load_territory(tmp_path)

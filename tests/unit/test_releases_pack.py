"""The pack: its rows, its bytes, its description, putting it in place whole, verifying it."""
# ruff: noqa: E501 (SQL and expected rows on one line)

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import openpyxl
import pytest

from assets.disclosure import suppress
from assets.releases import tabular
from assets.releases.pack import Pack, pack, put, verify
from assets.workspace import Workspace
from schemas.contract import Contract
from schemas.pack import COLUMNS
from schemas.territory import Territory
from tests.unit.releases_warehouse import indicator, template, warehouse

TERRITORY = Territory(name="Val d'Isle")
CONTRACT = Contract.model_validate({
    "partner": "ml", "name": "Mission locale", "organisation": "ML01",
    "feeds": {"f": {"match": "*.csv", "period": {"from_name": r"(?P<year>\d{4})-(?P<month>\d{2})"}, "mode": "delta", "format": {"type": "csv"}, "dates": ["JJ/MM/AAAA"],
                    "records": [{"type": "situation", "key": ["id"], "fields": {"dossier": "id", "observed_on": "d", "situation": "s"}}]}},
})  # fmt: skip
HEADER = "edition;mois;indicateur;libelle;population;ventilation;modalite;numerateur;denominateur;valeur;unite;statut;provisoire;version_definition"


@dataclass(frozen=True)
class Definition:
    title_fr: str
    definition_fr: str = "Une définition."
    version: int = 1
    unit: str = "share"


DEFINITIONS = {
    "people_followed": Definition("Personnes suivies", unit="people"),
    "completion_share": Definition("=Part des formations achevées"),
}

Made = tuple[Workspace, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return template(tmp_path_factory.mktemp("filled") / "warehouse.duckdb")


@pytest.fixture
def made(tmp_path: Path, filled: Path) -> Iterator[Made]:
    workspace, con = warehouse(tmp_path, filled)
    yield workspace, con
    con.close()


def make(made: Made, **more: bytes) -> Pack:
    return pack(made[0], made[1], CONTRACT, TERRITORY, "2026-10", DEFINITIONS, more)


def cells(path: Path) -> list[dict[str, str]]:
    text = (path / "indicateurs_ml_2026-10.csv").read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def state(path: Path) -> dict[str, tuple[str, int]]:
    return {p.name: (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in sorted(path.iterdir())}


def test_the_csv_as_partners_read_it(made: Made) -> None:
    done = make(made)
    raw = (done.path / "indicateurs_ml_2026-10.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") == raw.count(b"\n") == done.figures + 1
    assert raw.decode("utf-8-sig").splitlines()[0] == HEADER == ";".join(c.name for c in COLUMNS)
    rows = cells(done.path)
    assert [r["population"] for r in rows] == ["territoire", "territoire", "ML01", "ML01", "territoire", "ML01"]  # never another partner's
    share = rows[0]
    assert share["valeur"] == "0,516667" and share["numerateur"] == "31" and share["unite"] == "part" and share["provisoire"] == "oui"
    withheld = rows[1]
    assert (withheld["ventilation"], withheld["modalite"], withheld["statut"]) == ("sexe", "Femme", "secret_primaire")
    assert withheld["numerateur"] == withheld["denominateur"] == withheld["valeur"] == ""
    count = rows[4]
    assert (count["libelle"], count["valeur"], count["modalite"], count["unite"], count["provisoire"]) == (
        "Personnes suivies",
        "60",
        "ensemble",
        "personnes",
        "non",
    )


def test_only_safe_figures_leave(made: Made) -> None:
    _, con = made
    indicator(con, "people_followed", "people", numerator=3, value=3, breakdown="sex", category="X")
    suppress.build(con, 5)
    done = make(made)
    assert [r["valeur"] for r in cells(done.path) if r["modalite"] == "Non précisé"] == [""]


def test_a_formula_is_shown_not_run(made: Made) -> None:
    done = make(made)
    assert {r["libelle"] for r in cells(done.path)} == {"'=Part des formations achevées", "Personnes suivies"}
    assert [tabular.harmless(t) for t in ("=1+1", "+33", "-2", "@x", "\tx", "a=b", "")] == [
        "'=1+1",
        "'+33",
        "'-2",
        "'@x",
        "'\tx",
        "a=b",
        "",
    ]
    sheet = openpyxl.load_workbook(done.path / "indicateurs_ml_2026-10.xlsx")["Indicateurs"]
    assert (sheet["D2"].value, sheet["D2"].data_type) == ("=Part des formations achevées", "s")


def test_the_workbook_says_the_same(made: Made) -> None:
    done = make(made)
    book = openpyxl.load_workbook(done.path / "indicateurs_ml_2026-10.xlsx")
    lines = list(book["Indicateurs"].iter_rows(values_only=True))
    assert ";".join(map(str, lines[0])) == HEADER and len(lines) == done.figures + 1
    assert lines[1][9] == pytest.approx(31 / 60, abs=1e-6) and lines[2][9] is None
    assert book.sheetnames == ["Indicateurs", "Définitions", "Statuts"]


def test_the_names_of_areas(made: Made) -> None:
    workspace, con = made
    workspace.reference.mkdir()
    (workspace.reference / "territory.csv").write_text("commune,name,epci,epci_name\n01001,Là,200000001,CA du Val\n", "utf-8")
    indicator(con, "people_followed", "people", numerator=9, value=9, breakdown="residence_epci", category="200000001")
    suppress.build(con, 5)
    assert ("EPCI de résidence", "CA du Val") in {(r["ventilation"], r["modalite"]) for r in cells(make(made).path)}


def test_the_description(made: Made) -> None:
    done = make(made, **{"rapport.html": b"<html>"})
    package = json.loads((done.path / "datapackage.json").read_text("utf-8"))
    assert package["created"] == "2026-10-31T00:00:00Z" and package["edition"] == "2026-10.r0"
    assert [r["path"] for r in package["resources"]] == ["indicateurs_ml_2026-10.csv", "indicateurs_ml_2026-10.xlsx", "rapport.html"]
    for resource in package["resources"]:
        data = (done.path / resource["path"]).read_bytes()
        assert resource["bytes"] == len(data) and resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    assert [f["name"] for f in package["resources"][0]["schema"]["fields"]] == HEADER.split(";")
    assert package["definitions"][1] == {
        "indicator": "people_followed",
        "title": "Personnes suivies",
        "definition": "Une définition.",
        "unit": "personnes",
        "version": 1,
    }


def test_sums_are_those_of_sha256sum(made: Made) -> None:
    done = make(made)
    tool = shutil.which("sha256sum")
    if tool:
        subprocess.run([tool, "--strict", "-c", "SHA256SUMS"], cwd=done.path, check=True, capture_output=True)
    assert verify(done.path) == []


def test_twice_changes_nothing(made: Made) -> None:
    first = make(made)
    before = state(first.path)
    again = make(made)
    assert first.changed and not again.changed and state(first.path) == before


def test_elsewhere_the_same_bytes(made: Made, tmp_path_factory: pytest.TempPathFactory, filled: Path) -> None:
    there, con = warehouse(tmp_path_factory.mktemp("there"), filled)
    other = pack(there, con, CONTRACT, TERRITORY, "2026-10", DEFINITIONS)
    con.close()
    assert {k: v[0] for k, v in state(make(made).path).items()} == {k: v[0] for k, v in state(other.path).items()}


def test_a_new_edition_replaces_the_whole_pack(made: Made) -> None:
    workspace, con = made
    first = make(made, **{"rapport.html": b"old"})
    con.execute("DELETE FROM release WHERE indicator = 'people_followed'")
    second = make(made)
    assert second.changed and second.figures == 4 and not (first.path / "rapport.html").exists()
    assert [p.name for p in first.path.parent.iterdir()] == ["2026-10"] and list(workspace.scratch.iterdir()) == []
    assert verify(second.path) == []


@pytest.mark.parametrize("failing", [1, 2])
def test_a_crash_leaves_the_former_pack_whole(made: Made, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    workspace, con = made
    done = make(made)
    before = state(done.path)
    con.execute("DELETE FROM release WHERE indicator = 'people_followed'")
    calls, rename = [], os.rename

    def breaks(source: Path, target: Path) -> None:
        calls.append(target)
        if len(calls) == failing:
            raise OSError("no space")
        rename(source, target)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(os, "rename", breaks)
        make(made)
    assert state(done.path) == before and verify(done.path) == [] and list(workspace.scratch.iterdir()) == []
    assert make(made).changed and verify(done.path) == []


def test_power_cut_between_the_two_renames(made: Made) -> None:
    done = make(made)
    before = state(done.path)
    done.path.rename(done.path.with_name(".2026-10.former"))  # what such a cut leaves behind
    assert not make(made).changed and state(done.path) == before
    assert [p.name for p in done.path.parent.iterdir()] == ["2026-10"]


def test_power_cut_before_the_former_pack_is_removed(made: Made) -> None:
    done = make(made)
    shutil.copytree(done.path, done.path.with_name(".2026-10.former"))
    assert not make(made).changed
    assert [p.name for p in done.path.parent.iterdir()] == ["2026-10"]


def test_an_indicator_without_a_definition_is_not_delivered(made: Made) -> None:
    workspace, con = made
    with pytest.raises(KeyError):
        pack(workspace, con, CONTRACT, TERRITORY, "2026-10", {})
    with pytest.raises(ValueError, match="month"):
        pack(workspace, con, CONTRACT, TERRITORY, "../2026", DEFINITIONS)
    assert not workspace.outbox.exists()


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda p: (p / "indicateurs_ml_2026-10.csv").write_bytes(b"x"), "modifié"),
    (lambda p: (p / "indicateurs_ml_2026-10.csv").unlink(), "manque"),
    (lambda p: (p / "autre.csv").write_bytes(b"x"), "n'appartient pas"),
    (lambda p: (p / "SHA256SUMS").unlink(), "n'est pas un paquet complet"),
    (lambda p: (p / "SHA256SUMS").write_text("0" * 64 + "  ../../etc/passwd\n"), "n'est pas lisible"),
    (lambda p: (p / "SHA256SUMS").write_text(""), "manque"),
    (lambda p: ((p / "datapackage.json").unlink(), (p / "datapackage.json").symlink_to("SHA256SUMS")), "manque"),
])  # fmt: skip
def test_verify_sees(made: Made, spoil: object, said: str) -> None:
    done = make(made)
    spoil(done.path)  # type: ignore[operator]
    problems = verify(done.path)
    assert problems and any(said in p for p in problems)


def test_put_needs_no_former_directory(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    path = workspace.outbox / "ml" / "2026-10"
    assert put(workspace, path, {"a": b"1"}) and not put(workspace, path, {"a": b"1"}) and put(workspace, path, {"a": b"2"})
    assert path.stat().st_mode & 0o777 == 0o755

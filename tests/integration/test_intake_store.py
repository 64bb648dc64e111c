"""Taking in, with its stores: contracts that change, deliveries held then replaced, accounts kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import keys
from assets.intake.take import take_in
from assets.landing import land as landing
from assets.landing import vault
from assets.site import Site
from assets.workspace import Workspace

TERRITORY = 'name: "T"\norganisations:\n  - {code: ML01, name: "Mission", kind: mission_locale}\n'
CONTRACT = """
partner: ml
name: ML
organisation: ML01
reject_limit: 0.3
feeds:
  o:
    match: "*.csv"
    period: {from_name: "(?P<year>\\\\d{4})-(?P<month>\\\\d{2})"}
    dates: ["JJ/MM/AAAA"]
    records:
      - {type: registration, key: [N], fields: {dossier: N, opened_on: Le}}
"""


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0.0)
    workspace = Workspace(tmp_path)
    keys.create(workspace)
    workspace.territory.write_text(TERRITORY, "utf-8")
    (workspace.inbox / "ml").mkdir(parents=True)
    workspace.contracts.mkdir()
    (workspace.contracts / "ml.yaml").write_text(CONTRACT, "utf-8")
    return workspace


def go(workspace: Workspace, **files: str) -> dict[str, tuple[str, str | None, int]]:
    """Drops the files, lands and takes in; (status, reason, lines kept) by file name."""
    for name, text in files.items():
        (workspace.inbox / "ml" / f"{name.replace('_', '-')}.csv").write_text(text, "utf-8")
    site = Site.load(workspace)
    with site.warehouse() as con:
        landing.land(workspace, con, site.keys, site.contracts, "2026-10")
        take_in(workspace, con, site.keys, site.contracts["ml"], site.territory)
        rows = con.execute("SELECT file_name, status, reason, lines_kept FROM delivery ORDER BY sequence").fetchall()
    return {r[0]: (r[1], r[2], r[3]) for r in rows}


GOOD, BAD = "N;Le\n1;01/09/2026\n2;02/09/2026\n", "N;Le\n1;31/02/2026\n2;02/09/2026\n"


def test_a_held_delivery_is_replaced_when_its_file_is_sent_again_and_accepted(workspace: Workspace) -> None:
    assert go(workspace, a_2026_09=BAD)["a-2026-09.csv"][:2] == ("held", "reject_limit")
    assert go(workspace, b_2026_09=GOOD)["a-2026-09.csv"][0] == "held"
    go(workspace, a_2026_09=GOOD + "3;03/09/2026\n")
    site = Site.load(workspace)
    with site.warehouse() as con:
        found = con.execute("SELECT file_name, status FROM delivery ORDER BY sequence").fetchall()
    assert found == [("a-2026-09.csv", "replaced"), ("b-2026-09.csv", "accepted"), ("a-2026-09.csv", "accepted")]


def test_a_changed_contract_takes_everything_in_again(workspace: Workspace) -> None:
    assert go(workspace, a_2026_09=BAD)["a-2026-09.csv"][0] == "held"
    path = workspace.contracts / "ml.yaml"
    path.write_text(CONTRACT.replace("reject_limit: 0.3", "reject_limit: 0.6"), "utf-8")
    assert go(workspace)["a-2026-09.csv"] == ("accepted", None, 1)
    path.write_text(CONTRACT.replace("opened_on: Le", "opened_on: {column: Le, dates: [AAAA]}"), "utf-8")
    assert go(workspace)["a-2026-09.csv"][0] == "held"


def test_typed_records_wait_encrypted_and_receipts_are_three(workspace: Workspace) -> None:
    go(workspace, a_2026_09=GOOD)
    (folder,) = (workspace.vault / "typed").iterdir()
    files = [p for p in folder.iterdir() if p.name != "complete"]
    assert files and all(p.read_bytes().startswith(b"age-encryption.org/v1") for p in files)
    assert vault.get_typed(workspace, keys.load(workspace), folder.name)
    assert sorted(p.suffix for p in (workspace.receipts / "ml").iterdir()) == [".html", ".json", ".xlsx"]


def test_another_territorys_key_is_said_and_nothing_is_lost(workspace: Workspace) -> None:
    go(workspace, a_2026_09=GOOD)
    keys.key_path(workspace).unlink()
    keys.create(workspace)
    (workspace.contracts / "ml.yaml").write_text(CONTRACT.replace("0.3", "0.4"), "utf-8")
    with pytest.raises(vault.VaultUnreadable):
        go(workspace)


def test_an_empty_full_export_does_not_close_everything(workspace: Workspace) -> None:
    snapshot = CONTRACT.replace("match:", 'mode: snapshot\n    covers_from: "2026-01-01"\n    match:')
    (workspace.contracts / "ml.yaml").write_text(snapshot, "utf-8")
    assert go(workspace, a_2026_07="N;Le\n")["a-2026-07.csv"] == ("accepted", None, 0)
    assert go(workspace, a_2026_08=GOOD)["a-2026-08.csv"][0] == "accepted"
    assert go(workspace, a_2026_09="N;Le\n")["a-2026-09.csv"][:2] == ("held", "snapshot_empty")


def test_a_set_of_typed_records_that_lost_its_mark_is_no_set(workspace: Workspace) -> None:
    go(workspace, a_2026_09=GOOD)
    (folder,) = (workspace.vault / "typed").iterdir()
    loaded = keys.load(workspace)
    assert vault.get_typed(workspace, loaded, folder.name)
    order: list[str] = []

    def unlink(path: Path, missing_ok: bool = False) -> None:
        order.append(path.name)
        raise KeyboardInterrupt  # killed right after the first removal was asked for

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        with pytest.raises(KeyboardInterrupt):
            vault.drop_typed(workspace, folder.name)
    assert order == ["complete"]
    (folder / "complete").unlink()
    assert vault.get_typed(workspace, loaded, folder.name) is None


def test_a_file_the_reader_failed_on_is_tried_again(workspace: Workspace) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assets.intake.take.read", fail)
        assert go(workspace, a_2026_09=GOOD)["a-2026-09.csv"][:2] == ("held", "file_unreadable")
    assert go(workspace)["a-2026-09.csv"] == ("accepted", None, 2)

"""Landing: hashed, registered, encrypted, and only then removed from the inbox."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from assets import keys
from assets.landing import land as landing
from assets.landing import vault
from assets.workspace import Workspace, duckdb_file
from schemas.contract import Contract

CONTRACT = Contract.model_validate(
    yaml.safe_load(r"""
partner: ml
name: ML
organisation: ML01
feeds:
  o:
    match: "Envois_*.csv"
    period: {from_name: "(?P<year>\\d{4})-(?P<month>\\d{2})"}
    records: [{type: referral, key: [N], fields: {dossier: D, sent_on: Le}}]
  s:
    match: "tout*.csv"
    mode: snapshot
    covers_from: "2026-01-01"
    period: {from_name: "(?P<year>\\d{4})-(?P<month>\\d{2})"}
    records: [{type: situation, key: [N], fields: {dossier: D, observed_on: Le, situation: S}}]
""")
)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with its key and an empty inbox; files settle at once."""
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0.05)
    workspace = Workspace(tmp_path)
    keys.create(workspace)
    (workspace.inbox / "ml").mkdir(parents=True)
    return workspace


def drop(site: Workspace, name: str, data: bytes, partner: str = "ml") -> Path:
    path = site.inbox / partner / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def land(site: Workspace, month: str = "2026-10") -> landing.Landed:
    with duckdb_file(site.warehouse, site) as con:
        return landing.land(site, con, keys.load(site), {"ml": CONTRACT}, month)


def ledger(site: Workspace, columns: str) -> list[tuple[object, ...]]:
    with duckdb_file(site.warehouse, site) as con:
        return con.execute(f"SELECT {columns} FROM delivery ORDER BY sequence").fetchall()


def test_a_file_is_stored_encrypted_registered_then_removed(site: Workspace) -> None:
    path = drop(site, "envois_2026-09.CSV", b"N;D;Le\n1;DUPONT;01/09/2026\n")
    landed = land(site)
    assert len(landed.new) == 1 and not path.exists()
    ((sha, feed, period, mode, status),) = ledger(site, "sha256, feed, period, mode, status")
    assert (feed, period, mode, status) == ("o", "2026-09", "delta", "received")
    stored = vault.path_of(site, str(sha))
    assert b"DUPONT" not in stored.read_bytes() and stored.stat().st_mode & 0o777 == 0o600
    assert vault.get(site, keys.load(site), str(sha)) == b"N;D;Le\n1;DUPONT;01/09/2026\n"


def test_the_same_bytes_twice_is_one_delivery(site: Workspace) -> None:
    drop(site, "envois_2026-09.csv", b"N;D;Le\n1;D;01/09/2026\n")
    drop(site, "envois_2026-09 (1).csv", b"N;D;Le\n1;D;01/09/2026\n")
    landed = land(site)
    assert len(landed.new) == 1 and landed.again == [("ml", "envois_2026-09.csv", landed.new[0])]
    drop(site, "envois_2026-10.csv", b"N;D;Le\n1;D;01/09/2026\n")
    assert land(site).again == [("ml", "envois_2026-10.csv", landed.new[0])]
    assert len(ledger(site, "1")) == 1 and not list((site.inbox / "ml").iterdir())


def test_a_correction_undone_is_the_last_word(site: Workspace) -> None:
    for data in (b"N;D;Le\n1;A;01/09/2026\n", b"N;D;Le\n1;B;01/09/2026\n", b"N;D;Le\n1;A;01/09/2026\n"):
        drop(site, "envois_2026-09.csv", data)
        assert len(land(site).new) == 1
    found = ledger(site, "delivery_id, sha256")
    assert len({d for d, _ in found}) == 3 and found[0][1] == found[2][1] != found[1][1]


def test_a_file_no_feed_recognised_is_taken_under_the_name_that_suits(site: Workspace) -> None:
    drop(site, "export.csv", b"N;D;Le\n1;A;01/09/2026\n")
    first = land(site).new
    drop(site, "envois_2026-09.csv", b"N;D;Le\n1;A;01/09/2026\n")
    assert land(site).new == first
    assert ledger(site, "file_name, feed, period, status") == [("envois_2026-09.csv", "o", "2026-09", "received")]


def test_names_from_other_systems(site: Workspace) -> None:
    raw = os.path.join(os.fsencode(site.inbox / "ml"), b"envois_\xe9t\xe9_2026-09.csv")  # noqa: PTH118 (bytes: no Path can hold them)
    with open(raw, "wb") as out:  # noqa: PTH123
        out.write(b"N;D;Le\n")
    drop(site, "Envois_e\u0301te\u0301_2026-08.csv", b"N;D;Le\n")
    assert len(land(site).new) == 2
    assert {n for (n,) in ledger(site, "file_name")} == {"envois_\ufffdt\ufffd_2026-09.csv", "Envois_été_2026-08.csv"}


def test_files_nobody_reads_are_counted(site: Workspace) -> None:
    (site.inbox / "perdu.csv").write_text("x")
    (site.inbox / "ml" / "sous-dossier").mkdir()
    (site.inbox / "ml" / "sous-dossier" / "envois_2026-09.csv").write_text("x")
    landed = land(site)
    assert landed.stray == 2 and not landed.new


def test_nothing_new_for_another_month_is_not_a_repetition(site: Workspace) -> None:
    drop(site, "envois_2026-09.csv", b"N;D;Le\n")
    drop(site, "envois_2026-10.csv", b"N;D;Le\n")
    drop(site, "tout_2026-09.csv", b"N;D;Le;S\n1;D;01/09/2026;job\n")
    drop(site, "tout_2026-10.csv", b"N;D;Le;S\n1;D;01/09/2026;job\n")
    assert len(land(site).new) == 4
    assert {r[0] for r in ledger(site, "strftime(covers_from, '%Y-%m-%d')") if r[0]} == {"2026-09-01", "2026-10-01", "2026-01-01"}


def test_a_file_still_being_written_is_left_alone(site: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(site, "envois_2026-09.csv", b"N;D;Le\n")
    drop(site, "envois_2026-10.csv.part", b"N")
    os.utime(path, (time.time() + 60, time.time() + 60))  # written this very moment, however slow the test is

    def grow(_: float) -> None:
        path.write_bytes(b"N;D;Le\n1;D;01")

    monkeypatch.setattr(time, "sleep", grow)
    landed = land(site)
    assert landed.unsettled == {"ml": 1} and not landed.new and path.exists()


def test_links_and_unknown_folders_are_left_alone_and_said(site: Workspace, tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere.csv"
    secret.write_text("x")
    (site.inbox / "ml" / "envois_2026-09.csv").symlink_to(secret)
    stranger = drop(site, "a.csv", b"x", partner="inconnu")
    landed = land(site)
    assert landed.irregular == {"ml": 1} and landed.unknown_partners == ["inconnu"]
    assert not landed.new and stranger.exists() and secret.exists()


def test_a_crash_before_the_ledger_leaves_the_file_and_the_next_landing_finishes(site: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(site, "envois_2026-09.csv", b"N;D;Le\n1;D;01/09/2026\n")

    def crash(*_: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as m:
        m.setattr(landing, "_register", crash)
        with pytest.raises(OSError, match="disk"):
            land(site)
    assert path.exists() and ledger(site, "1") == []
    assert len(land(site).new) == 1 and not path.exists()


def test_an_altered_vault_is_noticed(site: Workspace) -> None:
    drop(site, "envois_2026-09.csv", b"N;D;Le\n1;D;01/09/2026\n")
    land(site)
    sha = str(ledger(site, "sha256")[0][0])
    stored = vault.path_of(site, sha)
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    with pytest.raises(vault.VaultUnreadable):
        vault.get(site, keys.load(site), sha)


@pytest.mark.parametrize(
    ("name", "period"),
    [("envois_2026-09.csv", "2026-09"), ("envois_2026-13.csv", "2026-10"), ("envois_9999-12.csv", "2026-10"), ("envois.csv", "2026-10")],
)
def test_period_comes_from_the_name_or_else_from_the_run(name: str, period: str) -> None:
    assert landing.period_of(CONTRACT.feeds["o"], name, "2026-10") == period


def test_month_bounds_know_leap_years() -> None:
    assert [d.isoformat() for d in landing.month_bounds("2024-02")] == ["2024-02-01", "2024-02-29"]
    assert [d.isoformat() for d in landing.month_bounds("2025-12")] == ["2025-12-01", "2025-12-31"]

"""Files written whole, private files private, faults that say nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assets.safety import Fault, sealed
from assets.workspace import Workspace, duckdb_file, harden, private_directory, write_whole


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_database_and_its_log_are_private_from_the_first_byte(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    before = os.umask(0o022)
    try:
        with duckdb_file(workspace.linkage, workspace) as con:
            con.execute("CREATE TABLE t AS SELECT 1 AS a")
            log = workspace.linkage.with_name("linkage.duckdb.wal")
            assert log.exists() and mode(log) == 0o600
            assert mode(workspace.linkage) == 0o600
        assert os.umask(0o022) == 0o022, "the caller's umask is given back"
    finally:
        os.umask(before)


def test_a_workspace_made_by_hand_is_closed_to_others(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.vault.mkdir(mode=0o755)
    harden(workspace)
    for folder in (workspace.vault, workspace.keys, workspace.receipts, workspace.outbox, workspace.dagster_home, workspace.scratch):
        assert mode(folder) == 0o700, folder


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    assert write_whole(path, b"one") and not write_whole(path, b"one")

    def crash(_: int) -> None:
        raise OSError("disk")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="disk"):
        write_whole(path, b"two")
    assert path.read_bytes() == b"one" and [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_private_directory_goes_whatever_happens(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    with pytest.raises(RuntimeError), private_directory(workspace) as room:
        assert mode(room) == 0o700
        (room / "x").write_text("y")
        raise RuntimeError
    assert not list(workspace.scratch.iterdir())


class Panic(BaseException):
    """As compiled libraries raise."""


@pytest.mark.parametrize("kind", [ValueError, Panic])
def test_only_the_kind_and_the_place_of_a_fault_come_out(kind: type[BaseException]) -> None:
    def leak() -> None:
        try:
            raise KeyError("DUPONT")
        except KeyError as error:
            raise kind("DUPONT Marie") from error

    with pytest.raises(Fault) as caught:
        sealed(leak)()
    fault = caught.value
    assert fault.kind == kind.__name__ and any("test_workspace.py" in p for p in fault.places)
    assert "DUPONT" not in str(fault) and fault.__cause__ is None and fault.__context__ is None


def test_an_interruption_is_not_a_fault() -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sealed(stop)()

"""No identity past the privacy room: every byte the program wrote is searched for people planted in every export."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.site import Site
from assets.workspace import Workspace
from pipelines.run import run_month
from tests.privacy.canary import CANARIES, plant, survivors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Workspace, Path]:
    """A workspace full of canaries, and the empty temporary folder the run is given."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    workspace = Workspace(tmp_path / "home")
    plant(workspace)
    return workspace, temporary


def test_the_search_finds_what_was_planted(planted: tuple[Workspace, Path]) -> None:
    found = survivors(planted[0].inbox)
    assert {f.split(" @ ")[0] for f in found} >= set(CANARIES) - {"birth"}


def test_a_whole_run_by_the_command_leaves_no_canary(planted: tuple[Workspace, Path], tmp_path: Path) -> None:
    workspace, temporary = planted
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli", "run", "--month", "2026-09", "--workspace", str(workspace.root)],
        capture_output=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1, done.stderr.decode()[-2000:]
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "out").write_bytes(done.stdout + done.stderr)
    assert workspace.published.exists() and list(workspace.receipts.rglob("*.html")) and list(workspace.outbox.rglob("*.csv"))
    assert list(workspace.dagster_home.rglob("*.db")), "the orchestrator's storage must be there to be searched"
    assert not list(workspace.inbox.rglob("*.csv"))
    assert survivors(workspace.root, temporary, tmp_path / "said") == []


def _leak(*args: Any, **_: Any) -> None:
    """A fault that says everything it should not, from inside another that does too."""
    try:
        raise KeyError(CANARIES["nir"])
    except KeyError as error:
        raise ValueError(f"could not convert {CANARIES['family']} {CANARIES['given']} born {CANARIES['birth']}") from error


@pytest.mark.parametrize(
    "target",
    [
        "assets.landing.assets.land",
        "assets.intake.assets.take_in",
        "assets.privacy.run.pseudonymise",
        "assets.linkage.assets.link",
        "assets.core.assets.build",
        "assets.disclosure.assets.build",
    ],
)
def test_a_provoked_traceback_in_any_room_leaves_no_canary(
    planted: tuple[Workspace, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], target: str
) -> None:
    workspace, temporary = planted
    monkeypatch.setattr(target, _leak)
    outcome = run_month(Site.load(workspace), "2026-09")
    assert not outcome.ok and outcome.exit_code == 3
    assert outcome.fault is not None and outcome.fault["kind"] == "ValueError" and "test_canary" in outcome.fault["where"]
    said = capfd.readouterr()
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "out").write_text(said.out + said.err + repr(outcome), "utf-8")
    for name in ("inbox",):
        subprocess.run(["rm", "-rf", str(workspace.root / name)], check=True)
    assert survivors(workspace.root, temporary, tmp_path / "said") == []


def test_the_command_itself_never_prints_a_traceback(
    planted: tuple[Workspace, Path], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from pipelines import cli

    boom: Callable[..., None] = _leak
    monkeypatch.setattr(cli, "app", boom)
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert leaving.value.code == 3
    said = capfd.readouterr()
    assert "Traceback" not in said.err and CANARIES["family"] not in said.out + said.err and "ValueError" in said.err

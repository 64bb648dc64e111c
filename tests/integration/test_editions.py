"""Editions through the whole run: a month computed again changes only when something of that month changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets import keys
from assets.landing import land as landing
from assets.site import Site
from assets.workspace import Workspace
from pipelines.run import Outcome, run_month
from tests.integration.test_intake_store import CONTRACT, TERRITORY


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(landing, "SETTLE_SECONDS", 0.0)
    workspace = Workspace(tmp_path / "home")
    (workspace.inbox / "ml").mkdir(parents=True)
    keys.create(workspace)
    workspace.territory.write_text(TERRITORY, "utf-8")
    workspace.contracts.mkdir()
    (workspace.contracts / "ml.yaml").write_text(CONTRACT, "utf-8")
    return workspace


def run(workspace: Workspace, month: str, **files: str) -> Outcome:
    for name, text in files.items():
        (workspace.inbox / "ml" / f"{name.replace('_', '-')}.csv").write_text(text, "utf-8")
    outcome = run_month(Site.load(workspace), month)
    assert outcome.ok, outcome
    return outcome


def test_a_later_month_does_not_restate_an_older_one(workspace: Workspace) -> None:
    first = run(workspace, "2026-07", a_2026_07="N;Le\n1;01/07/2026\n2;02/07/2026\n")
    assert (first.edition, first.people) == ("2026-07.r0", 2)
    assert run(workspace, "2026-08", a_2026_08="N;Le\n3;01/08/2026\n").people == 3
    again = run(workspace, "2026-07")
    assert (again.edition, again.people) == ("2026-07.r0", 2)
    late = run(workspace, "2026-07", b_2026_07="N;Le\n4;03/07/2026\n")
    assert (late.edition, late.people) == ("2026-07.r1", 3)


def test_a_partner_without_its_contract_is_mentioned(workspace: Workspace) -> None:
    run(workspace, "2026-07", a_2026_07="N;Le\n1;01/07/2026\n")
    (workspace.contracts / "of.yaml").write_text(CONTRACT.replace("partner: ml", "partner: of"), "utf-8")
    (workspace.contracts / "ml.yaml").unlink()
    outcome = run(workspace, "2026-07")
    assert outcome.edition == "2026-07.r1" and outcome.exit_code == 1
    assert any("ml" in note and "contrat" in note for note in outcome.notes)

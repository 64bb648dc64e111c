"""A territory's month, end to end, on real files: truth, repetition, late deliveries, faults. Nothing is mocked but the fault."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from assets.demonstration import Noise, generate
from assets.landing import vault
from assets.releases import publish
from assets.site import Site
from assets.workspace import Workspace
from pipelines.run import Outcome, run_month
from pipelines.setup import create_workspace

MONTH = "2026-10"
CELL = ["month", "indicator", "population", "breakdown", "category"]


def world(place: Path, noise: Noise, learners: int = 250, months: int = 8) -> Workspace:
    workspace = Workspace(place)
    create_workspace(workspace, territory_file=False)
    generate(workspace, learners=learners, months=months, seed=7, month=MONTH, noise=noise)
    return workspace


def run(workspace: Workspace, month: str = MONTH) -> Outcome:
    return run_month(Site.load(workspace), month)


def hashes(workspace: Workspace) -> dict[str, str]:
    """Everything a reader may open."""
    files = [workspace.published, *workspace.outbox.rglob("*"), *workspace.receipts.rglob("*")]
    return {f.relative_to(workspace.root).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files if f.is_file()}


def table(path: Path, query: str) -> pd.DataFrame:
    with duckdb.connect(str(path), read_only=True) as con:
        return con.execute(query).df()


@pytest.fixture(scope="module")
def perfect(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A world whose exports say everything, once run."""
    workspace = world(tmp_path_factory.mktemp("perfect") / "home", Noise.none())
    outcome = run(workspace)
    assert outcome.exit_code == 0, outcome
    return workspace


@pytest.fixture(scope="module")
def realistic(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A world with everything that happens to exports, once run."""
    workspace = world(tmp_path_factory.mktemp("realistic") / "home", Noise.realistic())
    outcome = run(workspace)
    assert outcome.ok and outcome.exit_code == 1 and outcome.edition == f"{MONTH}.r0", outcome
    return workspace


def test_where_exports_say_everything_every_figure_is_the_truth(perfect: Workspace) -> None:
    truth = pd.read_csv(perfect.truth / "indicator.csv", dtype=dict.fromkeys(CELL, str), keep_default_na=False, na_values={"value": [""]})
    found = table(perfect.warehouse, "SELECT * FROM indicator")
    both = truth.merge(found, how="left", on=CELL, suffixes=("_true", ""))
    assert len(both) > 500 and both["indicator"].nunique() == 8
    missing = both[both["numerator"].isna()]
    assert missing.empty, missing[CELL].head()
    wrong = both[both["numerator_true"].astype(float) != both["numerator"].astype(float)]
    assert wrong.empty, wrong[[*CELL, "numerator_true", "numerator"]].head()
    shares = both[both["denominator"].notna()]
    assert (shares["denominator_true"].astype(float) == shares["denominator"].astype(float)).all()
    assert (both["value_true"].astype(float) - both["value"].astype(float)).abs().max() < 1e-5
    extra = found[found["indicator"].isin(truth["indicator"]) & found["breakdown"].isin(["ensemble", "sex"])].merge(
        truth, how="left", on=CELL
    )
    only_here = extra[extra["numerator_y"].isna()]
    assert (only_here["denominator_x"].fillna(0) == 0).all(), only_here[CELL].head()


def test_the_account_balances_to_the_line(realistic: Workspace) -> None:
    account = table(realistic.warehouse, "FROM delivery")
    parts = account[["lines_kept", "lines_repaired", "lines_rejected", "lines_superseded"]].sum(axis=1)
    assert (parts == account["lines_received"]).all() and account["lines_received"].sum() > 1000
    truth = pd.read_csv(realistic.truth / "delivery.csv")
    sent = truth[truth["status"] != "missing"].set_index(["partner", "file_name"])["lines"].to_dict()
    received = account.set_index(["partner", "file_name"])["lines_received"].to_dict()
    assert received.items() <= sent.items()
    again = int((truth["status"] == "duplicate").sum())
    assert again == 1 and len(received) == len(sent) - again  # the same bytes under two names are one delivery
    assert (account["status"] == "held").sum() == 1
    assert not list(realistic.inbox.rglob("*.csv")) and not list(realistic.inbox.rglob("*.xlsx"))


def test_nothing_under_the_threshold_is_published(realistic: Workspace) -> None:
    shown = table(realistic.published, "FROM analyst.indicator WHERE status = 'publie' AND indicator <> 'partner_coverage'")
    assert len(shown) > 50
    shares = shown[shown["unit"] == "share"]
    assert (shares["numerator"] >= 5).all() and (shares["denominator"] - shares["numerator"] >= 5).all()
    counts = shown[shown["unit"] != "share"]["numerator"].astype(float)
    assert ((counts >= 5) | (counts == 0)).all()
    hidden = table(realistic.published, "FROM analyst.indicator WHERE status LIKE 'secret%'")
    assert len(hidden) > 50 and hidden[["numerator", "denominator", "value"]].isna().all(axis=None)


def test_the_second_run_changes_no_hash(realistic: Workspace) -> None:
    before = hashes(realistic)
    outcome = run(realistic)
    assert outcome.ok and not outcome.changed and outcome.edition == f"{MONTH}.r0" and outcome.new_deliveries == 0
    assert len(before) > 100 and hashes(realistic) == before


def copy(workspace: Workspace, place: Path) -> Workspace:
    shutil.copytree(workspace.root, place)
    return Workspace(place)


def test_a_late_delivery_makes_the_next_revision_and_a_held_one_leaves_the_last_in_force(realistic: Workspace, tmp_path: Path) -> None:
    workspace = copy(realistic, tmp_path / "late")
    held = table(workspace.warehouse, "SELECT partner, file_name FROM delivery WHERE status = 'held'").iloc[0]
    figures = table(workspace.warehouse, "SELECT * EXCLUDE edition FROM indicator ORDER BY ALL")
    folder = workspace.inbox / held["partner"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / held["file_name"]).write_bytes(b"ceci;n'est;pas\n")
    outcome = run(workspace)
    assert outcome.edition == f"{MONTH}.r0" and len(outcome.held) == 2
    pd.testing.assert_frame_equal(figures, table(workspace.warehouse, "SELECT * EXCLUDE edition FROM indicator ORDER BY ALL"))
    query = "SELECT delivery_id, file_name FROM delivery WHERE partner = 'mission_locale' AND lines_kept > 3 ORDER BY sequence LIMIT 1"
    example = table(realistic.warehouse, query).iloc[0]
    site = Site.load(workspace)
    sha = table(workspace.warehouse, f"SELECT sha256 FROM delivery WHERE delivery_id = '{example['delivery_id']}'").iloc[0, 0]
    data = vault.get(workspace, site.keys, sha)
    shorter = b"\n".join(data.rstrip(b"\n").split(b"\n")[:-1]) + b"\n"
    (workspace.inbox / "mission_locale").mkdir(exist_ok=True)
    (workspace.inbox / "mission_locale" / example["file_name"]).write_bytes(shorter)
    outcome = run(workspace)
    assert outcome.edition == f"{MONTH}.r1" and outcome.new_deliveries == 1
    assert table(workspace.published, "SELECT DISTINCT edition FROM analyst.indicator")["edition"].tolist() == [f"{MONTH}.r1"]


def test_a_crash_while_publishing_leaves_the_former_files_and_the_next_run_completes(
    realistic: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copy(realistic, tmp_path / "crash")
    before = hashes(workspace)
    settings = workspace.territory.read_text("utf-8")
    workspace.territory.write_text(settings.replace("suppression: 5", "suppression: 7"), "utf-8")
    assert "suppression: 7" in workspace.territory.read_text("utf-8")

    def crash(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(publish.os, "replace", crash)
        outcome = run(workspace)
    assert outcome.exit_code == 3 and outcome.fault is not None and outcome.fault["kind"] == "OSError"
    assert hashes(workspace) == before
    assert not list(workspace.scratch.iterdir())
    outcome = run(workspace)
    assert outcome.ok and outcome.changed and outcome.edition == f"{MONTH}.r1"
    counts = table(workspace.published, "SELECT numerator FROM analyst.indicator WHERE status = 'publie' AND unit = 'people'")["numerator"]
    assert counts[counts > 0].min() >= 7


def test_people_keep_their_number_from_one_run_to_the_next(realistic: Workspace, tmp_path: Path) -> None:
    workspace = copy(realistic, tmp_path / "stable")
    before = table(workspace.warehouse, "SELECT entity_id, person_id FROM link ORDER BY ALL")
    assert run(workspace).ok
    pd.testing.assert_frame_equal(before, table(workspace.warehouse, "SELECT entity_id, person_id FROM link ORDER BY ALL"))

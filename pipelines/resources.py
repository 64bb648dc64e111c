"""What the orchestrator is given: the workspace chosen by the environment, its instance, its `dagster.yaml`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import dagster as dg

from assets.workspace import Workspace

_CONFIG = Path(__file__).resolve().parent.parent / "dagster.yaml"


def default_workspace() -> Workspace:
    """`FILROUGE_HOME`, else `./data`."""
    return Workspace(Path(os.environ.get("FILROUGE_HOME") or "data").resolve())


def prepare_home(workspace: Workspace) -> Path:
    """The orchestrator's private folder of the workspace, with its configuration."""
    home = workspace.dagster_home
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(_CONFIG, home / "dagster.yaml")
    return home


def instance(workspace: Workspace) -> dg.DagsterInstance:
    """The instance that the command and the page share: one history of runs."""
    return dg.DagsterInstance.from_config(str(prepare_home(workspace)))

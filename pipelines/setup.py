"""Making a workspace, and starting the web page on it."""

from __future__ import annotations

import os
import subprocess
import sys

from assets import keys
from assets.workspace import Workspace, harden, write_whole
from pipelines.resources import prepare_home
from schemas.messages import say

_TERRITORY = """# Votre territoire. Les organismes sont ceux que les exports citent : un code court, un nom, un type.
name: "Mon territoire"
time_zone: Europe/Paris
language: fr
thresholds: {suppression: 5}      # plus petit effectif publiable
windows: {referral: 90}           # jours laissés à une orientation pour aboutir
organisations: []
#  - {code: ML01, name: "Mission locale", kind: mission_locale, siret: "12345678901234", aliases: ["ML du Bassin"]}
"""


class AlreadyThere(Exception):
    """The folder already holds a workspace."""


def create_workspace(workspace: Workspace, territory_file: bool = True) -> None:
    """Folders (0700), the key file (0600) and `territory.yaml`. Raises AlreadyThere when one of them is there: nothing is changed."""
    if workspace.territory.exists() or (not os.environ.get("FILROUGE_KEY_FILE") and keys.key_path(workspace).exists()):
        raise AlreadyThere
    for folder in (
        workspace.root,
        workspace.contracts,
        workspace.inbox,
        workspace.vault,
        workspace.keys,
        workspace.receipts,
        workspace.outbox,
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    harden(workspace)
    if not keys.key_path(workspace).exists():
        keys.create(workspace)
    if territory_file:
        write_whole(workspace.territory, _TERRITORY.encode())


def start_page(workspace: Workspace, port: int) -> int:
    """`dagster dev` on loopback, with schedules and sensors, until interrupted. Returns its exit code."""
    environment = os.environ | {
        "FILROUGE_HOME": str(workspace.root),
        "DAGSTER_HOME": str(prepare_home(workspace)),
        "PYTHONWARNINGS": "ignore",
    }
    print(say("ui_where", port=port), flush=True)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", str(port)]
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    except KeyboardInterrupt:
        return 0

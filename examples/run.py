"""Builds a workspace from an example and runs its month: `python examples/run.py NAME DATA WORKSPACE`.

Here: copying the example's two kinds of YAML and the data files its contracts await, then calling the `filrouge` command.
Not here: anything about the data. Exit code: the command's own (0 all well, 1 findings), 2 for a wrong usage.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

EXAMPLES = Path(__file__).resolve().parent


class Misuse(Exception):
    """Wrong arguments; the message is for the person who typed them."""


def filrouge(*arguments: str) -> int:
    """The exit code of one `filrouge` command, run with this same Python."""
    return subprocess.run([sys.executable, "-m", "pipelines.cli", *arguments], cwd=EXAMPLES.parent, check=False).returncode


def prepare(example: Path, workspace: Path) -> None:
    """A workspace with the example's territory and contracts. Never over another territory: raises Misuse."""
    territory = workspace / "territory.yaml"
    wanted = (example / "territory.yaml").read_bytes()
    if territory.is_file():
        if territory.read_bytes() != wanted:
            raise Misuse(f"{workspace} contient déjà un autre territoire : choisissez un autre WORKSPACE.")
    elif filrouge("init", "--workspace", str(workspace)) != 0:
        raise Misuse(f"{workspace} n'a pas pu être initialisé.")
    territory.write_bytes(wanted)
    for contract in (example / "contracts").glob("*.yaml"):
        shutil.copyfile(contract, workspace / "contracts" / contract.name)


def deliver(example: Path, data: Path, workspace: Path) -> int:
    """Copies into each partner's inbox the files its contract's feeds match; returns how many."""
    copied = 0
    for path in sorted((example / "contracts").glob("*.yaml")):
        contract = yaml.safe_load(path.read_text("utf-8"))
        inbox = workspace / "inbox" / contract["partner"]
        inbox.mkdir(parents=True, exist_ok=True)
        for feed in contract["feeds"].values():
            for file in sorted(data.glob(feed["match"])):
                shutil.copyfile(file, inbox / file.name)
                copied += 1
    return copied


def main(arguments: list[str]) -> int:
    """Prepares, delivers, runs; returns the exit code."""
    known = sorted(p.parent.name for p in EXAMPLES.glob("*/month.txt"))
    if len(arguments) != 3 or arguments[0] not in known:
        raise Misuse(f"Usage : make example NAME={'|'.join(known)} DATA=<dossier> WORKSPACE=<dossier>")
    example, workspace = EXAMPLES / arguments[0], Path(arguments[2]).resolve()
    data = Path(arguments[1]).resolve()
    data = data / example.name if (data / example.name).is_dir() else data
    prepare(example, workspace)
    if deliver(example, data, workspace) == 0:
        raise Misuse(f"Aucun fichier attendu par les contrats de l'exemple dans {data}.")
    return filrouge("run", "--workspace", str(workspace), "--month", (example / "month.txt").read_text().strip())


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Misuse as misuse:
        print(misuse, file=sys.stderr)
        sys.exit(2)

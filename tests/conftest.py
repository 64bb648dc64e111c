"""Fixtures every test folder may use: the real data sets, and an example run from end to end.

Here: where real data lie, and how an example is run once per session. Not here: what a test expects of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ExampleRun:
    """An example once run: its workspace, the command's exit code and what it printed."""

    workspace: Path
    code: int
    output: str

    @contextmanager
    def warehouse(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, read-only."""
        with duckdb.connect(str(self.workspace / "warehouse.duckdb"), read_only=True) as con:
            yield con

    @contextmanager
    def published(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The analysts' file, read-only."""
        with duckdb.connect(str(self.workspace / "published" / "territory.duckdb"), read_only=True) as con:
            yield con


@pytest.fixture(scope="session")
def realdata() -> Callable[[str], Path]:
    """The folder of a real data set, by name; skips the test where it is absent. None of it is ever copied into the repository."""
    root = Path(os.environ.get("FILROUGE_REALDATA") or REPOSITORY.parent / "shared" / "realdata")

    def folder(name: str) -> Path:
        path = root / name
        if not path.is_dir():
            pytest.skip(f"real data absent: no folder {name} under FILROUGE_REALDATA or ../shared/realdata")
        return path

    return folder


@pytest.fixture(scope="session")
def run_example(realdata: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ExampleRun]:
    """Runs `examples/<name>` as `make example` does, once per session."""
    done: dict[str, ExampleRun] = {}

    def run(name: str) -> ExampleRun:
        if name not in done:
            data, workspace = realdata(name), tmp_path_factory.mktemp(name) / "workspace"
            command = [sys.executable, str(REPOSITORY / "examples" / "run.py"), name, str(data), str(workspace)]
            environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
            environment.pop("FILROUGE_KEY_FILE", None)
            result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
            done[name] = ExampleRun(workspace, result.returncode, result.stdout + result.stderr)
        return done[name]

    return run

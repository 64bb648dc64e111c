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


def _start(name: str, data: Path, workspace: Path) -> subprocess.Popen[str]:
    """`make example` of one example, started."""
    environment = {k: v for k, v in os.environ.items() if k not in ("FILROUGE_KEY_FILE", "FILROUGE_HOME")} | {"PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, str(REPOSITORY / "examples" / "run.py"), name, str(data), str(workspace)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


@pytest.fixture(scope="session")
def run_example(
    request: pytest.FixtureRequest, realdata: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], ExampleRun]]:
    """Runs `examples/<name>` as `make example` does, once per session. The examples that this session tests run side by side."""
    started: dict[str, tuple[Path, subprocess.Popen[str]]] = {}
    done: dict[str, ExampleRun] = {}
    tested = {item.path.stem.removeprefix("test_example_") for item in request.session.items if item.path.stem.startswith("test_example_")}

    def run(name: str) -> ExampleRun:
        realdata(name)
        for other in sorted({name} | tested) if not started else [name]:
            if other not in started:
                workspace = tmp_path_factory.mktemp(other) / "workspace"
                started[other] = (workspace, _start(other, realdata(other), workspace))
        if name not in done:
            workspace, process = started[name]
            output, _ = process.communicate()
            done[name] = ExampleRun(workspace, process.returncode, output)
        return done[name]

    yield run
    for _, process in started.values():
        process.kill()
        process.wait()

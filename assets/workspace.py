"""Where things lie in a workspace, and the two ways to write there: whole files renamed into place, one DuckDB writer.

Here: paths, private directories, atomic writes, DuckDB connections with the settings every room relies on.
Not here: what is in those files.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

#: Extensions are never fetched: the machine may have no network and nothing unknown may run.
_SETTINGS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


@dataclass(frozen=True)
class Workspace:
    """The folder a territory works in; every path of `6-interfaces` is a property."""

    root: Path

    @property
    def territory(self) -> Path:
        return self.root / "territory.yaml"

    @property
    def contracts(self) -> Path:
        return self.root / "contracts"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def vault(self) -> Path:
        return self.root / "vault"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def reference(self) -> Path:
        return self.root / "reference"

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def linkage(self) -> Path:
        return self.root / "linkage.duckdb"

    @property
    def published(self) -> Path:
        return self.root / "published" / "territory.duckdb"

    @property
    def outbox(self) -> Path:
        return self.root / "outbox"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def truth(self) -> Path:
        return self.root / "truth"

    @property
    def dagster_home(self) -> Path:
        return self.root / ".dagster"

    @property
    def scratch(self) -> Path:
        """Private temporary directory (0700), inside the workspace so that renames stay atomic."""
        path = self.root / ".scratch"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path


def harden(workspace: Workspace) -> None:
    """The folders that nobody else may enter, 0700, whoever made the workspace and however."""
    for folder in (workspace.vault, workspace.keys, workspace.dagster_home, workspace.scratch, workspace.receipts, workspace.outbox):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)


def write_whole(path: Path, data: bytes, mode: int = 0o644) -> bool:
    """Writes `data` under another name, then renames. Returns False, and touches nothing, when the file already holds it."""
    if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    twin = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(twin, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        twin.replace(path)
    finally:
        twin.unlink(missing_ok=True)
    return True


@contextmanager
def private_directory(workspace: Workspace) -> Iterator[Path]:
    """A directory of mode 0700 that is gone at the end, whatever happens."""
    path = workspace.scratch / secrets.token_hex(8)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def duckdb_file(
    path: Path, workspace: Workspace, read_only: bool = False, memory_limit: str = "4GB"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a DuckDB file of the workspace, created 0600; spills only to the private scratch directory."""
    path.parent.mkdir(parents=True, exist_ok=True)
    umask = os.umask(0o077)  # for as long as the connection lives: its write-ahead log comes later
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=dict(_SETTINGS))
    except BaseException:
        os.umask(umask)
        raise
    try:
        con.execute("SET memory_limit = ?", [memory_limit])
        con.execute("SET temp_directory = ?", [str(workspace.scratch)])
        con.execute("SET TimeZone = 'UTC'")
        yield con
    finally:
        con.close()
        os.umask(umask)


@contextmanager
def duckdb_memory(memory_limit: str = "4GB") -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory DuckDB that never spills to disk: the only one that may see an identity."""
    con = duckdb.connect(":memory:", config=dict(_SETTINGS))
    try:
        con.execute("SET memory_limit = ?", [memory_limit])
        con.execute("SET temp_directory = ''")
        yield con
    finally:
        con.close()

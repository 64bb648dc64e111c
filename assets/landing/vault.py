"""The vault: what was received, encrypted (age) and content-addressed; and the typed records on their way to the privacy room.

Here: put and get. Not here: what a file means.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pyrage

from assets.keys import Keys
from assets.workspace import Workspace, write_whole


class VaultUnreadable(Exception):
    """A vault file is missing, altered, or was encrypted for another key."""


def digest(data: bytes) -> str:
    """SHA-256 of the bytes as received, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def path_of(workspace: Workspace, sha256: str) -> Path:
    """Where the file with that hash lies in the vault."""
    return workspace.vault / "received" / sha256[:2] / f"{sha256}.age"


def put(workspace: Workspace, keys: Keys, data: bytes) -> str:
    """Encrypts and stores; reads it back before saying so. Returns the hash. The same bytes are stored once."""
    sha256 = digest(data)
    path = path_of(workspace, sha256)
    if not path.exists():
        write_whole(path, keys.encrypt(data), mode=0o600)
    if digest(get(workspace, keys, sha256)) != sha256:
        raise VaultUnreadable(sha256)
    return sha256


def get(workspace: Workspace, keys: Keys, sha256: str) -> bytes:
    """The bytes as received, in memory only. Raises VaultUnreadable."""
    try:
        return keys.decrypt(path_of(workspace, sha256).read_bytes())
    except (OSError, pyrage.DecryptError):
        pass
    raise VaultUnreadable(sha256)


def check_key(workspace: Workspace, keys: Keys) -> None:
    """Reads the smallest file of the vault back. Raises VaultUnreadable when this key is not the vault's; an empty vault suits any key."""
    stored = sorted((workspace.vault / "received").rglob("*.age"), key=lambda p: (p.stat().st_size, p.name))
    if stored:
        get(workspace, keys, stored[0].stem)


def typed_directory(workspace: Workspace, delivery_id: str) -> Path:
    """Where a delivery's typed records wait, encrypted, for the privacy room."""
    return workspace.vault / "typed" / delivery_id


def put_typed(workspace: Workspace, keys: Keys, delivery_id: str, frames: dict[str, bytes]) -> None:
    """Stores the typed records (record type → Parquet bytes), whole: a marker file closes the set."""
    folder = typed_directory(workspace, delivery_id)
    drop_typed(workspace, delivery_id)
    for name, data in frames.items():
        write_whole(folder / f"{name}.parquet.age", keys.encrypt(data), mode=0o600)
    write_whole(folder / "complete", b"", mode=0o600)


def get_typed(workspace: Workspace, keys: Keys, delivery_id: str) -> dict[str, bytes] | None:
    """The typed records of a delivery, or None when there are none waiting. Raises VaultUnreadable."""
    folder = typed_directory(workspace, delivery_id)
    if not (folder / "complete").exists():
        return None
    try:
        return {p.name.removesuffix(".parquet.age"): keys.decrypt(p.read_bytes()) for p in sorted(folder.glob("*.parquet.age"))}
    except pyrage.DecryptError:
        pass
    raise VaultUnreadable(delivery_id)


def drop_typed(workspace: Workspace, delivery_id: str) -> None:
    """Forgets the typed records once the privacy room has them: they can be made again from the file received."""
    folder = typed_directory(workspace, delivery_id)
    (folder / "complete").unlink(missing_ok=True)  # first: a set that lost its mark is never taken for a whole one
    shutil.rmtree(folder, ignore_errors=True)

"""The territory's secret: one file, from which the vault's age identity and every token key come.

Here: creating it, loading it, deriving keys (HKDF-SHA-256, RFC 5869; one label per use, so that no two uses share a key).
Not here: what is encrypted or tokenised. The secret never appears in SQL text, a log, a process argument or an exception.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assets.workspace import Workspace


class KeyMissing(Exception):
    """The key file is not there, or is not one of ours. The message says which file, never what it holds."""


@dataclass(frozen=True, repr=False)
class Keys:
    """The loaded secret. `repr` shows nothing."""

    identity: pyrage.x25519.Identity

    def __repr__(self) -> str:
        return "Keys(…)"

    def derive(self, purpose: str) -> bytes:
        """32 bytes for one purpose (`token/rule/epoch`, `record-key`…)."""
        return HKDF(algorithm=SHA256(), length=32, salt=b"filrouge/1", info=purpose.encode()).derive(str(self.identity).encode())

    def encrypt(self, data: bytes) -> bytes:
        """age ciphertext that only this territory can read."""
        return bytes(pyrage.encrypt(data, [self.identity.to_public()]))

    def decrypt(self, data: bytes) -> bytes:
        """Plain bytes, in memory. Raises pyrage.DecryptError when altered or not ours."""
        return bytes(pyrage.decrypt(data, [self.identity]))


def key_path(workspace: Workspace) -> Path:
    """`FILROUGE_KEY_FILE` when set, else the workspace's own key file."""
    configured = os.environ.get("FILROUGE_KEY_FILE")
    return Path(configured) if configured else workspace.keys / "territory.key"


def create(workspace: Workspace) -> Path:
    """Writes a new secret, 0600, never over an existing one. Raises FileExistsError."""
    path = key_path(workspace)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(f"{pyrage.x25519.Identity.generate()}\n")
    return path


def load(workspace: Workspace) -> Keys:
    """The territory's keys. Raises KeyMissing."""
    path = key_path(workspace)
    try:
        text = path.read_text("ascii").strip()
        identity = pyrage.x25519.Identity.from_str(text)
    except (OSError, UnicodeDecodeError, pyrage.IdentityError):
        identity = None
    if identity is None:
        raise KeyMissing(str(path))
    return Keys(identity)

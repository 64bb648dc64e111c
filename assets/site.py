"""One territory at work: its workspace, its configuration, its keys, handed to every room.

Here: loading them together. Not here: what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb

from assets import keys
from assets.keys import Keys
from assets.landing.land import Landed
from assets.workspace import Workspace, duckdb_file
from schemas.contract import Contract
from schemas.contract_file import load_contracts, load_territory
from schemas.territory import Territory


@dataclass
class Site:
    """What a run works with. `listen(room, subject)` is told when a step begins; `landed` is what the run's landing did."""

    workspace: Workspace
    territory: Territory
    contracts: dict[str, Contract]
    listen: Callable[[str, str], None] = field(default=lambda room, subject: None)
    landed: Landed | None = None
    _keys: Keys | None = None

    @classmethod
    def load(cls, workspace: Workspace) -> Site:
        """Reads `territory.yaml` and the contracts. Raises ConfigurationError."""
        territory = load_territory(workspace.territory)
        return cls(workspace, territory, load_contracts(workspace.contracts, territory))

    @property
    def keys(self) -> Keys:
        """The territory's keys, read once. Raises KeyMissing."""
        if self._keys is None:
            self._keys = keys.load(self.workspace)
        return self._keys

    @contextmanager
    def warehouse(self, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """The warehouse, for one room at a time."""
        with duckdb_file(self.workspace.warehouse, self.workspace, read_only) as con:
            yield con

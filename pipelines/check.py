"""`filrouge check`: an export examined on the partner's own machine, with only its contract. No key, no workspace, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.intake.convert import Directory
from assets.intake.receipt import content
from assets.intake.take import examine
from assets.landing.land import feed_of
from schemas.contract_file import load_contract, load_territory
from schemas.territory import Territory


class AnyOrganisation(Directory):
    """Without `territory.yaml` at hand, organisations cannot be checked: any is accepted."""

    def resolve(self, texts: list[str]) -> list[str | None]:
        """Each text stands for itself."""
        return list(texts)


def check_file(file: Path, contract_path: Path, territory_path: Path) -> dict[str, Any]:
    """The receipt of `file` under the contract, as data. Raises ConfigurationError."""
    contract = load_contract(contract_path)
    directory = (
        Directory(load_territory(territory_path).organisations)
        if territory_path.exists()
        else AnyOrganisation(Territory(name="-").organisations)
    )
    found = feed_of(contract, file.name)
    account, _ = examine("-", file.read_bytes(), found[0] if found else None, contract, directory)
    return content(contract, account, file.name, "-", "1970-01-01T00:00:00")

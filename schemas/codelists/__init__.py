"""Versioned code lists: one YAML per list, with its official source. `load()` is the only way to read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

import yaml


@dataclass(frozen=True)
class Code:
    """One code: its French and English labels and the French official names it is known by in exports."""

    code: str
    fr: str
    en: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A closed list of codes, in display order. `source` names the official text or publication; `version` its date."""

    name: str
    source: str
    version: str
    codes: tuple[Code, ...]

    @property
    def values(self) -> frozenset[str]:
        """Accepted codes."""
        return frozenset(c.code for c in self.codes)


@cache
def load(name: str) -> CodeList:
    """The code list `name`. Raises FileNotFoundError when there is no such list."""
    raw = cast(dict[str, object], yaml.safe_load((files(__package__) / f"{name}.yaml").read_text("utf-8")))
    codes = tuple(
        Code(str(c["code"]), str(c["fr"]), str(c["en"]), tuple(str(a) for a in c.get("aliases", ())))
        for c in cast(list[dict[str, list[str]]], raw["codes"])
    )
    return CodeList(name, str(raw["source"]), str(raw["version"]), codes)


def names() -> tuple[str, ...]:
    """Every code list shipped, in alphabetical order."""
    return tuple(sorted(p.name.removesuffix(".yaml") for p in files(__package__).iterdir() if p.name.endswith(".yaml")))

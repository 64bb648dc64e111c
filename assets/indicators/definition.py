"""An indicator's definition: the header of its SQL file.

Here: the strict model and the discovery of files (a listing of `sql/indicators`: adding one is adding one file). Not here: figures.

The header is the file's first comment, `/* … */`, in YAML. The SELECT that follows gives one row per unit, population and month:
`cohort_month` (YYYY-MM), `unit_id`, `organisation` (NULL: territory only), the columns of `breakdowns`, `numerator` and `denominator`
(0 or 1), and when needed `value` (a number, for a median) and `unverifiable` (0 or 1). A unit may be there for several organisations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field, ValidationError

from assets.tables import SQL
from schemas.territory import Strict

FOLDER = SQL / "indicators"

Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class DefinitionError(Exception):
    """A header that cannot be used. Carries the file's name and the key, never a value."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}")
        self.file, self.key, self.reason = file, key, reason


class Header(Strict):
    """What a definition must say. `personal: false` marks a figure that counts no people (statistical secrecy has no object)."""

    id: Name
    title_fr: Text
    title_en: Text
    definition_fr: Text
    definition_en: Text
    population: Text
    numerator: Text
    denominator: Text
    unit: Literal["share", "people", "referrals", "days"]
    measure: Literal["share", "count", "median"]
    cohort_date: Text
    follow_up_days: int = Field(ge=0, le=3660)
    breakdowns: tuple[Name, ...]
    personal: bool = True
    follows: Text
    version: int = Field(ge=1)
    owner: Text


@dataclass(frozen=True)
class Indicator:
    """A definition and its SELECT."""

    header: Header
    select: str

    @property
    def id(self) -> str:
        return self.header.id


class _UniqueKeys(yaml.SafeLoader):
    """YAML that refuses a key given twice."""


def _mapping(loader: _UniqueKeys, node: yaml.MappingNode) -> dict[object, object]:
    keys = [loader.construct_object(k) for k, _ in node.value]
    twice = [str(k) for k in keys if keys.count(k) > 1]
    if twice:
        raise yaml.constructor.ConstructorError(None, None, f"twice:{twice[0]}", node.start_mark)
    return loader.construct_mapping(node)


_UniqueKeys.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(file: str, text: str) -> Indicator:
    """The indicator of a file's text; `file` is its name, which must be `<id>.sql`. Raises DefinitionError."""
    match = re.match(r"\s*/\*\n(.*?)\n\*/\n(.*)", text, re.DOTALL)
    if match is None:
        raise DefinitionError(file, "-", "header_missing")
    try:
        raw = yaml.load(match[1], Loader=_UniqueKeys)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else 0
        twice = str(error.problem or "").removeprefix("twice:") if str(error.problem or "").startswith("twice:") else "-"
        raise DefinitionError(file, twice, f"yaml_invalid:line {line}") from None
    if not isinstance(raw, dict):
        raise DefinitionError(file, "-", "header_missing")
    try:
        header = Header.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise DefinitionError(file, ".".join(str(p) for p in first["loc"]), first["type"]) from None
    if file != f"{header.id}.sql":
        raise DefinitionError(file, "id", "not_the_file_name")
    if len(set(header.breakdowns)) != len(header.breakdowns) or "ensemble" in header.breakdowns:
        raise DefinitionError(file, "breakdowns", "repeated_or_reserved")
    return Indicator(header, match[2].strip().rstrip(";"))


def load_all(folder: Path = FOLDER) -> tuple[Indicator, ...]:
    """Every indicator of the folder, by name. Raises DefinitionError at the first unusable header."""
    return tuple(parse(path.name, path.read_text("utf-8")) for path in sorted(folder.glob("*.sql")))

"""Reading YAML configuration with its line numbers: contracts and `territory.yaml`, errors in French that name file, key and line.

Here: YAML → plain data + the line of every key, layouts (`extends`), pydantic errors → sentences. Not here: what is allowed
(`contract.py`, `territory.py`).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from schemas.contract import Contract
from schemas.messages import catalogue, say
from schemas.territory import Territory

M = TypeVar("M", bound=BaseModel)
Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One configuration error: where (line 0: the file as a whole), and the sentence that says what is wrong and what to do."""

    file: str
    key: str
    line: int
    sentence: str

    def __str__(self) -> str:
        if not self.line:  # about the file as a whole
            return self.sentence
        return say("config_where", file=self.file, key=self.key, line=self.line, sentence=self.sentence)


class ConfigurationError(Exception):
    """One or more problems in a configuration file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


def _plain(node: Any, path: Key, lines: dict[Key, int]) -> Any:
    """Plain Python data, filling `lines` (path → 1-based line). Dates become ISO text: a contract holds no date object."""
    if isinstance(node, CommentedMap):
        for key in node:
            with suppress(KeyError):  # a key merged from an anchor (`<<`) has no line of its own
                lines[(*path, key)] = node.lc.key(key)[0] + 1
        return {key: _plain(value, (*path, key), lines) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        for i in range(len(node)):
            lines[(*path, i)] = node.lc.item(i)[0] + 1
        return [_plain(value, (*path, i), lines) for i, value in enumerate(node)]
    if isinstance(node, datetime.date | datetime.datetime):
        return node.isoformat()
    return node


def parse(text: str, file: str) -> tuple[dict[str, Any], dict[Key, int]]:
    """YAML 1.2 text → (data, line of each key). Raises ConfigurationError."""
    yaml = YAML()
    try:
        node = yaml.load(StringIO(text))
    except DuplicateKeyError as error:
        mark = error.problem_mark
        raise ConfigurationError([Problem(file, "…", mark.line + 1 if mark else 1, say("yaml_duplicate_key"))]) from None
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise ConfigurationError([Problem(file, "…", mark.line + 1 if mark else 1, say("yaml_syntax"))]) from None
    except (YAMLError, ValueError):
        raise ConfigurationError([Problem(file, "…", 1, say("yaml_syntax"))]) from None
    if not isinstance(node, CommentedMap):
        raise ConfigurationError([Problem(file, "…", 1, say("yaml_not_mapping"))])
    lines: dict[Key, int] = {}
    return _plain(node, (), lines), lines


def layouts() -> tuple[str, ...]:
    """The names of the layouts shipped, in alphabetical order."""
    return tuple(sorted(p.name.removesuffix(".yaml") for p in (files("schemas") / "layouts").iterdir() if p.name.endswith(".yaml")))


def _extended(data: dict[str, Any], lines: Mapping[Key, int], file: str) -> dict[str, Any]:
    """Feeds that `extends` a layout get the layout's keys; their own keys win."""
    feeds = data.get("feeds")
    if not isinstance(feeds, dict):
        return data
    merged: dict[str, Any] = {}
    for name, feed in feeds.items():
        layout = feed.get("extends") if isinstance(feed, dict) else None
        if layout is None:
            merged[name] = feed
            continue
        if layout not in layouts():
            line = lines.get(("feeds", name, "extends"), 1)
            raise ConfigurationError(
                [Problem(file, f"feeds.{name}.extends", line, say("layout_unknown", a=layout, b=", ".join(layouts())))]
            )
        base, _ = parse((files("schemas") / "layouts" / f"{layout}.yaml").read_text("utf-8"), f"{layout}.yaml")
        merged[name] = {**base["feed"], **feed}
    return {**data, "feeds": merged}


def _line_of(loc: Key, lines: Mapping[Key, int]) -> int:
    for end in range(len(loc), 0, -1):
        if loc[:end] in lines:
            return lines[loc[:end]]
    return 1


_KINDS = {
    "list_type": "liste",
    "tuple_type": "liste",
    "dict_type": "clés et valeurs",
    "model_type": "clés et valeurs",
    "float_parsing": "nombre",
    "int_parsing": "nombre entier",
    "float_type": "nombre",
    "int_type": "nombre entier",
    "too_short": "au moins un élément",
}


def _sentence(error: Mapping[str, Any]) -> str:
    """A pydantic error as a sentence of the catalogue."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind == "value_error":
        code, *parts = str(context.get("error", "")).split(":")
        if code in catalogue():
            return say(code, **dict(zip("ab", parts, strict=False)))
        return say("type_expected", kind=code)
    if kind in ("greater_than_equal", "less_than_equal", "greater_than", "less_than"):
        return say("out_of_range")
    if kind in catalogue():
        return say(kind, pattern=context.get("pattern", ""), expected=context.get("expected", ""))
    return say("type_expected", kind=_KINDS.get(kind, kind))


def validate(model: type[M], data: dict[str, Any], lines: Mapping[Key, int], file: str) -> M:
    """`data` as `model`. Raises ConfigurationError with every problem at once."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = []
        items = error.errors(include_input=False, include_url=False)
        for item in items:
            if item["type"] == "too_short" and any(
                other["loc"][: len(item["loc"])] == item["loc"] and other is not item for other in items
            ):
                continue  # pydantic counts an invalid element as absent
            loc = tuple(part for part in item["loc"] if not (isinstance(part, str) and part.startswith("function-")))
            problems.append(Problem(file, ".".join(str(p) for p in loc) or "…", _line_of(loc, lines), _sentence(item)))
    raise ConfigurationError(problems)


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError:
        sentence = say("config_missing", file=path.name)
    except UnicodeDecodeError:
        sentence = say("yaml_syntax")
    raise ConfigurationError([Problem(path.name, "…", 0, sentence)])


def load_contract(path: Path) -> Contract:
    """The contract of `path`, layouts applied. Raises ConfigurationError."""
    data, lines = parse(_read(path), path.name)
    contract = validate(Contract, _extended(data, lines, path.name), lines, path.name)
    if contract.partner != path.stem:
        raise ConfigurationError(
            [Problem(path.name, "partner", lines.get(("partner",), 1), say("partner_name", a=contract.partner, b=path.stem))]
        )
    return contract


def load_territory(path: Path) -> Territory:
    """`territory.yaml`. Raises ConfigurationError."""
    data, lines = parse(_read(path), path.name)
    return validate(Territory, data, lines, path.name)


def load_contracts(folder: Path, territory: Territory) -> dict[str, Contract]:
    """Every contract of `contracts/`, by partner, in alphabetical order. Raises ConfigurationError with the problems of all of them."""
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    known = {o.code for o in territory.organisations}
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        try:
            contract = load_contract(path)
        except ConfigurationError as error:
            problems += error.problems
            continue
        if contract.organisation not in known:
            _, lines = parse(_read(path), path.name)
            problems.append(
                Problem(
                    path.name,
                    "organisation",
                    lines.get(("organisation",), 1),
                    say("organisation_unknown_in_territory", a=contract.organisation),
                )
            )
        contracts[contract.partner] = contract
    if problems:
        raise ConfigurationError(problems)
    return contracts

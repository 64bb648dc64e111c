"""The partner contract: one YAML per partner says what it sends and what each column means.

Here: the strict model, and the check that every name it uses exists. Declarative on purpose: values come from a column, a
constant, a few joins and maps; no code, no expression language. Not here: reading the YAML with its line numbers
(`contract_file.py`), applying a contract to a file (`assets/intake`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from schemas import codelists
from schemas.fields import FIELDS, Privacy
from schemas.records import RECORDS
from schemas.territory import Strict

#: How dates are written, in the words of a French spreadsheet user, and what `strptime` calls them.
DATE_TOKENS = {"AAAA": "%Y", "AA": "%y", "MMM": "%b", "MM": "%m", "JJ": "%d", "hh": "%H", "mm": "%M", "ss": "%S"}


def strptime_format(pattern: str) -> str:
    """`JJ/MM/AAAA` → `%d/%m/%Y`. A pattern already written with % is returned as it is.

    Raises ValueError when no year can be read from the pattern.
    """
    if "%" not in pattern:
        pattern = re.sub("|".join(DATE_TOKENS), lambda m: DATE_TOKENS[m[0]], pattern)
    if "%Y" not in pattern and "%y" not in pattern:
        raise ValueError(f"date_pattern:{pattern}")
    try:
        datetime.strptime(date(2026, 11, 22).strftime(pattern), pattern)
    except (ValueError, re.error):
        raise ValueError(f"date_pattern:{pattern}") from None
    return pattern


class Condition(Strict):
    """When a record exists, or a value applies.

    `column` with one test: `equals`, `in`, `not_in`, `filled`, or `matches` (a regular expression found in the text); or `all` / `any`
    of several conditions. A blank cell satisfies only `filled: false` and `not_in`.
    """

    column: str | None = None
    equals: str | None = None
    in_: tuple[str, ...] | None = Field(default=None, alias="in")
    not_in: tuple[str, ...] | None = None
    filled: bool | None = None
    matches: str | None = None
    all: tuple[Condition, ...] | None = Field(default=None, min_length=1)
    any: tuple[Condition, ...] | None = Field(default=None, min_length=1)

    @field_validator("matches")
    @classmethod
    def _regex(cls, value: str | None) -> str | None:
        return check_regex(value)

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        tests = [self.equals, self.in_, self.not_in, self.filled, self.matches]
        groups = [g for g in (self.all, self.any) if g is not None]
        if self.column is not None:
            if sum(t is not None for t in tests) != 1 or groups:
                raise ValueError("condition_one_test")
        elif len(groups) != 1 or any_set(tests):
            raise ValueError("condition_one_test")
        return self

    def columns(self) -> Iterator[str]:
        """Every column the condition reads."""
        if self.column is not None:
            yield self.column
        for group in (self.all or (), self.any or ()):
            for c in group:
                yield from c.columns()


def check_regex(value: str | None, groups: int | None = None) -> str | None:
    """The expression itself. Raises ValueError (a message code) when it does not compile or has not the expected number of groups."""
    if value is not None:
        try:
            found = re.compile(value).groups
        except re.error as error:
            raise ValueError("regex_invalid") from error
        if groups is not None and found != groups:
            raise ValueError("regex_one_group")
    return value


def any_true(values: Iterator[bool]) -> bool:
    """`any`, under a name that the field `any` of a condition does not hide."""
    return next((True for v in values if v), False)


def any_set(values: list[Any]) -> bool:
    """True when at least one value is not None."""
    return any(v is not None for v in values)


def _shorthand(node: Any) -> Any:
    """`field: "Column"` means `field: {column: "Column"}`."""
    return {"column": node} if isinstance(node, str) else node


class Value(Strict):
    """Where one field's value comes from (exactly one source), then how it is read.

    Sources: `column`, `constant`, `join` (texts glued with `separator`), `first_of` (first non-blank), `cases` (first true
    condition), `plus_days` (a date plus a number of days), `from_header` / `from_cell` (the column name or the cell of an
    unpivoted record). Reading: `extract` (a regular expression with one group), `values` (partner's code → ours) and
    `otherwise` for codes not listed, `dates` (formats tried in order).
    """

    column: str | None = None
    constant: str | None = None
    join: tuple[Node, ...] | None = Field(default=None, min_length=1)
    separator: str = ""
    first_of: tuple[Node, ...] | None = Field(default=None, min_length=1)
    cases: tuple[Case, ...] | None = Field(default=None, min_length=1)
    plus_days: PlusDays | None = None
    from_header: bool | None = None
    from_cell: bool | None = None
    extract: str | None = None
    values: dict[str, str | None] | None = None
    otherwise: Literal["reject", "blank", "keep"] = "reject"
    dates: tuple[str, ...] | None = Field(default=None, min_length=1)

    @field_validator("constant", mode="before")
    @classmethod
    def _constant_text(cls, value: Any) -> Any:
        return None if value is None else str(value)

    @field_validator("values", mode="before")
    @classmethod
    def _values_text(cls, value: Any) -> Any:
        return {str(k): (None if v is None else str(v)) for k, v in value.items()} if isinstance(value, dict) else value

    @field_validator("extract")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        return check_regex(value, groups=1)

    @field_validator("dates")
    @classmethod
    def _dates(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for pattern in value or ():
            strptime_format(pattern)
        return value

    @model_validator(mode="after")
    def _one_source(self) -> Value:
        sources = [self.column, self.constant, self.join, self.first_of, self.cases, self.plus_days, self.from_header, self.from_cell]
        if sum(s is not None for s in sources) != 1:
            raise ValueError("value_one_source")
        return self

    def melts(self) -> bool:
        """True when the value, or one it is made of, needs an unpivoted record."""
        inner = [*(self.join or ()), *(self.first_of or ()), *(c.value for c in self.cases or ())]
        if self.plus_days is not None:
            inner += [self.plus_days.date, self.plus_days.days]
        return bool(self.from_header or self.from_cell) or any_true(v.melts() for v in inner)

    def columns(self) -> Iterator[str]:
        """Every column the value reads."""
        if self.column is not None:
            yield self.column
        for node in (*(self.join or ()), *(self.first_of or ())):
            yield from node.columns()
        for case in self.cases or ():
            if case.when is not None:
                yield from case.when.columns()
            yield from case.value.columns()
        if self.plus_days is not None:
            yield from self.plus_days.date.columns()
            yield from self.plus_days.days.columns()


Node = Annotated[Value, BeforeValidator(_shorthand)]


class Case(Strict):
    """One branch of `cases`; without `when` it is the default and must come last."""

    when: Condition | None = None
    value: Node


class PlusDays(Strict):
    """`date` plus `days` (a whole number, may be negative)."""

    date: Node
    days: Node


Value.model_rebuild()


class Unpivot(Strict):
    """One record per column whose name matches (`columns`: a list of names, or one regular expression)."""

    columns: tuple[str, ...] | str
    skip_blank: bool = True

    @field_validator("columns")
    @classmethod
    def _regex(cls, value: tuple[str, ...] | str) -> tuple[str, ...] | str:
        return value if isinstance(value, tuple) else check_regex(value) or value


class RecordSpec(Strict):
    """One record type made from each line (when `when` holds). `key` lists the columns that identify the record at the partner."""

    type: str
    when: Condition | None = None
    key: tuple[Annotated[str, Field(min_length=1)], ...] = Field(min_length=1)
    key_prefix: str = ""
    unpivot: Unpivot | None = None
    fields: dict[str, Node]

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value not in RECORDS:
            raise ValueError(f"record_type_unknown:{value}")
        return value

    @model_validator(mode="after")
    def _known_fields(self) -> RecordSpec:
        record = RECORDS[self.type]
        accepted = {f.name for f in record.all_fields}
        for name, value in self.fields.items():
            if name not in accepted:
                raise ValueError(f"field_unknown:{name}:{self.type}")
            listed = FIELDS[name].codelist
            if listed is not None:
                known = codelists.load(listed).values
                targets = [*(value.values or {}).values(), value.constant if value.values is None else None]
                for code in targets:
                    if code is not None and code not in known:
                        raise ValueError(f"code_unknown:{code}:{listed}")
            if value.melts() and self.unpivot is None:
                raise ValueError(f"unpivot_missing:{name}")
        for name in record.required:
            if name not in self.fields:
                raise ValueError(f"field_missing:{name}:{self.type}")
        return self

    def columns(self) -> Iterator[str]:
        """Every column the record reads, unpivoted ones excepted."""
        yield from self.key
        if self.when is not None:
            yield from self.when.columns()
        for value in self.fields.values():
            yield from value.columns()


class Period(Strict):
    """Which month a file is about: `from_name`, a regular expression with groups `year` and `month`; else the month being run."""

    from_name: str | None = None

    @field_validator("from_name")
    @classmethod
    def _groups(cls, value: str | None) -> str | None:
        if value is not None and not {"year", "month"} <= set(re.compile(check_regex(value) or "").groupindex):
            raise ValueError("period_groups")
        return value


class Format(Strict):
    """How the file is written. `encoding` and `delimiter` may be left out: they are then detected and the receipt says what was found."""

    type: Literal["csv", "xlsx"] = "csv"
    encoding: Literal["utf-8", "cp1252"] | None = None
    delimiter: Literal[";", ",", "\t", "|"] | None = None
    header_line: int = Field(default=1, ge=1)
    sheet: str | None = None


class Feed(Strict):
    """One kind of file a partner sends. `extends` names a shipped layout whose feed it completes.

    `mode`: `delta` (only what changed) or `snapshot` (everything each time: what vanished is closed). `covers_from`: the
    first day a snapshot covers; a delta covers its month. `expected: false` says the partner is not awaited every month.
    `skip`: lines deliberately left out; they stay on the account, and do not count against the reject limit.
    """

    extends: str | None = None
    match: str = Field(min_length=1)
    period: Period = Period()
    mode: Literal["delta", "snapshot"] = "delta"
    covers_from: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    expected: bool = True
    format: Format = Format()
    blanks: tuple[str, ...] = ("", "NULL", "NC", "N/A", "-")
    dates: tuple[str, ...] = Field(default=("AAAA-MM-JJ", "JJ/MM/AAAA"), min_length=1)
    ignore: tuple[str, ...] = ()
    skip: Condition | None = None
    records: tuple[RecordSpec, ...] = Field(min_length=1)

    @field_validator("dates")
    @classmethod
    def _dates(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            strptime_format(pattern)
        return value

    @field_validator("covers_from")
    @classmethod
    def _real_day(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                date.fromisoformat(value)
            except ValueError:
                raise ValueError(f"day_unknown:{value}") from None
        return value

    @model_validator(mode="after")
    def _mapped_once(self) -> Feed:
        both = sorted(set(self.mapped_columns()) & set(self.ignore))
        if both:
            raise ValueError(f"column_mapped_and_ignored:{both[0]}")
        return self

    def mapped_columns(self) -> tuple[str, ...]:
        """Every column a record of this feed reads, once, in order (unpivoted ones excepted)."""
        skipped = self.skip.columns() if self.skip is not None else ()
        return tuple(dict.fromkeys((*(c for r in self.records for c in r.columns()), *skipped)))


class LegalBasis(Strict):
    """What the agreement with the partner allows: `nir` to be used for linkage, and which `sensitive` fields."""

    nir: bool = False
    reference: str | None = None


class Contract(Strict):
    """The whole of `contracts/<partner>.yaml`. `organisation` is the code (in `territory.yaml`) of the partner itself."""

    partner: str = Field(pattern=r"^[a-z][a-z0-9_]{1,30}$")
    name: str
    organisation: str
    contact: str | None = None
    legal_basis: LegalBasis = LegalBasis()
    reject_limit: float = Field(default=0.05, ge=0, le=1)
    feeds: dict[str, Feed] = Field(min_length=1)

    @model_validator(mode="after")
    def _legal(self) -> Contract:
        for feed in self.feeds.values():
            for record in feed.records:
                if "nir" in record.fields and not self.legal_basis.nir:
                    raise ValueError("nir_without_legal_basis")
                sensitive = [n for n in record.fields if FIELDS[n].privacy is Privacy.SENSITIVE]
                if sensitive:
                    raise ValueError(f"sensitive_without_legal_basis:{sensitive[0]}")
        return self

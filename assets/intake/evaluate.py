"""Applying a contract's values and conditions to text cells, column by column.

Here: conditions, sources, extraction, value maps → text columns; what goes wrong is noted in `Findings`, never raised.
Not here: dates, numbers, codes (`convert.py`), which lines are kept (`apply.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from assets.intake.read import tidy
from schemas.contract import Condition, Feed, Unpivot, Value

Series: TypeAlias = "pd.Series[Any]"
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass
class Findings:
    """What was found on rows, as blocks: (row positions, column label, fate `rejected` or `repaired`, message code)."""

    blocks: list[tuple[np.ndarray[Any, Any], str, str, str]] = field(default_factory=list)

    def note(self, rows: Series | Mask, label: str, fate: str, reason: str) -> None:
        """Notes `reason` for the rows where the mask is true."""
        where = np.flatnonzero(np.asarray(rows, dtype=bool))
        if len(where):
            self.blocks.append((where, label, fate, reason))


@dataclass
class Context:
    """One record type's view of the rows: `frame` (blanks are NA), and for unpivoted records the header and cell of each row."""

    frame: pd.DataFrame
    feed: Feed
    findings: Findings
    label: str = ""
    header: Series | None = None
    cell: Series | None = None
    dates: Callable[[Series, Value, Context], Series] | None = None

    def column(self, name: str) -> Series:
        """A column by the name the contract gives it."""
        return self.frame[tidy(name)]

    def constant(self, value: str | None) -> Series:
        """The same text on every row."""
        return pd.Series(value, index=self.frame.index, dtype="str")


def fold(text: str) -> str:
    """Accents, case and punctuation aside: how two spellings of one code are recognised."""
    text = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^a-z0-9]+", " ", "".join(c for c in text if not unicodedata.combining(c)).lower()).strip()


def on_unique(series: Series, function: Callable[[list[str]], Iterable[Any]], dtype: Any = "str") -> Series:
    """`function` applied once to the distinct values, spread back over the rows; NA stays NA."""
    positions, uniques = pd.factorize(series)
    mapped = pd.Series(list(function([str(u) for u in uniques])), dtype=dtype)
    values: Any = mapped.array.take(positions, allow_fill=True) if len(uniques) else pd.NA
    spread: Series = pd.Series(values, index=series.index, dtype=dtype)
    return spread


def holds(condition: Condition, context: Context) -> Mask:
    """Where the condition is true. A blank cell satisfies only `filled: false` and `not_in`."""
    if condition.all is not None:
        return np.asarray(np.logical_and.reduce([holds(c, context) for c in condition.all]), dtype=bool)
    if condition.any is not None:
        return np.asarray(np.logical_or.reduce([holds(c, context) for c in condition.any]), dtype=bool)
    assert condition.column is not None
    column = context.column(condition.column)
    if condition.filled is not None:
        return np.asarray(column.notna() == condition.filled, dtype=bool)
    if condition.equals is not None:
        return np.asarray((column == condition.equals).fillna(False), dtype=bool)
    if condition.in_ is not None:
        return np.asarray(column.isin(condition.in_), dtype=bool)
    if condition.matches is not None:
        return np.asarray(column.str.contains(condition.matches, regex=True, na=False), dtype=bool)
    return np.asarray(~column.isin(condition.not_in or ()), dtype=bool)


def _joined(parts: list[Series], separator: str) -> Series:
    """Texts glued; blank parts are empty; NA when every part is blank."""
    empty = np.logical_and.reduce([p.isna().to_numpy() for p in parts])
    result = parts[0].fillna("")
    for part in parts[1:]:
        result = result + separator + part.fillna("")
    return result.mask(empty)


def _cases(value: Value, context: Context) -> Series:
    result, left = context.constant(None), np.ones(len(context.frame), dtype=bool)
    for case in value.cases or ():
        here = left & (holds(case.when, context) if case.when is not None else True)
        result = result.mask(here, text(case.value, context))
        left &= ~here
    return result


#: Days a date may be moved by: a bit more than two centuries.
MOST_DAYS = 100_000


def _plus_days(value: Value, context: Context) -> Series:
    """ISO dates; a row whose date or whole number of days cannot be read is noted and blank."""
    assert value.plus_days is not None and context.dates is not None
    start = context.dates(text(value.plus_days.date, context), value.plus_days.date, context)
    days = text(value.plus_days.days, context)
    number = pd.to_numeric(days, errors="coerce").astype("float64")
    number = number.where((number.abs() <= MOST_DAYS) & (number % 1 == 0))
    context.findings.note(days.notna() & number.isna(), context.label, "rejected", "number_unreadable")
    known = (start.notna() & number.notna()).to_numpy()
    moved = start.to_numpy().astype("datetime64[D]")[known] + number.to_numpy()[known].astype("int64")
    result = np.full(len(start), None, dtype=object)
    result[known] = np.datetime_as_string(moved, unit="D")
    return pd.Series(result, index=start.index, dtype="str")


def _source(value: Value, context: Context) -> Series:
    """The raw text of a value, before extraction and mapping."""
    if value.column is not None:
        return context.column(value.column)
    if value.constant is not None:
        return context.constant(value.constant)
    if value.join is not None:
        return _joined([text(v, context) for v in value.join], value.separator)
    if value.first_of is not None:
        result = context.constant(None)
        for v in value.first_of:
            result = result.where(result.notna(), text(v, context))
        return result
    if value.cases is not None:
        return _cases(value, context)
    if value.plus_days is not None:
        return _plus_days(value, context)
    found = context.header if value.from_header else context.cell
    return found if found is not None else context.constant(None)


def _mapped(raw: Series, value: Value, context: Context) -> Series:
    """The partner's codes replaced by ours; a spelling that differs only by accents, case or punctuation is repaired and said."""
    table = value.values or {}
    folded = {fold(k): v for k, v in table.items()}
    exact = raw.isin(list(table))
    near = raw.notna() & ~exact & on_unique(raw, lambda u: [fold(x) in folded for x in u], "boolean").fillna(False).astype(bool)
    lost = raw.notna() & ~exact & ~near
    context.findings.note(near, context.label, "repaired", "code_alias")
    if value.otherwise == "reject":
        context.findings.note(lost, context.label, "rejected", "code_not_listed")
    keep = value.otherwise == "keep"
    return on_unique(raw, lambda u: [table[x] if x in table else folded.get(fold(x), x if keep else None) for x in u])


def text(value: Value, context: Context) -> Series:
    """The text of a value on every row, NA where blank."""
    raw = _source(value, context)
    if value.extract is not None:
        found = raw.str.extract(value.extract, expand=False)
        if value.otherwise == "reject":
            context.findings.note(raw.notna() & found.isna(), context.label, "rejected", "form_wrong")
        raw = found
    return _mapped(raw, value, context) if value.values is not None else raw


def unpivot_names(unpivot: Unpivot, header: Iterable[str]) -> list[str]:
    """The header's columns an unpivoted record reads, in file order."""
    if isinstance(unpivot.columns, str):
        return [c for c in header if re.search(unpivot.columns, c)]
    wanted = {tidy(c) for c in unpivot.columns}
    return [c for c in header if c in wanted]


def unpivoted_columns(feed: Feed, header: Iterable[str]) -> set[str]:
    """Every column some record of the feed unpivots."""
    names = list(header)
    return {c for r in feed.records if r.unpivot is not None for c in unpivot_names(r.unpivot, names)}

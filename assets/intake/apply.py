"""A contract applied to a file's lines: typed records, and the fate of every line.

Here: records from rows, validation, rejected / repaired / superseded lines, the reject limit. Not here: reading the file (`read.py`),
storing anything (`take.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pandera.errors

from assets.intake.convert import Directory, convert, dates
from assets.intake.evaluate import Context, Findings, holds, text, unpivot_names
from assets.intake.read import DIGITS_LOST, Cells, Held, tidy
from schemas import validation
from schemas.contract import Contract, Feed, RecordSpec, Value
from schemas.fields import FIELDS
from schemas.records import RECORDS

#: line, column_name, fate, reason: the columns of `line_event` but the delivery.
EVENT_COLUMNS = ["line", "column_name", "fate", "reason"]


@dataclass
class Taken:
    """A delivery's outcome: typed `frames` by record type (columns `line`, `part`, `record_key`, then the record's fields), the line
    `events`, and the `counts` received, kept, repaired, rejected, superseded, which balance."""

    frames: dict[str, pd.DataFrame]
    events: pd.DataFrame
    counts: dict[str, int]


def _label(value: Value, fallback: str) -> str:
    """The column a person should look at for a field: the first the value reads."""
    return next(iter(value.columns()), fallback)


def _melted(spec: RecordSpec, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series[Any] | None, pd.Series[Any] | None]:
    """(rows, header of each, cell of each): one row per unpivoted column, in file order; unchanged rows when not unpivoted."""
    if spec.unpivot is None:
        return frame, None, None
    names = unpivot_names(spec.unpivot, frame.columns)
    rows = np.repeat(np.arange(len(frame)), len(names))
    cells = pd.Series(frame[names].to_numpy(dtype=object).ravel(), dtype="str") if names else pd.Series(dtype="str")
    headers = pd.Series(np.tile(np.array(names, dtype=object), len(frame)), dtype="str") if names else pd.Series(dtype="str")
    if spec.unpivot.skip_blank:
        filled = cells.notna().to_numpy()
        rows, cells, headers = rows[filled], cells[filled].reset_index(drop=True), headers[filled].reset_index(drop=True)
    melted = frame.iloc[rows].copy()
    cells.index = headers.index = melted.index = pd.RangeIndex(len(melted))
    melted["__row"] = rows
    return melted, headers, cells


def _record_key(spec: RecordSpec, context: Context) -> pd.Series[Any]:
    """The partner's own key of the record; NA when one of its columns is blank."""
    key = context.constant(spec.key_prefix)
    for i, name in enumerate(spec.key):
        part = context.column(name)
        if len(spec.key) > 1:  # a bar inside a part is not the bar between parts
            part = part.str.replace("\\", "\\\\", regex=False).str.replace("|", "\\|", regex=False)
        key = key + ("|" if i else "") + part
    return key + "|" + context.header if context.header is not None else key


def _violations(frame: pd.DataFrame, record_type: str, labels: dict[str, str], findings: Findings) -> None:
    """Every rule of the record's pandera model at once; from its report only (row, column, code) are taken: the rest are values."""
    try:
        validation.model(record_type).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases[["index", "column", "check"]].drop_duplicates(["index", "check", "column"])
    else:
        return
    for (column, check), group in cases.groupby(["column", "check"], dropna=False, sort=True):
        code, _, named = str(check).partition(":")
        field = named or str(column)
        rows = np.zeros(len(frame), dtype=bool)
        rows[group["index"].dropna().astype(int).unique()] = True
        findings.note(rows, labels.get(field, field), "rejected", code)


def _records(spec: RecordSpec, frame: pd.DataFrame, feed: Feed, contract: Contract, directory: Directory) -> tuple[pd.DataFrame, Findings]:
    """One record type's typed rows (column `row` = position in the file's data lines), and what was found, on those positions."""
    findings = Findings()
    chosen = frame.assign(__row=np.arange(len(frame)))
    if spec.when is not None:
        chosen = chosen[holds(spec.when, Context(frame, feed, findings))]
    chosen = chosen.reset_index(drop=True)
    rows = chosen.pop("__row").to_numpy()
    melted, headers, cells = _melted(spec, chosen)
    if spec.unpivot is not None:
        rows = rows[melted.pop("__row").to_numpy()] if len(melted) else rows[:0]
    context = Context(melted, feed, findings, header=headers, cell=cells, dates=dates)
    record = RECORDS[spec.type]
    labels = {name: _label(value, name) for name, value in spec.fields.items()} | {"record_key": spec.key[0]}
    typed: dict[str, Any] = {"record_key": _record_key(spec, context)}
    for field in record.all_fields:
        value = spec.fields.get(field.name)
        if value is None:
            typed[field.name] = pd.Series(
                None, index=melted.index, dtype={"date": "datetime64[us]", "decimal": "float64"}.get(field.type, "str")
            )
            continue
        context.label = labels[field.name]
        typed[field.name] = convert(text(value, context), FIELDS[field.name], value, context, directory)
    result = pd.DataFrame(typed, index=melted.index)
    if "organisation" in record.fields:
        result["organisation"] = result["organisation"].fillna(contract.organisation)
    if len(result):
        _violations(result, spec.type, labels, findings)
    findings.blocks = [(np.unique(rows[where]), label, fate, reason) for where, label, fate, reason in findings.blocks]
    result.insert(0, "row", rows)
    return result, findings


def _events(
    cells: Cells, findings: list[Findings], superseded: np.ndarray[Any, Any], rejected_more: list[tuple[np.ndarray[Any, Any], str]]
) -> pd.DataFrame:
    """Every event of every line, sorted, each once."""
    blocks = [
        pd.DataFrame({"line": cells.lines[where], "column_name": label, "fate": fate, "reason": reason})
        for f in findings
        for where, label, fate, reason in f.blocks
    ]
    blocks += [
        pd.DataFrame({"line": cells.lines[where], "column_name": None, "fate": "rejected", "reason": reason})
        for where, reason in rejected_more
    ]
    blocks.append(pd.DataFrame({"line": cells.lines[superseded], "column_name": None, "fate": "superseded", "reason": "same_key_later"}))
    blocks.append(pd.DataFrame({"line": list(cells.bad), "column_name": None, "fate": "rejected", "reason": list(cells.bad.values())}))
    filled = [b for b in blocks if len(b)]
    if not filled:
        return pd.DataFrame({c: pd.Series(dtype="int64" if c == "line" else "str") for c in EVENT_COLUMNS})
    events = pd.concat([b.astype({"line": "int64", "column_name": "str"}) for b in filled]).drop_duplicates()
    # a cell that could not be read is also blank: one reason is enough
    known = events[(events["fate"] == "rejected") & (events["reason"] != "required_missing")][["line", "column_name"]].drop_duplicates()
    told = events.merge(known.assign(told=True), on=["line", "column_name"], how="left")["told"].notna().to_numpy()
    events = events[~(told & (events["reason"] == "required_missing").to_numpy())]
    return events.sort_values(EVENT_COLUMNS, ignore_index=True)


def apply(cells: Cells, feed: Feed, contract: Contract, directory: Directory) -> Taken:
    """Typed records and the account of a file. A line with one wrong record is rejected whole; of several lines that give the same record,
    the last wins. Raises Held(`reject_limit`) with the account in `taken` when too many lines are rejected."""
    blanks = set(feed.blanks)
    frame = cells.frame.apply(lambda column: column.str.strip()) if len(cells.frame.columns) else cells.frame
    frame = frame.mask(frame.isin(list(blanks | {""})))
    size = len(frame)
    lost = _digits_lost(frame, feed)
    frame = frame.mask(frame == DIGITS_LOST)
    skipped = holds(feed.skip, Context(frame, feed, Findings())) if feed.skip is not None and size else np.zeros(size, dtype=bool)
    parts: list[tuple[RecordSpec, pd.DataFrame]] = []
    findings: list[Findings] = [lost]
    reached = np.zeros(size, dtype=bool)
    rejected = np.zeros(size, dtype=bool)
    for where, *_ in lost.blocks:
        rejected[where] = True
    for spec in feed.records:
        records, found = _records(spec, frame, feed, contract, directory)
        reached[records["row"].to_numpy()] = True
        found.blocks = [(where[~skipped[where]], *rest) for where, *rest in found.blocks]
        for where, _, fate, _ in found.blocks:
            if fate == "rejected":
                rejected[where] = True
        parts.append((spec, records))
        findings.append(found)
    nothing = ~reached & ~skipped
    twice = _told_twice(parts, size) & ~skipped
    rejected |= nothing | skipped | twice
    frames, alive = _kept(parts, rejected, cells.lines)
    superseded = reached & ~rejected & ~alive
    events = _events(
        cells,
        findings,
        np.flatnonzero(superseded),
        [(np.flatnonzero(nothing), "no_record"), (np.flatnonzero(twice), "key_twice"), (np.flatnonzero(skipped), "skipped_by_contract")],
    )
    repaired = np.isin(cells.lines, events.loc[events["fate"] == "repaired", "line"]) & ~rejected & ~superseded
    counts = {
        "received": cells.received,
        "repaired": int(repaired.sum()),
        "rejected": int(rejected.sum()) + len(cells.bad),
        "superseded": int(superseded.sum()),
    }
    counts["kept"] = int((~rejected & ~superseded & ~repaired).sum())
    taken = Taken(frames, events, counts)
    refused = counts["rejected"] - int(skipped.sum())
    if refused > contract.reject_limit * max(counts["received"], 1):
        raise Held("reject_limit", taken=taken)
    return taken


def _digits_lost(frame: pd.DataFrame, feed: Feed) -> Findings:
    """Cells the contract reads whose last digits the spreadsheet has lost."""
    found = Findings()
    for name in feed.mapped_columns():
        found.note(frame[tidy(name)] == DIGITS_LOST, name, "rejected", "digits_lost")
    return found


def _told_twice(parts: list[tuple[RecordSpec, pd.DataFrame]], size: int) -> np.ndarray[Any, Any]:
    """Lines from which two rules of the contract make the same record of the same type: one would silently replace the other."""
    found = np.zeros(size, dtype=bool)
    for record_type in {spec.type for spec, _ in parts}:
        rows = pd.concat([records[["row", "record_key"]] for spec, records in parts if spec.type == record_type])
        found[rows.loc[rows.duplicated() & rows["record_key"].notna(), "row"].to_numpy()] = True
    return found


def _kept(
    parts: list[tuple[RecordSpec, pd.DataFrame]], rejected: np.ndarray[Any, Any], lines: np.ndarray[Any, Any]
) -> tuple[dict[str, pd.DataFrame], np.ndarray[Any, Any]]:
    """(typed frames by record type without rejected lines and superseded records, rows that still carry a record)."""
    alive = np.zeros(len(rejected), dtype=bool)
    by_type: dict[str, list[pd.DataFrame]] = {}
    for spec, records in parts:
        by_type.setdefault(spec.type, []).append(records[~rejected[records["row"].to_numpy()]])
    frames = {}
    for record_type, pieces in by_type.items():
        frame = pd.concat(pieces, ignore_index=True).sort_values("row", kind="stable", ignore_index=True)
        frame = frame.drop_duplicates("record_key", keep="last", ignore_index=True)
        rows = frame.pop("row").to_numpy()
        alive[rows] = True
        frame.insert(0, "line", lines[rows])
        frame.insert(1, "part", frame.groupby("line").cumcount())
        frames[record_type] = frame
    return frames, alive

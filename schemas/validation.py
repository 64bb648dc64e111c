"""The pandera model of each record type, derived from `records.py`: rules a typed record must satisfy.

Here: required values, code lists, plausible dates, spells in order, somebody to speak of. Each check's `error` is a message code.
Not here: reading text (`assets/intake`). pandera's own reports contain values: only (row, column, code) may be taken from them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd
import pandera.pandas as pa

from schemas import codelists
from schemas.fields import Field, Type
from schemas.records import RECORDS, Record

#: Dates outside are typing mistakes (year 0025, 2205).
EARLIEST, LATEST = pd.Timestamp(1900, 1, 1), pd.Timestamp(2100, 12, 31)


def _checks(field: Field) -> list[pa.Check]:
    if field.type is Type.DATE:
        return [pa.Check(lambda s: s.between(EARLIEST, LATEST), error="date_implausible")]
    if field.maximum is not None:
        return [pa.Check.in_range(0, field.maximum, error="number_implausible")]
    if field.codelist is not None:
        return [pa.Check.isin(sorted(codelists.load(field.codelist).values), error="code_not_listed")]
    return []


def _column(field: Field, required: bool) -> pa.Column:
    checks = _checks(field)
    if required:
        checks.append(pa.Check(lambda s: s.notna(), error="required_missing", ignore_na=False))
    return pa.Column(None, checks, nullable=True, required=True)


def _ordered(start: str, end: str) -> pa.Check:
    def in_order(frame: pd.DataFrame) -> pd.Series[bool]:
        return ~(frame[end] < frame[start])

    return pa.Check(in_order, error=f"end_before_start:{end}")


def _born_before(record: Record) -> pa.Check:
    def in_order(frame: pd.DataFrame) -> pd.Series[bool]:
        ok = pd.Series(True, index=frame.index)
        for name in record.main_date:
            ok &= ~(frame[name] < frame["birth_date"])
        return ok

    return pa.Check(in_order, error="birth_after_event:birth_date")


def _somebody(frame: pd.DataFrame) -> pd.Series[bool]:
    named = frame["family_name"].notna() & frame["given_names"].notna()
    return named | frame[["dossier", "nir", "ine", "france_travail_id"]].notna().any(axis=1)


@cache
def model(record_type: str) -> pa.DataFrameSchema:
    """The model of typed frames of a record type (index 0…n-1). Dataframe-level errors read `code:field`."""
    record = RECORDS[record_type]
    columns: dict[str, Any] = {f.name: _column(f, f.name in record.required) for f in record.all_fields}
    columns["record_key"] = pa.Column(None, [pa.Check(lambda s: s.notna(), error="key_missing", ignore_na=False)], nullable=True)
    checks = [_ordered(a, b) for a, b in record.spells] + [_born_before(record), pa.Check(_somebody, error="nobody:dossier")]
    return pa.DataFrameSchema(columns, checks=checks, strict=False)

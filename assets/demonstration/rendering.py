"""From canonical values to what the partner writes: its contract, read backwards.

Here: codes, dates, organisations and identities as text, column by column. Not here: which lines (`delivering.py`), the bytes
(`writing.py`).
Since the contract is the only description of the file, exports and contracts cannot drift apart; what a contract cannot be
read backwards for (joined or conditional columns) is given by the layout as `@` columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration.calendar import text
from assets.demonstration.dossiers import Dossiers, Style
from assets.demonstration.draw import either
from assets.demonstration.places import organisations
from schemas.contract import Feed, RecordSpec, Value, strptime_format
from schemas.fields import FIELDS, IDENTITY_NAMES, QUASI_NAMES, Type

FROM_DOSSIER = {*IDENTITY_NAMES, *QUASI_NAMES, "share_consent", "level_at_entry"}


def company_names(style: Style) -> dict[str, str]:
    """How the partner writes each organisation of the territory."""
    return {
        code: {"name": o.name, "siret": o.siret, "alias": o.aliases[0], "code": code}[style.company] for code, o in organisations().items()
    }


def render(feed: Feed, lines: pd.DataFrame, dossiers: Dossiers, style: Style, by: int) -> dict[str, NDArray[np.object_]]:
    """Every column of the file in order, as texts (None = blank), for `lines` delivered at day `by`."""
    out: dict[str, NDArray[np.object_]] = {}
    for record in feed.records:
        for field, value in record.fields.items():
            _put(out, feed, record, field, value, lines, dossiers, style, by)
    for name in lines.columns:
        if name.startswith("@") and name[1:] not in out:
            out[name[1:]] = lines[name].to_numpy(dtype=object)
    return {column: np.array(out[column], dtype=object) for column in columns(feed)}


def columns(feed: Feed) -> tuple[str, ...]:
    """The header: what is read, then what is ignored, the first ignored column among the first."""
    read = feed.mapped_columns()
    return (*read[:3], *feed.ignore[:1], *read[3:], *feed.ignore[1:])


def _put(
    out: dict[str, NDArray[np.object_]],
    feed: Feed,
    record: RecordSpec,
    field: str,
    value: Value,
    lines: pd.DataFrame,
    dossiers: Dossiers,
    style: Style,
    by: int,
) -> None:
    column = value.column
    if value.first_of:
        texts = _identity(feed, field, value, lines, dossiers, by)
        for place, node in enumerate(value.first_of):
            turn = (lines["person"].to_numpy(int) % len(value.first_of)) == place
            out.setdefault(str(node.column), either(turn, texts, None))
    elif column is None or (column in out and not value.extract):
        return
    elif value.extract:
        texts = _identity(feed, field, value, lines, dossiers, by)
        former = out.get(column)
        if former is None:
            out[column] = texts
        elif record is feed.records[0]:
            out[column] = np.asarray(former + " " + texts)
    elif field in FROM_DOSSIER:
        out[column] = _identity(feed, field, value, lines, dossiers, by)
    elif f"{record.type}.{field}" in lines.columns:
        out[column] = _written(feed, field, value, lines[f"{record.type}.{field}"].to_numpy(), style)


def _identity(feed: Feed, field: str, value: Value, lines: pd.DataFrame, dossiers: Dossiers, by: int) -> NDArray[np.object_]:
    return _written(feed, field, value, dossiers.values(field, lines["person"].to_numpy(np.int64), by), Style(""))


def _written(feed: Feed, field: str, value: Value, values: NDArray[Any], style: Style) -> NDArray[np.object_]:
    """One field as text: a date in the feed's first format, a code through the contract's map, an organisation by its name there.

    Raises KeyError when the contract's map has no word for a code.
    """
    if FIELDS[field].type is Type.DATE:
        return text(values.astype(np.int64), strptime_format((value.dates or feed.dates)[0]))
    if FIELDS[field].form == "organisation":
        words = company_names(style)
    elif value.values is not None:
        words = {ours: theirs for theirs, ours in reversed(value.values.items()) if ours is not None}
    else:
        return np.array([v if isinstance(v, str) else None for v in values.tolist()], dtype=object)
    return np.array([words[v] if isinstance(v, str) else None for v in values.tolist()], dtype=object)

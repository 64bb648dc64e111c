"""Which file says what, month after month: deltas, snapshots, corrections, and what goes wrong with deliveries.

Here: the state of each line as known at the end of a month, the lines each delivery holds, bad lines, files missing, late, sent
twice, or over their reject limit. Not here: what a line says (`layouts.py`), how it is written (`rendering.py`, `writing.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration.calendar import Window
from assets.demonstration.dossiers import NEVER, Dossiers
from assets.demonstration.draw import stream
from assets.demonstration.noise import Noise
from schemas.contract import Contract, Feed, strptime_format

#: Record type → the date it exists from, then each later date with what is unknown before it (and what stands there meanwhile).
STATES: dict[str, tuple[str, dict[str, dict[str, object]]]] = {
    "registration": ("opened_on", {"closed_on": {"closed_on": 0, "closing_reason": None}}),
    "referral": ("sent_on", {"status_on": {"status_on": 0, "declared_status": "sent", "refusal_reason": None}}),
    "training": ("known_on", {"started_on": {"started_on": 0}, "ending_on": {"ending_on": 0, "ended_on": 0, "ending": None}}),
    "contract": ("started_on", {"ended_on": {"ended_on": 0, "contract_ending": None, "ending_reason": None}}),
    "situation": ("observed_on", {}),
    "certification": ("decided_on", {}),
}


@dataclass(frozen=True)
class Accident:
    """What happens to one delivery; `month` counts from the end (1 = the last month)."""

    partner: str
    feed: str
    month: int
    kind: str  # missing, late, duplicate, held


ACCIDENTS = (
    Accident("region", "aides", 5, "missing"),
    Accident("region", "resultats", 5, "missing"),
    Accident("cap_emploi", "suivi", 1, "missing"),
    Accident("cap_emploi", "orientations", 1, "missing"),
    Accident("cap_emploi", "suivi", 2, "missing"),
    Accident("cap_emploi", "orientations", 2, "missing"),
    Accident("mission_locale", "orientations", 3, "late"),
    Accident("france_travail", "prescriptions", 2, "duplicate"),
    Accident("of_tremplin", "stagiaires", 4, "held"),
)


def accidents(noise: Noise, window: Window) -> dict[tuple[str, str, int], str]:
    """(partner, feed, position of the month) → what happens to that delivery. None of them falls on the first month."""
    wanted = {
        "missing": noise.missing_deliveries,
        "late": noise.late_deliveries,
        "duplicate": noise.duplicate_files,
        "held": float(noise.held_bad_line > 0),
    }
    placed = ((a, window.length - a.month) for a in ACCIDENTS)
    return {(a.partner, a.feed, at): a.kind for a, at in placed if at >= 1 and wanted[a.kind] >= 0.5}


def deliveries(feed: Feed, lines: pd.DataFrame, dossiers: Dossiers, window: Window) -> Iterator[tuple[int, pd.DataFrame]]:
    """For each month its position and the lines the delivery holds, as they are known at the end of the month.

    A snapshot holds all lines known so far; a delta those that began, changed or were corrected in the month (the first month:
    all that were known by then).
    """
    main = f"{feed.records[0].type}.{STATES[feed.records[0].type][0]}"
    named = any("family_name" in r.fields for r in feed.records)
    moments = [lines[c].to_numpy(np.int64) for c in _dated(feed, lines)]
    if named:
        moments.append(dossiers.corrected_on[dossiers.rows(lines["person"].to_numpy(np.int64))])
    months = np.stack([window.index(np.where(m == NEVER, 0, m)) for m in moments]) if len(lines) else np.empty((0, 0))
    known_in = np.maximum(window.index(lines[main].to_numpy(np.int64)), 0)
    for position in range(window.length):
        chosen = known_in <= position
        if feed.mode == "delta" and position:
            chosen = chosen & ((months == position).any(axis=0) if len(lines) else chosen)
        yield position, as_known(feed, lines[chosen].reset_index(drop=True), int(window.edges[position + 1]) - 1)


def _dated(feed: Feed, lines: pd.DataFrame) -> list[str]:
    """The columns of `lines` whose date makes a line be sent again."""
    names = [f"{r.type}.{d}" for r in feed.records for d in (STATES[r.type][0], *STATES[r.type][1])]
    return [n for n in names if n in lines.columns]


def as_known(feed: Feed, lines: pd.DataFrame, by: int) -> pd.DataFrame:
    """The lines with everything dated after `by` taken out."""
    out = lines.copy()
    for record in feed.records:
        main, later = STATES[record.type]
        mine = [c for c in out.columns if c.startswith(f"{record.type}.")]
        if record is not feed.records[0]:
            unborn = (out[f"{record.type}.{main}"] > by).to_numpy()
            for column in mine:
                _blank(out, column, unborn, 0 if column.endswith(("_on", "_end", "_start")) else None)
        for date, unknown in later.items():
            if f"{record.type}.{date}" in out.columns:
                unseen = (out[f"{record.type}.{date}"] > by).to_numpy()
                for field, meanwhile in unknown.items():
                    _blank(out, f"{record.type}.{field}", unseen, meanwhile)
    return out


def _blank(frame: pd.DataFrame, column: str, rows: NDArray[np.bool_], value: object) -> None:
    if rows.any() and column in frame.columns:
        values = frame[column].to_numpy(copy=True) if value == 0 else frame[column].to_numpy(dtype=object, copy=True)
        values[rows] = value
        frame[column] = values


def damage(
    contract: Contract, feed: Feed, columns: dict[str, NDArray[np.object_]], share: float, seed: int, name: str, over_limit: bool
) -> int:
    """Spoils some lines in place (a 31 February, an unknown code, a mandatory date left out) and returns how many.

    Unless `over_limit`, well under the contract's reject limit whatever the size of the file.
    """
    record = feed.records[0]
    count = len(next(iter(columns.values()))) if columns else 0
    rng = stream(seed, f"damage/{name}")
    wanted = int(rng.binomial(count, share)) if count else 0
    allowed = wanted if over_limit else min(wanted, int(count * contract.reject_limit * 0.5))
    rows = rng.permutation(count)[:allowed]
    dates = [v for f, v in record.fields.items() if f in ("opened_on", "sent_on", "started_on", "observed_on", "decided_on") and v.column]
    codes = [
        v for f, v in record.fields.items() if v.values is not None and v.column and f not in ("sex", "share_consent", "level_at_entry")
    ]
    for turn, row in enumerate(rows.tolist()):
        if turn % 3 == 0 and codes:
            columns[str(codes[0].column)][row] = "ZZ?"
        elif turn % 3 == 1 or record.type == "training" or not dates:
            date = dates[0]
            pattern = strptime_format((date.dates or feed.dates)[0])
            written = pattern
            for token, digits in {"%d": "31", "%m": "02", "%Y": "2026", "%y": "26", "%H": "00", "%M": "00", "%S": "00"}.items():
                written = written.replace(token, digits)
            columns[str(date.column)][row] = written
        else:
            columns[str(dates[0].column)][row] = None
    return allowed

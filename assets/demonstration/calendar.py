"""Days as integers since 1970-01-01 (0 = no date), months as positions in the demonstration's window.

Here: the window and date arithmetic on numpy arrays. Not here: what happens on those days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
EPOCH = date(1970, 1, 1)


def day(value: date) -> int:
    """Days since 1970-01-01."""
    return (value - EPOCH).days


def month_start(year: int, month: int) -> int:
    """First day of a month; `month` may run past 12 or under 1."""
    return day(date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1))


@dataclass(frozen=True)
class Window:
    """`length` months ending with `year`-`month`."""

    year: int
    month: int
    length: int

    @classmethod
    def of(cls, month: str, length: int) -> Window:
        """From `YYYY-MM`. Raises ValueError when the month is not one, or `length` is under 1."""
        first = date.fromisoformat(f"{month}-01")
        if length < 1:
            raise ValueError("months_under_one")
        return cls(first.year, first.month, length)

    @cached_property
    def edges(self) -> Days:
        """First day of each month, and of the month after the last."""
        return np.array([month_start(self.year, self.month - self.length + 1 + i) for i in range(self.length + 1)], dtype=np.int64)

    @property
    def start(self) -> int:
        """First day."""
        return int(self.edges[0])

    @property
    def horizon(self) -> int:
        """Last day."""
        return int(self.edges[-1]) - 1

    @cached_property
    def names(self) -> tuple[str, ...]:
        """`YYYY-MM` of each month."""
        return tuple((EPOCH + timedelta(days=int(d))).isoformat()[:7] for d in self.edges[:-1])

    def index(self, days: Days) -> Days:
        """Position of the month of each day; −1 before the window or when there is no date."""
        return np.searchsorted(self.edges, days, side="right").astype(np.int64) - 1


def parts(days: Days) -> tuple[Days, Days, Days]:
    """Year, month (1–12) and day of the month."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]").astype(np.int64)
    return 1970 + months // 12, months % 12 + 1, (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1


def from_parts(year: Days, month: Days, of_month: Days) -> Days:
    """Days since 1970 of a date; the day is cut to the length of the month."""
    start = ((year - 1970) * 12 + month - 1).astype("datetime64[M]")
    first = start.astype("datetime64[D]").astype(np.int64)
    length = (start + 1).astype("datetime64[D]").astype(np.int64) - first
    return np.asarray(first + np.minimum(of_month, length) - 1, dtype=np.int64)


def add_months(days: Days, months: int) -> Days:
    """The same day `months` later, cut to the length of the month (what `+ INTERVAL n MONTH` does in SQL)."""
    year, month, of_month = parts(days)
    return from_parts(year, month + months, of_month)


def text(days: Days, pattern: str) -> NDArray[np.object_]:
    """Each day written with a `strftime` pattern; no date gives None. Formats each distinct day once."""
    distinct, where = np.unique(days, return_inverse=True)
    written = [None if d == 0 else _written(int(d), pattern) for d in distinct]
    return np.array(written, dtype=object)[where]


def _written(value: int, pattern: str) -> str:
    moment = EPOCH + timedelta(days=value)
    return moment.strftime(pattern.replace("%Y", f"{moment.year:04d}"))

"""From a commune of residence to what analysts may see: EPCI above a population floor, employment zone, département.

Here: reading `reference/territory.csv`, the floor, the département of any INSEE code. Not here: which commune a person lives in.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

COLUMNS = ("commune", "residence_epci", "residence_zone", "residence_department")


def department(commune: str) -> str | None:
    """Département of an INSEE commune code: two characters, three overseas (971–978, 984–989), 2A and 2B in Corsica. None abroad."""
    if len(commune) != 5 or commune.startswith("99"):
        return None
    return commune[:3] if commune.startswith(("97", "98")) else commune[:2]


@dataclass(frozen=True)
class Communes:
    """What each known commune generalises to: commune → (EPCI or None, zone or None, département)."""

    areas: dict[str, tuple[str | None, str | None, str | None]]

    @classmethod
    def load(cls, path: Path, floor: int) -> Communes:
        """Reads the reference file; an absent file gives départements only, from the code.

        Columns used: commune, epci, zone, department, population, valid_from, valid_to (a code met several times: the row valid last
        wins, so that merged communes still resolve). The EPCI is withheld when its communes now in force count under `floor` people.
        """
        if not path.is_file():
            return cls({})
        with path.open(encoding="utf-8-sig", newline="") as source:
            rows = sorted(csv.DictReader(source), key=lambda r: r.get("valid_from") or "")
        people: dict[str, int] = {}
        for row in rows:
            if row.get("epci") and not row.get("valid_to"):
                people[row["epci"]] = people.get(row["epci"], 0) + int(row.get("population") or 0)
        return cls(
            {
                r["commune"]: (
                    r["epci"] if r.get("epci") and people.get(r["epci"], 0) >= floor else None,
                    r.get("zone") or None,
                    r.get("department") or department(r["commune"]),
                )
                for r in rows
            }
        )

    def generalise(self, communes: pd.Series[str]) -> pd.DataFrame:
        """One row per distinct commune of `communes`: columns `COLUMNS`."""
        found = sorted({str(c) for c in communes.dropna().unique()})
        rows = [(c, *self.areas.get(c, (None, None, department(c)))) for c in found]
        return pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)

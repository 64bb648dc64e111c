"""The invented département: its organisations, its communes, and the places people are born in.

Here: reading the two files that describe it (`territory.yaml` beside this module, the communes under `data/reference`).
Not here: who lives there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd
import yaml

from schemas.territory import Territory

HERE = Path(__file__).resolve().parent
TERRITORY_FILE = HERE / "territory.yaml"
COMMUNES_FILE = HERE.parent.parent / "data" / "reference" / "demonstration" / "territory.csv"

#: Organisations that deliver nothing (unless the world is perfect).
SILENT = ("PLIE01", "E2C01", "OF03", "MOB01")

#: Birth places, INSEE code → weight. None lies in the territory: the last maternity closed long ago, and code 20 would make
#: impossible NIRs (Corsica until 1976).
BIRTH_PLACES: dict[str, float] = {
    "18033": 22.0, "36044": 16.0, "58194": 11.0, "41018": 6.0, "45234": 5.0, "37261": 4.0, "03190": 3.0, "63113": 3.0,
    "75112": 4.0, "75114": 3.0, "93008": 2.0, "94028": 2.0, "69383": 2.0, "13205": 2.0, "31555": 1.0, "33063": 1.0,
    "44109": 1.0, "59350": 1.0, "67482": 1.0, "2A004": 0.2, "2B033": 0.2, "97105": 0.4, "97411": 0.6, "97608": 0.5,
    "99352": 2.5, "99350": 2.5, "99351": 1.5, "99139": 1.2, "99212": 0.9, "99331": 0.8, "99341": 0.6, "99322": 0.6,
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """An organisation as the demonstration uses it."""

    code: str
    name: str
    kind: str
    siret: str
    commune: str
    aliases: tuple[str, ...]


@cache
def organisations() -> dict[str, Place]:
    """Every organisation of the territory by code."""
    model = Territory.model_validate(yaml.safe_load(TERRITORY_FILE.read_text("utf-8")))
    return {o.code: Place(o.code, o.name, o.kind, o.siret or "", o.commune or "", o.aliases) for o in model.organisations}


def kinds() -> dict[str, str]:
    """Kind of each organisation."""
    return {code: place.kind for code, place in organisations().items()}


@cache
def communes() -> pd.DataFrame:
    """Columns `commune, name, population` (and the others of the reference file), one row per commune."""
    return pd.read_csv(COMMUNES_FILE, dtype={"commune": str, "epci": str, "zone": str, "department": str, "region": str})

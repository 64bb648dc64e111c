"""The territory's configuration, `territory.yaml`: name, time zone, thresholds, windows, languages, organisations.

Here: the pydantic model (strict: an unknown key is an error). Not here: where the file lies (`assets/workspace.py`).
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """Base of every configuration model: unknown keys refused, values frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)


class Organisation(Strict):
    """One organisation of the territory. `aliases` are the names and codes partners use for it in their exports."""

    code: str = Field(pattern=r"^[A-Z0-9_]{2,20}$")
    name: str
    kind: str
    siret: str | None = Field(default=None, pattern=r"^\d{14}$")
    commune: str | None = Field(default=None, pattern=r"^\d[0-9AB]\d{3}$")
    aliases: tuple[str, ...] = ()


class Windows(Strict):
    """Durations in days. `referral` is the default, `by_service` overrides it per service."""

    referral: int = Field(default=90, ge=1, le=730)
    early_arrival: int = Field(default=7, ge=0, le=60)
    gap: int = Field(default=90, ge=1, le=730)


class Thresholds(Strict):
    """`suppression`: smallest count that may be published. `k_anonymity`: people who share each combination of attributes in the
    analysts' file. `epci_population`: under it, the EPCI of residence is withheld."""

    suppression: int = Field(default=5, ge=3, le=100)
    k_anonymity: int = Field(default=5, ge=2, le=100)
    epci_population: int = Field(default=10_000, ge=0)


class Territory(Strict):
    """The whole of `territory.yaml`."""

    name: str
    time_zone: str = "Europe/Paris"
    language: Literal["fr", "en"] = "fr"
    thresholds: Thresholds = Thresholds()
    windows: Windows = Windows()
    organisations: tuple[Organisation, ...] = ()

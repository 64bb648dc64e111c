"""The territory's configuration, `territory.yaml`: name, time zone, thresholds, windows, languages, organisations.

Here: the pydantic model (strict: an unknown key is an error). Not here: where the file lies (`assets/workspace.py`).
"""

from __future__ import annotations

from typing import Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from schemas import codelists


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

    @field_validator("kind")
    @classmethod
    def _known_kind(cls, value: str) -> str:
        if value not in codelists.load("organisation_kind").values:
            raise ValueError(f"code_unknown:{value}:organisation_kind")
        return value


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

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"time_zone_unknown:{value}")
        return value

    @model_validator(mode="after")
    def _named_once(self) -> Territory:
        owner: dict[str, str] = {}
        for o in self.organisations:
            for name in (o.code, *([o.siret] if o.siret else []), *o.aliases):
                if owner.setdefault(name.casefold(), o.code) != o.code:
                    raise ValueError(f"organisation_twice:{name}")
        codes = [o.code for o in self.organisations]
        twice = next((c for c in codes if codes.count(c) > 1), None)
        if twice is not None:
            raise ValueError(f"organisation_twice:{twice}")
        return self

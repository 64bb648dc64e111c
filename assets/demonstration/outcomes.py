"""What becomes of a referral under the rules, computed on the whole real world with pandas.

Here: an implementation of the rules that shares nothing with `sql/`, so that one can check the other. Not here: indicators (`truth.py`).
Source of the rules: referral outcome, two-sided and one-to-one. In a world where everything is known, `not_verifiable` never occurs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.demonstration.places import kinds

ARRIVAL_COLUMNS = ("arrival", "person", "org", "kind", "service", "day")
_BY_PURPOSE = {
    "remise_a_niveau": "remise_a_niveau",
    "prequalifiant": "prequalification",
    "qualifiant": "formation_qualifiante",
    "certifiant": "formation_qualifiante",
    "insertion": "insertion",
}


@dataclass(frozen=True)
class Rules:
    """Windows in days, and the two points where the words could be read otherwise (used to find ambiguous referrals)."""

    horizon: int
    window: int = 90
    early: int = 7
    same_service: bool = False  # True: an arrival at the receiver counts only for the service aimed at
    not_sender: bool = False  # True: an arrival at the sender is not "elsewhere"


def arrivals_of(registration: pd.DataFrame, training: pd.DataFrame, contract: pd.DataFrame, receipt: pd.DataFrame) -> pd.DataFrame:
    """Every arrival: `arrival` (position), `person, org, kind` (of the organisation), `service, day`."""
    begun = training[training["started"] > 0]
    by_training = np.where(begun["modality"] == "alternance", "alternance", begun["purpose"].map(_BY_PURPOSE))
    by_contract = np.where(contract["kind"].isin(["apprenticeship", "professionalisation"]), "alternance", "emploi")
    frames = [
        _arrivals(registration, registration["service"].to_numpy(), "opened"),
        _arrivals(begun, by_training, "started"),
        _arrivals(contract, by_contract, "started"),
        _arrivals(receipt, receipt["service"].to_numpy(), "received"),
    ]
    out = pd.concat(frames, ignore_index=True)
    out["kind"] = out["org"].map(kinds())
    return out.assign(arrival=np.arange(len(out)))[list(ARRIVAL_COLUMNS)]


def _arrivals(frame: pd.DataFrame, service: NDArray[np.object_], date: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": frame["person"].to_numpy(int),
            "org": frame["org"].to_numpy(object),
            "service": service,
            "day": frame[date].to_numpy(int),
        }
    )


def outcomes(referral: pd.DataFrame, arrivals: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """For each `id` of `referral`: `outcome`, `arrived` (day or 0), `arrived_org`, `delay` (days, may be negative; NaN if not arrived)."""
    pairs = _pairs(referral, arrivals, rules)
    there = _one_to_one(pairs[pairs["there"]])
    elsewhere = pairs[pairs["elsewhere"] & ~pairs["id"].isin(there["id"])].sort_values(["id", "day", "arrival"]).drop_duplicates("id")
    out = referral[["id", "sent", "status"]].copy()
    out["outcome"] = _declared(out, rules)
    for name, found in (("arrived_elsewhere", elsewhere), ("arrived", there)):
        out.loc[out["id"].isin(found["id"]), "outcome"] = name
    found = pd.concat([there, elsewhere]).set_index("id")
    out["arrived"] = out["id"].map(found["day"]).fillna(0).astype(int)
    out["arrived_org"] = out["id"].map(found["org"])
    out["delay"] = out["id"].map(found["day"] - found["sent"])
    return out[["id", "outcome", "arrived", "arrived_org", "delay"]]


def _pairs(referral: pd.DataFrame, arrivals: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Every referral with every arrival of the same person in its window; `there`, `elsewhere` say what the arrival is to it."""
    left = referral[["id", "person", "sender", "receiver", "receiver_kind", "service", "sent"]]
    pairs = left.merge(arrivals.rename(columns={"service": "seen"}), on="person")
    pairs = pairs[(pairs["day"] >= pairs["sent"] - rules.early) & (pairs["day"] <= pairs["sent"] + rules.window)].copy()
    named = pairs["receiver"].notna()
    at_receiver = np.where(named, pairs["org"] == pairs["receiver"], pairs["kind"] == pairs["receiver_kind"]).astype(bool)
    same = (pairs["seen"] == pairs["service"]).to_numpy()
    pairs["named"] = named
    pairs["there"] = at_receiver & (same | (not rules.same_service))
    pairs["elsewhere"] = ~at_receiver & same & ~((pairs["org"] == pairs["sender"]).to_numpy() & rules.not_sender)
    return pairs


def _one_to_one(pairs: pd.DataFrame) -> pd.DataFrame:
    """An arrival answers one referral per service: the nearest earlier one, else the nearest later; then named over kind, latest
    sent. A referral answered several times keeps its first arrival."""
    ranked = pairs.assign(after=pairs["day"] < pairs["sent"], gap=(pairs["day"] - pairs["sent"]).abs(), by_kind=~pairs["named"])
    ranked = ranked.sort_values(["arrival", "service", "after", "gap", "by_kind", "id"], ascending=[True, True, True, True, True, False])
    ranked = ranked.drop_duplicates(["arrival", "service"])
    return ranked.sort_values(["id", "day", "arrival"]).drop_duplicates("id")


def _declared(referral: pd.DataFrame, rules: Rules) -> NDArray[np.object_]:
    """The outcome of a referral without any arrival."""
    status = referral["status"]
    return np.select(
        [
            status.isin(["refused_by_receiver", "refused_by_person"]),
            status == "cancelled",
            status == "arrived",
            referral["sent"] + rules.window > rules.horizon,
        ],
        ["refused", "cancelled", "declared_arrived_unseen", "pending"],
        "not_arrived",
    ).astype(object)


def ambiguous(referral: pd.DataFrame, arrivals: pd.DataFrame, rules: Rules) -> NDArray[np.bool_]:
    """True where another reading of the words would give another outcome or delay."""
    base = outcomes(referral, arrivals, rules)
    out = np.zeros(len(referral), dtype=bool)
    for other in (replace(rules, same_service=True), replace(rules, not_sender=True), replace(rules, early=0)):
        read = outcomes(referral, arrivals, other)
        # Without the early window only the early arrivals themselves may change, and they are meant to.
        meant = base["delay"].to_numpy() < 0 if other.early == 0 else np.zeros(len(referral), dtype=bool)
        differs = (read["outcome"].to_numpy() != base["outcome"].to_numpy()) | (
            read["delay"].fillna(-99).to_numpy() != base["delay"].fillna(-99).to_numpy()
        )
        out |= differs & ~meant
    return out

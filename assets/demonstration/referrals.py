"""Referrals as they are made: to whom, for what, what their fate is and what the sender writes about it.

Here: drawing them. Not here: when and by whom (`pathways.py`), the outcome under the rules (`outcomes.py`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from assets.demonstration import rates
from assets.demonstration.calendar import Window
from assets.demonstration.draw import by_group, chance, either, pick
from assets.demonstration.places import kinds


def refer(rng: np.random.Generator, plan: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Completes `plan` (`person, sender, sent, service, origin`) with `intended` (organisation really meant), `receiver` (None when
    only `receiver_kind` is named), `goes_to, goes_on` (where the person really goes, 0 = nowhere), `status, status_on, refusal`."""
    out = plan.reset_index(drop=True)
    count = len(out)
    out["intended"] = _other_than_sender(by_group(rng, out["service"].to_numpy(dtype=object), rates.OFFERS), out)
    named = ~chance(rng, count, rates.KIND_ONLY)
    out["receiver"] = either(named, out["intended"], None)
    out["receiver_kind"] = either(named, None, out["intended"].map(kinds()))
    fate = pick(rng, list(rates.FATES), list(rates.FATES.values()), count)
    elsewhere = _other_than_sender(by_group(rng, out["service"].to_numpy(dtype=object), rates.OFFERS), out)
    same = (elsewhere == out["intended"].to_numpy()) & (fate == "elsewhere")
    fate = np.where(same, "nothing", fate)
    delay = np.minimum(rng.gamma(2.0, 13.0, count).astype(int), 89)
    delay = np.select([fate == "early", fate == "late"], [-rng.integers(1, 7, count), rng.integers(92, 170, count)], delay)
    goes = np.isin(fate, ["arrive", "early", "late", "elsewhere"])
    out["goes_to"] = np.where(fate == "elsewhere", elsewhere, out["intended"])
    out["goes_on"] = np.where(goes, out["sent"].to_numpy() + delay, 0)
    out["status"] = by_group(rng, fate.astype(object), rates.STATUSES)
    out["status"] = np.where(out["sender"] == "OF01", "sent", out["status"])  # its software keeps no status
    told = np.where(goes & (out["status"] == "arrived").to_numpy(), out["goes_on"], out["sent"]) + rng.integers(1, 30, count)
    told = np.maximum(told, out["sent"])
    known = (out["status"] != "sent").to_numpy() & (told <= window.horizon)
    out["status"] = np.where(known, out["status"], "sent")
    out["status_on"] = np.where(known, told, 0)
    refused = out["status"].isin(["refused_by_receiver", "refused_by_person"]).to_numpy()
    out["refusal"] = either(refused, pick(rng, list(rates.REFUSALS), list(rates.REFUSALS.values()), count), None)
    return out


def _other_than_sender(chosen: np.ndarray, plan: pd.DataFrame) -> np.ndarray:
    """Nobody refers to themselves: the Mission locale and the others turn to France Travail, which turns to the Mission locale's
    adult counterpart; a training organisation turns to the GRETA."""
    sender = plan["sender"].to_numpy(dtype=object)
    other = np.select([sender == "FT01", sender == "OF01"], ["CEP01", "GRETA01"], "FT01").astype(object)
    return np.where(chosen == sender, other, chosen)

"""The true figures of the eight indicators, computed from the world with pandas, and nothing else.

Here: one function per indicator, after its definition in words. Not here: the SQL of the product, which these figures check; a
referral's true outcome (`outcomes.py`). Every figure is about the months of the window only.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from assets.demonstration.calendar import Window, add_months
from assets.demonstration.pathways import World

COLUMNS = ("month", "indicator", "population", "breakdown", "category", "numerator", "denominator", "value")


def indicators(world: World, coverage: pd.DataFrame) -> pd.DataFrame:
    """All figures, columns `COLUMNS`. `coverage`: `organisation, record_type, month, covered` for each pair expected that month.

    `numerator` and `denominator` are counts; a cell without denominator is left out. Population `territoire` or an organisation;
    breakdown `ensemble` (category empty) and, persons' true sex, `sex`.
    """
    parts = [*_people_followed(world), *_referrals(world), *_trainings(world)]
    figures = pd.concat(parts, ignore_index=True)
    figures = pd.concat([figures, _coverage(coverage)], ignore_index=True)
    return figures.sort_values(list(COLUMNS[:5])).reset_index(drop=True)[list(COLUMNS)]


def _cells(units: pd.DataFrame, org: str, window: Window) -> Iterator[tuple[str, pd.DataFrame]]:
    """The same units once per population and breakdown: adds `population, breakdown, category`."""
    named = units.assign(month=np.array(window.names, dtype=object)[units["position"].to_numpy(int)])
    for population in (named.assign(population="territoire"), named.assign(population=named[org])):
        yield "ensemble", population.assign(breakdown="ensemble", category="")
        yield "sex", population.assign(breakdown="sex", category=population["sex"])


_BY = ["month", "population", "breakdown", "category"]


def _counts(units: pd.DataFrame, org: str, window: Window, indicator: str, distinct: bool = False) -> Iterator[pd.DataFrame]:
    """Number of units (or of distinct persons) per cell."""
    for _, cells in _cells(units, org, window):
        groups = cells.groupby(_BY)["person"]
        number = (groups.nunique() if distinct else groups.size()).rename("numerator").reset_index()
        yield number.assign(indicator=indicator, denominator=np.nan, value=number["numerator"].astype(float))


def _shares(units: pd.DataFrame, hit: str, org: str, window: Window, indicator: str) -> Iterator[pd.DataFrame]:
    """Share of units whose column `hit` is true, per cell."""
    for _, cells in _cells(units, org, window):
        out = cells.groupby(_BY)[hit].agg(numerator="sum", denominator="size").reset_index()
        yield out.assign(indicator=indicator, value=out["numerator"] / out["denominator"])


def _with_sex(frame: pd.DataFrame, world: World) -> pd.DataFrame:
    return frame.assign(sex=world.people["sex"].to_numpy()[frame["person"].to_numpy(int)])


def _people_followed(world: World) -> Iterator[pd.DataFrame]:
    """Distinct persons with a registration open on at least one day of the month."""
    window = world.window
    rows = _with_sex(world.registration, world)
    batches = []
    for position, (first, after) in enumerate(zip(window.edges[:-1], window.edges[1:], strict=True)):
        open_ = rows[(rows["opened"] < after) & ((rows["closed"] == 0) | (rows["closed"] >= first))]
        batches.append(open_.assign(position=position))
    yield from _counts(pd.concat(batches, ignore_index=True), "org", window, "people_followed", distinct=True)


def _referrals(world: World) -> Iterator[pd.DataFrame]:
    """Referrals sent, share arrived within 90 days, median delay."""
    window = world.window
    sent = _with_sex(world.referral, world)
    sent = sent.assign(position=window.index(sent["sent"].to_numpy(np.int64)))
    yield from _counts(sent, "sender", window, "referrals_sent")
    known = sent[~sent["outcome"].isin(["pending", "not_verifiable", "cancelled"])]
    known = known.assign(hit=(known["outcome"] == "arrived") & (known["delay"] <= 90))
    yield from _shares(known, "hit", "sender", window, "arrived_share_90d")
    arrived = sent[sent["outcome"] == "arrived"].assign(delay=lambda f: f["delay"].clip(lower=0))
    for _, cells in _cells(arrived, "sender", window):
        out = cells.groupby(_BY)["delay"].agg(value="median", numerator="size").reset_index()
        yield out.assign(indicator="arrival_delay_median", denominator=out["numerator"])


def _trainings(world: World) -> Iterator[pd.DataFrame]:
    """Completion and drop-out of trainings ended in the month; onward step after a remise à niveau."""
    window = world.window
    ended = world.training[(world.training["ended"] > 0) & world.training["ending"].notna() & (world.training["ending"] != "not_started")]
    ended = _with_sex(ended, world).assign(position=window.index(ended["ended"].to_numpy(np.int64)))
    for indicator, ending in (("completion_share", "completed"), ("dropout_share", "dropped_out")):
        yield from _shares(ended.assign(hit=ended["ending"] == ending), "hit", "org", window, indicator)
    refresher = ended[ended["purpose"] == "remise_a_niveau"]
    refresher = refresher.assign(until=add_months(refresher["ended"].to_numpy(np.int64), 6))
    refresher = refresher.assign(hit=refresher["id"].isin(_followed_up(refresher, world)))
    known = refresher[refresher["hit"] | (refresher["until"] <= window.horizon)]
    yield from _shares(known, "hit", "org", window, "onward_after_refresher_6m")


def _followed_up(refresher: pd.DataFrame, world: World) -> pd.Series:
    """Ids of the trainings followed, after their end and within `until`, by a training or a contract, or a registration elsewhere."""
    training, contract, registration = world.training, world.contract, world.registration
    started = training["started"] > 0
    steps = pd.concat(
        [
            pd.DataFrame({"person": training["person"][started], "day": training["started"][started], "at": ""}),
            pd.DataFrame({"person": contract["person"], "day": contract["started"], "at": ""}),
            pd.DataFrame({"person": registration["person"], "day": registration["opened"], "at": registration["org"]}),
        ]
    )
    pairs = refresher[["id", "person", "org", "ended", "until"]].merge(steps, on="person")
    seen = (pairs["day"] > pairs["ended"]) & (pairs["day"] <= pairs["until"]) & (pairs["at"] != pairs["org"])
    return pd.Series(pairs.loc[seen, "id"].unique())


def _coverage(coverage: pd.DataFrame) -> pd.DataFrame:
    """Share of expected (organisation, record type) pairs that are covered."""
    frames = []
    for population in (coverage.assign(population="territoire"), coverage.assign(population=coverage["organisation"])):
        out = population.groupby(["month", "population"])["covered"].agg(numerator="sum", denominator="size").reset_index()
        frames.append(
            out.assign(indicator="partner_coverage", breakdown="ensemble", category="", value=out["numerator"] / out["denominator"])
        )
    return pd.concat(frames, ignore_index=True)

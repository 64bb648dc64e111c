"""Drawing many values at once from a seeded generator.

Here: weighted choices and shares as numpy arrays. Not here: what is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent generator per purpose: a change in one part of the world leaves the others as they were."""
    return np.random.default_rng([seed, *name.encode()])


def chance(rng: np.random.Generator, count: int, share: float) -> NDArray[np.bool_]:
    """True for about `share` of `count` draws."""
    return rng.random(count) < share


def pick(
    rng: np.random.Generator, values: Sequence[str], weights: Sequence[float] | NDArray[np.float64] | None, count: int
) -> NDArray[np.object_]:
    """`count` values drawn with `weights` (any positive numbers)."""
    if weights is None:
        return np.array(values, dtype=object)[rng.integers(0, len(values), count)]
    shares = np.asarray(weights, dtype=float)
    return np.array(values, dtype=object)[np.searchsorted(np.cumsum(shares / shares.sum())[:-1], rng.random(count), side="right")]


def zipf(count: int, exponent: float) -> NDArray[np.float64]:
    """Weights 1/rank^exponent: a few very common values, a long tail."""
    return np.asarray(1.0 / np.arange(1, count + 1) ** exponent, dtype=float)


def by_group(rng: np.random.Generator, groups: NDArray[np.object_], table: dict[str, dict[str, float]]) -> NDArray[np.object_]:
    """For each group a value drawn from that group's weights. A group the table lacks raises KeyError."""
    out: NDArray[Any] = np.empty(len(groups), dtype=object)
    for group in sorted(set(groups.tolist())):
        mask = groups == group
        out[mask] = pick(rng, list(table[group]), list(table[group].values()), int(mask.sum()))
    return out


def either(mask: Any, yes: Any, no: Any) -> NDArray[Any]:
    """`np.where`, None allowed on either side."""
    return np.asarray(np.where(mask, yes, no))

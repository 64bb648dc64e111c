"""Clusters of profiles under constraints: strongest evidence first, and no merge that would put a known contradiction together.

Here: union-find over arrays. Constraints hold for whole clusters, not only for pairs: two different NIR never meet, nor two profiles
found contradictory (twins, conflicting dossiers), whatever chain of pairs would join them. Not here: SQL, ids of persons.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass
class Clusters:
    """`parent[p]` is the union-find forest; `apart[root]` the roots a cluster may not join; `nir[root]` its NIR group or −1."""

    parent: list[int]
    nir: list[int]
    size: list[int]
    apart: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, count: int, nir: Ints) -> Clusters:
        """`count` profiles, each alone; `nir[p]` is a group number, −1 without NIR."""
        return cls(list(range(count)), nir.tolist(), [1] * count)

    def root(self, p: int) -> int:
        """The cluster of a profile (path halving)."""
        parent = self.parent
        while parent[p] != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    def keep_apart(self, left: int, right: int) -> None:
        """Forbids a merge, both ways. Two profiles already together stay so."""
        a, b = self.root(left), self.root(right)
        if a != b:
            self.apart.setdefault(a, set()).add(b)
            self.apart.setdefault(b, set()).add(a)

    def join(self, left: int, right: int) -> bool:
        """Merges two clusters; False when a constraint forbids it."""
        a, b = self.root(left), self.root(right)
        if a == b:
            return True
        if b in self.apart.get(a, ()) or (self.nir[a] >= 0 and self.nir[b] >= 0 and self.nir[a] != self.nir[b]):
            return False
        if self.size[a] < self.size[b]:
            a, b = b, a
        self.parent[b] = a
        self.size[a] += self.size[b]
        self.nir[a] = max(self.nir[a], self.nir[b])
        for other in self.apart.pop(b, ()):
            self.apart[other].discard(b)
            self.apart[other].add(a)
            self.apart.setdefault(a, set()).add(other)
        return True

    def labels(self) -> Ints:
        """The root of every profile."""
        return np.fromiter((self.root(p) for p in range(len(self.parent))), dtype=np.int64, count=len(self.parent))


def groups(count: int, left: Ints, right: Ints) -> Ints:
    """Connected components: a label per node."""
    found = Clusters.of(count, np.full(count, -1, dtype=np.int64))
    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        found.join(a, b)
    return found.labels()

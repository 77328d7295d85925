"""Which of very many different things are frequent: counts in bounded memory, with their error.

Exact as long as there are no more different things than fit; beyond that the smallest are dropped
after Misra and Gries (1982), whose summaries can be merged (Agarwal et al. 2012): every count is
then too small by at most `missed`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

MOST_KEPT = 2_000_000
_SPREAD = 0x9E3779B97F4A7C15
"""An odd number: adding a group's multiple of it to a hash can be undone."""

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Run:
    """Counts by key, ascending and unique; a key is a hash moved by its group."""

    keys: Hashes
    groups: npt.NDArray[np.int32]
    counts: Counts


@dataclass(frozen=True, slots=True)
class Heavy:
    """Counts of (group, hash), in runs.

    Runs are merged when they are alike in size, so that adding many small ones stays cheap.

    Attributes:
        most: how many are kept before the smallest are dropped.
        missed: by how much any group's count may be too small; 0 is exact.
        seen: the groups that anything was counted in, ascending.
    """

    runs: tuple[Run, ...]
    most: int = MOST_KEPT
    missed: int = 0
    seen: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))

    @classmethod
    def counted(cls, hashes: Hashes, groups: npt.NDArray[np.int32], most: int = MOST_KEPT) -> Heavy:
        """The counts of a list of hashes."""
        keys = hashes + groups.astype(np.uint64) * np.uint64(_SPREAD)
        keys, first, counts = np.unique(keys, return_index=True, return_counts=True)
        run = Run(keys, groups[first], counts.astype(np.int64))
        return cls((run,), most, seen=np.unique(run.groups))

    def __add__(self, other: Heavy) -> Heavy:
        runs = [*self.runs, *other.runs]
        while len(runs) > 1 and runs[-2].keys.size < 2 * runs[-1].keys.size:
            runs[-2:] = [merged(runs[-2:])]
        missed = self.missed + other.missed
        if sum(run.keys.size for run in runs) > self.most:
            whole, dropped = _trimmed(merged(runs), self.most)
            runs, missed = [whole], missed + dropped
        return Heavy(tuple(runs), self.most, missed, np.union1d(self.seen, other.seen))

    def of(self, groups: npt.NDArray[np.intp]) -> Found:
        """The counts of these groups together.

        What is missed is missed in each: a thing may have been let go in all of them.
        """
        whole = merged(self.runs)
        chosen = np.isin(whole.groups, groups)
        moved = whole.groups[chosen].astype(np.uint64) * np.uint64(_SPREAD)
        hashes, place = np.unique(whole.keys[chosen] - moved, return_inverse=True)
        counts = np.bincount(place, whole.counts[chosen], hashes.size).astype(np.int64)
        return Found(hashes, counts, self.missed * int(np.isin(self.seen, groups).sum()))

    def leading(self, top: int, most: int) -> Hashes:
        """The hashes that may be among the `top` of any group or of all, ascending.

        Ties at the end are all taken, up to about `most` hashes in all; beyond that the lowest
        hashes are.
        """
        seen = self.seen.astype(np.intp)
        sets = [seen]
        if seen.size > 1:
            sets += [seen[[place]] for place in range(seen.size)]
        each = max(2 * top, most // len(sets))
        chosen = [self.of(groups).leading(top, each) for groups in sets]
        found: Hashes = np.unique(np.concatenate(chosen))
        return found


@dataclass(frozen=True, slots=True)
class Found:
    """Hashes, ascending, and their counts, each too small by at most `missed`."""

    hashes: Hashes
    counts: Counts
    missed: int

    def leading(self, top: int, most: int) -> Hashes:
        """Those that may be among the top; at most `most`, by count, then hash."""
        if self.counts.size <= top:
            return self.hashes
        least = np.partition(self.counts, -top)[-top] - self.missed
        kept = np.flatnonzero(self.counts >= least)
        order = np.argsort(-self.counts[kept], kind="stable")
        return self.hashes[kept[order[:most]]]


def merged(runs: tuple[Run, ...] | list[Run]) -> Run:
    """One run of all."""
    if len(runs) == 1:
        return runs[0]
    keys = np.concatenate([run.keys for run in runs])
    order = np.argsort(keys, kind="stable")  # merges sorted runs in one go
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    if not keys.size:
        return runs[0]
    groups = np.concatenate([run.groups for run in runs])[order]
    counts = np.concatenate([run.counts for run in runs])[order]
    return Run(keys[first], groups[first], np.add.reduceat(counts, first))


def _trimmed(run: Run, most: int) -> tuple[Run, int]:
    """At most half as many as are allowed, and what was taken off every count."""
    if run.keys.size <= most:
        return run, 0
    half = max(most // 2, 1)
    dropped = int(np.partition(run.counts, -half - 1)[-half - 1])
    kept = run.counts > dropped
    return Run(run.keys[kept], run.groups[kept], run.counts[kept] - dropped), dropped

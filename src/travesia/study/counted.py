"""Sorted numbers kept as how often each occurs, so that quantiles of millions stay exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from travesia.engines.partials import Sparse

Keys = npt.NDArray[np.int64]


class Counted:
    """A sorted list of numbers: its length and its items, as `intervals.quantile` asks for them."""

    def __init__(self, values: Keys, times: Keys) -> None:
        self._values = values
        self._ends = np.cumsum(times)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self._ends.size else 0

    def __getitem__(self, place: int) -> int:
        return int(self._values[np.searchsorted(self._ends, place, side="right")])


def tallied(span: int, keys: Keys, *measures: Any) -> Sparse:
    """How often each key occurs, and the sums of further measures over it.

    Keys are small numbers (`group * span + cell`) or few in proportion to their range: both are
    counted without sorting where that is cheaper.
    """
    if not keys.size:
        return Sparse(span, keys.astype(np.int64), np.zeros((0, 1 + len(measures)), np.int64))
    top = int(keys.max()) + 1
    if top <= 4 * keys.size + 1024:
        found, place = np.arange(top), keys
    else:
        found, place = np.unique(keys, return_inverse=True)
    counts = np.bincount(place, minlength=found.size)
    sums = [np.bincount(place, one, found.size) for one in measures]
    values = np.stack([counts, *sums], axis=1).astype(np.int64)
    kept = counts > 0
    return Sparse(span, found[kept].astype(np.int64), values[kept])

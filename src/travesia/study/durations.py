"""Quantiles of the durations that a pass gathered, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.study.intervals import quantile

Durations = npt.NDArray[np.int64]
Gathered = tuple[npt.NDArray[np.int64], Durations]
"""Cells, and microseconds: sorted by cell, then duration."""

NOTHING: Gathered = (np.empty(0, np.int64), np.empty(0, np.int64))


def by_cell(gathered: Gathered, cells: npt.NDArray[np.int64]) -> Iterator[Durations]:
    """The sorted durations of each of these cells; empty where none was taken."""
    known, values = gathered
    first = np.searchsorted(known, cells, side="left")
    last = np.searchsorted(known, cells, side="right")
    for low, high in zip(first, last, strict=True):
        yield values[low:high]


def quantiles(gathered: Gathered, cells: npt.NDArray[np.int64], share: float = 0.5) -> pa.Array:
    """A quantile (the median) of each of these cells; null where no duration was taken."""
    found = [int(quantile(own, share)) if own.size else None for own in by_cell(gathered, cells)]
    return pa.array(found, pa.duration("us"))


def median(ordered: Durations) -> timedelta | None:
    """The median of sorted durations; None of none."""
    return timedelta(microseconds=int(quantile(ordered, 0.5))) if ordered.size else None

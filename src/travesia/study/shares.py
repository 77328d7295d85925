"""Shares for answers: with intervals that count customers, and null where they are too thin."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.study import intervals

Numbers = Any  # int, float or an array of them


def wilson_by_customers(
    part: Numbers, whole: Numbers, customers: Numbers
) -> tuple[intervals.Floats, intervals.Floats]:
    """The score interval of part / whole journeys, as if it were of this many customers.

    After a split a customer has several journeys that resemble each other. With customers as
    `counting.independent` counts them this assumes that they are all alike, the largest design
    effect there is; with the plain number of customers also that each has about as many. Where a
    customer has one journey this is the plain interval.
    """
    effect = intervals.ratio(whole, customers)
    return intervals.wilson(
        np.where(effect == 1, part, intervals.ratio(part, effect)),
        np.where(effect == 1, whole, np.asarray(customers, np.float64)),
    )


def column(values: Numbers, thin: Numbers = False) -> pa.Array:
    """Shares as a column, null where thin or undefined."""
    numbers = np.atleast_1d(np.asarray(values, np.float64))
    return pa.array(numbers, pa.float64(), mask=np.isnan(numbers) | thin)


def sum_of_owner(block: Block, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Each row's sum over the rows of its owner that are in the same group."""
    place = block.owner.astype(np.int64) * block.groups + block.group
    _, owner = np.unique(place, return_inverse=True)
    return np.bincount(owner, values, minlength=1).astype(np.int64)[owner]


def of_owner(block: Block, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The rows whose owner has any chosen row in the same group."""
    return sum_of_owner(block, chosen) > 0


def squares(cell: npt.NDArray[np.int64], owner: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """At each entry how many share its (cell, owner): sums are of the squares of those numbers."""
    if (owner[1:] > owner[:-1]).all():
        return np.ones(cell.size, np.int64)
    _, owner = np.unique(owner, return_inverse=True)
    place = cell.astype(np.int64) * (int(owner.max(initial=0)) + 1) + owner
    _, place, times = np.unique(place, return_inverse=True, return_counts=True)
    found: npt.NDArray[np.int64] = times[place].astype(np.int64)
    return found


def distinct(cell: npt.NDArray[np.int64], owner: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """1 at one entry of each different (cell, owner), 0 at the others: sums count owners."""
    fresh = np.zeros(cell.size, np.int64)
    order = np.lexsort((owner, cell))
    cell, owner = cell[order], owner[order]
    new = np.ones(cell.size, bool)
    new[1:] = (cell[1:] != cell[:-1]) | (owner[1:] != owner[:-1])
    fresh[order[new]] = 1
    return fresh

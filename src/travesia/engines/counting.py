"""Denominators: every pass counts whom it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block
from travesia.engines.groups import Grouping
from travesia.engines.partials import Partial, Tally

CUSTOMERS, JOURNEYS, INTERACTIONS = "_keys", "_rows", "_events"
EVERYBODY, SQUARES = "_owners", "_squares"


def counts(block: Block) -> dict[str, Tally]:
    """Customers, journeys and interactions of a block by group.

    A customer whose journeys (after a split) fall into several groups counts in each; of
    `EVERYBODY` in the group of the first alone, so that its sum over all groups is of different
    customers. `SQUARES` sums the squares of customers' numbers of journeys.
    """
    from travesia.engines.kernels import count_rows

    found = count_rows(block.start, block.stop, block.owner, block.group, block.groups)
    names = (CUSTOMERS, JOURNEYS, INTERACTIONS)
    return {
        **{name: Tally(found[:, place]) for place, name in enumerate(names)},
        **_by_owner(block),
    }


def independent(partial: Mapping[str, Any]) -> float:
    """As how many independent journeys those of some groups count at the least.

    Journeys of one customer may be all alike: the share of all journeys then varies as that of
    this many (Kish 1965, section 8.2). It is never above the number of customers, far below it
    where a few have most journeys, and the number of journeys where everybody has one.
    """
    journeys, squares = int(partial[JOURNEYS]), int(partial[SQUARES])
    return journeys**2 / squares if squares else 0.0


def _by_owner(block: Block) -> dict[str, Tally]:
    """What needs the journeys of each customer together; an owner's rows stand together."""
    first = np.ones(block.rows, bool)
    first[1:] = block.owner[1:] != block.owner[:-1]
    everybody = np.bincount(block.group[first], minlength=block.groups)
    if first.all():
        return {EVERYBODY: Tally(everybody), SQUARES: Tally(everybody)}
    cells = block.group.astype(np.int64) * (int(block.owner.max()) + 1) + block.owner
    cells, times = np.unique(cells, return_counts=True)
    groups = cells // (int(block.owner.max()) + 1)
    squares = np.zeros(block.groups, np.int64)
    np.add.at(squares, groups, times.astype(np.int64) ** 2)
    return {EVERYBODY: Tally(everybody), SQUARES: Tally(squares)}


@dataclass(frozen=True, slots=True)
class Totals:
    """What an answer was counted over. After a split there are more journeys than customers.

    Customers are different ones, whatever number of groups their journeys fall into.
    """

    customers: int
    journeys: int
    interactions: int
    by_group: npt.NDArray[np.int64]

    @classmethod
    def of(cls, partial: Partial, grouping: Grouping) -> Totals:
        """The totals of all groups."""
        every = np.arange(grouping.groups)
        journeys: Any = partial[JOURNEYS]
        return cls(
            customers=int(partial[EVERYBODY].of(every)),
            journeys=int(journeys.of(every)),
            interactions=int(partial[INTERACTIONS].of(every)),
            by_group=journeys.values,
        )

    def journeys_of(self, groups: npt.NDArray[np.intp]) -> int:
        """Journeys of some groups."""
        return int(self.by_group[groups].sum())

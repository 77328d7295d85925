"""Denominators: every pass counts whom it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block
from travesia.engines.groups import Grouping
from travesia.engines.partials import Partial, Tally

CUSTOMERS, JOURNEYS, INTERACTIONS = "_keys", "_rows", "_events"


def counts(block: Block) -> dict[str, Tally]:
    """Customers, journeys and interactions of a block by group.

    A customer whose journeys (after a split) fall into several groups counts in each.
    """
    group = block.group.astype(np.int64)
    keys = group
    if not (block.owner[1:] > block.owner[:-1]).all():
        keys = np.unique(block.owner.astype(np.int64) * block.groups + group) % block.groups
    sizes = (block.stop - block.start).astype(np.int64)
    interactions = np.bincount(group, weights=sizes, minlength=block.groups)
    return {
        CUSTOMERS: Tally(np.bincount(keys, minlength=block.groups).astype(np.int64)),
        JOURNEYS: Tally(np.bincount(group, minlength=block.groups).astype(np.int64)),
        INTERACTIONS: Tally(interactions.astype(np.int64)),
    }


@dataclass(frozen=True, slots=True)
class Totals:
    """What an answer was counted over. After a split there are more journeys than customers."""

    customers: int
    journeys: int
    interactions: int
    by_group: npt.NDArray[np.int64]

    @classmethod
    def of(cls, partial: Partial, grouping: Grouping) -> Totals:
        """The totals of all groups."""
        every = np.arange(grouping.groups)
        found: list[Any] = [
            int(partial[name].of(every)) for name in (CUSTOMERS, JOURNEYS, INTERACTIONS)
        ]
        journeys: Any = partial[JOURNEYS]
        return cls(*found, by_group=journeys.values)

    def journeys_of(self, groups: npt.NDArray[np.intp]) -> int:
        """Journeys of some groups."""
        return int(self.by_group[groups].sum())

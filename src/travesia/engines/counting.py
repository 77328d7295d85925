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
    from travesia.engines.kernels import count_rows

    found = count_rows(block.start, block.stop, block.owner, block.group, block.groups)
    names = (CUSTOMERS, JOURNEYS, INTERACTIONS)
    return {name: Tally(found[:, place]) for place, name in enumerate(names)}


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
        journeys: Any = partial[JOURNEYS]
        return cls(
            customers=int(partial[CUSTOMERS].of(every)),
            journeys=int(journeys.of(every)),
            interactions=int(partial[INTERACTIONS].of(every)),
            by_group=journeys.values,
        )

    def journeys_of(self, groups: npt.NDArray[np.intp]) -> int:
        """Journeys of some groups."""
        return int(self.by_group[groups].sum())

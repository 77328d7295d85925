"""What was bought: the orders that shopping gives and that everything afterwards starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from travesia.demo.clock import Times
from travesia.demo.ledger import CHANNELS, Codes, Numbers

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Orders:
    """One entry a purchase; `number` is 0 until all purchases are known."""

    customer: Codes
    time: Times
    product: Codes
    value: Numbers
    tried_on: Flags
    channel: Codes
    device: Codes
    number: Codes

    @property
    def delivered(self) -> Flags:
        """Whether it is sent; what is bought in a shop is carried home."""
        found: Flags = self.channel != CHANNELS.index("store")
        return found

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, rows: npt.NDArray[np.generic]) -> Orders:
        """Only these orders."""
        return Orders(*(getattr(self, name)[rows] for name in self.__slots__))


def joined(parts: Sequence[Orders]) -> Orders:
    """All of these, one after the other."""
    columns = [np.concatenate([getattr(one, name) for one in parts]) for name in Orders.__slots__]
    return Orders(*columns)


def numbered(orders: Orders) -> Orders:
    """The same in order of time, numbered from A-100001."""
    ordered = orders.where(np.argsort(orders.time, kind="stable"))
    return replace(ordered, number=100_001 + np.arange(len(ordered)))

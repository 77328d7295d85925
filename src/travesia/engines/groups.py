"""The group axis: strata (a column's values) times replicates (groups of keys by hash)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block
from travesia.engines.scope import MOST_GROUPS, Scope
from travesia.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Grouping:
    """How rows are placed on the group axis: position = stratum * replicates + replicate.

    A row's stratum is the key's value of an attribute, or the value of another text column at the
    row's first interaction. Its replicate comes from the key's hash, so that a key's rows share it.
    """

    by: str | None = None
    names: tuple[str, ...] = ("",)
    replicates: int = 1
    attribute: bool = False

    @property
    def groups(self) -> int:
        """The length of the group axis."""
        return len(self.names) * self.replicates

    def of(self, stratum: int) -> npt.NDArray[np.intp]:
        """The groups of one stratum."""
        return np.arange(stratum * self.replicates, (stratum + 1) * self.replicates)

    def place(self, block: Block) -> Block:
        """The block with its rows placed."""
        if self.groups == 1:
            return block
        group = self._strata(block).astype(np.int64) * self.replicates
        if self.replicates > 1:
            # the middle bits: the top ones chose the partition, the low ones the sample
            middle = (block.hashes >> np.uint64(20)) % np.uint64(self.replicates)
            group += middle.astype(np.int64)
        return block.grouped(group.astype(np.int32), self.groups)

    def _strata(self, block: Block) -> npt.NDArray[np.generic]:
        if self.by is None:
            return np.zeros(block.rows, np.int32)
        if self.attribute:
            return block.owners.attribute(self.by)[block.owner]
        return block.columns[self.by][block.start]


def grouping(scope: Scope, by: str | None, replicates: int = 1) -> Grouping:
    """The grouping by a column.

    Raises:
        UnknownName: there is no such column.
        InvalidValue: it does not hold text, or holds more than 200 names.
    """
    if by is None:
        return Grouping(replicates=replicates)
    vocabulary = scope.vocabulary(by)
    if len(vocabulary) > MOST_GROUPS:
        raise InvalidValue(
            f"Column {by!r} has {len(vocabulary):,} different values; "
            f"an answer can be broken down by {MOST_GROUPS} at most.",
            "Choose a column with fewer values, or narrow the journeys with who() or what().",
        )
    return Grouping(by, vocabulary.listed, replicates, by in scope.attributes)

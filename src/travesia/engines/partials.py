"""What folds leave behind: counts and samples whose size does not grow with the data.

Every part carries the group axis (strata times replicates), adds to another of its kind, and can
be narrowed to some groups. Sums are of integers, or are made in block order, so that every
engine gives the same digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

Groups = npt.NDArray[np.intp]


class Part(Protocol):
    """One quantity of a partial."""

    def __add__(self, other: Any, /) -> Any: ...

    def of(self, groups: Groups) -> Any:
        """The same quantity of these groups together, without the group axis."""
        ...


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts (or sums) in an array whose first axis is the groups."""

    values: npt.NDArray[Any]

    def __add__(self, other: Self) -> Tally:
        return Tally(self.values + other.values)

    def of(self, groups: Groups) -> npt.NDArray[Any]:
        """Shape of `values` without its first axis."""
        total: npt.NDArray[Any] = self.values[groups].sum(axis=0)
        return total


@dataclass(frozen=True, slots=True)
class Peak:
    """Largest values seen, in an array whose first axis is the groups."""

    values: npt.NDArray[Any]

    def __add__(self, other: Self) -> Peak:
        return Peak(np.maximum(self.values, other.values))

    def of(self, groups: Groups) -> npt.NDArray[Any]:
        """Shape of `values` without its first axis; of no groups, the least value there is."""
        kind = self.values.dtype
        least = -np.inf if kind.kind == "f" else np.iinfo(kind).min
        largest: npt.NDArray[Any] = self.values[groups].max(axis=0, initial=least)
        return largest


@dataclass(frozen=True, slots=True)
class Sparse:
    """Counts of those cells of a large table that occur.

    Attributes:
        span: cells of one group; a key is `group * span + cell`.
        keys: int64, ascending, unique.
        values: int64, shape (keys, measures).
    """

    span: int
    keys: npt.NDArray[np.int64]
    values: npt.NDArray[np.int64]

    def __add__(self, other: Self) -> Sparse:
        return summed(
            self.span,
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.values, other.values]),
        )

    def of(self, groups: Groups) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Cells (ascending) and their counts, shape (cells, measures)."""
        chosen = np.isin(self.keys // self.span, groups)
        one = summed(self.span, self.keys[chosen] % self.span, self.values[chosen])
        return one.keys, one.values


@dataclass(frozen=True, slots=True)
class Gathered:
    """A bounded sample of observations, one entry each; the order carries no meaning.

    Attributes:
        group, cell, value: int64 arrays of one length.
        more: further samples that were added; they are joined once, at the end, because joining
            at every addition would copy the first block's once a block.
    """

    group: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    value: npt.NDArray[np.int64]
    more: tuple[Gathered, ...] = ()

    def __add__(self, other: Gathered) -> Gathered:
        return Gathered(self.group, self.cell, self.value, (*self.more, other))

    def of(self, groups: Groups) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Cells and values, sorted by cell, then value."""
        samples = list(self.samples())
        chosen = [np.isin(one.group, groups) for one in samples]
        return by_cell(
            np.concatenate([one.cell[mask] for one, mask in zip(samples, chosen, strict=True)]),
            np.concatenate([one.value[mask] for one, mask in zip(samples, chosen, strict=True)]),
        )

    def samples(self) -> Iterator[Gathered]:
        """This one and all that were added."""
        yield self
        for one in self.more:
            yield from one.samples()


@dataclass(frozen=True, slots=True)
class Partial(Mapping[str, Part]):
    """Named parts; adds part by part."""

    parts: Mapping[str, Part]

    def __add__(self, other: Partial) -> Partial:
        return Partial({name: part + other.parts[name] for name, part in self.parts.items()})

    def __getitem__(self, name: str) -> Part:
        return self.parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parts)

    def __len__(self) -> int:
        return len(self.parts)

    def of(self, groups: Groups) -> dict[str, Any]:
        """Every part of these groups together."""
        return {name: part.of(groups) for name, part in self.parts.items()}


def by_cell(
    cell: npt.NDArray[np.int64], value: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Observations sorted by cell, then value; as one number where both fit in 63 bits."""
    if not cell.size:
        return cell, value
    bits = int(value.max()).bit_length()
    if cell.min() >= 0 <= value.min() and int(cell.max()).bit_length() + bits < 63:
        both = np.sort((cell << bits) | value)
        return both >> bits, both & ((1 << bits) - 1)
    order = np.lexsort((value, cell))
    return cell[order], value[order]


def summed(span: int, keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> Sparse:
    """Keys in any order, repeated ones added up."""
    if not keys.size:
        return Sparse(span, keys, values)
    order = np.argsort(keys, kind="stable")
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return Sparse(span, keys[first], np.add.reduceat(values, first, axis=0))

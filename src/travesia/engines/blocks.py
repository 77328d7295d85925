"""Blocks: rows as ranges over flat columns, which is what kernels get."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.scope import TOUCHPOINT

Rows = npt.NDArray[np.int32]
Kind = TypeVar("Kind", bound=np.generic)


class Columns(Protocol):
    """Flat columns by name, made only when asked for."""

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]: ...


def frozen(values: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """The same values, read-only.

    Memory-mapped columns are read-only already; if computed ones were not, every kernel would be
    compiled once for each mixture of the two.
    """
    if values.flags.writeable:
        values = values.view()
        values.flags.writeable = False
    return values


class Picked:
    """The columns of chosen interactions: copied on first use, and only the ones asked for."""

    def __init__(self, parent: Columns, picks: Rows) -> None:
        self._parent = parent
        self._picks = picks
        self._made: dict[str, npt.NDArray[np.generic]] = {}

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        if name not in self._made:
            from travesia.engines.kernels import gather

            self._made[name] = frozen(gather(self._parent[name], self._picks))
        return self._made[name]


class Recoded:
    """The same columns with one of them translated, code by code."""

    def __init__(self, parent: Columns, name: str, codes: npt.NDArray[np.generic]) -> None:
        self._parent = parent
        self._name = name
        self._codes = codes
        self._made: npt.NDArray[np.generic] | None = None

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        if name != self._name:
            return self._parent[name]
        if self._made is None:
            self._made = frozen(self._codes[self._parent[name]])
        return self._made


@dataclass(frozen=True, slots=True)
class Owners:
    """The keys that rows belong to: one entry a key of the piece.

    `attribute(name)` gives text as codes (0 is missing), numbers as float64 (NaN is missing) and
    times as int64 microseconds (the least int64 is missing), an entry a key.
    """

    keys: pa.Array
    hashes: npt.NDArray[np.uint64]
    attribute: Callable[[str], npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of the whole. A row is a range [start, stop) over the flat columns.

    Attributes:
        start, stop: int32, an entry a row; never empty ranges.
        owner: int32, an entry a row: the position of the row's key in `owners`.
        columns: flat columns; "touchpoint" are codes, "time" int64 microseconds, text codes,
            numbers float64.
        group, groups: the leading axis of every partial: each row's position on it, and its length.
    """

    start: Rows
    stop: Rows
    owner: Rows
    columns: Columns
    owners: Owners
    group: Rows
    groups: int = 1

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.start.size)

    @property
    def touchpoint(self) -> npt.NDArray[np.generic]:
        """Touchpoint codes, flat."""
        return self.columns[TOUCHPOINT]

    @property
    def time(self) -> npt.NDArray[np.int64]:
        """Times in microseconds since 1970 UTC, flat."""
        return self.columns["time"]  # type: ignore[return-value]

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """The hash of each row's key."""
        return self.owners.hashes[self.owner]

    def keys(self) -> pa.Array:
        """The key of each row."""
        return self.owners.keys.take(pa.array(self.owner))

    def keep(self, mask: npt.NDArray[np.bool_]) -> Block:
        """The rows that the mask chooses; no column is touched."""
        return self if mask.all() else self.take(np.flatnonzero(mask))

    def take(self, rows: npt.NDArray[np.intp]) -> Block:
        """The rows at these positions; no column is touched."""
        return replace(
            self,
            start=_rows(self.start[rows]),
            stop=_rows(self.stop[rows]),
            owner=_rows(self.owner[rows]),
            group=_rows(self.group[rows]),
        )

    def ranged(self, start: Rows, stop: Rows, rows: Rows | None = None) -> Block:
        """New ranges over the same columns; `rows` says which old row each new one comes from."""
        if rows is None:
            return replace(self, start=_rows(start), stop=_rows(stop))
        from travesia.engines.kernels import gather

        # one group needs no copy of its number for each of what may be very many rows
        group = np.zeros(rows.size, np.int32) if self.groups == 1 else gather(self.group, rows)
        return replace(
            self,
            start=_rows(start),
            stop=_rows(stop),
            owner=_rows(gather(self.owner, rows)),
            group=_rows(group),
        )

    def picked(self, picks: Rows, start: Rows, stop: Rows) -> Block:
        """The same rows over chosen interactions (positions in the flat columns)."""
        return replace(self.ranged(start, stop), columns=Picked(self.columns, picks))

    def grouped(self, group: Rows, groups: int) -> Block:
        """The same rows, each at its place on the leading axis."""
        return replace(self, group=_rows(group), groups=groups)


def _rows(values: npt.NDArray[Any]) -> Rows:
    return frozen(np.ascontiguousarray(values, np.int32))


class PieceColumns:
    """The flat columns of a record batch: views of its buffers, never copies."""

    def __init__(self, batch: pa.RecordBatch, codes: Mapping[str, npt.NDArray[np.uint32]]) -> None:
        self._batch = batch
        self._codes = codes

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        values = self._batch.column(name).values
        if pa.types.is_dictionary(values.type):
            local = values.indices.to_numpy()
            return frozen(self._codes[name][local]) if name in self._codes else frozen(local)
        if pa.types.is_timestamp(values.type):
            values = values.view(pa.int64())
        return frozen(values.to_numpy())


class NoColumns:
    """The columns of no interactions at all.

    `kinds` maps a column to "text", "number" or "time"; touchpoints are text.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._types = {name: NO_VALUES[kind] for name, kind in kinds.items()}

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        return frozen(np.empty(0, self._types.get(name, np.int64 if name == "time" else np.uint16)))


NO_VALUES: dict[str, Any] = {"text": np.uint16, "number": np.float64, "time": np.int64}

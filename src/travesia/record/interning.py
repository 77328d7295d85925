"""Numbering names and keys by first appearance, millions of them, without Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import frozen
from travesia.errors import InvalidValue
from travesia.record.keys import Hashes, flat, hash_keys, text_array, texts

Codes = npt.NDArray[np.int32]

MOST_BYTES = 2**31 - 1  # what one Arrow string array holds
MOST_NAMES = 2**26  # which take some 3 GiB


class NumberIndex:
    """Distinct int64 values, numbered by first appearance: an open-addressing hash table."""

    def __init__(self, expected: int = 16) -> None:
        self._table = np.full(_table_size(expected), -1, np.int32)
        self._known = np.empty(max(expected, 16), np.int64)
        self._hashes = np.empty(max(expected, 16), np.uint64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def hashes(self) -> Hashes:
        """The hash of each value."""
        return self._hashes[: self._count]

    def keys(self) -> pa.Array:
        """The values, a code being a position."""
        return flat(self._known[: self._count], pa.int64())

    def intern(self, hashes: Hashes, values: npt.NDArray[np.int64], out: Codes) -> None:
        """Write the number of each value."""
        from travesia.record.build_kernels import intern_numbers

        row = 0
        while True:
            row, self._count = intern_numbers(
                frozen(hashes), frozen(values), row, self._table,
                self._known, self._hashes, self._count, out,
            )  # fmt: skip
            if row == values.size:
                return
            if self._count == self._known.size:
                size = 2 * self._count
                self._known, self._hashes = _longer(self._known, size), _longer(self._hashes, size)
            else:
                self._table = _wider(self._table, self._hashes, self._count)


class TextIndex:
    """Distinct texts, numbered by first appearance: an open-addressing hash table over bytes."""

    def __init__(self, expected: int = 16, column: str = "customer") -> None:
        self._column = column
        self._table = np.full(_table_size(expected), -1, np.int32)
        self._hashes = np.empty(max(expected, 16), np.uint64)
        self._offsets = np.zeros(max(expected, 16) + 1, np.int64)
        self._data = np.empty(max(expected, 16) * 16, np.uint8)
        self._count = 0

    @classmethod
    def of(cls, names: pa.StringArray, column: str) -> TextIndex:
        """An index that knows these different names already."""
        index = cls(len(names), column)
        index.intern_array(names)
        return index

    def __len__(self) -> int:
        return self._count

    @property
    def hashes(self) -> Hashes:
        """The hash of each text."""
        return self._hashes[: self._count]

    def keys(self) -> pa.StringArray:
        """The texts, a code being a position."""
        offsets = self._offsets[: self._count + 1]
        return text_array(offsets, self._data[: int(offsets[-1])].copy())

    def intern_array(self, names: pa.Array) -> Codes:
        """The number of each name."""
        out = np.empty(len(names), np.int32)
        self.intern(hash_keys(names), texts(names), out)
        return out

    def intern(
        self,
        hashes: Hashes,
        names: tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]],
        out: Codes,
    ) -> None:
        """Write the number of each text, given as (offsets, bytes).

        Raises:
            InvalidValue: more different texts than one vocabulary can hold.
        """
        from travesia.record.build_kernels import intern_texts

        offsets, data = frozen(names[0]), frozen(names[1])
        row = 0
        while True:
            row, self._count = intern_texts(
                frozen(hashes), offsets, data, row, self._table,
                self._hashes, self._offsets, self._data, self._count, out,
            )  # fmt: skip
            if row == hashes.size:
                return
            self._grow(int(offsets[row + 1] - offsets[row]))

    def _grow(self, length: int) -> None:
        """Make room for one more text of this length, in whatever is full."""
        end = int(self._offsets[self._count]) + length
        if end > MOST_BYTES or self._count == MOST_NAMES:
            raise InvalidValue(
                f"Column {self._column!r} has more than {self._count:,} different values, "
                f"{end:,} bytes of text in all.",
                "Name a column that repeats (a kind of contact, not an id or a free text).",
            )
        if end > self._data.size:
            self._data = _longer(self._data, min(max(2 * self._data.size, end), MOST_BYTES))
        if self._count == self._hashes.size:
            self._hashes = _longer(self._hashes, 2 * self._count)
            self._offsets = _longer(self._offsets, 2 * self._count + 1)
        if 2 * self._count >= self._table.size:
            self._table = _wider(self._table, self._hashes, self._count)


def _table_size(expected: int) -> int:
    return 1 << max(5, (2 * expected).bit_length())


def _longer(values: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    longer = np.empty(size, values.dtype)
    longer[: values.size] = values
    return longer


def _wider(table: Codes, hashes: Hashes, count: int) -> Codes:
    from travesia.record.build_kernels import rehash

    wider = np.full(table.size * 4, -1, np.int32)
    rehash(hashes, count, wider)
    return wider

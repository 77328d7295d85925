"""Batches of events as plain numbers: hashed keys, codes, microseconds; cut by partition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import frozen
from travesia.errors import InvalidValue
from travesia.record.events import Column
from travesia.record.interning import TextIndex
from travesia.record.keys import Hashes, hash_keys, numbers, texts

Values = npt.NDArray[Any]

NO_TIME = np.iinfo(np.int64).min
MOST_NARROW = 65_535  # names that uint16 codes are used for
TAKEN = ("hash", "key", "touchpoint", "time", "order")


class TextKeys(NamedTuple):
    """Keys as text: offsets (rows + 1) into bytes."""

    offsets: npt.NDArray[np.int64]
    data: npt.NDArray[np.uint8]


Keys = TextKeys | npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shape:
    """What every row has: the type of its key, and its columns.

    The columns are `touchpoint`, `time`, `order` if ordered, then the further ones.
    """

    key: pa.DataType
    columns: tuple[Column, ...]
    ordered: bool

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for column in self.columns:
            taken = column.name in TAKEN or column.name.startswith(("as_of.", "order_of."))
            if taken or column.name in seen:
                raise InvalidValue(
                    f"A further column cannot be called {column.name!r} here.",
                    "Rename it in the source, or leave it out.",
                )
            seen.add(column.name)

    @property
    def texts(self) -> tuple[str, ...]:
        """The columns that have a vocabulary."""
        return ("touchpoint", *(one.name for one in self.columns if one.kind == "text"))

    @property
    def kept(self) -> tuple[Column, ...]:
        """The further columns of each interaction."""
        return tuple(one for one in self.columns if not one.attribute)

    @property
    def attributes(self) -> tuple[Column, ...]:
        """The further columns of the customer."""
        return tuple(one for one in self.columns if one.attribute)


@dataclass(slots=True)
class Chunk:
    """Some events in the input's order, or by partition once `cuts` says where each one starts.

    `names` holds, for each text column, the names that its codes stand for until `settle` turns
    them into the vocabulary's own.
    """

    hashes: Hashes
    keys: Keys
    columns: dict[str, Values]
    names: dict[str, pa.StringArray] = field(default_factory=dict)
    cuts: npt.NDArray[np.int64] | None = None

    @property
    def rows(self) -> int:
        """How many events there are."""
        return int(self.hashes.size)

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        keys = self.keys if isinstance(self.keys, TextKeys) else (self.keys,)
        return sum(int(one.nbytes) for one in (self.hashes, *keys, *self.columns.values()))


def encode(batches: Sequence[pa.RecordBatch], shape: Shape) -> Chunk:
    """Hash the keys and turn every column into numbers; codes are the chunk's own."""
    hashes = _joined(batches, "customer", hash_keys)
    chunk = Chunk(hashes, _keys(batches, hashes.size, shape), {})
    chunk.columns["touchpoint"], chunk.names["touchpoint"] = _text(batches, "touchpoint", ())
    chunk.columns["time"] = _joined(batches, "time", _times)
    if shape.ordered:
        chunk.columns["order"] = _joined(batches, "order", _floats)
    for column in shape.columns:
        if column.kind == "text":
            found = _text(batches, column.name, ("",))
            chunk.columns[column.name], chunk.names[column.name] = found
        else:
            read = _times if column.kind == "time" else _floats
            chunk.columns[column.name] = _joined(batches, column.name, read)
    return chunk


def settle(chunk: Chunk, vocabularies: dict[str, TextIndex]) -> Chunk:
    """Replace the chunk's codes by the vocabularies', which learn its new names.

    Called chunk after chunk in the input's order, so that codes do not depend on threads.
    """
    for column, names in chunk.names.items():
        index = vocabularies[column]
        codes = index.intern_array(names)
        width = code_type(len(index))
        chunk.columns[column] = codes.astype(width)[chunk.columns[column]]
    chunk.names = {}
    return chunk


def cut(chunk: Chunk, bits: int) -> Chunk:
    """The chunk in order of partition, the input's order kept inside each."""
    if bits == 0:
        chunk.cuts = np.array([0, chunk.rows], np.int64)
        return chunk
    from travesia.record.build_kernels import partition, scatter_texts

    position = np.empty(chunk.rows, np.int32)
    cuts = np.zeros((1 << bits) + 1, np.int64)
    partition(chunk.hashes, bits, cuts, position)
    if isinstance(chunk.keys, TextKeys):
        offsets = np.zeros(chunk.rows + 1, np.int64)
        data = np.empty(int(chunk.keys.offsets[-1] - chunk.keys.offsets[0]), np.uint8)
        given = frozen(chunk.keys.offsets), frozen(chunk.keys.data)
        scatter_texts(*given, position, offsets, data)
        keys: Keys = TextKeys(offsets, data)
    else:
        keys = scattered(chunk.keys, position)
    columns = {name: scattered(values, position) for name, values in chunk.columns.items()}
    return Chunk(scattered(chunk.hashes, position), keys, columns, chunk.names, cuts)


def scattered(values: Values, position: npt.NDArray[np.int32]) -> Values:
    """The values at their new positions."""
    out = np.empty_like(values)
    scatter_into(values, position, out)
    return out


def scatter_into(values: Values, position: npt.NDArray[np.int32], out: Values) -> None:
    """out[position] = values; by width, so that the kernel is compiled three times, not seven."""
    from travesia.record.build_kernels import scatter

    width = f"u{out.itemsize}"
    scatter(frozen(values.astype(out.dtype, copy=False).view(width)), position, out.view(width))


def code_type(names: int) -> type[np.uint16 | np.uint32]:
    """The type of codes for so many names."""
    return np.uint16 if names <= MOST_NARROW else np.uint32


def _keys(batches: Sequence[pa.RecordBatch], rows: int, shape: Shape) -> Keys:
    columns = [batch.column("customer") for batch in batches]
    if pa.types.is_integer(shape.key):
        return np.concatenate([numbers(column) for column in columns])
    found = [texts(column) for column in columns]
    if len(found) == 1:
        offsets, data = found[0]
        return TextKeys(offsets - offsets[0], data[offsets[0] : offsets[-1]])
    joined, base = np.zeros(rows + 1, np.int64), 0
    at = 0
    for offsets, _ in found:
        joined[at : at + offsets.size] = offsets + (base - offsets[0])
        at += offsets.size - 1
        base = int(joined[at])
    return TextKeys(joined, np.concatenate([data[off[0] : off[-1]] for off, data in found]))


def _text(
    batches: Sequence[pa.RecordBatch], name: str, reserved: tuple[str, ...]
) -> tuple[npt.NDArray[np.uint32], pa.StringArray]:
    """Codes in order of first appearance, and the names they stand for (some perhaps twice)."""
    from travesia.record.build_kernels import local_codes

    codes = np.empty(sum(batch.num_rows for batch in batches), np.uint32)
    names = [pa.array(reserved, pa.string())]
    at, base = 0, len(reserved)
    for batch in batches:
        column = batch.column(name)
        indices = column.indices
        if indices.null_count:
            indices = indices.fill_null(-1)
        given = np.asarray(indices.to_numpy(), np.int32)
        used = np.empty(len(column.dictionary), np.int32)
        code_of = np.full(used.size, -1, np.int32)
        out = codes[at : at + given.size]
        count = local_codes(frozen(given), code_of, used, base, out)
        names.append(column.dictionary.take(pa.array(used[:count])).cast(pa.string()))
        at, base = at + given.size, base + count
    return codes, pa.concat_arrays(names)


def _joined(
    batches: Sequence[pa.RecordBatch], name: str, read: Callable[[pa.Array], Values]
) -> Values:
    parts = [read(batch.column(name)) for batch in batches]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _times(column: pa.Array) -> Values:
    values = column.view(pa.int64())
    if values.null_count:
        values = values.fill_null(NO_TIME)
    return np.asarray(values.to_numpy(), np.int64)


def _floats(column: pa.Array) -> Values:
    if column.null_count:
        column = column.fill_null(np.nan)
    return np.asarray(column.to_numpy(), np.float64)

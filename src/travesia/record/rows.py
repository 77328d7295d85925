"""Rows of one partition as flat arrays: gathered from pieces, merged, made into batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.errors import InvalidValue
from travesia.record.chunks import Shape, Values, code_type
from travesia.record.events import ARROW_TYPE
from travesia.record.keys import Hashes, Positions, flat, key_order, union_keys
from travesia.record.snapshot import Piece

MOST_EVENTS = 2**31 - 1  # of one partition: list offsets are int32

Vocabularies = Mapping[str, pa.StringArray]


@dataclass(frozen=True, slots=True)
class Rows:
    """Customers sorted by (hash, key), each with a stretch of the flat columns.

    Attributes:
        offsets: int64, one more than customers.
        columns: `touchpoint`, `time`, `order` if ordered, then the kept further ones; text as
            codes of the whole's vocabularies.
    """

    hashes: Hashes
    keys: pa.Array
    offsets: npt.NDArray[np.int64]
    columns: dict[str, Values]

    @property
    def events(self) -> int:
        """How many interactions there are."""
        return int(self.offsets[-1])


def names_of(shape: Shape) -> tuple[str, ...]:
    """The columns of a row's interactions, in their order."""
    kept = tuple(column.name for column in shape.kept)
    return ("touchpoint", "time", *(("order",) if shape.ordered else ()), *kept)


def live_rows(piece: Piece) -> Positions:
    """The positions of the rows that count."""
    if piece.live is None:
        return np.arange(piece.batch.num_rows)
    return piece.live.astype(np.int64)


def live_events(piece: Piece) -> int:
    """How many interactions the live rows have."""
    offsets = piece.offsets
    if piece.live is None:
        return int(offsets[-1] - offsets[0])
    return int((offsets[piece.live + 1] - offsets[piece.live]).sum())


def masked(piece: Piece, gone: Positions) -> Piece | None:
    """The piece without these rows; None when no row is left."""
    keep = np.zeros(piece.batch.num_rows, np.bool_)
    keep[live_rows(piece)] = True
    keep[gone] = False
    live = np.flatnonzero(keep).astype(np.int32)
    if not live.size:
        return None
    return replace(piece, live=live)


def gather(piece: Piece, shape: Shape, rows: Positions | None = None) -> Rows:
    """The rows at these positions (all live ones by default); whole pieces are views."""
    from travesia.record.build_kernels import spread_ranges

    offsets = piece.offsets.astype(np.int64)
    columns = piece.columns
    if rows is None and piece.live is None:
        span = slice(int(offsets[0]), int(offsets[-1]))
        whole = {name: columns[name][span] for name in names_of(shape)}
        return Rows(piece.hashes, piece.keys, offsets - offsets[0], whole)
    chosen = live_rows(piece) if rows is None else rows
    start, stop = offsets[chosen], offsets[chosen + 1]
    bounds = np.concatenate([[0], np.cumsum(stop - start)]).astype(np.int64)
    places = np.empty(int(bounds[-1]), np.int64)
    spread_ranges(start, stop, places)
    picked = {name: columns[name].take(places) for name in names_of(shape)}
    keys = piece.keys.take(pa.array(chosen))
    return Rows(piece.hashes[chosen], keys, bounds, picked)


def stack(parts: Sequence[Rows]) -> Rows:
    """Rows of different customers as one, sorted by (hash, key)."""
    if len(parts) == 1:
        return parts[0]
    hashes = np.concatenate([part.hashes for part in parts])
    keys = pa.concat_arrays([part.keys for part in parts])
    lengths = np.concatenate([np.diff(part.offsets) for part in parts])
    columns = {
        name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns
    }
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    order = key_order(hashes, keys)
    return _picked(
        hashes[order], keys.take(pa.array(order)), starts[order], lengths[order], columns
    )


def _picked(
    hashes: Hashes,
    keys: pa.Array,
    start: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    columns: dict[str, Values],
) -> Rows:
    from travesia.record.build_kernels import spread_ranges

    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.empty(int(bounds[-1]), np.int64)
    spread_ranges(start, start + lengths, places)
    return Rows(hashes, keys, bounds, {name: one.take(places) for name, one in columns.items()})


def merge(old: Rows, new: Rows) -> Rows:
    """Every customer of both, interactions in order of (time, order); old before new on ties."""
    from travesia.record.build_kernels import merge_rows

    hashes, keys, in_old, in_new = union_keys(old.hashes, old.keys, new.hashes, new.keys)
    columns = {name: np.concatenate([old.columns[name], new.columns[name]]) for name in old.columns}
    ranges = _ranges(old.offsets, in_old, 0), _ranges(new.offsets, in_new, old.events)
    lengths = sum(pair[:, 1] - pair[:, 0] for pair in ranges)
    source = np.empty(old.events + new.events, np.int64)
    order = columns.get("order", np.empty(0, np.float64))
    merge_rows(*ranges, columns["time"], order, source)
    bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Rows(hashes, keys, bounds, {name: one.take(source) for name, one in columns.items()})


def _ranges(offsets: npt.NDArray[np.int64], rows: Positions, shift: int) -> npt.NDArray[np.int64]:
    """(start, stop) of each row, (0, 0) where it is -1."""
    found = np.zeros((rows.size, 2), np.int64)
    there = rows >= 0
    found[there, 0] = offsets[rows[there]] + shift
    found[there, 1] = offsets[rows[there] + 1] + shift
    return found


def to_batch(rows: Rows, shape: Shape, vocabularies: Vocabularies) -> pa.RecordBatch:
    """The rows as Arrow lists over the same memory.

    Raises:
        InvalidValue: more interactions than one partition can hold.
    """
    if rows.events > MOST_EVENTS:
        raise InvalidValue(
            f"One customer, or one partition, has {rows.events:,} interactions; "
            f"at most {MOST_EVENTS:,} fit.",
            "Look whether many people share that key (an empty or default id).",
        )
    kinds = {column.name: column.kind for column in shape.kept}
    kinds |= {"touchpoint": "text", "time": "time", "order": "number"}
    offsets = pa.py_buffer(rows.offsets.astype(np.int32))
    arrays = [flat(np.ascontiguousarray(rows.hashes), pa.uint64()), rows.keys]
    fields = [
        pa.field("hash", pa.uint64(), nullable=False),
        pa.field("key", shape.key, nullable=False),
    ]
    for name in names_of(shape):
        if kinds[name] == "text":
            values = coded(rows.columns[name], vocabularies[name])
        else:
            values = flat(np.ascontiguousarray(rows.columns[name]), ARROW_TYPE[kinds[name]])
        array = as_lists(values, len(rows.keys), offsets)
        arrays.append(array)
        fields.append(pa.field(name, array.type, nullable=False))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def as_lists(values: pa.Array, rows: int, offsets: pa.Buffer) -> pa.ListArray:
    """Lists over flat values; no list and no item is null."""
    kind = pa.list_(pa.field("item", values.type, nullable=False))
    return pa.Array.from_buffers(kind, rows, [None, offsets], children=[values])


def coded(codes: Values, names: pa.StringArray) -> pa.DictionaryArray:
    """Codes with the names they stand for; not checked again."""
    narrow = np.ascontiguousarray(codes, code_type(len(names)))
    return pa.DictionaryArray.from_arrays(pa.array(narrow), names, safe=False)

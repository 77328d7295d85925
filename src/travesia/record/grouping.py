"""One partition of a spill as rows: intern the keys, counting sort, stable sort inside each row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import frozen
from travesia.errors import InvalidValue
from travesia.record.attributes import last_values
from travesia.record.chunks import Shape, TextKeys, Values, code_type, scatter_into
from travesia.record.interning import NumberIndex, TextIndex
from travesia.record.keys import key_order
from travesia.record.rows import MOST_EVENTS, Rows, Vocabularies, names_of
from travesia.record.spill import Spill


def group(
    spill: Spill, partition: int, shape: Shape, vocabularies: Vocabularies
) -> tuple[Rows, pa.Table | None]:
    """The partition's rows, and its customers' attributes as last known.

    Memory: the columns, 4 bytes an event for their places, and what one column's sorting takes.
    """
    events = int(spill.rows[partition])
    if events > MOST_EVENTS:
        raise InvalidValue(
            f"One partition has {events:,} interactions; at most {MOST_EVENTS:,} fit.",
            "Look whether many people share one key (an empty or default id).",
        )
    place, index = _owners(spill, partition, events, shape)
    hashes, keys = index.hashes, index.keys()
    order = key_order(hashes, keys)
    offsets = _arranged(place, order)
    columns = _columns(spill, partition, place, offsets, shape=shape, vocabularies=vocabularies)
    hashes, keys = hashes[order], keys.take(pa.array(order))
    attributes = last_values(hashes, keys, offsets, columns, shape=shape, vocabularies=vocabularies)
    kept = {name: columns[name] for name in names_of(shape)}
    return Rows(hashes, keys, offsets.astype(np.int64), kept), attributes


def _owners(
    spill: Spill, partition: int, events: int, shape: Shape
) -> tuple[npt.NDArray[np.int32], NumberIndex | TextIndex]:
    """The owner of each event, numbered by first appearance, and the owners' keys."""
    owner = np.empty(events, np.int32)
    whole = pa.types.is_integer(shape.key)
    index = NumberIndex(events // 16) if whole else TextIndex(events // 16)
    at = 0
    for hashes, keys in spill.keys(partition):
        out = owner[at : at + hashes.size]
        at += hashes.size
        if isinstance(index, NumberIndex):
            index.intern(hashes, np.asarray(keys), out)
        elif isinstance(keys, TextKeys):
            index.intern(hashes, keys, out)
    return owner, index


def _arranged(owner: npt.NDArray[np.int32], order: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Turn each event's owner into its place, in memory as it is; gives the rows' offsets."""
    from travesia.record.build_kernels import arrange

    offsets = np.zeros(order.size + 1, np.int32)
    arrange(owner, order, offsets)
    return offsets


def _columns(
    spill: Spill,
    partition: int,
    place: npt.NDArray[np.int32],
    offsets: npt.NDArray[np.int32],
    *,
    shape: Shape,
    vocabularies: Vocabularies,
) -> dict[str, Values]:
    """All columns, by row, and inside each row by (time, order, input's order)."""
    from travesia.record.build_kernels import sort_rows

    columns = {"time": _column(spill, partition, place, "time", np.dtype(np.int64))}
    if shape.ordered:
        columns["order"] = _column(spill, partition, place, "order", np.dtype(np.float64))
    source = np.arange(place.size, dtype=np.int32)
    order = columns.get("order", np.empty(0, np.float64))
    moved = sort_rows(frozen(offsets), columns["time"], order, source)
    widths = {"time": np.dtype(np.int64), "number": np.dtype(np.float64)}
    for name, kind in (("touchpoint", "text"), *((one.name, one.kind) for one in shape.columns)):
        coded = np.dtype(code_type(len(vocabularies[name]))) if kind == "text" else widths[kind]
        values = _column(spill, partition, place, name, coded)
        columns[name] = values.take(source) if moved else values
    return columns


def _column(
    spill: Spill,
    partition: int,
    place: npt.NDArray[np.int32],
    name: str,
    kind: np.dtype[np.generic],
) -> Values:
    out = np.empty(place.size, kind)
    at = 0
    for values in spill.column(name, partition):
        scatter_into(values, frozen(place[at : at + values.size]), out)
        at += values.size
    return out

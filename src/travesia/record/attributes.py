"""Customers' attributes: last known values per partition, merged by when they were last known.

A partition's table is sorted by (hash, key). Beside each attribute stands `as_of.NAME`, when it
was said, and `order_of.NAME` if the input has an order: a later saying replaces an earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import frozen
from travesia.record.chunks import NO_TIME, Shape, Values
from travesia.record.events import ARROW_TYPE, Column
from travesia.record.keys import Hashes, Positions, flat, union_keys

Mask = npt.NDArray[np.bool_]


def last_values(
    hashes: Hashes,
    keys: pa.Array,
    offsets: npt.NDArray[np.int32],
    columns: dict[str, Values],
    *,
    shape: Shape,
    vocabularies: Mapping[str, pa.StringArray],
) -> pa.Table | None:
    """The last known value of each attribute, a row a customer; None if there are no attributes."""
    from travesia.record.build_kernels import last_known

    if not shape.attributes:
        return None
    table = {"hash": flat(np.ascontiguousarray(hashes), pa.uint64()), "key": keys}
    for column in shape.attributes:
        values = columns[column.name]
        place = np.empty(hashes.size, np.int64)
        last_known(frozen(offsets), frozen(_known(values, column)), place)
        absent = place < 0
        said = np.where(absent, 0, place)
        names = vocabularies.get(column.name)
        table[column.name] = _array(_at(values, said), absent, column, names)
        table[f"as_of.{column.name}"] = _times(_at(columns["time"], said), absent)
        if shape.ordered:
            order = _at(columns["order"], said)
            table[f"order_of.{column.name}"] = pa.array(order, mask=absent)
    return pa.table(table)


def merge_attributes(
    old: pa.Table | None, new: pa.Table, shape: Shape, vocabularies: Mapping[str, pa.StringArray]
) -> pa.Table:
    """Every customer of both tables; of each attribute the value said last, the new one on ties.

    Either table may lack an attribute.
    """
    if old is None:
        old = new.slice(0, 0)
    old_keys, new_keys = _one(old.column("key")), _one(new.column("key"))
    old_hashes, new_hashes = (_one(one.column("hash")).to_numpy() for one in (old, new))
    hashes, keys, in_old, in_new = union_keys(old_hashes, old_keys, new_hashes, new_keys)
    table = {"hash": flat(np.ascontiguousarray(hashes), pa.uint64()), "key": keys}
    for column in shape.attributes:
        pick = _picks(old, new, column.name, in_old, in_new)
        names = vocabularies.get(column.name)
        merged = _stacked(old, new, column.name, _plain(column)).take(pick)
        table[column.name] = (
            pa.DictionaryArray.from_arrays(merged, names, safe=False)
            if column.kind == "text"
            else merged
        )
        as_of = f"as_of.{column.name}"
        table[as_of] = _stacked(old, new, as_of, ARROW_TYPE["time"]).take(pick)
        if shape.ordered:
            order_of = f"order_of.{column.name}"
            table[order_of] = _stacked(old, new, order_of, pa.float64()).take(pick)
    return pa.table(table)


def _picks(
    old: pa.Table, new: pa.Table, name: str, in_old: Positions, in_new: Positions
) -> pa.Array:
    """Which row of old and new, one after another, each customer's value comes from; or null."""
    old_time, old_order = _said(old, name, in_old)
    new_time, new_order = _said(new, name, in_new)
    later = (old_time > new_time) | (
        (old_time == new_time)
        & ((old_order > new_order) | (np.isnan(old_order) & ~np.isnan(new_order)))
    )
    wins = (new_time != NO_TIME) & ~later
    pick = np.where(wins, old.num_rows + in_new, in_old)
    return pa.array(pick, mask=~wins & (old_time == NO_TIME))


def _said(table: pa.Table, name: str, rows: Positions) -> tuple[Values, Values]:
    """When the value of each row was said, (time, order); NO_TIME where it never was."""
    time, order = np.full(rows.size, NO_TIME), np.full(rows.size, np.nan)
    there = rows >= 0
    if name in table.column_names:
        said = _one(table.column(f"as_of.{name}")).view(pa.int64()).fill_null(NO_TIME)
        time[there] = said.to_numpy()[rows[there]]
    if f"order_of.{name}" in table.column_names:
        held = _one(table.column(f"order_of.{name}")).fill_null(np.nan)
        order[there] = held.to_numpy()[rows[there]]
    return time, order


def _stacked(old: pa.Table, new: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    """A column of both tables, one after another; text as codes."""
    parts = []
    for table in (old, new):
        if name not in table.column_names:
            parts.append(pa.nulls(table.num_rows, kind))
            continue
        array = _one(table.column(name))
        parts.append(array.indices.cast(kind) if pa.types.is_dictionary(array.type) else array)
    return pa.concat_arrays(parts)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(
        column.chunks or [pa.nulls(0, column.type)]
    )  # fmt: skip


def _plain(column: Column) -> pa.DataType:
    return pa.int32() if column.kind == "text" else ARROW_TYPE[column.kind]


def _known(values: Values, column: Column) -> Mask:
    if column.kind == "text":
        return np.asarray(values != 0)
    return ~np.isnan(values) if column.kind == "number" else np.asarray(values != NO_TIME)


def _at(values: Values, places: Positions) -> Values:
    return values.take(places) if values.size else np.zeros(places.size, values.dtype)


def _array(values: Values, absent: Mask, column: Column, names: pa.StringArray | None) -> pa.Array:
    if column.kind == "text":
        codes = pa.array(values.astype(np.int32), mask=absent)
        return pa.DictionaryArray.from_arrays(codes, names, safe=False)
    return _times(values, absent) if column.kind == "time" else pa.array(values, mask=absent)


def _times(values: Values, absent: Mask) -> pa.Array:
    return pa.array(values, mask=absent).view(ARROW_TYPE["time"])


def shelve(table: pa.Table, generation: int) -> pa.Table:
    """The table, remembering under which generation its store holds it."""
    return table.replace_schema_metadata({"generation": str(generation)})


def shelved(table: pa.Table) -> int | None:
    """The generation under which its store holds the table; None while none does."""
    found = (table.schema.metadata or {}).get(b"generation")
    return int(found) if found else None


def unshelve(table: pa.Table) -> pa.Table:
    """The table as one that no store holds."""
    return table.replace_schema_metadata(None)

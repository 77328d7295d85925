"""Customers' attributes from a table (a CRM's export), joined to journeys by customer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.types import (
    is_boolean,
    is_date,
    is_decimal,
    is_floating,
    is_integer,
    is_large_string,
    is_null,
    is_string,
    is_string_view,
    is_timestamp,
)

from travesia.errors import InvalidValue, UnknownName
from travesia.record.attributes import Mask, merge_attributes
from travesia.record.chunks import Shape
from travesia.record.events import ARROW_TYPE, Column, ColumnKind, SetAside
from travesia.record.generations import by_partition, set_aside_with, shape_of
from travesia.record.interning import TextIndex
from travesia.record.keys import Hashes, Positions, find_keys, hash_keys, key_order
from travesia.record.snapshot import Piece, Snapshot

CUSTOMER = "customer"


def enriched(snapshot: Snapshot, table: pa.Table) -> Snapshot:
    """The snapshot whose customers have the table's columns as attributes.

    The table's column `customer` says whose row it is; of several rows for one customer the last
    counts. Values are taken to be known at the end of the observation, so that they replace
    earlier ones and later events replace them; a null says nothing. Rows without customer, and of
    customers who have no journey, are counted in `set_aside`.

    Raises:
        UnknownName: the table has no column `customer`.
        InvalidValue: a column's type or name cannot be an attribute's.
    """
    if CUSTOMER not in table.column_names:
        raise UnknownName("column", CUSTOMER, table.column_names, "the table of attributes")
    old = shape_of(snapshot)
    table = table.select([CUSTOMER, *(name for name in table.column_names if name != CUSTOMER)])
    columns, arrays = _attributes(table.drop_columns([CUSTOMER]), snapshot.zone)
    shape = Shape(old.key, _with(old.columns, columns), old.ordered)
    keys, rows, aside = _customers(table.column(CUSTOMER), old.key)
    hashes = hash_keys(keys)
    known = _known(snapshot, hashes, keys)
    _count_unknown(aside, keys, known)
    rows, keys, hashes = rows[known], keys.filter(pa.array(known)), hashes[known]
    indexes, said = _said(snapshot, shape, columns, arrays, rows)
    vocabularies = {**snapshot.vocabularies, **{name: one.keys() for name, one in indexes.items()}}
    parts = _by_partition(snapshot.partition_bits, hashes, keys, said)
    attributes = {
        partition: merge_attributes(snapshot.attributes.get(partition), part, shape, vocabularies)
        for partition, part in parts.items()
        if part.num_rows or partition in snapshot.attributes
    }
    return replace(
        snapshot,
        number=snapshot.number + 1,
        vocabularies=vocabularies,
        attributes=attributes,
        columns=shape.columns,
        set_aside=set_aside_with(snapshot.set_aside, aside),
        home=None,
    )


def _attributes(table: pa.Table, zone: str) -> tuple[tuple[Column, ...], list[pa.Array]]:
    columns, arrays = [], []
    for name in table.column_names:
        array = table.column(name).combine_chunks()
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        kind = _kind(name, array.type)
        columns.append(Column(name, kind, attribute=True))
        arrays.append(_converted(array, kind, zone))
    return tuple(columns), arrays


_KINDS: tuple[tuple[ColumnKind, tuple[Callable[[pa.DataType], bool], ...]], ...] = (
    ("text", (is_string, is_large_string, is_string_view, is_boolean, is_null)),
    ("number", (is_integer, is_floating, is_decimal)),
    ("time", (is_timestamp, is_date)),
)


def _kind(name: str, found: pa.DataType) -> ColumnKind:
    inner = found.value_type if pa.types.is_dictionary(found) else found
    for kind, tests in _KINDS:
        if any(test(inner) for test in tests):
            return kind
    raise InvalidValue(
        f"Column {name!r} holds {found}, which is neither text, number nor time.",
        "Convert it, or leave it out.",
    )


def _converted(array: pa.Array, kind: ColumnKind, zone: str) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if kind == "text":
        texts = array.cast(pa.string())
        return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if kind == "number":
        numbers = array.cast(pa.float64())
        return pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    times = array.cast(pa.timestamp("us", getattr(array.type, "tz", None)), safe=False)
    if times.type.tz is None:
        times = pc.assume_timezone(times, zone, ambiguous="earliest", nonexistent="latest")
    return times.cast(ARROW_TYPE["time"])


def _with(old: tuple[Column, ...], new: tuple[Column, ...]) -> tuple[Column, ...]:
    """The columns with the new attributes; an attribute of the same name and kind stays one."""
    known = {column.name: column for column in old}
    for column in new:
        if known.get(column.name, column) != column:
            raise InvalidValue(
                f"The journeys have a column {column.name!r} already, which is no such attribute.",
                "Rename it in the table, or leave it out.",
            )
    return (*old, *(column for column in new if column.name not in known))


def _customers(column: pa.ChunkedArray, key: pa.DataType) -> tuple[pa.Array, Positions, SetAside]:
    """Each customer once, with the last row about it; rows without customer set aside."""
    array = column.combine_chunks()
    array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    aside = SetAside(rows_read=len(array))
    try:
        array = array.cast(key)
    except pa.ArrowInvalid as problem:
        raise InvalidValue(
            f"The customers of the table are not {key} as those of the journeys: {problem}.",
            "Give them in the same form.",
        ) from problem
    empty = array.is_null()
    if pa.types.is_string(key):
        empty = pc.or_(empty, pc.fill_null(pc.equal(array, ""), True))  # noqa: FBT003
    absent = np.asarray(empty.to_numpy(zero_copy_only=False), np.bool_)
    places = [f"row {row + 1}" for row in np.flatnonzero(absent)[:5]]
    aside.add("no customer", int(absent.sum()), places)
    rows = np.flatnonzero(~absent)
    last = pa.table({"key": array.take(pa.array(rows)), "row": rows}).group_by("key")
    grouped = last.aggregate([("row", "max")])
    keys = grouped.column("key").combine_chunks()
    keys = keys.combine_chunks() if isinstance(keys, pa.ChunkedArray) else keys
    return keys, np.asarray(grouped.column("row_max").to_numpy(), np.int64), aside


def _known(snapshot: Snapshot, hashes: Hashes, keys: pa.Array) -> Mask:
    """Which customers have a journey."""
    known = np.zeros(hashes.size, np.bool_)
    pieces = by_partition(snapshot)
    for partition, rows in _members(snapshot.partition_bits, hashes):
        for piece in pieces.get(partition, ()):
            known[rows] |= _in_piece(piece, hashes[rows], keys.take(pa.array(rows)))
    return known


def _in_piece(piece: Piece, hashes: Hashes, keys: pa.Array) -> Mask:
    # masked rows count too: their customers live in a later piece
    return find_keys(piece.hashes, piece.keys, hashes, keys) >= 0


def _members(bits: int, hashes: Hashes) -> list[tuple[int, Positions]]:
    """The positions of each partition's hashes."""
    if bits == 0:
        return [(0, np.arange(hashes.size))]
    partitions = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    order = np.argsort(partitions, kind="stable")
    cuts = np.searchsorted(partitions[order], np.arange((1 << bits) + 1))
    return [(p, order[cuts[p] : cuts[p + 1]]) for p in range(1 << bits)]


def _count_unknown(aside: SetAside, keys: pa.Array, known: Mask) -> None:
    unknown = np.flatnonzero(~known)
    examples = [str(key) for key in keys.take(pa.array(unknown[:5])).to_pylist()]
    aside.add("unknown customer", int(unknown.size), examples)


def _said(
    snapshot: Snapshot,
    shape: Shape,
    columns: tuple[Column, ...],
    arrays: list[pa.Array],
    rows: Positions,
) -> tuple[dict[str, TextIndex], dict[str, pa.Array]]:
    """The columns of an attribute table for these rows, and the vocabularies that grew."""
    indexes: dict[str, TextIndex] = {}
    table: dict[str, pa.Array] = {}
    for column, array in zip(columns, arrays, strict=True):
        values = array.take(pa.array(rows))
        absent = np.asarray(values.is_null().to_numpy(zero_copy_only=False), np.bool_)
        if column.kind == "text":
            held = snapshot.vocabularies.get(column.name, pa.array([""]))
            index = indexes[column.name] = TextIndex.of(held, column.name)
            codes = index.intern_array(values.fill_null(""))
            names = index.keys()
            values = pa.DictionaryArray.from_arrays(pa.array(codes, mask=absent), names, safe=False)
        table[column.name] = values
        until = np.full(rows.size, snapshot.until, np.int64)
        table[f"as_of.{column.name}"] = pa.array(until, mask=absent).view(ARROW_TYPE["time"])
        if shape.ordered:
            table[f"order_of.{column.name}"] = pa.array(np.full(rows.size, np.inf), mask=absent)
    return indexes, table


def _by_partition(
    bits: int, hashes: Hashes, keys: pa.Array, said: dict[str, pa.Array]
) -> dict[int, pa.Table]:
    """The table cut by partition, each part sorted by (hash, key)."""
    whole = pa.table({"hash": pa.array(hashes), "key": keys, **said})
    parts = {}
    for partition, rows in _members(bits, hashes):
        order = key_order(hashes[rows], keys.take(pa.array(rows)))
        parts[partition] = whole.take(pa.array(rows[order]))
    return parts

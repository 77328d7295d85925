"""New events onto journeys: only the rows of the customers they touch are written anew.

Each change makes one piece a partition (a generation), which takes over the rows it replaces; the
earlier pieces mask them. Pieces that have become small beside what comes after them, or are half
masked, are taken over whole, so a partition has few pieces and every event is rewritten only a
few times in its life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from travesia.errors import InvalidValue
from travesia.record.attributes import merge_attributes, unshelve
from travesia.record.chunks import Shape
from travesia.record.events import ARROW_TYPE, Column, Events, SetAside
from travesia.record.gathering import Gathering, fitting_bits
from travesia.record.grouping import group
from travesia.record.interning import TextIndex
from travesia.record.keys import find_keys
from travesia.record.rows import (
    Rows,
    Vocabularies,
    gather,
    live_events,
    live_rows,
    masked,
    merge,
    stack,
    to_batch,
)
from travesia.record.shelves import (
    FileShelf,
    Job,
    Made,
    MemoryShelf,
    Shelf,
    TemporaryShelf,
    attributes_of,
)
from travesia.record.snapshot import Piece, Snapshot
from travesia.record.spill import FileSpill, Spill

MOST_PIECES = 4
LEAST_RATIO = 4  # a piece is left alone while it is so many times larger than what comes after it
LEAST_LIVE = 0.5  # of a piece's rows
MEMORY_EVENTS = 4_000_000  # a change that writes more than this is written to disk


def shape_of(snapshot: Snapshot) -> Shape:
    """What the snapshot's rows have."""
    key = snapshot.pieces[0].batch.schema.field("key").type
    return Shape(key, snapshot.columns, snapshot.ordered)


def by_partition(snapshot: Snapshot) -> dict[int, list[Piece]]:
    """The pieces of each partition, oldest first."""
    found: dict[int, list[Piece]] = {}
    for piece in snapshot.pieces:
        found.setdefault(piece.partition, []).append(piece)
    return found


def appended(snapshot: Snapshot, events: Events, shelf: FileShelf | None = None) -> Snapshot:
    """The snapshot with more events, late ones in their place; the given one stays as it is.

    On equal (time, order) the earlier snapshot's interactions come first.

    Raises:
        InvalidValue: the events have other columns than the journeys.
    """
    shape = shape_of(snapshot)
    events = fitted(events, shape)
    indexes = {name: TextIndex.of(names, name) for name, names in snapshot.vocabularies.items()}
    gathering = Gathering(
        events,
        shape,
        indexes,
        before=snapshot.events,
        bits=snapshot.partition_bits,
        directory=shelf.folder.path if shelf else None,
    )
    with closing(gathering.run()) as spill:
        vocabularies = _grown(snapshot.vocabularies, indexes)
        old = split(snapshot, spill.bits)
        change = _Change(shape, vocabularies, shelf.folder.number if shelf else snapshot.number + 1)
        recut = old is not snapshot  # then the pieces are stretches of pieces, and all move on
        jobs = [
            _appending(change, spill, partition, pieces, old.attributes.get(partition), recut=recut)
            for partition, pieces in _all_partitions(old)
            if spill.rows[partition] or (recut and pieces)
        ]
        made = _shelf(shelf, spill, jobs).keep(jobs, vocabularies)
    return _changed(
        old,
        made,
        number=change.number,
        vocabularies=vocabularies,
        events=snapshot.events + int(spill.rows.sum()),
        **_span(snapshot, gathering),
        set_aside=set_aside_with(snapshot.set_aside, events.set_aside),
    )


def compacted(
    snapshot: Snapshot, shelf: FileShelf | None = None, *, all_pieces: bool = False
) -> Snapshot:
    """The same journeys, one piece a partition and nothing masked.

    Partitions that are so already are left alone, unless `all_pieces` are to be on the shelf.
    """
    shape = shape_of(snapshot)
    old = split(snapshot, fitting_bits(snapshot.events, snapshot.partition_bits))
    number = shelf.folder.number if shelf else snapshot.number + 1
    change = _Change(shape, snapshot.vocabularies, number)
    jobs = [
        _rewriting(change, partition, pieces)
        for partition, pieces in by_partition(old).items()
        if all_pieces or len(pieces) > 1 or pieces[0].live is not None or old is not snapshot
    ]
    if not jobs:
        return snapshot
    made = _shelf(shelf, None, jobs).keep(jobs, snapshot.vocabularies)
    return _changed(old, made, number=number)


@dataclass(frozen=True, slots=True)
class _Change:
    """What all jobs of one change share; its number is the new pieces' generation."""

    shape: Shape
    vocabularies: Vocabularies
    number: int

    def piece(self, partition: int, rows: Rows) -> Piece | None:
        """A new piece of these rows."""
        batch = to_batch(rows, self.shape, self.vocabularies)
        return Piece(partition, self.number, batch)


def _appending(
    change: _Change,
    spill: Spill,
    partition: int,
    pieces: Sequence[Piece],
    attributes: pa.Table | None,
    *,
    recut: bool,
) -> Job:
    """Group the partition's new events and merge them with the rows that they touch."""

    def make() -> Made:
        new, said = group(spill, partition, change.shape, change.vocabularies)
        least = len(pieces) if recut else 0
        kept, old = _taken(pieces, new, change.shape, _absorbed(pieces, new.events, least))
        rows = merge(stack(old), new) if old else new
        if said is not None:
            said = merge_attributes(attributes, said, change.shape, change.vocabularies)
        return Made(partition, change.piece(partition, rows), kept, said)

    return Job(partition, int(spill.rows[partition]) + sum(map(live_events, pieces)) // 8, make)


def _rewriting(change: _Change, partition: int, pieces: Sequence[Piece]) -> Job:
    """Put the live rows of all pieces into one."""

    def make() -> Made:
        rows = stack([gather(piece, change.shape) for piece in pieces])
        return Made(partition, change.piece(partition, rows))

    return Job(partition, sum(map(live_events, pieces)), make)


def _taken(
    pieces: Sequence[Piece], new: Rows, shape: Shape, absorbed: set[int]
) -> tuple[tuple[Piece, ...], list[Rows]]:
    """Which pieces stay, masked where the new rows touch them; and the rows that move on."""
    kept, rows = [], []
    for i, piece in enumerate(pieces):
        if i in absorbed:
            rows.append(gather(piece, shape))
            continue
        found = touched(piece, new)
        left = masked(piece, found) if found.size else piece
        if left is None or (
            left.live is not None and left.live.size < LEAST_LIVE * piece.batch.num_rows
        ):
            rows.append(gather(piece, shape))
            continue
        kept.append(left)
        if found.size:
            rows.append(gather(piece, shape, found))
    return tuple(kept), rows


def touched(piece: Piece, new: Rows) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The live rows of the piece whose customers are among the new ones."""
    found = find_keys(piece.hashes, piece.keys, new.hashes, new.keys)
    found = found[found >= 0]
    if piece.live is not None:
        found = found[np.isin(found, piece.live)]
    return np.sort(found)


def _absorbed(pieces: Sequence[Piece], new_events: int, least: int) -> set[int]:
    """The last pieces, as long as each is small beside all that comes after it, or too many.

    At least so many are taken.
    """
    after = new_events
    taken: set[int] = set()
    for i in range(len(pieces) - 1, -1, -1):
        size = live_events(pieces[i])
        small = size <= LEAST_RATIO * after or i + 1 >= MOST_PIECES
        if not small and len(taken) >= least:
            break
        taken.add(i)
        after += size
    return taken


def split(snapshot: Snapshot, bits: int) -> Snapshot:
    """The same snapshot cut into more partitions; nothing is copied.

    Rows stand in order of hash, so each new partition is a stretch of an old one.
    """
    if bits == snapshot.partition_bits:
        return snapshot
    pieces = [part for piece in snapshot.pieces for part in _split_piece(piece, snapshot, bits)]
    attributes = {}
    for partition, table in snapshot.attributes.items():
        hashes = table.column("hash").to_numpy()
        for child, first, last in _stretches(hashes, partition, snapshot.partition_bits, bits):
            attributes[child] = unshelve(table.slice(first, last - first))
    pieces.sort(key=lambda piece: (piece.partition, piece.generation))
    return replace(
        snapshot, pieces=tuple(pieces), attributes=attributes, partition_bits=bits, home=None
    )


def _split_piece(piece: Piece, snapshot: Snapshot, bits: int) -> Iterator[Piece]:
    hashes = piece.hashes
    for child, first, last in _stretches(hashes, piece.partition, snapshot.partition_bits, bits):
        live = piece.live
        if live is not None:
            live = live[(live >= first) & (live < last)] - np.int32(first)
        if live is None or live.size:
            batch = piece.batch.slice(first, last - first)
            yield replace(piece, partition=child, batch=batch, live=live)


def _stretches(
    hashes: np.ndarray[tuple[int], np.dtype[np.uint64]], partition: int, old: int, bits: int
) -> Iterator[tuple[int, int, int]]:
    """(new partition, first row, last row) of each new partition that has rows."""
    children = np.arange(1 << (bits - old), dtype=np.uint64) + np.uint64(partition << (bits - old))
    firsts = np.searchsorted(hashes, children << np.uint64(64 - bits))
    for child, first, last in zip(children, firsts, [*firsts[1:], hashes.size], strict=True):
        if last > first:
            yield int(child), int(first), int(last)


def fitted(events: Events, shape: Shape) -> Events:
    """The events with the journeys' columns; columns that they lack are missing throughout.

    Raises:
        InvalidValue: they cannot have them.
    """
    known = {column.name: column for column in shape.columns}
    for column in events.columns:
        if known.get(column.name) != column:
            raise InvalidValue(
                f"Column {column.name!r} of the new events is not one of the journeys' "
                f"({_listed(shape.columns)}), or of another kind.",
                "Leave it out, or build the journeys anew with it.",
            )
    if shape.ordered != events.ordered:
        have, lack = ("journeys", "new events") if shape.ordered else ("new events", "journeys")
        raise InvalidValue(
            f"The {have} have an order column and the {lack} have none.",
            "Name the same order column for both, or for neither.",
        )
    text, new_text = pa.types.is_string(shape.key), pa.types.is_string(events.customer_type)
    if new_text and not text:
        raise InvalidValue(
            "The customers of the journeys are integers, those of the new events are texts.",
            "Give the customer column as integers, or build the journeys anew with texts.",
        )
    return replace(
        events,
        customer_type=shape.key,
        columns=shape.columns,
        batches=(_fitted(batch, shape) for batch in events.batches),
    )


def _fitted(batch: pa.RecordBatch, shape: Shape) -> pa.RecordBatch:
    names = ["customer", "touchpoint", "time", *(["order"] if shape.ordered else [])]
    arrays = [batch.column(name) for name in names]
    arrays[0] = arrays[0].cast(shape.key)
    for column in shape.columns:
        there = column.name in batch.schema.names
        kind = ARROW_TYPE[column.kind]
        arrays.append(batch.column(column.name) if there else pa.nulls(batch.num_rows, kind))
        names.append(column.name)
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _listed(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns) or "none"


def _all_partitions(snapshot: Snapshot) -> Iterator[tuple[int, list[Piece]]]:
    there = by_partition(snapshot)
    for partition in range(1 << snapshot.partition_bits):
        yield partition, there.get(partition, [])


def _shelf(shelf: FileShelf | None, spill: Spill | None, jobs: Sequence[Job]) -> Shelf:
    if shelf is not None:
        return shelf
    large = isinstance(spill, FileSpill) or sum(job.events for job in jobs) > MEMORY_EVENTS
    return TemporaryShelf() if large else MemoryShelf()


def _grown(names: Vocabularies, indexes: Mapping[str, TextIndex]) -> dict[str, pa.StringArray]:
    """The vocabularies with their new names; the very same arrays where there are none."""
    return {
        name: names[name] if len(index) == len(names[name]) else index.keys()
        for name, index in indexes.items()
    }


def _changed(old: Snapshot, made: Sequence[Made], **facts: object) -> Snapshot:
    """The snapshot after the jobs: other partitions keep their pieces."""
    done = {one.partition: one for one in made}
    pieces: list[Piece] = []
    for partition, before in _all_partitions(old):
        if partition not in done:
            pieces.extend(before)
            continue
        one = done[partition]
        pieces.extend([*one.kept, one.piece] if one.piece else one.kept)
    filled = [piece for piece in pieces if piece.batch.num_rows] or pieces[:1]
    return replace(
        old,
        pieces=tuple(filled),
        attributes=attributes_of(made, old.attributes),
        customers=sum(int(live_rows(piece).size) for piece in filled),
        home=None,
        **facts,  # type: ignore[arg-type]
    )


def _span(snapshot: Snapshot, gathering: Gathering) -> dict[str, int]:
    """First and last time of both."""
    if not snapshot.events:
        return {"since": gathering.since, "until": gathering.until}
    if not gathering.any:
        return {"since": snapshot.since, "until": snapshot.until}
    return {
        "since": min(snapshot.since, gathering.since),
        "until": max(snapshot.until, gathering.until),
    }


def set_aside_with(old: SetAside, new: SetAside) -> SetAside:
    """Both together; neither is changed."""
    total = deepcopy(old)
    total.rows_read += new.rows_read
    for reason, count in new.counts.items():
        total.add(reason, count, new.examples.get(reason, []))
    return total

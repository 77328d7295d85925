"""From a stream of events to rows: one customer, one row, in order of time.

Events are hashed by customer and cut into partitions while they are read (`gathering`), and wait
in memory or in one file (`spill`); then each partition is grouped by counting sort and sorted
inside its rows (`grouping`). Ties of time keep the order column's order, then the input's.
"""

from __future__ import annotations

from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from travesia.record.chunks import Shape
from travesia.record.events import Events
from travesia.record.gathering import Gathering
from travesia.record.grouping import group
from travesia.record.interning import TextIndex
from travesia.record.keys import hash_keys
from travesia.record.rows import Vocabularies, to_batch
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

__all__ = ["build", "hash_keys"]


def build(events: Events, directory: Path | None = None) -> Snapshot:
    """The journeys of these events.

    Few events stay in memory. Many are built on disk, in files that vanish with the snapshot; the
    temporary directory (`TMPDIR`) needs room for about three times the result. With a directory
    the journeys are saved there at once, which spares a copy.

    Raises:
        InvalidValue: a column's name is taken, or has more different values than fit.
        StoreBusy: another process is writing in the directory.
    """
    if directory is None:
        return build_onto(events, None)
    from travesia.record.opening import open_snapshot
    from travesia.record.publishing import writing

    with writing(directory) as writer:
        shelf = FileShelf(writer.folder)
        snapshot = build_onto(events, shelf)
        writer.publish(replace(snapshot, number=writer.folder.number), shelf.places)
    return open_snapshot(directory)


def build_onto(events: Events, shelf: FileShelf | None) -> Snapshot:
    """The journeys of these events, on a store's shelf or, if there is none, wherever they fit."""
    shape = Shape(events.customer_type, events.columns, events.ordered)
    indexes = new_indexes(shape)
    gathering = Gathering(events, shape, indexes, directory=shelf.folder.path if shelf else None)
    number = shelf.folder.number if shelf else 1
    with closing(gathering.run()) as spill:
        vocabularies = {name: index.keys() for name, index in indexes.items()}
        indexes.clear()
        jobs = [
            _job(spill, partition, shape, vocabularies, number)
            for partition in range(1 << spill.bits)
            if spill.rows[partition] or not spill.rows.any()
        ]
        large = isinstance(spill, FileSpill)
        chosen: Shelf = shelf or (TemporaryShelf() if large else MemoryShelf())
        made = chosen.keep(jobs, vocabularies)
    pieces = tuple(one.piece for one in made if one.piece is not None)
    return Snapshot(
        number=number,
        pieces=pieces,
        partition_bits=spill.bits,
        vocabularies=vocabularies,
        attributes=attributes_of(made, {}),
        columns=events.columns,
        ordered=events.ordered,
        events=int(spill.rows.sum()),
        customers=sum(piece.batch.num_rows for piece in pieces),
        since=gathering.since,
        until=gathering.until,
        zone=events.zone,
        set_aside=deepcopy(events.set_aside),
        said=tuple(events.said),
        read_as=dict(events.read_as),
    )


def _job(
    spill: Spill, partition: int, shape: Shape, vocabularies: Vocabularies, number: int
) -> Job:
    def make() -> Made:
        rows, attributes = group(spill, partition, shape, vocabularies)
        piece = Piece(partition, number, to_batch(rows, shape, vocabularies))
        return Made(partition, piece, (), attributes)

    return Job(partition, int(spill.rows[partition]), make)


def new_indexes(shape: Shape) -> dict[str, TextIndex]:
    """Empty vocabularies; all but the touchpoints' reserve 0 for the missing value."""
    indexes = {name: TextIndex(column=name) for name in shape.texts}
    for name, index in indexes.items():
        if name != "touchpoint":
            index.intern_array(pa.array([""]))
    return indexes

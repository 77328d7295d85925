"""Writing to a store: one writer at a time, and a new state all at once or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa

from travesia.errors import NotAStore, StoreBusy
from travesia.record.attributes import shelved
from travesia.record.events import SetAside
from travesia.record.manifest import (
    NAME,
    OURS,
    BatchEntry,
    ColumnEntry,
    Manifest,
    SetAsideEntry,
    publish_manifest,
    read_manifest,
)
from travesia.record.packs import Folder, unwritten, write_pack
from travesia.record.rows import as_lists
from travesia.record.shelves import Place
from travesia.record.snapshot import Piece, Snapshot

LOCK = "lock"
MOST_VOCABULARY_FILES = 8
SMALL_VOCABULARY = 65_536  # names: less than this is written whole rather than as one more file
ATTRIBUTE_ROWS = 1_000_000  # a file


class Writer:
    """The only writer of a store's directory, until its `with` block ends.

    Attributes:
        manifest: the state it found; None in a new store.
        folder: where the files of the next state are written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        try:
            self.manifest: Manifest | None = read_manifest(directory)
        except NotAStore:
            self.manifest = None
        self.remove_orphans()
        self.folder = Folder(directory, self.manifest.number + 1 if self.manifest else 1)

    def publish(self, snapshot: Snapshot, places: Mapping[tuple[int, int], Place]) -> None:
        """Make this the state of the store, then remove the files it no longer needs.

        Args:
            snapshot: its number must be the folder's.
            places: where the new pieces stand; the others stand where they stood.
        """
        manifest = self._manifest(snapshot, places)
        publish_manifest(self._directory, manifest)
        self.manifest = manifest
        self.remove_orphans()

    def remove_orphans(self) -> None:
        """Remove files of ours that the state does not name: left by a crash, or replaced."""
        named = set(self.manifest.files) if self.manifest else set()
        for path in self._directory.iterdir():
            ours = OURS.fullmatch(path.name) or path.name == f"{NAME}.new"
            if ours and path.name not in named:
                path.unlink()

    def _manifest(self, snapshot: Snapshot, places: Mapping[tuple[int, int], Place]) -> Manifest:
        journeys = self._journeys(snapshot, places)
        attributes = self._attributes(snapshot)
        vocabularies = self._vocabularies(snapshot)
        masks = self._masks(snapshot)
        named = {entry.file for entry in (*journeys, *attributes)}
        named |= {entry.codes_file for entry in (*journeys, *attributes) if entry.codes_file}
        named |= {*vocabularies, *([masks] if masks else [])}
        known = {**(self.manifest.files if self.manifest else {}), **self.folder.files}
        text = pa.types.is_string(snapshot.pieces[0].batch.schema.field("key").type)
        return Manifest(
            number=snapshot.number,
            key="string" if text else "int64",
            ordered=snapshot.ordered,
            columns=tuple(
                ColumnEntry(name=one.name, kind=one.kind, attribute=one.attribute)
                for one in snapshot.columns
            ),
            partition_bits=snapshot.partition_bits,
            events=snapshot.events,
            customers=snapshot.customers,
            since=snapshot.since,
            until=snapshot.until,
            zone=snapshot.zone,
            set_aside=_set_aside(snapshot.set_aside),
            said=snapshot.said,
            read_as=dict(snapshot.read_as),
            vocabularies=vocabularies,
            masks=masks,
            journeys=journeys,
            attributes=attributes,
            files={name: known[name] for name in sorted(named)},
        )

    def _journeys(
        self, snapshot: Snapshot, places: Mapping[tuple[int, int], Place]
    ) -> tuple[BatchEntry, ...]:
        earlier = self.manifest.journeys if self.manifest else ()
        known = {(entry.partition, entry.generation): entry for entry in earlier}
        entries = []
        for piece in snapshot.pieces:
            place = places.get((piece.partition, piece.generation))
            if place is None:
                entries.append(known[piece.partition, piece.generation])
                continue
            entries.append(
                BatchEntry(
                    partition=piece.partition,
                    generation=piece.generation,
                    file=place.file,
                    batch=place.batch,
                    rows=piece.batch.num_rows,
                    codes_file=place.codes_file,
                )
            )
        return tuple(entries)

    def _attributes(self, snapshot: Snapshot) -> tuple[BatchEntry, ...]:
        """Entries of the tables: those that a store holds already are not written again."""
        known = {
            (entry.partition, entry.generation): entry
            for entry in (self.manifest.attributes if self.manifest else ())
        }
        entries, fresh = [], []
        for partition, table in snapshot.attributes.items():
            generation = shelved(table) if snapshot.home == self._directory else None
            if generation is not None:
                entries.append(known[partition, generation])
            else:
                fresh.append((partition, table))
        for pack in _packs(fresh):
            entries.extend(self._attribute_pack(pack, snapshot))
        return tuple(sorted(entries, key=lambda entry: entry.partition))

    def _attribute_pack(
        self, tables: list[tuple[int, pa.Table]], snapshot: Snapshot
    ) -> list[BatchEntry]:
        batches = [table.combine_chunks().to_batches() for _, table in tables]
        whole = [
            found[0] if found else pa.RecordBatch.from_pylist([], schema=table.schema)
            for found, (_, table) in zip(batches, tables, strict=True)
        ]
        plain = [batch.replace_schema_metadata(None) for batch in whole]
        pack = write_pack(self.folder, "attributes", plain, snapshot.vocabularies)
        return [
            BatchEntry(
                partition=partition,
                generation=snapshot.number,
                file=pack.file,
                batch=i,
                rows=table.num_rows,
                codes_file=pack.codes_file,
            )
            for i, (partition, table) in enumerate(tables)
        ]

    def _vocabularies(self, snapshot: Snapshot) -> tuple[str, ...]:
        """The files of all names: one more for the new names, or all names in one again."""
        from travesia.record.opening import read_vocabularies

        files = self.manifest.vocabularies if self.manifest else ()
        held = read_vocabularies(self._directory, files) if snapshot.home == self._directory else {}
        new = {
            name: names[len(held.get(name, ())) :] for name, names in snapshot.vocabularies.items()
        }
        if held.keys() == new.keys() and not any(len(names) for names in new.values()):
            return files
        small = sum(len(names) for names in snapshot.vocabularies.values()) < SMALL_VOCABULARY
        if not held or small or len(files) >= MOST_VOCABULARY_FILES:
            files, new = (), dict(snapshot.vocabularies)
        return (*files, self.folder.write("vocabulary", [_names_batch(new)]))

    def _masks(self, snapshot: Snapshot) -> str | None:
        hidden = [piece for piece in snapshot.pieces if piece.live is not None]
        return self.folder.write("masks", [_masks_batch(hidden)]) if hidden else None


@contextmanager
def writing(directory: Path) -> Iterator[Writer]:
    """Be the only writer of a directory, which is made if it is not there.

    Raises:
        StoreBusy: somebody else is writing.
        StoreError: the directory cannot be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if not os.access(directory, os.W_OK | os.X_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(directory))
        lock = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as problem:
        raise unwritten(directory, problem) from problem
    try:
        _take(lock, directory)
        writer = Writer(directory)
        try:
            yield writer
        finally:
            writer.remove_orphans()
    finally:
        os.close(lock)  # which lets the next one in


def _take(lock: int, directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StoreBusy(
            f"Another process is writing to {directory}.", "Try again when it has finished."
        ) from None


def _set_aside(found: SetAside) -> SetAsideEntry:
    return SetAsideEntry(
        rows_read=found.rows_read, counts=dict(found.counts), examples=dict(found.examples)
    )


def _packs(tables: list[tuple[int, pa.Table]]) -> Iterator[list[tuple[int, pa.Table]]]:
    """Neighbouring tables together, as many as make a good file."""
    pack: list[tuple[int, pa.Table]] = []
    rows = 0
    for partition, table in tables:
        pack.append((partition, table))
        rows += table.num_rows
        if rows >= ATTRIBUTE_ROWS:
            yield pack
            pack, rows = [], 0
    if pack:
        yield pack


def _names_batch(names: Mapping[str, pa.StringArray]) -> pa.RecordBatch:
    """One row: the list of names of each text column."""
    return pa.record_batch(
        {
            column: as_lists(some, 1, pa.py_buffer(np.array([0, len(some)], np.int32)))
            for column, some in names.items()
        }
    )


def _masks_batch(pieces: list[Piece]) -> pa.RecordBatch:
    """A row a piece: which of its rows later generations replace."""
    gone = []
    for piece in pieces:
        hidden = np.ones(piece.batch.num_rows, np.bool_)
        hidden[piece.live] = False
        gone.append(np.flatnonzero(hidden).astype(np.int32))
    offsets = np.cumsum([0, *(rows.size for rows in gone)]).astype(np.int32)
    return pa.record_batch(
        {
            "partition": pa.array([piece.partition for piece in pieces], pa.int32()),
            "generation": pa.array([piece.generation for piece in pieces], pa.int64()),
            "masked": as_lists(pa.array(np.concatenate(gone)), len(pieces), pa.py_buffer(offsets)),
        }
    )

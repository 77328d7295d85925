"""Opening a store: the manifest, and everything else mapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.errors import StoreDamaged
from travesia.record.attributes import shelve
from travesia.record.events import Column, SetAside
from travesia.record.manifest import BatchEntry, Manifest, read_manifest
from travesia.record.packs import Pack, map_pack, mapped
from travesia.record.rows import Vocabularies
from travesia.record.snapshot import Piece, Snapshot


def open_snapshot(directory: Path) -> Snapshot:
    """The journeys saved in a directory, memory-mapped: nothing is read until it is needed.

    They stay as they are, whatever is written to the directory afterwards.

    Raises:
        NotAStore: there are none.
        StoreDamaged: a file is missing or not what the manifest says.
    """
    manifest = read_manifest(directory)
    while True:
        try:
            return _loaded(directory, manifest)
        except FileNotFoundError as problem:
            # a writer may have published a new state, and removed files, while we were opening
            newer = read_manifest(directory)
            if newer.number == manifest.number:
                raise StoreDamaged(
                    f"{problem.filename or problem} is missing.",
                    "Restore it from a copy, or build the journeys again from their events.",
                ) from problem
            manifest = newer


def read_vocabularies(directory: Path, files: Sequence[str]) -> dict[str, pa.StringArray]:
    """The names of each text column, from the files that hold them in turn."""
    parts: dict[str, list[pa.StringArray]] = {}
    for file in files:
        batch = mapped(directory / file)[0]
        for name in batch.schema.names:
            parts.setdefault(name, []).append(batch.column(name).values)
    return {
        name: some[0] if len(some) == 1 else pa.concat_arrays(some) for name, some in parts.items()
    }


def _loaded(directory: Path, manifest: Manifest) -> Snapshot:
    _check_sizes(directory, manifest)
    vocabularies = read_vocabularies(directory, manifest.vocabularies)
    packs: dict[str, Pack] = {}
    for entry in (*manifest.journeys, *manifest.attributes):
        if entry.file not in packs:
            packs[entry.file] = map_pack(directory, entry.file, entry.codes_file)
    live = _live(directory, manifest)
    return Snapshot(
        number=manifest.number,
        pieces=tuple(
            Piece(
                entry.partition,
                entry.generation,
                _batch(packs[entry.file], entry, directory),
                live.get((entry.partition, entry.generation)),
                packs[entry.file].codes,
            )
            for entry in manifest.journeys
        ),
        partition_bits=manifest.partition_bits,
        vocabularies=vocabularies,
        attributes={
            entry.partition: _attributes(packs[entry.file], entry, vocabularies, directory)
            for entry in manifest.attributes
        },
        columns=tuple(Column(one.name, one.kind, one.attribute) for one in manifest.columns),
        ordered=manifest.ordered,
        events=manifest.events,
        customers=manifest.customers,
        since=manifest.since,
        until=manifest.until,
        zone=manifest.zone,
        set_aside=SetAside(
            manifest.set_aside.rows_read,
            dict(manifest.set_aside.counts),
            {reason: list(some) for reason, some in manifest.set_aside.examples.items()},
        ),
        said=manifest.said,
        home=directory.absolute(),
    )


def _check_sizes(directory: Path, manifest: Manifest) -> None:
    for name, size in manifest.files.items():
        found = (directory / name).stat().st_size
        if found != size:
            raise StoreDamaged(
                f"{directory / name} has {found:,} bytes instead of {size:,}.",
                "Restore it from a copy, or build the journeys again from their events.",
            )


def _batch(pack: Pack, entry: BatchEntry, directory: Path) -> pa.RecordBatch:
    if entry.batch >= len(pack.batches) or pack.batches[entry.batch].num_rows != entry.rows:
        raise StoreDamaged(
            f"{directory / entry.file} does not hold what the manifest says.",
            "Restore it from a copy, or build the journeys again from their events.",
        )
    return pack.batches[entry.batch]


def _attributes(
    pack: Pack, entry: BatchEntry, vocabularies: Vocabularies, directory: Path
) -> pa.Table:
    """A partition's attributes; text as codes of the whole's vocabularies."""
    batch = _batch(pack, entry, directory)
    arrays: list[Any] = []
    for name, array in zip(batch.schema.names, batch.columns, strict=True):
        if name in pack.codes:
            codes = pa.array(pack.codes[name]).cast(pa.int32()).take(array.indices)
            array = pa.DictionaryArray.from_arrays(codes, vocabularies[name], safe=False)  # noqa: PLW2901
        arrays.append(array)
    return shelve(pa.table(arrays, names=batch.schema.names), entry.generation)


def _live(directory: Path, manifest: Manifest) -> dict[tuple[int, int], npt.NDArray[np.int32]]:
    """The live rows of the batches that have a mask."""
    if manifest.masks is None:
        return {}
    rows = {(entry.partition, entry.generation): entry.rows for entry in manifest.journeys}
    batch = mapped(directory / manifest.masks)[0]
    offsets, masked = batch.column("masked").offsets.to_numpy(), batch.column("masked").values
    found = {}
    pairs = zip(
        batch.column("partition").to_pylist(), batch.column("generation").to_pylist(), strict=True
    )
    for i, piece in enumerate(pairs):
        keep = np.ones(rows[piece], np.bool_)
        keep[masked.to_numpy()[offsets[i] : offsets[i + 1]]] = False
        found[piece] = np.flatnonzero(keep).astype(np.int32)
    return found

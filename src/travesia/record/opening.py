"""Opening a store: the manifest, and everything else mapped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.scope import TOUCHPOINT
from travesia.errors import StoreDamaged, StoreError
from travesia.record.attributes import shelve
from travesia.record.checking import Check, well_formed
from travesia.record.checksums import REPAIR, check_files
from travesia.record.events import Column, SetAside
from travesia.record.manifest import NAME, BatchEntry, Manifest, read_manifest
from travesia.record.packs import Pack, map_pack, mapped
from travesia.record.rows import Vocabularies
from travesia.record.snapshot import Piece, Snapshot


def open_snapshot(directory: Path, *, verify: bool = False) -> Snapshot:
    """The journeys saved in a directory, memory-mapped: no rows are read until they are needed.

    They stay as they are, whatever is written to the directory afterwards.

    Args:
        directory: where they were saved.
        verify: read all files, and compare them with the checksums of what was written.

    Raises:
        NotAStore: there are none.
        StoreDamaged: a file is missing or not what the manifest says.
        StoreError: a file cannot be read.
    """
    manifest = read_manifest(directory)
    while True:
        try:
            return _loaded(directory, manifest, verify=verify)
        except FileNotFoundError as problem:
            # a writer may have published a new state, and removed files, while we were opening
            newer = read_manifest(directory)
            if newer.number == manifest.number:
                raise StoreDamaged(
                    f"{problem.filename or problem} is missing.", REPAIR
                ) from problem
            manifest = newer
        except OSError as problem:
            raise StoreError(
                f"Journeys could not be read from {directory}: {problem}",
                "Look at whom its files belong to, and at the disk.",
            ) from problem


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


def _loaded(directory: Path, manifest: Manifest, *, verify: bool) -> Snapshot:
    check_files(directory, manifest.files, whole=verify)
    vocabularies = read_vocabularies(directory, manifest.vocabularies)
    if vocabularies.keys() != _text_columns(manifest):
        raise _disagrees(directory / NAME)
    packs: dict[str, Pack] = {}
    for entry in (*manifest.journeys, *manifest.attributes):
        if entry.file not in packs:
            pack = map_pack(directory, entry.file, entry.codes_file)
            if not all(
                _stand_for(codes, vocabularies.get(name)) for name, codes in pack.codes.items()
            ):
                raise _disagrees(directory / str(entry.codes_file))
            packs[entry.file] = pack
    live = _live(directory, manifest)
    return Snapshot(
        number=manifest.number,
        pieces=tuple(
            Piece(
                entry.partition,
                entry.generation,
                _journeys(packs[entry.file], entry, manifest, directory),
                live.get((entry.partition, entry.generation)),
                packs[entry.file].codes,
                _check(packs[entry.file], entry, manifest, vocabularies, directory),
            )
            for entry in manifest.journeys
        ),
        partition_bits=manifest.partition_bits,
        vocabularies=vocabularies,
        attributes={
            entry.partition: _attributes(packs[entry.file], entry, vocabularies, directory)
            for entry in manifest.attributes
        },
        columns=_columns(manifest),
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
        read_as=manifest.read_as,
        home=directory.absolute(),
    )


def _columns(manifest: Manifest) -> tuple[Column, ...]:
    return tuple(Column(one.name, one.kind, one.attribute) for one in manifest.columns)


def _text_columns(manifest: Manifest) -> set[str]:
    return {TOUCHPOINT, *(one.name for one in manifest.columns if one.kind == "text")}


def _stand_for(codes: npt.NDArray[np.uint32], names: pa.StringArray | None) -> bool:
    if names is None or codes.dtype != np.uint32:
        return False
    return not codes.size or int(codes.max()) < len(names)


def _disagrees(path: Path) -> StoreDamaged:
    return StoreDamaged(f"{path} does not hold what the manifest says.", REPAIR)


def _check(
    pack: Pack, entry: BatchEntry, manifest: Manifest, vocabularies: Vocabularies, directory: Path
) -> Check:
    """The bounds of a batch of journeys; a pack's own codes stand for names themselves."""
    sizes = {name: len(names) for name, names in vocabularies.items()}
    sizes |= {name: codes.size for name, codes in pack.codes.items()}
    span = manifest.since, manifest.until
    return Check(directory / entry.file, pack.batches[entry.batch], sizes, span)


def _journeys(pack: Pack, entry: BatchEntry, manifest: Manifest, directory: Path) -> pa.RecordBatch:
    batch = _batch(pack, entry, directory)
    if not well_formed(batch, manifest.key, _columns(manifest), ordered=manifest.ordered):
        raise _disagrees(directory / entry.file)
    return batch


def _batch(pack: Pack, entry: BatchEntry, directory: Path) -> pa.RecordBatch:
    if entry.batch >= len(pack.batches) or pack.batches[entry.batch].num_rows != entry.rows:
        raise _disagrees(directory / entry.file)
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


def _within(gone: npt.NDArray[np.int32], rows: int) -> bool:
    return not gone.size or (int(gone.min()) >= 0 and int(gone.max()) < rows)


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
        gone = masked.to_numpy()[offsets[i] : offsets[i + 1]]
        if piece not in rows or not _within(gone, rows[piece]):
            raise _disagrees(directory / manifest.masks)
        keep = np.ones(rows[piece], np.bool_)
        keep[gone] = False
        found[piece] = np.flatnonzero(keep).astype(np.int32)
    return found

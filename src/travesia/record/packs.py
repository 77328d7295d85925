"""Packs: Arrow files that hold the batches of several partitions, written once, memory-mapped.

Small generations of many partitions share a file, so that publishing one costs few syncs.
A text column of more than 65,535 names has a dictionary of the file's own; what its positions
stand for is kept beside, in a file of codes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import StoreDamaged, StoreError
from travesia.record.checksums import REPAIR, FileEntry, measured
from travesia.record.chunks import MOST_NARROW
from travesia.record.rows import Vocabularies, as_lists

ROWS = "journeys"  # the kind of file that opening does not read

Codes = dict[str, npt.NDArray[np.uint32]]


@dataclass(frozen=True, slots=True)
class Pack:
    """The batches of one file, mapped, and what its own dictionaries stand for."""

    file: str
    codes_file: str | None
    batches: tuple[pa.RecordBatch, ...]
    codes: Codes


@dataclass(slots=True)
class Folder:
    """Where packs are written: names are given once and never again.

    Attributes:
        number: the change that the files belong to; part of their names.
        durable: whether a written file is on the disk, not only in its cache.
        written: all names given so far.
        files: what the written files are known by, if they are durable.
    """

    path: Path
    number: int
    durable: bool = True
    written: list[str] = field(default_factory=list)
    files: dict[str, FileEntry] = field(default_factory=dict)

    def name(self, kind: str) -> str:
        """A name that no file has had."""
        name = f"{kind}-{self.number:06d}-{len(self.written):04d}.arrow"
        self.written.append(name)
        return name

    def write(self, kind: str, batches: Sequence[pa.RecordBatch]) -> str:
        """Write one file and give its name.

        Raises:
            StoreError: it could not be written; disks fill up.
        """
        name = self.name(kind)
        path = self.path / name
        try:
            with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, batches[0].schema) as to:
                for batch in batches:
                    to.write_batch(batch)
            if self.durable:
                self.files[name] = measured(path, unread=kind == ROWS)
                sync(path)
        except OSError as problem:
            raise unwritten(self.path, problem) from problem
        return name


def unwritten(path: Path, problem: OSError) -> StoreError:
    """The error of a write that failed."""
    if problem.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        repair = "Save the journeys in a directory that you may write to, or ask for leave."
    else:
        repair = "What was there is untouched. Make room or mend the disk, then try again."
    return StoreError(f"Journeys could not be written to {path}: {problem}", repair)


def sync(path: Path) -> None:
    """Wait until a file, or a directory's list of files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_pack(
    folder: Folder, kind: str, batches: Sequence[pa.RecordBatch], vocabularies: Vocabularies
) -> Pack:
    """Write batches of one schema into one file, and map it."""
    codes: Codes = {}
    for name in batches[0].schema.names:
        if name in vocabularies and _dictionary(batches[0].schema.field(name).type):
            batches = _same_dictionary(batches, name, vocabularies[name], codes)
    codes_file = folder.write(f"{kind}-codes", [_codes_batch(codes)]) if codes else None
    file = folder.write(kind, batches)
    return map_pack(folder.path, file, codes_file)


def map_pack(path: Path, file: str, codes_file: str | None) -> Pack:
    """A pack as it stands in its file.

    Raises:
        FileNotFoundError: there is no such file.
        StoreDamaged: it is not what was written.
    """
    codes: Codes = {}
    if codes_file is not None:
        batch = mapped(path / codes_file)[0]
        codes = {name: batch.column(name).values.to_numpy() for name in batch.schema.names}
    unread = file.startswith(f"{ROWS}-")
    return Pack(file, codes_file, mapped(path / file, unread=unread), codes)


def mapped(path: Path, *, unread: bool = False) -> tuple[pa.RecordBatch, ...]:
    """The batches of an Arrow file, memory-mapped; values are validated unless left unread.

    Raises:
        FileNotFoundError: there is no such file.
        StoreDamaged: it is not an Arrow file, or only a part of one.
    """
    try:
        return _batches(path, unread=unread)
    except (pa.ArrowInvalid, pa.ArrowSerializationError, OSError) as problem:
        if isinstance(problem, FileNotFoundError):
            raise
        raise StoreDamaged(
            f"{path} is damaged: {problem}",
            REPAIR,
        ) from problem


def _batches(path: Path, *, unread: bool) -> tuple[pa.RecordBatch, ...]:
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    batches = tuple(reader.get_batch(i) for i in range(reader.num_record_batches))
    for batch in batches:
        batch.validate()  # lengths against buffers; the values are not read
    if not unread:
        _validate(batches)
    return batches


def _validate(batches: Sequence[pa.RecordBatch]) -> None:
    """Validate all values; a dictionary, which all batches share, only once."""
    for i, batch in enumerate(batches):
        for column in batch.columns:
            if not pa.types.is_dictionary(column.type):
                column.validate(full=True)
                continue
            if i == 0:
                column.dictionary.validate(full=True)
            span = pc.min_max(column.indices).as_py()
            if span["max"] is not None and not 0 <= span["min"] <= span["max"] < len(
                column.dictionary
            ):
                raise pa.ArrowInvalid("a code stands for no name")


def _dictionary(kind: pa.DataType) -> bool:
    inner = kind.value_type if pa.types.is_list(kind) else kind
    return bool(pa.types.is_dictionary(inner))


def _same_dictionary(
    batches: Sequence[pa.RecordBatch], name: str, names: pa.StringArray, codes: Codes
) -> list[pa.RecordBatch]:
    """The batches with one dictionary for the column: all names, or the used ones if many.

    In the second case `codes` learns what the dictionary's positions stand for.
    """
    given = [_flat_codes(batch.column(name)) for batch in batches]
    if len(names) <= MOST_NARROW and all(
        len(_names(batch, name)) == len(names) for batch in batches
    ):
        return list(batches)  # vocabularies only grow: as many names are the same names
    position = np.arange(len(names), dtype=np.uint32)
    if len(names) > MOST_NARROW:
        used = np.zeros(len(names), np.bool_)
        for one in given:
            used[one.drop_null().to_numpy()] = True
        codes[name] = np.flatnonzero(used).astype(np.uint32)
        names = names.take(pa.array(codes[name]))
        position[codes[name]] = np.arange(len(names), dtype=np.uint32)
    return [
        _with(batch, name, _recoded(batch.column(name), one, position, names))
        for batch, one in zip(batches, given, strict=True)
    ]


def _names(batch: pa.RecordBatch, name: str) -> pa.Array:
    column = batch.column(name)
    return (column.values if pa.types.is_list(column.type) else column).dictionary


def _flat_codes(column: pa.Array) -> pa.Array:
    """The codes of a column, as they stand in it."""
    return (column.values if pa.types.is_list(column.type) else column).indices


def _recoded(
    column: pa.Array,
    given: pa.Array,
    position: npt.NDArray[np.uint32],
    names: pa.StringArray,
) -> pa.Array:
    """The column with these names as its dictionary; `position` says where each code stands."""
    if pa.types.is_list(column.type):
        offsets = column.offsets.to_numpy()
        found = given.to_numpy()[offsets[0] : offsets[-1]]
        values = position[found].astype(found.dtype, copy=False)
        array = pa.DictionaryArray.from_arrays(pa.array(values), names, safe=False)
        return as_lists(array, len(column), pa.py_buffer((offsets - offsets[0]).astype(np.int32)))
    absent = given.is_null().to_numpy(zero_copy_only=False)
    filled = position[given.fill_null(0).to_numpy()].astype(np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(filled, mask=absent), names, safe=False)


def _with(batch: pa.RecordBatch, name: str, array: pa.Array) -> pa.RecordBatch:
    place = batch.schema.get_field_index(name)
    field_ = batch.schema.field(place).with_type(array.type)
    arrays = [array if i == place else one for i, one in enumerate(batch.columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema.set(place, field_))


def _codes_batch(codes: Codes) -> pa.RecordBatch:
    """One row: for each column, the list of codes that the positions stand for."""
    lists = {
        name: as_lists(pa.array(one), 1, pa.py_buffer(np.array([0, one.size], np.int32)))
        for name, one in codes.items()
    }
    return pa.record_batch(lists)

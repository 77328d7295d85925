"""Where encoded events wait until their partition is built: memory, or one file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from travesia.errors import StoreError
from travesia.record.chunks import Chunk, Keys, TextKeys, Values
from travesia.record.keys import Hashes


class Spill(Protocol):
    """Cut and settled chunks, given back partition by partition in the input's order.

    Attributes:
        bits: a partition is the top bits of the hash.
        rows: events a partition.
    """

    bits: int
    rows: npt.NDArray[np.int64]

    def keys(self, partition: int) -> Iterator[tuple[Hashes, Keys]]:
        """Hashes and keys of the partition's events, chunk by chunk."""

    def column(self, name: str, partition: int) -> Iterator[Values]:
        """One column of the partition's events, chunk by chunk."""


class MemorySpill:
    """Chunks kept as they are."""

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.rows = np.zeros(1 << bits, np.int64)
        self._chunks: list[tuple[Chunk, npt.NDArray[np.int64]]] = []

    def add(self, chunk: Chunk) -> None:
        """Take over a cut and settled chunk."""
        cuts = _cuts(chunk)
        self.rows += np.diff(cuts)
        self._chunks.append((chunk, cuts))

    def keys(self, partition: int) -> Iterator[tuple[Hashes, Keys]]:
        """Hashes and keys of the partition's events, chunk by chunk."""
        for chunk, cuts in self._chunks:
            first, last = int(cuts[partition]), int(cuts[partition + 1])
            keys: Keys
            if isinstance(chunk.keys, TextKeys):
                keys = TextKeys(chunk.keys.offsets[first : last + 1], chunk.keys.data)
            else:
                keys = chunk.keys[first:last]
            yield chunk.hashes[first:last], keys

    def column(self, name: str, partition: int) -> Iterator[Values]:
        """One column of the partition's events, chunk by chunk."""
        for chunk, cuts in self._chunks:
            yield chunk.columns[name][int(cuts[partition]) : int(cuts[partition + 1])]

    def close(self) -> None:
        """Give the memory back."""
        self._chunks.clear()


@dataclass(frozen=True, slots=True)
class _Stretch:
    """One column of one chunk in the file."""

    offset: int
    kind: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One chunk in the file: where its columns stand, and each partition's share of the rows."""

    cuts: npt.NDArray[np.int64]
    byte_cuts: npt.NDArray[np.int64] | None
    columns: dict[str, _Stretch]


class FileSpill:
    """Chunks in one file that has no name, so that nothing is left behind whatever happens.

    Each chunk is written column after column, and inside a column partition after partition:
    writing is sequential, and a partition's share of a column is one read.
    """

    def __init__(self, bits: int, directory: Path | None = None) -> None:
        self.bits = bits
        self.rows = np.zeros(1 << bits, np.int64)
        self._directory = directory or tempfile.gettempdir()
        self._file = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115
        self._size = 0
        self._entries: list[_Entry] = []

    def add(self, chunk: Chunk) -> Callable[[], None]:
        """Take the next place for a cut and settled chunk; the call given back writes it."""
        cuts = _cuts(chunk)
        self.rows += np.diff(cuts)
        columns = {"hash": chunk.hashes, **chunk.columns}
        byte_cuts = None
        if isinstance(chunk.keys, TextKeys):
            lengths = np.diff(chunk.keys.offsets)
            columns["key"] = lengths.astype(np.min_scalar_type(int(lengths.max(initial=0))))
            columns["key bytes"] = chunk.keys.data
            byte_cuts = chunk.keys.offsets[cuts]
        else:
            columns["key"] = chunk.keys
        entry = _Entry(cuts, byte_cuts, {})
        for name, values in columns.items():
            entry.columns[name] = _Stretch(self._size, values.dtype)
            self._size += values.nbytes
        self._entries.append(entry)
        return partial(self._write, entry, columns)

    def keys(self, partition: int) -> Iterator[tuple[Hashes, Keys]]:
        """Hashes and keys of the partition's events, chunk by chunk."""
        for entry in self._entries:
            hashes = self._read(entry, "hash", partition)
            given = self._read(entry, "key", partition)
            if entry.byte_cuts is None:
                yield hashes, given
                continue
            offsets = np.zeros(given.size + 1, np.int64)
            np.cumsum(given, out=offsets[1:])
            first, last = int(entry.byte_cuts[partition]), int(entry.byte_cuts[partition + 1])
            yield hashes, TextKeys(offsets, self._stretch(entry.columns["key bytes"], first, last))

    def column(self, name: str, partition: int) -> Iterator[Values]:
        """One column of the partition's events, chunk by chunk."""
        return (self._read(entry, name, partition) for entry in self._entries)

    def close(self) -> None:
        """Give the disk space back."""
        self._file.close()

    def _write(self, entry: _Entry, columns: dict[str, Values]) -> None:
        try:
            for name, values in columns.items():
                self._write_at(entry.columns[name].offset, values)
        except OSError as problem:
            raise StoreError(
                f"Events could not be kept in {self._directory} while they are sorted: {problem}",
                "Make room there, or set TMPDIR to a directory that has room.",
            ) from problem

    def _write_at(self, offset: int, values: Values) -> None:
        rest = values.view(np.uint8).data if values.size else memoryview(b"")
        while len(rest):
            written = os.pwrite(self._file.fileno(), rest, offset)
            offset, rest = offset + written, rest[written:]

    def _read(self, entry: _Entry, name: str, partition: int) -> Values:
        first, last = int(entry.cuts[partition]), int(entry.cuts[partition + 1])
        return self._stretch(entry.columns[name], first, last)

    def _stretch(self, stretch: _Stretch, first: int, last: int) -> Values:
        """Items from `first` to before `last`; one read gives at most 2 GiB."""
        wide = stretch.kind.itemsize
        offset, length = stretch.offset + first * wide, (last - first) * wide
        parts = []
        while length:
            part = os.pread(self._file.fileno(), length, offset)
            if not part:
                raise OSError(f"The temporary file ends before byte {offset}.")
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return np.frombuffer(parts[0] if len(parts) == 1 else b"".join(parts), stretch.kind)


def _cuts(chunk: Chunk) -> npt.NDArray[np.int64]:
    if chunk.cuts is None:
        raise ValueError("The chunk has not been cut by partition.")
    return chunk.cuts

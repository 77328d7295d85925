"""Checksums of a store's files: what was written is what is read.

Opening checks all but the rows: they may be large, and nothing may need them. What it does check
of a file of rows is its frame (schema, headers and footer), which says where everything stands.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, NonNegativeInt

from travesia.engines.progress import report
from travesia.errors import StoreDamaged

REPAIR = "Restore it from a copy, or build the journeys again from their events."

_MAGIC = 8  # bytes before an Arrow file's first message
_THREADS = 2

Stretch = tuple[NonNegativeInt, NonNegativeInt]


class FileEntry(BaseModel):
    """What a file of a store is known by; checksums are CRC-32.

    Attributes:
        checksum: of all bytes.
        rows: where values stand that opening leaves unread, as (first byte, end), ascending.
        frame: the checksum of all bytes but these.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: NonNegativeInt
    checksum: NonNegativeInt
    rows: tuple[Stretch, ...] = ()
    frame: NonNegativeInt


def measured(path: Path, *, unread: bool) -> FileEntry:
    """What a file is known by, whose rows are left unread by opening or not."""
    data = _bytes(path)
    whole = zlib.crc32(data)
    entry = FileEntry(size=data.size, checksum=whole, frame=whole)
    if not unread:
        return entry
    entry = entry.model_copy(update={"rows": tuple(_bodies(data))})
    return entry.model_copy(update={"frame": _frame(data, entry)})


def check_files(directory: Path, files: Mapping[str, FileEntry], *, whole: bool) -> None:
    """Compare files with what they are known by: all bytes of the `whole`, or all but rows.

    Raises:
        FileNotFoundError: one is missing.
        StoreDamaged: one is not what was written.
    """
    for name, entry in files.items():
        found = (directory / name).stat().st_size
        if found != entry.size:
            raise StoreDamaged(
                f"{directory / name} has {found:,} bytes instead of {entry.size:,}.", REPAIR
            )

    def sound(name: str) -> bool:
        entry, data = files[name], _bytes(directory / name)
        return entry.checksum == zlib.crc32(data) if whole else entry.frame == _frame(data, entry)

    with ThreadPoolExecutor(_THREADS) as pool:
        for done, (name, holds) in enumerate(zip(files, pool.map(sound, files), strict=True), 1):
            if not holds:
                raise StoreDamaged(
                    f"{directory / name} is damaged: its checksum is not the one written.", REPAIR
                )
            report(done, len(files))


def _frame(data: pa.Buffer, entry: FileEntry) -> int:
    """The checksum of all bytes but the rows."""
    view = memoryview(data)
    edges = [0, *itertools.chain.from_iterable(entry.rows), len(view)]
    found = 0
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        found = zlib.crc32(view[start:stop], found)
    return found


def _bytes(path: Path) -> pa.Buffer:
    file = pa.memory_map(str(path))
    return file.read_buffer(file.size())


def _bodies(data: pa.Buffer) -> list[Stretch]:
    """Where the values of an Arrow file's messages stand."""
    source = pa.BufferReader(data)
    source.seek(_MAGIC)
    bodies = (message.body for message in pa.ipc.MessageReader.open_stream(source))
    starts = [(body.address - data.address, body.size) for body in bodies if body and body.size]
    return [(start, start + size) for start, size in starts]

"""Where new pieces go: memory, a temporary directory, or a store's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from travesia.engines.progress import report
from travesia.record.packs import ROWS, Folder, write_pack
from travesia.record.rows import Vocabularies
from travesia.record.snapshot import Piece

THREADS = 2
PACK_EVENTS = 4_000_000  # some 50 MB of the plainest events


@dataclass(frozen=True, slots=True)
class Made:
    """What a job makes of one partition.

    Attributes:
        piece: the new piece; None when it would be empty.
        kept: earlier pieces that stay, perhaps masked further.
        attributes: the partition's new table of attributes, if it changes.
    """

    partition: int
    piece: Piece | None
    kept: tuple[Piece, ...] = ()
    attributes: pa.Table | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """The making of one partition, and about how many events it gathers."""

    partition: int
    events: int
    make: Callable[[], Made]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch stands in a store."""

    file: str
    batch: int
    codes_file: str | None = None


class Shelf(Protocol):
    """Runs jobs on two threads and keeps the pieces they make."""

    def keep(self, jobs: Sequence[Job], vocabularies: Vocabularies) -> list[Made]:
        """What the jobs made, in their order."""


class MemoryShelf:
    """Pieces stay in memory as they are made."""

    def keep(self, jobs: Sequence[Job], vocabularies: Vocabularies) -> list[Made]:  # noqa: ARG002
        """What the jobs made, in their order."""
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(lambda job: job.make(), jobs))


@dataclass(slots=True)
class FileShelf:
    """Pieces are written into packs and mapped; `places` says where each one stands."""

    folder: Folder
    places: dict[tuple[int, int], Place] = field(default_factory=dict)

    def keep(self, jobs: Sequence[Job], vocabularies: Vocabularies) -> list[Made]:
        """What the jobs made, in their order, mapped from the files."""
        with ThreadPoolExecutor(THREADS) as pool:
            packed = pool.map(lambda some: self._pack(some, vocabularies), packs_of(jobs))
            found: list[Made] = []
            for made in packed:
                found.extend(made)
                report(len(found), len(jobs))
            return found

    def _pack(self, jobs: Sequence[Job], vocabularies: Vocabularies) -> list[Made]:
        done = [job.make() for job in jobs]
        pieces = [made.piece for made in done if made.piece is not None]
        if not pieces:
            return done
        batches = [piece.batch for piece in pieces]
        pack = write_pack(self.folder, ROWS, batches, vocabularies)
        mapped = {}
        for i, piece in enumerate(pieces):
            self.places[piece.partition, piece.generation] = Place(pack.file, i, pack.codes_file)
            mapped[piece.partition] = replace(piece, batch=pack.batches[i], codes=pack.codes)
        return [replace(made, piece=mapped.get(made.partition)) for made in done]


class TemporaryShelf:
    """Pieces are written into files that lose their name as soon as they are mapped.

    The disk space is given back when nothing refers to the pieces any more, or the process ends.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory

    def keep(self, jobs: Sequence[Job], vocabularies: Vocabularies) -> list[Made]:
        """What the jobs made, in their order, mapped from the files."""
        path = Path(tempfile.mkdtemp(prefix="travesia-", dir=self._directory))
        try:
            return FileShelf(Folder(path, 0, durable=False)).keep(jobs, vocabularies)
        finally:
            shutil.rmtree(path)


def packs_of(jobs: Iterable[Job]) -> list[list[Job]]:
    """Neighbouring jobs together, as many as make a good file, but enough for every thread."""
    jobs = list(jobs)
    size = min(PACK_EVENTS, -(-sum(job.events for job in jobs) // THREADS))
    packs: list[list[Job]] = []
    held = size
    for job in jobs:
        if held >= size:
            packs.append([])
            held = 0
        packs[-1].append(job)
        held += job.events
    return packs


def attributes_of(made: Iterable[Made], before: Mapping[int, pa.Table]) -> dict[int, pa.Table]:
    """All partitions' attributes after the jobs."""
    changed = {one.partition: one.attributes for one in made if one.attributes is not None}
    return dict(sorted({**before, **changed}.items()))

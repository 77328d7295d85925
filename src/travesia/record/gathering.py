"""Reading events into a spill: two threads encode and cut while the next batches are decoded."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

from travesia.engines.progress import report
from travesia.record.chunks import Chunk, Shape, cut, encode, settle
from travesia.record.events import Events
from travesia.record.interning import TextIndex
from travesia.record.spill import FileSpill, MemorySpill

CHUNK_EVENTS = 1 << 19
HELD_EVENTS = 4_000_000  # more than this, or than the bytes, goes to disk
HELD_BYTES = 128 << 20
PARTITION_EVENTS = 1_000_000
MOST_BITS = 12
UNKNOWN_BITS = 7  # how to partition when nobody knows how much comes
QUEUE = 4
THREADS = 2


def bits_for(events: int) -> int:
    """How many bits of the hash make partitions of about a million events."""
    return min(MOST_BITS, max(0, -(-events // PARTITION_EVENTS) - 1).bit_length())


def fitting_bits(events: int, bits: int) -> int:
    """As many bits as there are, unless partitions would be twice as large as they should be."""
    return bits if events <= 2 * PARTITION_EVENTS << bits else max(bits, bits_for(events))


class Gathering:
    """One reading of events.

    Chunks wait in memory until the events end, or are too many: then they go to a file, cut into
    partitions for the expected number of events, or as journeys that they come onto are cut
    (`bits`, with so many events `before`).
    """

    def __init__(
        self,
        events: Events,
        shape: Shape,
        vocabularies: dict[str, TextIndex],
        *,
        before: int = 0,
        bits: int | None = None,
        directory: Path | None = None,
    ) -> None:
        self._events = events
        self._shape = shape
        self._vocabularies = vocabularies
        self._before = before
        self._bits = bits
        self._directory = directory
        self._held: list[Chunk] = []
        self._spans: list[tuple[int, int]] = []
        self._rows = 0
        self._writing: deque[Future[None]] = deque()
        self._spill: FileSpill | None = None

    def run(self) -> MemorySpill | FileSpill:
        """All events, cut by partition; to be closed after use."""
        with ExitStack() as failing:
            failing.callback(self._abandon)
            spill = self._run()
            failing.pop_all()
            return spill

    def _abandon(self) -> None:
        if self._spill is not None:
            self._spill.close()

    def _run(self) -> MemorySpill | FileSpill:
        with ThreadPoolExecutor(THREADS) as pool:
            encoding: deque[Future[Chunk]] = deque()
            for batches in grouped(self._events.batches):
                encoding.append(pool.submit(self._encode, batches))
                if len(encoding) >= QUEUE:
                    self._take(encoding.popleft().result(), pool)
            while encoding:
                self._take(encoding.popleft().result(), pool)
            self._written(0)
            return self._spill or self._in_memory(pool)

    @property
    def any(self) -> bool:
        """Whether there were events at all."""
        return bool(self._spans)

    @property
    def since(self) -> int:
        """The first time of all."""
        return min((first for first, _ in self._spans), default=0)

    @property
    def until(self) -> int:
        """The last time of all."""
        return max((last for _, last in self._spans), default=0)

    def _encode(self, batches: Sequence[pa.RecordBatch]) -> Chunk:
        chunk = encode(batches, self._shape)
        return cut(chunk, self._spill.bits) if self._spill else chunk

    def _take(self, chunk: Chunk, pool: ThreadPoolExecutor) -> None:
        """Settle the next chunk of the input's order, then hold it or have it written."""
        settle(chunk, self._vocabularies)
        time = chunk.columns["time"]
        self._spans.append((int(time.min()), int(time.max())))
        self._rows += chunk.rows
        if self._events.about_rows:
            report(min(self._rows, self._events.about_rows), self._events.about_rows)
        self._held.append(chunk)
        if self._spill is None and self._too_much():
            self._spill = self._new_spill()
        while self._spill is not None and self._held:
            self._put(self._held.pop(0), self._spill, pool)

    def _put(self, chunk: Chunk, spill: FileSpill, pool: ThreadPoolExecutor) -> None:
        write = spill.add(chunk if chunk.cuts is not None else cut(chunk, spill.bits))
        self._writing.append(pool.submit(write))
        self._written(QUEUE)

    def _written(self, but: int) -> None:
        """Wait until all writes are done, but for so many of the last ones."""
        while len(self._writing) > but:
            self._writing.popleft().result()

    def _too_much(self) -> bool:
        held = sum(chunk.rows for chunk in self._held)
        return held > HELD_EVENTS or sum(chunk.bytes for chunk in self._held) > HELD_BYTES

    def _new_spill(self) -> FileSpill:
        expected = self._events.about_rows
        if expected is None:
            return FileSpill(max(UNKNOWN_BITS, self._bits or 0), self._directory)
        return FileSpill(self._fitting(expected), self._directory)

    def _fitting(self, events: int) -> int:
        total = self._before + events
        return bits_for(total) if self._bits is None else fitting_bits(total, self._bits)

    def _in_memory(self, pool: ThreadPoolExecutor) -> MemorySpill:
        spill = MemorySpill(self._fitting(sum(chunk.rows for chunk in self._held)))
        for chunk in pool.map(lambda one: cut(one, spill.bits), self._held):
            spill.add(chunk)
        self._held = []
        return spill


def grouped(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches together, or cut, so that each group has about as many events as a chunk."""
    group: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        for start in range(0, batch.num_rows, 2 * CHUNK_EVENTS):
            group.append(batch.slice(start, 2 * CHUNK_EVENTS))
            rows += group[-1].num_rows
            if rows >= CHUNK_EVENTS:
                yield group
                group, rows = [], 0
    if group:
        yield group

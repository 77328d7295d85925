"""XES (IEEE 1849): event logs in XML, streamed by whole traces.

Columns are the events' attributes by key and the traces' as `case:key`, as the field writes them.
Only what stands directly in a trace or event is a column; attributes of attributes are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from xml.sax.saxutils import escape, unescape

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.errors import UnknownFormat, UnreadableSource
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.ahead import ahead
from travesia.record.formats.feeds import Chunk, clipped, shown
from travesia.record.formats.files import BLOCK, Head, head, utf8_blocks
from travesia.record.formats.sniff import MARKS, checked_encoding

_ = texts("record")

CASE = "case:"
CUSTOMER, TOUCHPOINT, TIME = "case:concept:name", "concept:name", "time:timestamp"
SAMPLE = 1 << 20
MOST_KEYS = 4096
ENTITIES = {"&quot;": '"', "&apos;": "'"}
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([\w.-]+)["']""")
_BY_NUMBER = re.compile(r"&#(x[0-9a-fA-F]+|\d+);")


@dataclass(slots=True)
class Keys:
    """The keys of a log as it writes them: first the wanted ones, then others as they are met."""

    names: list[str]
    known: int = 0
    table: npt.NDArray[np.int32] = field(init=False)
    hashes: npt.NDArray[np.uint64] = field(init=False)
    seen: npt.NDArray[np.uint8] = field(init=False)
    places: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        from travesia.record.formats.xes_kernels import name_hash

        self.table = np.full(4 * MOST_KEYS, -1, np.int32)
        self.hashes = np.zeros(MOST_KEYS, np.uint64)
        self.seen = np.zeros(MOST_KEYS, np.uint8)
        self.places = np.zeros((MOST_KEYS, 3), np.int64)
        self.known = len(self.names)
        for key, name in enumerate(self.names):
            found = name_hash(name.encode())
            at = found % self.table.size
            while self.table[at] >= 0:
                at = (at + 1) % self.table.size
            self.table[at], self.hashes[key] = key, found

    def learn(self, data: bytes, known: int) -> None:
        """The names of the keys that were met in these bytes for the first time."""
        for start, stop, of_case in self.places[self.known : known]:
            self.names.append((CASE if of_case else "") + data[start:stop].decode())
        self.known = known

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """What each key held so far; a key with several kinds of values is text."""
        only: dict[int, ColumnKind] = {2: "number", 4: "time"}
        pairs = zip(self.names, self.seen, strict=False)
        return {_plain(name): only.get(int(bits), "text") for name, bits in pairs if bits}


@dataclass
class XesFeed:
    """An XES file; its columns are those of its first traces."""

    path: Path
    block: int = BLOCK
    as_text: bool = True
    options: frozenset[str] = frozenset({"time_format"})
    about_rows: int | None = None

    def __post_init__(self) -> None:
        self.name = self.path.name
        self.late: list[tuple[str, str]] = []
        self.left_out: Mapping[str, str] = {}
        self._written: dict[str, str] = {}
        self._head: Head = head(self.path, SAMPLE)
        self.charset = _charset(self._head.data)
        packed = (self._head.compression,) if self._head.compression else ()
        self.said: tuple[tuple[str, str], ...] = ((_("format"), ", ".join(["XES", *packed])),)
        self.about_rows = int(self._sample.num_rows * self._head.times)

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """As the values of the first traces are typed; the usual three come first."""
        keys = Keys([])
        next(self._events(keys, SAMPLE), None)
        self._written.update((_plain(name), name) for name in keys.names)
        usual = [name for name in (CUSTOMER, TOUCHPOINT, TIME) if name in keys.kinds]
        return {name: keys.kinds[name] for name in dict.fromkeys([*usual, *keys.kinds])}

    @property
    def attributes(self) -> tuple[str, ...]:
        """What describes a trace but its name."""
        return tuple(n for n in self.kinds if n.startswith(CASE) and n != CUSTOMER)

    def type_of(self, column: str) -> pa.DataType:
        """Everything is text, as the XML has it."""
        del column
        return pa.string()

    def sample(self, column: str) -> pa.Array:
        """The first values of a column."""
        if column in self._sample.schema.names:
            return self._sample.column(column)
        return next(self.scan(column))

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        for batch in self._events(self._keys([column]), self.block):
            yield batch.column(0)

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        return self.scan(column)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds, even if the first traces do not have it."""
        if column in self.kinds:
            return self.kinds[column]
        keys = self._keys([column])
        for _batch in self._events(keys, self.block):
            if column in keys.kinds:
                return keys.kinds[column]
        return None

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All events, trace by trace in the file's order."""
        del names
        keys = self._keys(columns)
        for written in ahead(self._events(keys, self.block)):
            batch = written.rename_columns(list(columns)) if columns else written
            yield Chunk(batch, shown(self.name, aside.rows_read + 1, batch, "event"))
            aside.rows_read += batch.num_rows
        late = [name for name in keys.kinds if name not in self.kinds and name not in columns]
        if late:
            self.late.append(
                (_("left out"), _("{columns}: not in the first traces", columns=", ".join(late)))
            )

    def _keys(self, columns: Sequence[str]) -> Keys:
        return Keys([self._written.get(name, escape(name)) for name in columns])

    @cached_property
    def _sample(self) -> pa.RecordBatch:
        found = next(self._events(Keys(list(self.kinds)), SAMPLE), None)
        return (
            pa.record_batch({n: pa.array([], pa.string()) for n in self.kinds})
            if found is None
            else found
        )

    def _events(self, keys: Keys, first: int) -> Iterator[pa.RecordBatch]:
        """The events of whole traces with the wanted keys as columns, some at a time."""
        columns, waiting, depth, line = list(keys.names), b"", 0, 1
        blocks = utf8_blocks(self.path, self.charset, first, self.block)
        for block in blocks:
            data = waiting + block
            batch, used, depth = self._cut(data, depth, keys, columns, line)
            line += data.count(b"\n", 0, used)
            waiting = data[used:]
            if batch.num_rows:
                yield batch
        if depth or waiting.strip():
            raise UnreadableSource(
                f"{self.name} is cut off: it ends at line {line + waiting.count(10)} "
                "before its log does.",
                "Make or download it again.",
            )

    def _cut(
        self, data: bytes, depth: int, keys: Keys, columns: list[str], line: int
    ) -> tuple[pa.RecordBatch, int, int]:
        from travesia.record.formats.xes_kernels import cut_events

        starts = np.full((data.count(b"event") + 1, len(columns)), -1, np.int64)
        sizes = np.zeros(starts.shape, np.int32)
        letters = np.frombuffer(data, np.uint8)
        events, used, depth, known, wrong, at = cut_events(
            letters,
            depth,
            keys.table,
            keys.hashes,
            keys.seen,
            keys.places,
            keys.known,
            starts,
            sizes,
        )
        if wrong:
            raise self._wrong(wrong, data, at, line)
        keys.learn(data, known)
        arrays = [
            _column(letters, starts[:events, k], sizes[:events, k]) for k in range(len(columns))
        ]
        batch = pa.record_batch(arrays or [pa.nulls(events)], names=columns or [""])
        return batch, used, depth

    def _wrong(
        self, wrong: int, data: bytes, at: int, line: int
    ) -> UnreadableSource | UnknownFormat:
        from travesia.record.formats import xes_kernels as kernels

        where = f"{self.name} line {line + data.count(10, 0, at)}"
        tag = clipped(data[at : at + 200].partition(b">")[0].decode(errors="replace"), 60) + ">"
        if wrong == kernels.NO_LOG:
            return UnknownFormat(
                f"{where}: this XML is no event log: it begins with {tag}, not with <log>.",
                "Export it as XES or CSV.",
            )
        why = {
            kernels.MALFORMED: f"{tag} is not well-formed XML",
            kernels.MISMATCHED: f"{tag} closes what was not opened",
            kernels.OWN_ENTITIES: "the log declares its own DOCTYPE, which is not read",
            kernels.TOO_MANY_KEYS: f"there are more than {MOST_KEYS} different keys",
        }[wrong]
        return UnreadableSource(f"{where}: {why}.", "Export it again as plain XES, or as CSV.")


def _column(
    data: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int32]
) -> pa.StringArray:
    """The values at these places; null where there is none."""
    from travesia.record.formats.xes_kernels import gather

    there = starts >= 0
    offsets = np.empty(starts.size + 1, np.int32)
    letters = np.empty(int(sizes.sum(where=there)), np.uint8)
    gather(data, starts, sizes, offsets, letters)
    valid = None if there.all() else pa.py_buffer(np.packbits(there, bitorder="little"))
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(letters)]
    found = pa.Array.from_buffers(pa.string(), starts.size, buffers)
    if not (letters == ord("&")).any():
        return found
    return pa.array(
        [None if one is None else _plain(one) for one in found.to_pylist()], pa.string()
    )


def _plain(text: str) -> str:
    """Text with its references resolved."""
    if "&" not in text:
        return text
    return unescape(_BY_NUMBER.sub(_character, text), ENTITIES)


def _character(match: re.Match[str]) -> str:
    code = match[1]
    number = int(code[1:], 16) if code[0] == "x" else int(code)
    # Left as written where there is no such character. "&#38;" must not begin a reference anew.
    sound = 0 < number < 0x110000 and not 0xD800 <= number < 0xE000
    return ("&amp;" if number == 38 else chr(number)) if sound else match[0].replace("&", "&amp;")


def _charset(data: bytes) -> str:
    """By the byte order mark, else as the XML declares, else UTF-8."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    declared = _DECLARED.match(data[:200])
    return checked_encoding(declared[1].decode()) if declared else "utf-8"

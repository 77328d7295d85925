"""XES (IEEE 1849): event logs in XML, streamed trace by trace.

Columns are the events' attributes by key and the traces' as `case:key`, as the field writes them.
Only what stands directly in a trace or event is a column; attributes of attributes are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa

from travesia.errors import UnknownFormat, UnreadableSource
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.ahead import ahead
from travesia.record.formats.feeds import Chunk, shown
from travesia.record.formats.files import blocks

_ = texts("record")

CASE = "case:"
CUSTOMER, TOUCHPOINT, TIME, LIFECYCLE = (
    "case:concept:name",
    "concept:name",
    "time:timestamp",
    "lifecycle:transition",
)
KINDS: dict[str, ColumnKind] = {
    "string": "text",
    "id": "text",
    "boolean": "text",
    "int": "number",
    "float": "number",
    "date": "time",
}
BLOCK = 1 << 20
EVENTS = 1 << 16  # in a chunk
# The depths of <trace>, of <event> and a trace's attributes, and of an event's attributes.
TRACE, EVENT, ATTRIBUTE = 2, 3, 4

Cells = dict[str, str]


@dataclass
class XesFeed:
    """An XES file; its columns are those of its first traces."""

    path: Path
    as_text: bool = True
    options: frozenset[str] = frozenset({"lifecycle", "time_format"})

    def __post_init__(self) -> None:
        self.name = self.path.name
        self.late: list[tuple[str, str]] = []
        self.about_rows: int | None = None
        self.said = ((_("format"), "XES"),)

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """As the first attributes of each key are typed; the usual three come first."""
        found = self._first.kinds
        usual = [name for name in (CUSTOMER, TOUCHPOINT, TIME) if name in found]
        return {name: found[name] for name in dict.fromkeys([*usual, *found])}

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
        return _column(self._first.events, column)

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        for log in self._parsed(BLOCK):
            yield _column(log.taken(), column)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds, even if the first traces do not have it."""
        if column in self.kinds:
            return self.kinds[column]
        return next((log.kinds[column] for log in self._parsed(BLOCK) if column in log.kinds), None)

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All events, trace by trace in the file's order."""
        del names
        yield from ahead(self._chunks(columns, aside))

    def _chunks(self, columns: Sequence[str], aside: SetAside) -> Iterator[Chunk]:
        last = None
        for last in self._parsed(EVENTS):
            events = last.taken()
            arrays = [_column(events, name) for name in columns]
            batch = pa.record_batch(arrays or [pa.nulls(len(events))], names=list(columns) or [""])
            yield Chunk(batch, shown(self.name, aside.rows_read + 1, batch, "event"))
            aside.rows_read += len(events)
        if last is not None:
            self._say_late(last)

    def _say_late(self, log: _Log) -> None:
        unseen = [name for name in log.kinds if name not in self.kinds and name.startswith(CASE)]
        if unseen:
            self.late.append(
                (
                    _("left out"),
                    _("{columns}: first seen late in the file", columns=", ".join(unseen)),
                )
            )

    @cached_property
    def _first(self) -> _Log:
        return next(self._parsed(1), _Log())

    def _parsed(self, events: int) -> Iterator[_Log]:
        """The log, each time at least so many events are complete, and at its end."""
        log = _Log()
        for block in blocks(self.path, BLOCK, BLOCK):
            self._guarded(log, block, final=False)
            if len(log.events) >= events:
                yield log
        self._guarded(log, b"", final=True)
        yield log

    def _guarded(self, log: _Log, block: bytes, *, final: bool) -> None:
        try:
            log.parser.Parse(block, final)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            cut = final and log.root == "log"
            raise UnreadableSource(
                f"{self.name} line {error.lineno}: {why}"
                + (", the log is cut off." if cut else "."),
                "Make or download it again."
                if cut
                else "It is not well-formed XML: mend it there.",
            ) from error
        if log.root not in ("", "log"):
            raise UnknownFormat(
                f"{self.name} is XML, but not an event log: it holds <{log.root}>, not <log>.",
                "Export it as XES or CSV.",
            )


class _Log:
    """Gathers events from the parser's calls.

    The two handlers run once for every element of the file: they do as little as they can, on
    local names, and look at the depth first.
    """

    def __init__(self) -> None:
        self.events: list[Cells] = []
        self.kinds: dict[str, ColumnKind] = {}
        self.root = ""
        self.parser = expat.ParserCreate()
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._handlers()

    def taken(self) -> list[Cells]:
        """The complete events, which are forgotten here."""
        taken = self.events[:]
        self.events.clear()
        return taken

    def _handlers(self):  # noqa: ANN202 - two closures over the state of one parse
        depth = 0
        cells: Cells | None = None  # of what is open: the event, else the trace
        case: Cells = {}
        open_events: list[Cells] = []
        events, kinds, seen = self.events, self.kinds, set()

        def start(tag: str, attributes: list[str]) -> None:
            nonlocal depth, cells, case
            depth += 1
            if depth == ATTRIBUTE:
                if cells is not None and len(attributes) > 3:
                    key, value = _key_value(attributes)
                    cells[key] = value
                    if (key, tag) not in seen:
                        seen.add((key, tag))
                        _note(kinds, key, tag)
            elif depth == EVENT:
                if tag == "event":
                    cells = {}
                elif cells is case and len(attributes) > 3:
                    key, value = _key_value(attributes)
                    case[CASE + key] = value
                    if (CASE + key, tag) not in seen:
                        seen.add((CASE + key, tag))
                        _note(kinds, CASE + key, tag)
            elif depth == TRACE:
                case = {}
                cells = case if tag == "trace" else None
            elif depth == 1:
                self.root = tag.rpartition(":")[2]

        def end(tag: str) -> None:
            nonlocal depth, cells
            if depth == EVENT:
                if tag == "event":
                    open_events.append(cells)
                    cells = case
            elif depth == TRACE:
                for event in open_events:
                    event.update(case)
                events.extend(open_events)
                open_events.clear()
                cells = None
            depth -= 1

        return start, end


def _key_value(attributes: list[str]) -> tuple[str, str]:
    """The key and value of an attribute; nearly always written in this order."""
    if attributes[0] == "key" and attributes[2] == "value":
        return attributes[1], attributes[3]
    named = dict(zip(attributes[::2], attributes[1::2], strict=True))
    return named.get("key", ""), named.get("value", "")


def _note(kinds: dict[str, ColumnKind], key: str, tag: str) -> None:
    """A key keeps its kind as long as all its values are of that kind."""
    kind = KINDS.get(tag, "text")
    kinds[key] = kind if kinds.get(key, kind) == kind else "text"


def _column(events: list[Cells], name: str) -> pa.StringArray:
    return pa.array([event.get(name) for event in events], pa.string())

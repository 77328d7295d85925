"""JSON lines: one object a line, nested ones as dotted columns, every value as text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import UnknownFormat
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.ahead import ahead
from travesia.record.formats.arrow import columns_of, left_out_of, picked
from travesia.record.formats.feeds import MANY, Chunk, clipped
from travesia.record.formats.files import BLOCK, Head, head, line_ends, utf8_blocks
from travesia.record.formats.sniff import checked_encoding, sniff_encoding
from travesia.record.formats.values import kind_of

_ = texts("record")

SAMPLE = 1 << 20
MOST_SAID = 20
ARROW = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
NOT_JSON, NO_OBJECT = "not JSON", "not an object"


@dataclass
class JsonlFeed:
    """A file with one JSON object a line. Columns are those of its first lines."""

    path: Path
    encoding: str | None = None
    block: int = BLOCK
    attributes: tuple[str, ...] = ()
    as_text: bool = True
    options: frozenset[str] = frozenset({"encoding", "time_format"})
    _head: Head = field(init=False)

    def __post_init__(self) -> None:
        self.late: list[tuple[str, str]] = []
        self.name = self.path.name
        self._head = head(self.path, SAMPLE)
        sniffed = sniff_encoding(self._head.data, self.name)
        self.charset = checked_encoding(self.encoding) if self.encoding else sniffed
        if self._head.data.lstrip()[:1] == b"[":
            raise UnknownFormat(
                f"{self.name} is one JSON list, and lists are read whole or not at all.",
                "Write one object a line (jq -c '.[]' file.json > file.jsonl).",
            )
        packed = (self._head.compression,) if self._head.compression else ()
        self.said = ((_("format"), ", ".join(["JSON lines", self.charset, *packed])),)

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """By the values of the first lines."""
        return {name: kind_of(self.sample(name)) for name in self._samples}

    @property
    def about_rows(self) -> int:
        """By the first lines."""
        return int(line_ends(self._head.data) * self._head.times)

    def type_of(self, column: str) -> pa.DataType:
        """Everything is text."""
        del column
        return pa.string()

    def sample(self, column: str) -> pa.Array:
        """The first values of a column."""
        return self._samples[column]

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        for chunk in self.read([column], SetAside()):
            yield chunk.batch.column(0)

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        return self.scan(column)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds, even if the first lines do not have it."""
        if column in self.kinds:
            return self.kinds[column]
        return next((kind_of(one) for one in self.scan(column) if one.null_count < len(one)), None)

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All objects; lines that are none are set aside with number and text."""
        del names
        schema = self._schema(columns)
        unseen = _Unseen({*self._samples, *self.left_out}, wanted={*self._samples} <= {*columns})
        for first, data in ahead(self._blocks(self.block)):
            batch = None if schema is None else _fast(data, schema, columns, unseen)
            if batch is None:
                yield self._slow(data, first, columns, aside, unseen)
            else:
                yield Chunk(batch, _shower(self.name, data, None, first))
                aside.rows_read += batch.num_rows
        self.late.extend(unseen.said())

    def _slow(
        self,
        data: bytes,
        first: int,
        columns: Sequence[str],
        aside: SetAside,
        unseen: _Unseen | None = None,
    ) -> Chunk:
        """Line by line, where types change, lines are broken or names hold dots."""
        objects, numbers = self._objects(data, first, aside)
        if unseen is not None:
            unseen.look(objects)
        batch = pa.record_batch([_column(objects, name) for name in columns], names=list(columns))
        return Chunk(batch, _shower(self.name, data, numbers, first))

    @cached_property
    def _first(self) -> list[dict[str, Any]]:
        """The objects of the first lines."""
        first, data = next(self._blocks(SAMPLE), (1, b""))
        return self._objects(data, first, SetAside())[0][:10_000]

    @cached_property
    def _samples(self) -> dict[str, pa.Array]:
        every = (leaf for one in self._first for leaf in _leaves(one))
        names = dict.fromkeys(name for name, value in every if not isinstance(value, list))
        return {name: _column(self._first, name) for name in names}

    @cached_property
    def left_out(self) -> Mapping[str, str]:
        """Lists, which become columns only when they are named."""
        every = (leaf for one in self._first for leaf in _leaves(one))
        lists = dict.fromkeys(name for name, value in every if isinstance(value, list))
        return {name: MANY for name in lists if name not in self._samples}

    def _schema(self, columns: Sequence[str]) -> pa.Schema | None:
        """What Arrow's parser is to look for; None if it cannot give the same as Python's.

        Only text, whole numbers and truth values look the same whoever writes them out.
        """
        if not columns or any("." in key for one in self._first for key in one):
            return None
        found: dict[str, Any] = {}
        for name in columns:
            path = tuple(name.split("."))
            values = (_at(one, name, path) for one in self._first)
            types = {type(value) for value in values if value is not None}
            *outer, last = path
            inner = found
            for key in outer:
                inner = inner.setdefault(key, {})
                if not isinstance(inner, dict):
                    return None
            if len(types) != 1 or last in inner or not types <= ARROW.keys():
                return None
            inner[last] = ARROW[types.pop()]
        return pa.schema(_fields(found))

    def _blocks(self, size: int) -> Iterator[tuple[int, bytes]]:
        """Whole lines, with the number of the first."""
        waiting, number = b"", 1
        for block in utf8_blocks(self.path, self.charset, size, self.block):
            data = waiting + block
            end = data.rfind(b"\n") + 1
            waiting = data[end:]
            if end:
                yield number, data[:end]
                number += line_ends(data[:end])
        if waiting:
            yield number, waiting + b"\n"

    def _objects(
        self, data: bytes, first: int, aside: SetAside
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """The objects of some lines, and where each stands among them."""
        objects, numbers = [], []
        for number, line in enumerate(data.split(b"\n")):
            if not line or line.isspace():
                continue
            aside.rows_read += 1
            try:
                found = json.loads(line)
            except (ValueError, RecursionError) as error:
                why = f"{self.name} line {first + number}: {clipped(line.decode())} ({error})"
                aside.add(NOT_JSON, 1, [why])
                continue
            if isinstance(found, dict):
                objects.append(found)
                numbers.append(number)
            else:
                aside.add(
                    NO_OBJECT, 1, [f"{self.name} line {first + number}: {clipped(line.decode())}"]
                )
        return objects, numbers


@dataclass
class _Unseen:
    """Counts values under names that the first lines do not have.

    Only where all those were asked for: who names columns knows what to leave out.
    """

    known: set[str]
    wanted: bool
    counts: Counter[str] = field(default_factory=Counter)

    def look(self, objects: list[dict[str, Any]]) -> None:
        """Count those of some objects."""
        if self.wanted:
            every = (leaf for one in objects for leaf in _leaves(one))
            self.counts.update(n for n, value in every if n not in self.known and value is not None)

    def look_at(self, table: pa.Table) -> None:
        """Count those of a table as Arrow's parser gives it."""
        (batch,) = table.combine_chunks().to_batches()
        names = {*columns_of(table.schema), *left_out_of(table.schema)} - self.known
        for name in names:
            self.counts[name] += table.num_rows - picked(batch, [name]).column(0).null_count

    def said(self) -> Iterator[tuple[str, str]]:
        """What to say of the most frequent ones."""
        for name, count in (+self.counts).most_common(MOST_SAID):
            yield (
                name,
                _.plural(
                    "left out unless named: first comes after the first lines, {n} value",
                    "left out unless named: first comes after the first lines, {n} values",
                    count,
                ),
            )
        if len(+self.counts) > MOST_SAID:
            more = len(+self.counts) - MOST_SAID
            yield _("columns"), _("{more} more are left out like these", more=more)


def _leaves(one: dict[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """All values with their dotted names."""
    for key, value in one.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{before}{key}.")
        else:
            yield before + key, value


def _at(one: dict[str, Any], name: str, path: tuple[str, ...]) -> Any:
    """A value by its dotted name; a key that itself holds dots wins."""
    if name in one:
        return one[name]
    found: Any = one
    for at, key in enumerate(path):
        if not isinstance(found, dict):
            return None
        rest = ".".join(path[at:])
        if rest in found:
            return found[rest]
        found = found.get(key)
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value if value.isascii() else _sound(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return str(value) if isinstance(value, int | float) else json.dumps(value)


def _sound(text: str) -> str:
    """Text without halves of characters, which JSON can write and nothing else can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _column(objects: list[dict[str, Any]], name: str) -> pa.StringArray:
    path = tuple(name.split("."))
    return pa.array([_text(_at(one, name, path)) for one in objects], pa.string())


def _fields(found: dict[str, Any]) -> list[pa.Field]:
    return [
        pa.field(key, pa.struct(_fields(kind)) if isinstance(kind, dict) else kind)
        for key, kind in found.items()
    ]


def _fast(
    data: bytes, schema: pa.Schema, columns: Sequence[str], unseen: _Unseen
) -> pa.RecordBatch | None:
    """The columns by Arrow's parser; None if anything is not as the first lines were."""
    from pyarrow import json as parser

    try:
        table = parser.read_json(
            pa.BufferReader(data),
            parser.ReadOptions(use_threads=False, block_size=len(data) + 1),
            parser.ParseOptions(
                explicit_schema=schema,
                unexpected_field_behavior="infer" if unseen.wanted else "ignore",
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != line_ends(data):  # an empty line, or an object over several
        return None
    if unseen.wanted:
        unseen.look_at(table)
    (batch,) = table.combine_chunks().to_batches()
    arrays = [pc.cast(one, pa.string()) for one in picked(batch, columns).columns]
    return pa.record_batch(arrays, names=list(columns))


def _shower(name: str, data: bytes, numbers: list[int] | None, first: int) -> Callable[[int], str]:
    """`numbers` tells where each row stands among the lines; None if every line is a row."""

    def show(row: int) -> str:
        number = row if numbers is None else numbers[row]
        text = data.split(b"\n", number + 1)[number].decode(errors="replace")
        return f"{name} line {first + number}: {clipped(text)}"

    return show

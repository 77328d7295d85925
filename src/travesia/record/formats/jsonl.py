"""JSON lines: one object a line, nested ones as dotted columns, every value as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from travesia.errors import UnknownFormat
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.feeds import Chunk, clipped
from travesia.record.formats.files import BLOCK, Head, head, utf8_blocks
from travesia.record.formats.sniff import checked_encoding, sniff_encoding
from travesia.record.formats.values import kind_of

_ = texts("record")

SAMPLE = 1 << 20
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
        """By the size of the first lines."""
        rows = max((len(column) for column in self._samples.values()), default=0)
        return int(rows * self._head.times)

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
        paths = [(name, tuple(name.split("."))) for name in columns]
        for first, lines in self._lines(self.block):
            objects, numbers = self._objects(lines, first, aside)
            columns_ = [
                pa.array([_text(_at(one, name, path)) for one in objects], pa.string())
                for name, path in paths
            ]
            batch = pa.record_batch(columns_, names=list(columns))
            yield Chunk(batch, _shower(self.name, lines, numbers, first))

    @cached_property
    def _samples(self) -> dict[str, pa.Array]:
        first, lines = next(self._lines(SAMPLE), (1, []))
        objects, _numbers = self._objects(lines[:10_000], first, SetAside())
        names = dict.fromkeys(name for one in objects for name in _names(one))
        return {
            name: pa.array(
                [_text(_at(one, name, tuple(name.split(".")))) for one in objects], pa.string()
            )
            for name in names
        }

    def _lines(self, size: int) -> Iterator[tuple[int, list[bytes]]]:
        """Whole lines, with the number of the first."""
        waiting, number = b"", 1
        for block in utf8_blocks(self.path, self.charset, size, self.block):
            *lines, waiting = (waiting + block).split(b"\n")
            if lines:
                yield number, lines
            number += len(lines)
        if waiting:
            yield number, [waiting]

    def _objects(
        self, lines: list[bytes], first: int, aside: SetAside
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """The objects of some lines, and where each stands among them."""
        objects, numbers = [], []
        for number, line in enumerate(lines):
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


def _names(one: dict[str, Any], before: str = "") -> Iterator[str]:
    """The dotted names of all values; lists are no columns."""
    for key, value in one.items():
        if isinstance(value, dict):
            yield from _names(value, f"{before}{key}.")
        elif not isinstance(value, list):
            yield before + key


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


def _shower(name: str, lines: list[bytes], numbers: list[int], first: int) -> Callable[[int], str]:
    return lambda row: (
        f"{name} line {first + numbers[row]}: {clipped(lines[numbers[row]].decode())}"
    )

"""CSV, TSV and their kin: every column as text, every line accounted for.

Rows are cut here, so that each one knows its line and a broken one costs only itself; the cells
are cut by Arrow's parser, which is given nothing but sound rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.errors import InputError, InvalidValue, UnknownName, UnreadableSource
from travesia.locale import N_, texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.ahead import ahead
from travesia.record.formats.feeds import Chunk, clipped
from travesia.record.formats.files import BLOCK, Head, clean, head, utf8_blocks
from travesia.record.formats.sniff import (
    SPACES,
    Dialect,
    checked_encoding,
    sniff_dialect,
    sniff_encoding,
)
from travesia.record.formats.values import kind_of

_ = texts("record")

SAMPLE = 1 << 20
LONGEST = 4 * BLOCK  # a row longer than this has a quote that never closes
TOO_FEW, TOO_MANY, BROKEN_QUOTES = "too few fields", "too many fields", "broken quotes"
DELIMITER_NAMES = {
    ",": N_("comma"),
    ";": N_("semicolon"),
    "\t": N_("tab"),
    "|": N_("bar"),
    SPACES: N_("spaces"),
}


@dataclass(frozen=True, slots=True)
class Rows:
    """Some whole rows of a file, cut but not yet parsed."""

    data: bytes
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int32]
    lines: npt.NDArray[np.int64]

    def show(self, name: str, row: int) -> str:
        """A row as the file has it, with its place."""
        text = self.data[self.starts[row] : self.stops[row]].decode(errors="replace")
        return f"{name} line {self.lines[row]}: {clipped(text)}"

    def pick(self, rows: npt.NDArray[np.int64]) -> Rows:
        """Some of the rows, in fresh bytes without the others."""
        parts = [self.data[self.starts[row] : self.stops[row]] for row in rows]
        lengths = np.array([len(part) + 1 for part in parts], np.int64)
        stops = np.cumsum(lengths) - 1
        data = b"\n".join([*parts, b""])
        return Rows(data, stops - lengths + 1, stops, self.fields[rows], self.lines[rows])


@dataclass
class CsvFeed:
    """A CSV file, read `block` bytes at a time.

    `delimiter`, `encoding` and `quote` are sniffed when None.
    """

    path: Path
    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    block: int = BLOCK
    attributes: tuple[str, ...] = ()
    as_text: bool = True
    options: frozenset[str] = frozenset({"delimiter", "encoding", "quote", "time_format"})
    _head: Head = field(init=False)

    def __post_init__(self) -> None:
        self.late: list[tuple[str, str]] = []
        self.left_out: Mapping[str, str] = {}
        self.name = self.path.name
        self._head = head(self.path, SAMPLE)
        self._check_options()
        if not self.names:
            raise UnreadableSource(
                f"{self.name} is empty: it has no header.",
                "Export it again with a first line that names the columns.",
            )
        self._check_header()

    @cached_property
    def charset(self) -> str:
        """The encoding: as told, else as sniffed."""
        sniffed = sniff_encoding(self._head.data, self.name) if self._must_sniff() else ""
        told = checked_encoding(self.encoding) if self.encoding else sniffed
        return sniffed if told == "utf-16" else told

    @cached_property
    def dialect(self) -> Dialect:
        """Delimiter, quote and escape: as told, else as sniffed."""
        text = self._head.data.decode(self.charset, errors="replace").removeprefix("\ufeff")
        return sniff_dialect(
            text, whole=self._head.whole, delimiter=self.delimiter, quote=self.quote
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The header's names; empty and repeated ones are told apart by their number."""
        data = next(utf8_blocks(self.path, self.charset, SAMPLE), b"")
        lines = data.decode(errors="replace").splitlines(keepends=True)[self.dialect.skip :]
        header = next((row for row in self.dialect.rows(lines[:50]) if row), [])
        return _distinct([name.strip() for name in header])

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """Guessed from the first rows."""
        return {name: kind_of(self.sample(name)) for name in self.names}

    @property
    def about_rows(self) -> int:
        """By the size of the first rows."""
        return int(self._sample.num_rows * self._head.times)

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """How the file is written."""
        marks = DELIMITER_NAMES.get(self.dialect.delimiter, repr(self.dialect.delimiter))
        parts = ["CSV", _(marks), self.charset]
        if self.dialect.quote != '"' and self.dialect.delimiter != SPACES:
            parts.append(_("quotes {quote}", quote=self.dialect.quote or _("none")))
        if self.dialect.escape:
            parts.append(_("escapes {escape}", escape=self.dialect.escape))
        if self._head.compression:
            parts.append(self._head.compression)
        return ((_("format"), ", ".join(parts)),)

    def type_of(self, column: str) -> pa.DataType:
        """Everything is text."""
        del column
        return pa.string()

    def sample(self, column: str) -> pa.Array:
        """The first values of a column."""
        return self._sample.column(column)

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        for chunk in self.read([column], SetAside()):
            yield chunk.batch.column(0)

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        return self.scan(column)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds, as far as the first rows tell."""
        return self.kinds.get(column)

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All rows; those that are not rows are set aside with line and text."""
        del names
        yield from ahead(self._chunks(columns, aside, self.block))

    @cached_property
    def _sample(self) -> pa.RecordBatch:
        first = next(self._chunks(self.names, SetAside(), SAMPLE), None)
        if first is not None:
            return first.batch
        return pa.record_batch([pa.array([], pa.string())] * len(self.names), names=self.names)

    def _chunks(self, columns: Sequence[str], aside: SetAside, first: int) -> Iterator[Chunk]:
        for rows in self._rows(first):
            aside.rows_read += rows.starts.size
            sound = self._sound(rows, aside)
            if sound.starts.size:
                yield Chunk(self._parsed(sound, columns), _shower(self.name, sound))

    def _rows(self, first: int) -> Iterator[Rows]:
        """The file's rows after the header, a block at a time."""
        blocks = utf8_blocks(self.path, self.charset, first, self.block)
        if self.dialect.delimiter == SPACES:
            blocks = _tabbed(blocks)
        waiting, line, to_skip = b"", 1, 1 + self.dialect.skip
        for block, final in _with_end(blocks):
            rows, used, line = _cut(waiting + block, self.dialect, len(self.names), line, final)
            waiting = rows.data[used:]
            skipped = min(to_skip, rows.starts.size)
            to_skip -= skipped
            if rows.starts.size > skipped:
                yield Rows(
                    rows.data,
                    rows.starts[skipped:],
                    rows.stops[skipped:],
                    rows.fields[skipped:],
                    rows.lines[skipped:],
                )

    def _sound(self, rows: Rows, aside: SetAside) -> Rows:
        """The rows with as many fields as the header; the others are set aside."""
        expected = len(self.names)
        if (rows.fields == expected).all():
            return rows
        for reason, bad in (
            (BROKEN_QUOTES, rows.fields < 0),
            (TOO_FEW, (rows.fields >= 0) & (rows.fields < expected)),
            (TOO_MANY, rows.fields > expected),
        ):
            where = np.flatnonzero(bad)
            aside.add(reason, where.size, [rows.show(self.name, int(row)) for row in where[:5]])
        return rows.pick(np.flatnonzero(rows.fields == expected))

    def _parsed(self, rows: Rows, columns: Sequence[str]) -> pa.RecordBatch:
        from pyarrow import csv

        dialect, data = self.dialect, memoryview(rows.data)[rows.starts[0] : rows.stops[-1]]
        if not columns:
            return pa.record_batch([pa.nulls(rows.starts.size)], names=[""])
        try:
            table = csv.read_csv(
                pa.BufferReader(data),
                csv.ReadOptions(
                    column_names=self.names, use_threads=False, block_size=len(data) + 1
                ),
                csv.ParseOptions(
                    delimiter="\t" if dialect.delimiter == SPACES else dialect.delimiter,
                    quote_char=dialect.quote or False,
                    double_quote=dialect.escape is None,
                    escape_char=dialect.escape or False,
                    newlines_in_values=True,
                ),
                csv.ConvertOptions(
                    include_columns=list(columns),
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=False,
                    check_utf8=False,  # verified when the bytes were read
                ),
            )
        except pa.ArrowInvalid as error:
            raise self._broken(rows, clean(error)) from error
        if table.num_rows != rows.starts.size:
            raise self._broken(rows, f"{rows.starts.size} rows became {table.num_rows}")
        return table.combine_chunks().to_batches()[0]

    def _broken(self, rows: Rows, why: str) -> UnreadableSource:
        return UnreadableSource(
            f"{self.name} lines {rows.lines[0]} to {rows.lines[-1]} cannot be parsed: {why}.",
            "Look at its quotes, or say how it is written with delimiter= and quote=.",
        )

    def _must_sniff(self) -> bool:
        return self.encoding is None or checked_encoding(self.encoding) == "utf-16"

    def _check_options(self) -> None:
        for option in ("delimiter", "quote"):
            value = getattr(self, option)
            if value and (len(value) != 1 or not value.isascii()):
                raise InvalidValue(
                    f"{option}={value!r} is not one plain character.",
                    f'Write it like {option}=";" (a tab is "\\t").',
                )

    def _check_header(self) -> None:
        rows = next(self._rows(SAMPLE), None)
        if rows is None or (rows.fields == len(self.names)).any():
            return
        raise InputError(
            f"{self.name} line {rows.lines[0]} has {rows.fields[0]} fields where the header has "
            f"{len(self.names)}, and so has no row the header's number.",
            "Look at the header, or say how the file is written with delimiter= and quote=.",
        )


def checked_column(feed: CsvFeed, column: str) -> str:
    """A column that the file has."""
    if column not in feed.names:
        raise UnknownName("column", column, feed.names, feed.name)
    return column


def _cut(
    data: bytes, dialect: Dialect, expected: int, line: int, final: bool
) -> tuple[Rows, int, int]:
    from travesia.record.formats.csv_kernels import cut_rows

    most = len(data) // 2 + 1  # a letter and a line end; memory that is not written costs nothing
    starts, stops, lines = (np.empty(most, np.int64) for _number in range(3))
    fields = np.empty(most, np.int32)
    rows, used, line = cut_rows(
        np.frombuffer(data, np.uint8),
        ord("\t" if dialect.delimiter == SPACES else dialect.delimiter),
        ord(dialect.quote) if dialect.quote else -1,
        ord(dialect.escape) if dialect.escape else -1,
        expected,
        final,
        LONGEST,
        line,
        starts,
        stops,
        fields,
        lines,
    )
    return Rows(data, starts[:rows], stops[:rows], fields[:rows], lines[:rows]), used, line


def _shower(name: str, rows: Rows) -> Callable[[int], str]:
    return lambda row: rows.show(name, row)


def _with_end(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each block, and whether it is the last."""
    held = next(blocks, b"")
    for block in blocks:
        yield held, False
        held = block
    yield held, True


def _tabbed(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines set apart by runs of spaces, with one tab instead of each run."""
    import re

    waiting = b""
    for block, final in _with_end(blocks):
        end = len(waiting) + len(block) if final else (waiting + block).rfind(b"\n") + 1
        data, waiting = (waiting + block)[:end], (waiting + block)[end:]
        data = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", data)
        yield re.sub(rb"[ \t]+", b"\t", data)


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Names for every column: empty ones are numbered, repeated ones get a number behind."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        wanted = name or f"column {number}"
        again = 2
        while wanted in found:
            wanted, again = f"{name or f'column {number}'}_{again}", again + 1
        found.append(wanted)
    return tuple(found)

"""Anything that offers Arrow: pandas, Polars, PyArrow, DuckDB relations, and Arrow files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import InputError, UnreadableSource
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.feeds import LENGTHS, MANY, OF_DAY, Chunk, shown
from travesia.record.formats.files import clean
from travesia.record.formats.values import checked_text, is_text

_ = texts("record")

MAGIC = b"ARROW1"
ROWS = 1 << 18  # a batch larger than this is cut, so that what comes after stays in the cache


def offers_arrow(source: object) -> bool:
    """Whether an object can be read as Arrow data."""
    return hasattr(source, "__arrow_c_stream__") or hasattr(source, "__arrow_c_array__")


def columns_of(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Every column that can be asked for; parts of structs by their dotted name."""
    return {name: kind for name, kind in _spread_all(schema).items() if _left_out(kind) is None}


def left_out_of(schema: pa.Schema) -> dict[str, str]:
    """The columns that cannot, and what they hold: a key of `MENDS`."""
    every = _spread_all(schema)
    return {name: why for name, kind in every.items() if (why := _left_out(kind)) is not None}


def kinds_of(types: Mapping[str, pa.DataType]) -> dict[str, ColumnKind]:
    """What those columns hold."""
    return {name: _kind(one) for name, one in types.items()}


def picked(batch: pa.RecordBatch, columns: Sequence[str]) -> pa.RecordBatch:
    """These columns of a batch, parts of structs by their dotted name."""
    if not columns:
        return pa.record_batch([pa.nulls(batch.num_rows)], names=[""])
    return pa.record_batch([_plain(_part(batch, name)) for name in columns], names=list(columns))


@dataclass
class ArrowFeed:
    """An Arrow stream, which is read once unless `again` can open it again.

    `again` may leave out other columns than the one it is given. `verify` is for bytes from
    outside: Arrow believes what a file says of its own offsets.
    """

    name: str
    reader: pa.RecordBatchReader
    again: Callable[[str], pa.RecordBatchReader] | None = None
    about_rows: int | None = None
    format: str = "Arrow"
    verify: bool = False
    attributes: tuple[str, ...] = ()
    as_text: bool = False
    options: frozenset[str] = frozenset({"time_format"})

    def __post_init__(self) -> None:
        self.late: list[tuple[str, str]] = []
        self._types = columns_of(self.reader.schema)
        self.left_out = left_out_of(self.reader.schema)
        self.kinds = kinds_of(self._types)
        self.said = ((_("format"), self.format),)

    def type_of(self, column: str) -> pa.DataType:
        """As the source has it."""
        return self._types[column]

    def sample(self, column: str) -> pa.Array:
        """The first rows of a column."""
        return checked_text(picked(self._first, [column]).column(0), column, self.name)

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values if the stream can be opened again, else the first."""
        if self.again is None:
            yield self.sample(column)
            return
        for batch in self._guarded(self.again(column)):
            yield picked(batch, [column]).column(0)

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """As `scan` does."""
        return self.scan(column)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds."""
        return self.kinds.get(column)

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All rows, in pieces of a convenient size."""
        del names
        batches: Iterable[pa.RecordBatch] = chain([self._first], self._batches)
        for batch in batches:
            wanted = picked(batch, columns)
            for start in range(0, batch.num_rows, ROWS):
                piece = wanted.slice(start, ROWS)
                yield Chunk(piece, shown(self.name, aside.rows_read + 1, piece))
                aside.rows_read += piece.num_rows

    @cached_property
    def _batches(self) -> Iterator[pa.RecordBatch]:
        return iter(self._guarded(self.reader))

    @cached_property
    def _first(self) -> pa.RecordBatch:
        first = next((batch for batch in self._batches if batch.num_rows), None)
        if first is not None:
            return first
        schema = self.reader.schema
        empty = [column.combine_chunks() for column in schema.empty_table().columns]
        return pa.RecordBatch.from_arrays(empty, schema=schema)

    def _guarded(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        try:
            for batch in reader:
                if self.verify:
                    batch.validate(full=True)
                yield batch
        except (pa.ArrowException, OSError) as error:
            raise UnreadableSource(
                f"{self.name} cannot be read to its end: {clean(error)}.",
                "Make or download it again.",
            ) from error


def open_object(source: Any) -> ArrowFeed:
    """Any object that offers Arrow."""
    name = type(source).__name__
    try:
        if not hasattr(source, "__arrow_c_stream__"):
            source = pa.Table.from_batches([pa.record_batch(source)])
        reader = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise InputError(
            f"This {name} cannot be read as Arrow: {clean(error)}.",
            "Give every column one type, such as with .astype(str).",
        ) from error
    # A DuckDB connection has one result at a time, and counting would be a query of its own.
    once = isinstance(source, pa.RecordBatchReader) or "duckdb" in type(source).__module__
    again = None if once else lambda column: _stream(source, column)
    return ArrowFeed(name, reader, again, _rows(source, once=once), f"Arrow ({name})")


def _stream(source: Any, column: str) -> pa.RecordBatchReader:
    """A data frame's column alone, because each column is converted; of others, all of it."""
    if type(source).__name__ == "DataFrame" and column in source.columns:
        source = source[[column]]
    return pa.RecordBatchReader.from_stream(source)


def open_ipc(path: Path) -> ArrowFeed:
    """An Arrow file (Feather) or an Arrow stream in a file, memory-mapped."""

    def opened(_column: str = "") -> pa.RecordBatchReader:
        try:
            mapped = pa.memory_map(str(path))
            is_stream = mapped.read(len(MAGIC)) != MAGIC
            mapped.seek(0)
            if is_stream:
                return pa.ipc.open_stream(mapped)
            file = pa.ipc.open_file(mapped)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableSource(
                f"{path.name} is not a whole Arrow file: {clean(error)}.",
                "Make or download it again.",
            ) from error
        batches = (file.get_batch(number) for number in range(file.num_record_batches))
        return pa.RecordBatchReader.from_batches(file.schema, batches)

    return ArrowFeed(path.name, opened(), opened, format="Arrow IPC", verify=True)


def _rows(source: Any, *, once: bool) -> int | None:
    return len(source) if not once and hasattr(source, "__len__") else None


def _spread_all(schema: pa.Schema) -> dict[str, pa.DataType]:
    found: dict[str, pa.DataType] = {}
    for field in schema:
        _spread(field.name, field.type, found)
    return found


def _spread(name: str, kind: pa.DataType, found: dict[str, pa.DataType]) -> None:
    if isinstance(kind, pa.BaseExtensionType):
        _spread(name, kind.storage_type, found)
    elif pa.types.is_run_end_encoded(kind):
        _spread(name, kind.value_type, found)
    elif pa.types.is_struct(kind):
        for field in kind:
            _spread(f"{name}.{field.name}", field.type, found)
    elif name in found:
        raise InputError(f"Two columns are called {name!r}.", "Give each column a name of its own.")
    else:
        is_coded = pa.types.is_dictionary(kind) and not is_text(kind)
        found[name] = kind.value_type if is_coded else kind


def _left_out(kind: pa.DataType) -> str | None:
    if pa.types.is_nested(kind):
        return MANY
    if pa.types.is_time(kind):
        return OF_DAY
    return LENGTHS if pa.types.is_duration(kind) or pa.types.is_interval(kind) else None


def _kind(one: pa.DataType) -> ColumnKind:
    if is_text(one) or pa.types.is_boolean(one) or pa.types.is_null(one):
        return "text"
    if pa.types.is_dictionary(one):
        return _kind(one.value_type)
    if pa.types.is_timestamp(one) or pa.types.is_date(one):
        return "time"
    is_number = pa.types.is_integer(one) or pa.types.is_floating(one) or pa.types.is_decimal(one)
    return "number" if is_number else "text"


def _plain(values: pa.Array) -> pa.Array:
    """The layouts that nothing further on need know: coded numbers, and nothing at all."""
    if isinstance(values, pa.ExtensionArray):
        return _plain(values.storage)
    if isinstance(values, pa.RunEndEncodedArray):
        return _plain(pc.run_end_decode(values))
    if pa.types.is_null(values.type):
        return values.cast(pa.string())
    if pa.types.is_dictionary(values.type) and not is_text(values.type):
        return values.dictionary_decode()
    return values


def _part(batch: pa.RecordBatch, name: str) -> pa.Array:
    if name in batch.schema.names:
        return batch.column(name)
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        outer = ".".join(parts[:length])
        if outer in batch.schema.names:
            return pc.struct_field(batch.column(outer), parts[length:])
    raise KeyError(name)

"""Parquet: only the columns needed, text as dictionaries where that is how it is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from travesia.errors import UnreadableSource
from travesia.locale import texts
from travesia.record.events import ColumnKind, SetAside
from travesia.record.formats.ahead import ahead, ahead_map
from travesia.record.formats.arrow import ROWS, columns_of, kinds_of, left_out_of, picked
from travesia.record.formats.feeds import Chunk, shown
from travesia.record.formats.files import clean
from travesia.record.formats.values import checked_text, is_text

_ = texts("record")

MAGIC = b"PAR1"
WHOLE = 1 << 20  # row groups up to this size are read whole, several at a time
AT_ONCE = 2
SAMPLE_ROWS = 10_000


@dataclass
class ParquetFeed:
    """A Parquet file."""

    path: Path
    attributes: tuple[str, ...] = ()
    as_text: bool = False
    options: frozenset[str] = frozenset({"time_format"})

    def __post_init__(self) -> None:
        self.late: list[tuple[str, str]] = []
        self._samples: dict[str, pa.Array] = {}
        self.name = self.path.name
        file = self._opened(())
        self._types = columns_of(file.schema_arrow)
        self.left_out = left_out_of(file.schema_arrow)
        self.kinds: Mapping[str, ColumnKind] = kinds_of(self._types)
        self.about_rows: int = file.metadata.num_rows
        self.said = ((_("format"), "Parquet"),)

    def type_of(self, column: str) -> pa.DataType:
        """As the file has it."""
        return self._types[column]

    def sample(self, column: str) -> pa.Array:
        """The first rows of a column."""
        if column not in self._samples:
            first = self._opened(()).iter_batches(SAMPLE_ROWS, columns=[column])
            batch = next(self._guarded(first), None)
            none = pa.array([], self._types[column])
            values = none if batch is None else picked(batch, [column]).column(0)
            self._samples[column] = checked_text(values, column, self.name)
        return self._samples[column]

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column."""
        for batch in self._guarded(self._opened(()).iter_batches(ROWS, columns=[column])):
            yield picked(batch, [column]).column(0)

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """By the file's statistics where it has them, else all values."""
        metadata, kind = self._opened(()).metadata, self._types[column]
        chunks = [
            group.column(number)
            for group in (metadata.row_group(one) for one in range(metadata.num_row_groups))
            for number in range(group.num_columns)
            if group.column(number).path_in_schema == column
        ]
        known = [one.statistics for one in chunks if one.is_stats_set]
        if len(known) < len(chunks) or not all(one.has_min_max for one in known):
            yield from self.scan(column)
            return
        yield pa.array([bound for one in known for bound in (one.min, one.max)], kind)

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds."""
        return self.kinds.get(column)

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All rows; text columns among `names` come as dictionaries."""
        dictionaries = [name for name in names if is_text(self._types[name])]
        file = self._opened(dictionaries)
        for batch in self._guarded(self._batches(file, list(columns), dictionaries)):
            wanted = picked(batch, columns)
            yield Chunk(wanted, shown(self.name, aside.rows_read + 1, wanted))
            aside.rows_read += batch.num_rows

    def _batches(
        self, file: pq.ParquetFile, columns: list[str], dictionaries: list[str]
    ) -> Iterator[pa.RecordBatch]:
        """Small row groups whole and two at a time; large ones in pieces, one piece ahead."""
        groups = range(file.num_row_groups)
        if any(file.metadata.row_group(group).num_rows > WHOLE for group in groups):
            yield from ahead(file.iter_batches(ROWS, columns=columns))
            return

        def whole(group: int) -> pa.Table:
            own = self._opened(dictionaries, file.metadata)  # one reader is for one thread
            return own.read_row_group(group, columns=columns, use_threads=False)

        for table in ahead_map(whole, groups, AT_ONCE):
            yield from table.to_batches()

    def _opened(
        self, dictionaries: Sequence[str], metadata: pq.FileMetaData | None = None
    ) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(self.path, metadata=metadata, read_dictionary=list(dictionaries))
        except (pa.ArrowException, OSError) as error:
            raise UnreadableSource(
                f"{self.name} is not a whole Parquet file: {_first_sentence(error)}.",
                "It is cut off or damaged: make or download it again.",
            ) from error

    def _guarded(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except (pa.ArrowException, OSError) as error:
            raise UnreadableSource(
                f"{self.name} is damaged: {_first_sentence(error)}.",
                "Make or download it again.",
            ) from error


def _first_sentence(error: Exception) -> str:
    return clean(error).split(". ")[0]

"""What every reader gives: named, kinded columns and chunks of rows, each of which can be shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pyarrow as pa

from travesia.errors import InputError
from travesia.locale import N_
from travesia.record.events import ColumnKind, SetAside

# What has no place in a row of events -> what to do about it.
MANY, OF_DAY = N_("several values in each row"), N_("times of day without a day")
LENGTHS = N_("lengths of time")
MENDS = {
    MANY: "Make a column of text or numbers of it, or a row of each value.",
    OF_DAY: "Put day and time of day together in one column.",
    LENGTHS: "Make a number of them, such as of seconds.",
}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows as the source has them.

    Attributes:
        batch: the columns asked for, under the source's names, in the source's types.
        show: row of the batch -> its place and text, such as "events.csv line 12: 17,visit,".
    """

    batch: pa.RecordBatch
    show: Callable[[int], str]


class Feed(Protocol):
    """One file or Arrow object, opened far enough to know its columns."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """Every column that can be asked for, in the source's order."""

    @property
    def attributes(self) -> tuple[str, ...]:
        """The columns that describe the customer because the format says so."""

    @property
    def left_out(self) -> Mapping[str, str]:
        """The other columns, and what they hold that has no place in a row of events."""

    @property
    def as_text(self) -> bool:
        """Cells are text as written: kinds were guessed, and markers such as "NA" mean missing."""

    @property
    def about_rows(self) -> int | None:
        """The expected number of rows, if known."""

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """What was found out about the format."""

    @property
    def late(self) -> list[tuple[str, str]]:
        """What was found out while reading."""

    @property
    def options(self) -> frozenset[str]:
        """The format options that this reader understands."""

    def type_of(self, column: str) -> pa.DataType:
        """The Arrow type of a column of the chunks."""

    def sample(self, column: str) -> pa.Array:
        """The first values of a column."""

    def scan(self, column: str) -> Iterator[pa.Array]:
        """All values of a column where the source can be read twice, else the first ones."""

    def extremes(self, column: str) -> Iterator[pa.Array]:
        """Values of a column with the least and the greatest among them, as far as `scan` sees."""

    def find(self, column: str) -> ColumnKind | None:
        """What a column holds, None if there is none; looks further than the first rows."""

    def read(
        self, columns: Sequence[str], aside: SetAside, names: Sequence[str] = ()
    ) -> Iterator[Chunk]:
        """All rows, in the source's order; counts rows read and those that are not rows.

        `names` are those of the columns that may come as dictionaries, if that is cheaper.
        """


def unusable(source: str, column: str, why: str) -> InputError:
    """That a column which was left out cannot be asked for."""
    return InputError(f"{source}: column {column!r} holds {why}.", MENDS[why])


def shown(name: str, first: int, batch: pa.RecordBatch, word: str = "row") -> Callable[[int], str]:
    """How to show a row that has no line; `first` is the number of its first row, from 1."""

    def show(row: int) -> str:
        cells = (f"{c}={_cell(batch.column(c)[row])}" for c in batch.schema.names)
        return f"{name} {word} {first + row}: {clipped(', '.join(cells))}"

    return show


def _cell(cell: pa.Scalar) -> str:
    try:
        value = cell.as_py()
    except (OverflowError, ValueError):  # a time that no calendar holds
        return "out of range"
    return str(value) if isinstance(value, date) else repr(value)


def clipped(text: str, most: int = 120) -> str:
    """Text that fits a line."""
    text = " ".join(text.splitlines())
    return text if len(text) <= most else text[: most - 1] + "…"

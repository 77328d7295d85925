"""A stream of checked events: what every format gives and every build takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import pyarrow as pa

from travesia.locale import texts

_ = texts("record")

ColumnKind = Literal["text", "number", "time"]

ARROW_TYPE: dict[ColumnKind, pa.DataType] = {
    "text": pa.dictionary(pa.int32(), pa.string()),
    "number": pa.float64(),
    "time": pa.timestamp("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A further column: of each interaction, or (`attribute`) of the customer as last known."""

    name: str
    kind: ColumnKind
    attribute: bool = False


@dataclass(slots=True)
class SetAside:
    """Rows that could not be used: counted by reason, with the first few as examples.

    `counts` maps a reason ("no customer", "no time", "time not understood", "too few fields", ...)
    to the number of rows; `examples` holds at most five places and texts for each reason.
    """

    rows_read: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, count: int, examples: list[str]) -> None:
        """Count rows set aside for one reason."""
        if count:
            self.counts[reason] = self.counts.get(reason, 0) + count
            kept = self.examples.setdefault(reason, [])
            kept.extend(examples[: 5 - len(kept)])

    @property
    def rows(self) -> int:
        """How many rows were set aside in all."""
        return sum(self.counts.values())

    @property
    def reasons(self) -> dict[str, int]:
        """The counts, their reasons in the current language."""
        return {_(reason): count for reason, count in self.counts.items()}


@dataclass(slots=True)
class Events:
    """Checked events on their way into journeys.

    Each batch has the columns `customer` (string or int64, the same in all batches, never null),
    `touchpoint` (dictionary<int32, string>, never null), `time` (timestamp[us, UTC], never null),
    `order` (float64, only if `ordered`), then `columns` in their order, in the types of
    `ARROW_TYPE`, where null means missing. Batches come in the input's order; dictionaries may
    differ from batch to batch. `set_aside` and `said` are complete once `batches` is exhausted.

    Attributes:
        about_rows: the expected number of rows, if known (chooses how the build partitions).
        said: what was recognised, as (what, how) pairs: ("format", "CSV, ; , latin-1"), ...
        zone: the zone in which naive times were read (IANA name).
        read_as: role -> the source's column, and "time_format": what was decided, so that later
            sources of the same journeys are read alike.
    """

    customer_type: pa.DataType
    columns: tuple[Column, ...]
    batches: Iterator[pa.RecordBatch]
    set_aside: SetAside
    said: list[tuple[str, str]] = field(default_factory=list)
    ordered: bool = False
    about_rows: int | None = None
    zone: str = "UTC"
    read_as: dict[str, str] = field(default_factory=dict)

"""The data behind Journeys: immutable pieces of columns, and the facts about the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Columns, PieceColumns, frozen
from travesia.engines.scope import TOUCHPOINT
from travesia.record.checking import Check, Checked
from travesia.record.events import Column, SetAside


@dataclass(frozen=True, slots=True)
class Piece:
    """One generation of one partition.

    `batch` has a row per customer, sorted by (hash, key): `hash` uint64, `key` string or int64,
    `touchpoint` list<dictionary<uint16|uint32, string>>, `time` list<timestamp[us, UTC]>,
    `order` list<double> if the input had an order column, then the further columns:
    text as list<dictionary<uint16|uint32, string>> whose entry 0 is the missing value "",
    number as list<double> (NaN is missing), time as list<timestamp[us, UTC]> (the least int64 is
    missing). No list holds nulls, and all lists of a row have the same length.

    Codes are global: positions in the snapshot's vocabulary of that column. Where a column has
    too many names to repeat in every file, its dictionary is the file's own and `codes[column]`
    maps its positions to global codes.

    `live` lists the rows that no later generation masks, ascending; None means all.
    `check` looks at a column in a file before it is first used; None in memory.
    """

    partition: int
    generation: int
    batch: pa.RecordBatch
    live: npt.NDArray[np.int32] | None = None
    codes: Mapping[str, npt.NDArray[np.uint32]] = field(default_factory=dict)
    check: Check | None = field(default=None, compare=False, repr=False)

    @property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """The hash of each row, as a view."""
        return frozen(self.batch.column("hash").to_numpy())

    @property
    def keys(self) -> pa.Array:
        """The key of each row."""
        if self.check is not None:
            self.check.keys()
        return self.batch.column("key")

    @property
    def offsets(self) -> npt.NDArray[np.int32]:
        """Where each row starts in the flat columns, and where the last one ends, as a view."""
        if self.check is not None:
            self.check.column(TOUCHPOINT)
        return frozen(self.batch.column(TOUCHPOINT).offsets.to_numpy())

    @property
    def columns(self) -> Columns:
        """The flat columns, as views."""
        columns = PieceColumns(self.batch, self.codes)
        return columns if self.check is None else Checked(columns, self.check)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All pieces at one moment, and what is known of the whole.

    Attributes:
        number: grows by one with every published change.
        pieces: ordered by (partition, generation).
        partition_bits: a customer's partition is the top bits of its hash.
        vocabularies: column -> its names; a code is a position. Append-only.
        attributes: partition -> a table sorted by (hash, key) with columns `hash`, `key` and the
            attributes (text as dictionary, number, time; null is missing). May be empty.
        columns: the further columns (interactions' and customers').
        since, until: first and last time, microseconds since 1970 UTC (0, 0 when empty).
        zone: the zone in which naive times were read and days are counted (IANA name).
        read_as: what was decided when the first source was read, as `Events` has it.
        home: the directory that holds it, or None while it lives in memory.
    """

    number: int
    pieces: tuple[Piece, ...]
    partition_bits: int
    vocabularies: Mapping[str, pa.StringArray]
    attributes: Mapping[int, pa.Table]
    columns: tuple[Column, ...]
    ordered: bool
    events: int
    customers: int
    since: int
    until: int
    zone: str
    set_aside: SetAside
    said: tuple[tuple[str, str], ...] = ()
    read_as: Mapping[str, str] = field(default_factory=dict)
    home: Path | None = None

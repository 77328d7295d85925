"""Random event logs for Hypothesis, the naive journeys they make, and snapshots read back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from travesia.record.events import ARROW_TYPE, Column, Events, SetAside
from travesia.record.snapshot import Snapshot

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = (
    Column("channel", "text"),
    Column("value", "number"),
    Column("seen", "time"),
    Column("country", "text", attribute=True),
    Column("score", "number", attribute=True),
    Column("joined", "time", attribute=True),
)


@dataclass(frozen=True)
class Row:
    """One event; `values` in the order of the log's columns, None where missing."""

    customer: str | int
    touchpoint: str
    time: int
    order: float | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Log:
    """Events in the input's order, what columns they have, and where batches end."""

    rows: tuple[Row, ...]
    columns: tuple[Column, ...] = ()
    ordered: bool = False
    text_keys: bool = True
    cuts: tuple[int, ...] = ()
    about_rows: int | None = None
    attributes: dict[str, int] = field(default_factory=dict)

    def events(self) -> Events:
        """The log as a stream, a batch a cut, each with dictionaries of its own."""
        return Events(
            customer_type=pa.string() if self.text_keys else pa.int64(),
            columns=self.columns,
            batches=self._batches(),
            set_aside=SetAside(rows_read=len(self.rows)),
            ordered=self.ordered,
            about_rows=self.about_rows,
        )

    def _batches(self) -> Iterator[pa.RecordBatch]:
        edges = [0, *sorted(min(cut, len(self.rows)) for cut in self.cuts), len(self.rows)]
        for first, last in itertools.pairwise(edges):
            yield self._batch(self.rows[first:last])

    def _batch(self, rows: Sequence[Row]) -> pa.RecordBatch:
        key = pa.string() if self.text_keys else pa.int64()
        arrays = {
            "customer": pa.array([row.customer for row in rows], key),
            "touchpoint": text([row.touchpoint for row in rows]),
            "time": pa.array([row.time for row in rows], ARROW_TYPE["time"]),
        }
        if self.ordered:
            arrays["order"] = pa.array([row.order for row in rows], pa.float64())
        for i, column in enumerate(self.columns):
            values = [row.values[i] for row in rows]
            made = (
                text(values) if column.kind == "text" else pa.array(values, ARROW_TYPE[column.kind])
            )
            arrays[column.name] = made
        return pa.record_batch(arrays)

    def part(self, first: int, last: int) -> Log:
        """Some of the rows, in one batch."""
        return replace(self, rows=self.rows[first:last], cuts=())

    def journeys(self) -> dict[str | int, list[tuple[Any, ...]]]:
        """Each customer's interactions as `decoded` gives them, by the naive way."""
        found: dict[str | int, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.customer, []).append(row)
        return {
            customer: [self._shown(row) for row in sorted(rows, key=moment)]
            for customer, rows in found.items()
        }

    def known(self) -> dict[str | int, dict[str, Any]]:
        """Each customer's attributes as last known, by the naive way."""
        found: dict[str | int, dict[str, Any]] = {}
        for row in sorted(self.rows, key=moment):
            mine = found.setdefault(row.customer, {})
            for column, value in zip(self.columns, row.values, strict=True):
                if column.attribute:
                    mine[column.name] = mine.get(column.name) if missing(value) else value
        return found

    def _shown(self, row: Row) -> tuple[Any, ...]:
        values = [
            None if missing(value) else value
            for column, value in zip(self.columns, row.values, strict=True)
            if not column.attribute
        ]
        order = [row.order] if self.ordered else []
        return (row.touchpoint, row.time, *order, *values)


def moment(row: Row) -> tuple[int, bool, float]:
    """What rows are sorted by; a missing order comes last."""
    return row.time, row.order is None, row.order or 0.0


def missing(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def text(values: Iterable[str | None]) -> pa.DictionaryArray:
    """Texts as the type that batches of events have."""
    return pa.array(list(values), pa.string()).dictionary_encode().cast(ARROW_TYPE["text"])


def microseconds(value: datetime | None) -> int | None:
    """Microseconds since 1970, UTC."""
    return None if value is None else (value - EPOCH) // timedelta(microseconds=1)


def decoded(snapshot: Snapshot) -> dict[str | int, list[tuple[Any, ...]]]:
    """Each customer's interactions: (touchpoint, time, order if any, further values)."""
    names = ["touchpoint", "time", *(["order"] if snapshot.ordered else [])]
    names += [column.name for column in snapshot.columns if not column.attribute]
    found: dict[str | int, list[tuple[Any, ...]]] = {}
    for piece in snapshot.pieces:
        live = range(piece.batch.num_rows) if piece.live is None else piece.live.tolist()
        keys = piece.batch.column("key").to_pylist()
        lists = [plain(piece.batch.column(name)) for name in names]
        for row in live:
            assert keys[row] not in found, "a customer is live in one piece only"
            found[keys[row]] = list(zip(*(one[row] for one in lists), strict=True))
    return found


def plain(array: pa.ListArray) -> list[list[Any]]:
    """A column's lists as Python values: times as microseconds, missing values as None."""
    values = array.values
    if pa.types.is_timestamp(values.type):
        flat = [None if one == -(2**63) else one for one in values.view(pa.int64()).to_pylist()]
    else:
        flat = [None if missing(one) else one for one in values.to_pylist()]
    offsets = array.offsets.to_pylist()
    return [flat[first:last] for first, last in itertools.pairwise(offsets)]


def known(snapshot: Snapshot) -> dict[str | int, dict[str, Any]]:
    """Each customer's attributes; times as microseconds, missing ones None."""
    found = {}
    for table in snapshot.attributes.values():
        names = [column.name for column in snapshot.columns if column.attribute]
        for row in table.select(["key", *names]).to_pylist():
            values = {name: row[name] for name in names}
            found[row["key"]] = {
                name: microseconds(one) if isinstance(one, datetime) else one
                for name, one in values.items()
            }
    return found


texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)
text_customers = st.one_of(st.sampled_from(["ana", "luis", "zoë", "a", "aa", "日本"]), texts)
int_customers = st.one_of(
    st.integers(0, 5), st.sampled_from([-1, 2**63 - 1, -(2**63)]), st.integers(0, 10**6)
)
touchpoints = st.one_of(st.sampled_from(["visit", "cart", "purchase", "ñandú"]), texts)
times = st.one_of(st.integers(0, 4), st.integers(-(10**15), 2 * 10**15))
orders = st.one_of(st.none(), st.integers(0, 3).map(float), st.floats(-1e9, 1e9))
VALUES = {
    "text": st.one_of(st.none(), st.sampled_from(["", "web", "shop"]), texts),
    "number": st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
    "time": st.one_of(st.none(), st.integers(-(10**15), 10**15)),
}


@st.composite
def logs(
    draw: st.DrawFn,
    *,
    max_size: int = 60,
    columns: tuple[Column, ...] | None = None,
    ordered: bool | None = None,
    distinct_times: bool = False,
) -> Log:
    """Logs with ties, late events, both kinds of keys, missing values and any batch boundaries."""
    text_keys = draw(st.booleans())
    has_order = draw(st.booleans()) if ordered is None else ordered
    chosen = draw(st.sets(st.sampled_from(COLUMNS))) if columns is None else columns
    kept = tuple(column for column in COLUMNS if column in chosen) if columns is None else columns
    row = st.builds(
        Row,
        text_customers if text_keys else int_customers,
        touchpoints,
        times,
        orders if has_order else st.none(),
        st.tuples(*(VALUES[column.kind] for column in kept)),
    )
    unique = (lambda one: one.time) if distinct_times else None
    rows = tuple(draw(st.lists(row, max_size=max_size, unique_by=unique)))
    cuts = tuple(draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    return Log(rows, kept, has_order, text_keys, cuts, draw(st.sampled_from([None, len(rows)])))

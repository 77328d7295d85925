"""Small random logs, the journeys they make, and the naive rows that oracles count over.

    @given(logs(), shapes())
    def test_something(log, shape):
        journeys = shape(journeys_of(log))
        assert journeys.ask(...).to_pylist() == oracle(rows_of(log))

Times fall on few values, so that ties are frequent, in weeks that have daylight-saving days in
Madrid. Customers have one event, a few, or more than forty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from travesia.engines.local import Local
from travesia.record.build import build
from travesia.record.events import Column, Events, SetAside
from travesia.record.journeys import Journeys
from travesia.record.snapshot import Piece, Snapshot

NAMES = ("ad", "cart", "mail", "purchase", "visit")
CHANNELS = ("phone", "web")
COUNTRIES = ("ES", "MX")
ZONE = "Europe/Madrid"
STARTS = (
    datetime(2026, 3, 27, 20, tzinfo=UTC),  # the clocks go forward on the 29th
    datetime(2026, 10, 23, 21, tzinfo=UTC),  # and back on the 25th
)
HOUR = timedelta(hours=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COLUMNS = (
    Column("channel", "text"),
    Column("value", "number"),
    Column("country", "text", attribute=True),
)


@dataclass(frozen=True)
class Event:
    """One event of a log; a journey of the oracle is a list of them."""

    customer: str
    touchpoint: str
    time: datetime
    channel: str | None = "web"
    value: float | None = 1.0
    country: str = "ES"

    @property
    def micros(self) -> int:
        return (self.time - EPOCH) // timedelta(microseconds=1)


Log = list[Event]
Row = list[Event]
Shape = Callable[[Journeys], Journeys]


def logs(
    names: Sequence[str] = NAMES,
    most_customers: int = 6,
    most_steps: int = 50,
    pauses: Sequence[int] = (0, 0, 1, 2, 5, 24, 200),
) -> st.SearchStrategy[Log]:
    """Logs of up to so many customers; pauses between their events are in hours."""

    @st.composite
    def customer(draw: st.DrawFn, number: int) -> Log:
        few, many = st.integers(1, 8), st.integers(40, max(most_steps, 40))
        size = draw(st.one_of(few, few, many) if most_steps >= 40 else st.integers(1, most_steps))
        time = draw(st.sampled_from(STARTS)) + draw(st.integers(0, 100)) * HOUR
        country = draw(st.sampled_from(COUNTRIES))
        events = []
        for step in draw(
            st.lists(
                st.tuples(
                    st.sampled_from(names),
                    st.sampled_from(pauses),
                    st.sampled_from((*CHANNELS, None)),
                ),
                min_size=size,
                max_size=size,
            )
        ):
            time += step[1] * HOUR
            events.append(Event(f"c{number}", step[0], time, step[2], country=country))
        return events

    @st.composite
    def log(draw: st.DrawFn) -> Log:
        parts = [draw(customer(number)) for number in range(draw(st.integers(0, most_customers)))]
        mixed = [event for part in parts for event in part]
        return draw(st.permutations(mixed)) if len(mixed) < 20 else mixed

    return log()


def rows_of(log: Iterable[Event]) -> list[Row]:
    """One row a customer, in order of time; equal times keep the log's order."""
    rows: dict[str, Row] = {}
    for event in log:
        rows.setdefault(event.customer, []).append(event)
    return [sorted(row, key=lambda event: event.time) for row in rows.values()]


def visits_of(rows: Iterable[Row], gap: timedelta) -> list[Row]:
    """What `split(gap=...)` makes of rows."""
    out: list[Row] = []
    for row in rows:
        out.append(row[:1])
        for before, event in pairwise(row):
            if event.time - before.time > gap:
                out.append([])
            out[-1].append(event)
    return out


def log_of(**paths: str) -> Log:
    """A log by hand: `log_of(ana="visit cart", ben="visit")`, an hour between events."""
    return [
        Event(customer, touchpoint, STARTS[0] + step * HOUR)
        for customer, path in paths.items()
        for step, touchpoint in enumerate(path.split())
    ]


def journeys_of(log: Sequence[Event], zone: str = ZONE) -> Journeys:
    """The journeys of a log: through events and the build, as any source's."""
    batch = pa.record_batch(
        {
            "customer": pa.array([event.customer for event in log], pa.string()),
            "touchpoint": _texts([event.touchpoint for event in log]),
            "time": pa.array([event.time for event in log], pa.timestamp("us", "UTC")),
            "channel": _texts([event.channel for event in log]),
            "value": pa.array([event.value for event in log], pa.float64()),
            "country": _texts([event.country for event in log]),
        }
    )
    aside = SetAside(rows_read=len(log))
    return Journeys(build(Events(pa.string(), COLUMNS, iter([batch]), aside, zone=zone)))


def _texts(values: Sequence[str | None]) -> pa.Array:
    return pa.array(values, pa.string()).dictionary_encode()


def one_piece(journeys: Journeys) -> Journeys:
    """The journeys as they were built."""
    return journeys


def several_partitions(journeys: Journeys) -> Journeys:
    """The same journeys in several pieces, on several threads."""
    snapshot = journeys.snapshot
    pieces = [
        Piece(place, 1, piece.batch.slice(first, 2), codes=piece.codes)
        for piece in snapshot.pieces
        for place, first in enumerate(range(0, piece.batch.num_rows, 2))
    ]
    return _over(journeys, pieces, Local(threads=2))


def several_generations(journeys: Journeys) -> Journeys:
    """The same journeys, every third customer in a later generation that masks the first one."""
    pieces = []
    for piece in journeys.snapshot.pieces:
        every = np.arange(piece.batch.num_rows, dtype=np.int32)
        again = piece.batch.take(pa.array(every[::3]))
        pieces.append(replace(piece, live=every[every % 3 != 0]))
        pieces.append(Piece(piece.partition, 2, again, codes=piece.codes))
    return _over(journeys, pieces, Local(threads=1))


def _over(journeys: Journeys, pieces: Sequence[Piece], engine: Local) -> Journeys:
    described = journeys.snapshot.attributes.get(0)
    attributes = {piece.partition: described for piece in pieces if described is not None}
    snapshot: Snapshot = replace(journeys.snapshot, pieces=tuple(pieces), attributes=attributes)
    return Journeys(snapshot, journeys.lenses, engine)


def shapes() -> st.SearchStrategy[Shape]:
    """Ways to keep the same journeys; no answer may depend on them."""
    return st.sampled_from([one_piece, several_partitions, several_generations])

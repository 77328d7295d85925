"""Describe: what there is, touchpoint by touchpoint, and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS, INTERACTIONS, JOURNEYS
from travesia.engines.partials import Gathered, Partial, Peak, Sparse, Tally
from travesia.engines.passes import Marker
from travesia.engines.scope import Scope, moment
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.study import durations, intervals, shares
from travesia.study.counted import Counted, tallied
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.sampling import sampled, share_for_rows

SPAN = 2**32
"""More interactions than a journey can have."""
BINS = 128 + 24 * 64
"""Bins of positions up to 2**31."""
MOST_DENSE = 8_000_000

Counts = npt.NDArray[np.int64]
_ = texts("study")


@question
class Describe(Question):
    """What there is: how often each touchpoint occurs, with how many customers, when and where.

    `share` is the part of all customers who ever had the touchpoint, with its Wilson interval.
    `median_position` is where in the journey it stands, counted from 1: exact up to 127, above
    that to the next 1.6 % below. Touchpoints stand in order of how often they occur, then of
    their names.
    """

    kind = "describe"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("interactions", "count", N_("Interactions")),
        Measure("customers", "count", N_("Customers")),
        Measure(
            "share",
            "share",
            N_("Share of customers"),
            of=("customers", "all_customers"),
            counts="customers",
            per=(),
            low="low",
            high="high",
        ),
        Measure("first_time", "time", N_("First")),
        Measure("last_time", "time", N_("Last")),
        Measure("median_position", "number", N_("Median position")),
        Measure("all_customers", "count", N_("All customers")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {"touchpoint": "a touchpoint"}

    positions: bool = option(N_("find the median position of touchpoints"), default=True)

    def fold(self, scope: Scope) -> CountTouchpoints:
        """Count touchpoints, and the lengths of journeys."""
        return CountTouchpoints(len(scope.touchpoints), share_for_rows(scope), self.positions)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a touchpoint that occurs."""
        counts, times = partials[0]["counts"], partials[0]["times"]
        seen = np.flatnonzero(counts[:, 0])
        names = scope.touchpoints.names.cast(pa.string()).take(pa.array(seen))
        order = sorted(
            range(seen.size), key=lambda one: (-counts[seen[one], 0], names[one].as_py())
        )
        seen = seen[np.array(order, np.intp)]
        customers, every = counts[seen, 1], int(partials[0][CUSTOMERS])
        low, high = intervals.wilson(customers, every)
        thin = every < self.min_customers
        at = pa.timestamp("us", "UTC")
        return pa.table(
            {
                "touchpoint": names.take(pa.array(order, pa.int64())),
                "interactions": counts[seen, 0],
                "customers": customers,
                "share": shares.column(intervals.ratio(customers, every), thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
                "first_time": pa.array(-times[seen, 0]).cast(at),
                "last_time": pa.array(times[seen, 1]).cast(at),
                "median_position": _median_positions(partials[0]["positions"], seen),
                "all_customers": np.full(seen.size, every),
            }
        )

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The whole in figures.

        `customers`, `journeys`, `interactions`, `touchpoints` (different ones); `since`, `until`
        (UTC; None when there is nothing); of journeys: `median_interactions`,
        `q95_interactions`, `most_interactions`, `single` (those of one interaction) and
        `median_duration`.
        """
        del scope
        first = partials[0]
        sizes, times = first["sizes"]
        lengths: Any = Counted(sizes, times[:, 0])
        some = bool(len(lengths))
        seen = first["counts"][:, 0] > 0
        return {
            "customers": int(first[CUSTOMERS]),
            "journeys": int(first[JOURNEYS]),
            "interactions": int(first[INTERACTIONS]),
            "touchpoints": int(seen.sum()),
            "since": moment(-first["times"][seen, 0].max()) if some else None,
            "until": moment(first["times"][seen, 1].max()) if some else None,
            "median_interactions": intervals.quantile(lengths, 0.5) if some else None,
            "q95_interactions": intervals.quantile(lengths, 0.95) if some else None,
            "most_interactions": int(sizes[-1]) if some else None,
            "single": int(times[sizes == 1].sum()),
            "median_duration": durations.median(np.sort(first["durations"][1])),
        }

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who has a touchpoint.

        Raises:
            InvalidValue: no touchpoint is named.
            UnknownName: there is no such touchpoint.
        """
        if "touchpoint" not in cell:
            raise InvalidValue("Which touchpoint?", "Name it: touchpoint=...")
        return HasTouchpoint(scope.touchpoints.code(cell["touchpoint"]))

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose durations were kept."""
        return share_for_rows(scope)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """How long journeys are."""
        facts = answer.facts
        if not facts["journeys"]:
            return ()
        return (
            _(
                "Median interactions of a journey: {median:,}; journeys with only one: {single:,}.",
                median=facts["median_interactions"],
                single=facts["single"],
            ),
        )


@dataclass(frozen=True, slots=True)
class CountTouchpoints:
    """Counts touchpoints, and the lengths of rows."""

    size: int
    share: float
    positions: bool

    def observe(self, block: Block) -> Partial:
        """`counts`, `times`, `positions` of touchpoints; `sizes`, `durations` of rows."""
        from travesia.study.describe_kernels import describe

        sizes = (block.stop - block.start).astype(np.int64)
        width = _bin_of(int(sizes.max(initial=0))) + 1
        dense = self.positions and block.groups * self.size * width <= MOST_DENSE
        counts, times, positions = describe(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            block.time,
            self.size,
            block.groups,
            width if dense else 0,
        )
        group = block.group.astype(np.int64)
        return Partial(
            {
                "counts": Tally(counts),
                "times": Peak(times),
                "positions": self.occurring(positions) if dense else self.listed(block),
                "sizes": tallied(SPAN, group * SPAN + sizes),
                "durations": self._durations(sampled(block, self.share)),
            }
        )

    def occurring(self, positions: Counts) -> Sparse:
        """The bins of positions that occur, out of a dense table."""
        size, width = positions.shape[1:]
        found = np.flatnonzero(positions)
        cell, place = found // width, found % width
        values = positions.ravel()[found][:, np.newaxis]
        return Sparse(size * BINS, cell * BINS + place, values)

    def listed(self, block: Block) -> Sparse:
        """The same by sorting, for very many touchpoints or groups."""
        from travesia.study.describe_kernels import list_positions

        span = self.size * BINS
        if not self.positions:
            return Sparse(span, np.empty(0, np.int64), np.empty((0, 1), np.int64))
        keys = list_positions(
            block.start, block.stop, block.group, block.touchpoint, self.size, BINS
        )
        keys, counts = np.unique(keys, return_counts=True)
        return Sparse(span, keys, counts.astype(np.int64)[:, np.newaxis])

    def _durations(self, rows: Block) -> Gathered:
        group = rows.group.astype(np.int64)
        return Gathered(
            group, np.zeros_like(group), rows.time[rows.stop - 1] - rows.time[rows.start]
        )


@dataclass(frozen=True, slots=True)
class HasTouchpoint:
    """Rows that have a touchpoint."""

    code: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.describe_kernels import has_touchpoint

        found: npt.NDArray[np.bool_] = has_touchpoint(
            block.start, block.stop, block.touchpoint, self.code
        )
        return found


def _bin_of(position: int) -> int:
    """The bin of a position, as the kernel has it."""
    shift = max(position.bit_length() - 7, 0)
    return 128 + (shift - 1) * 64 + (position >> shift) - 64 if shift else position


def _position_of(place: int) -> int:
    """The least position of a bin."""
    if place < 128:
        return place
    octave, step = divmod(place - 128, 64)
    return (step + 64) << (octave + 1)


def _median_positions(found: tuple[Counts, Counts], codes: Counts) -> pa.Array:
    cells, counts = found
    first = np.searchsorted(cells, codes * BINS, side="left")
    last = np.searchsorted(cells, (codes + 1) * BINS, side="left")
    medians: list[int | None] = []
    for low, high in zip(first, last, strict=True):
        places: Any = Counted(cells[low:high] % BINS, counts[low:high, 0])
        medians.append(_position_of(intervals.quantile(places, 0.5)) if high > low else None)
    return pa.array(medians, pa.int64())

"""Touches: how many interactions it takes until the goal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS, JOURNEYS, independent
from travesia.engines.partials import Gathered, Partial, Sparse, Tally
from travesia.engines.passes import Marker
from travesia.engines.scope import CHANNEL, Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.lenses import names_of
from travesia.study import durations, intervals, shares
from travesia.study.counted import Counted, tallied
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.sampling import sampled, share_for_rows

SPAN = 2**32
"""More interactions than a journey can have."""
SEVEN = 7
CONVERTED, OPEN = "converted", "open"
MOST_CHANNELS = 1_000

Counts = npt.NDArray[np.int64]
_ = texts("study")


@question
class Touches(Question):
    """How many interactions come before the goal, over how long, on how many channels.

    The goal itself does not count. A row holds the journeys whose goal came after that many
    touches (`converted`) and those whose record ends after that many without it (`open`): their
    count is censored, not known. `share` is the plain part of all journeys that reached the goal
    within that many touches. `km_share` is Kaplan and Meier's (1958): of journeys that get as far
    as one more interaction, so that short records do not count as failures; its interval is
    Greenwood's (1926) on the log-log scale. After a split intervals take a customer's journeys to
    be all alike. `median_time` is from the first interaction to the goal.
    """

    kind = "touches"
    measures = (
        Measure("touches", "label", N_("Touches before"), cell=True),
        Measure("customers", "count", N_("Customers")),
        Measure("converted", "count", N_("Reached the goal")),
        Measure("open", "count", N_("Record ends")),
        Measure(
            "share",
            "share",
            N_("Share within so many touches"),
            of=("converted_by", "journeys"),
            low="share_low",
            high="share_high",
        ),
        Measure("converted_by", "count", N_("Reached it by then")),
        Measure("journeys", "count", N_("Journeys")),
        Measure("at_risk", "count", N_("Went on")),
        Measure(
            "km_share",
            "share",
            N_("Share within so many touches (Kaplan-Meier)"),
            low="low",
            high="high",
        ),
        Measure("median_time", "duration", N_("Median time")),
        Measure("mean_channels", "number", N_("Channels on average")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "touches": "a number of touches",
        "outcome": "converted or open",
    }
    cell_types: ClassVar[Mapping[str, type]] = {"touches": int}

    goal: str = option(N_('the goal: a touchpoint, or "one | another"'))

    def fold(self, scope: Scope) -> CountTouches:
        """Count touches."""
        return CountTouches(
            self._accepted(scope),
            len(scope.vocabularies[CHANNEL]) if _has_channels(scope) else 0,
            share_for_rows(scope),
        )

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a number of touches that occurs, ascending."""
        found = Distribution.of(partials[0])
        share, low, high = found.survival()
        plain = shares.wilson_by_customers(found.converted_by, found.journeys, found.independent)
        thin = found.customers < self.min_customers
        thin_risk = found.customers_at_risk(*partials[0]["furthest"]) < self.min_customers
        channels = intervals.ratio(found.channels, found.converted)
        return pa.table(
            {
                "touches": found.touches,
                "customers": found.counts[:, 1],
                "converted": found.converted,
                "open": found.open,
                "share": shares.column(intervals.ratio(found.converted_by, found.journeys), thin),
                "share_low": shares.column(plain[0], thin),
                "share_high": shares.column(plain[1], thin),
                "converted_by": found.converted_by,
                "journeys": np.full(found.touches.size, found.journeys),
                "at_risk": found.at_risk,
                "km_share": shares.column(share, thin_risk),
                "low": shares.column(low, thin_risk),
                "high": shares.column(high, thin_risk),
                "median_time": durations.quantiles(partials[0]["times"], found.touches),
                "mean_channels": shares.column(channels, not _has_channels(scope)),
            }
        )

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The rule of seven, tested.

        `customers`, `journeys`, `converted`, `open`; of those who reached the goal:
        `median_touches` (with `_low`, `_high`), `share_within_seven` (with `_low`, `_high`),
        `median_time`, `channels` (number of channels -> journeys); of all, as Kaplan and Meier:
        `km_within_seven` (with `_low`, `_high`) and `km_median_touches`, the least number within
        which half reach the goal (None: they never do).
        """
        del scope
        found = Distribution.of(partials[0])
        converted = int(found.converted.sum())
        return {
            "customers": found.customers,
            "journeys": found.journeys,
            "converted": converted,
            "open": int(found.open.sum()),
            **found.plain(converted, int(partials[0]["squares"])),
            **found.kaplan_meier(),
            "median_time": durations.median(np.sort(partials[0]["times"][1])),
            "channels": _histogram(partials[0]["channels"]),
        }

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who reached the goal after so many touches, or stopped there.

        Raises:
            InvalidValue: neither is named, or there is no such outcome.
        """
        outcome = cell.get("outcome")
        if outcome not in (None, CONVERTED, OPEN) or not cell:
            raise InvalidValue(
                "Which customers?", 'Name touches=..., outcome="converted" or "open", or both.'
            )
        return HasTouches(self._accepted(scope), cell.get("touches"), outcome)

    def unlisted(
        self, measure: Measure, rows: Sequence[Mapping[str, Any]]
    ) -> Callable[[Mapping[str, Any]], tuple[float, float] | None]:
        """Within a number of touches that nobody had, as many reached it as within fewer."""
        if measure.name != "share" or not rows:
            return lambda _cell: None
        known = [row["touches"] for row in rows]
        by = [0, *(row["converted_by"] for row in rows)]
        whole = float(rows[0]["journeys"])
        return lambda cell: (float(by[bisect_right(known, cell["touches"])]), whole)

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for_rows(scope)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """The rule of seven in words."""
        facts = answer.facts
        if not facts["converted"]:
            return (_("Nobody reached the goal."),)
        return (
            _.plural(
                "{n} of {journeys} reached the goal, half of them within {median} touches "
                "({low}–{high}); {share:.0%} needed seven at most.",
                "{n} of {journeys} reached the goal, half of them within {median} touches "
                "({low}–{high}); {share:.0%} needed seven at most.",
                facts["converted"],
                journeys=_.plural("{n} journey", "{n} journeys", facts["journeys"]),
                median=facts["median_touches"],
                low=facts["median_touches_low"],
                high=facts["median_touches_high"],
                share=facts["share_within_seven"],
            ),
            _.plural(
                "The other {n} is counted for as long as it was seen.",
                "The other {n} are counted for as long as they were seen.",
                facts["open"],
            ),
        )

    def _accepted(self, scope: Scope) -> npt.NDArray[np.bool_]:
        accepted = np.zeros(len(scope.touchpoints), bool)
        accepted[scope.touchpoints.codes(names_of(self.goal, scope.touchpoints))] = True
        return accepted


@dataclass(frozen=True, slots=True)
class CountTouches:
    """Counts journeys and customers by touches before the goal."""

    accepted: npt.NDArray[np.bool_]
    channels: int
    share: float

    def observe(self, block: Block) -> Partial:
        """`touches` (journeys, customers, converted, channels), `channels`, `times`; and more.

        `furthest` counts customers by the interactions of the journey that went on longest;
        `squares` sums those of their numbers of journeys that reached the goal.
        """
        goal, channels = before_goal(block, self.accepted, self.channels)
        reached = goal >= 0
        touches = (np.where(reached, goal, block.stop) - block.start).astype(np.int64)
        group = block.group.astype(np.int64)
        cell = group * SPAN + touches
        fresh = _fresh(cell, block.owner)
        most = np.minimum(channels[reached], MOST_CHANNELS)
        return Partial(
            {
                "touches": tallied(SPAN, cell, fresh, reached, np.where(reached, channels, 0)),
                "channels": tallied(SPAN, group[reached] * SPAN + most),
                "furthest": _furthest(group, block.owner, touches + reached),
                "squares": Tally(_squares(block, reached)),
                "times": self._times(block),
            }
        )

    def _times(self, block: Block) -> Gathered:
        rows = sampled(block, self.share)
        goal = before_goal(rows, self.accepted, 0)[0]
        rows, goal = rows.keep(goal >= 0), goal[goal >= 0]
        return Gathered(
            rows.group.astype(np.int64),
            (goal - rows.start).astype(np.int64),
            rows.time[goal] - rows.time[rows.start],
        )


@dataclass(frozen=True, slots=True)
class HasTouches:
    """Rows with so many touches before the goal, of one outcome or both."""

    accepted: npt.NDArray[np.bool_]
    touches: int | None
    outcome: str | None

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        goal = before_goal(block, self.accepted, 0)[0]
        reached = goal >= 0
        chosen = np.ones(block.rows, bool)
        if self.touches is not None:
            chosen &= np.where(reached, goal, block.stop) - block.start == self.touches
        if self.outcome is not None:
            chosen &= reached == (self.outcome == CONVERTED)
        return chosen


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many journeys have how many touches, ascending.

    `counts` are journeys, customers, converted journeys and the sum of their channels;
    `independent`, as how many journeys they count in intervals.
    """

    touches: Counts
    counts: Counts
    journeys: int
    customers: int
    independent: float

    @classmethod
    def of(cls, partial: Mapping[str, Any]) -> Distribution:
        """What a partial of one group holds."""
        touches, counts = partial["touches"]
        journeys, customers = int(partial[JOURNEYS]), int(partial[CUSTOMERS])
        return cls(touches, counts, journeys, customers, independent(partial))

    @property
    def converted(self) -> Counts:
        """Journeys that reached the goal after so many."""
        return self.counts[:, 2]

    @property
    def open(self) -> Counts:
        """Journeys whose record ends after so many."""
        return self.counts[:, 0] - self.converted

    @property
    def channels(self) -> Counts:
        """Channels before the goal, summed over converted journeys."""
        return self.counts[:, 3]

    @property
    def converted_by(self) -> Counts:
        """Journeys that reached the goal within so many."""
        return np.cumsum(self.converted)

    @property
    def at_risk(self) -> Counts:
        """Journeys that had one more interaction after so many touches, goal or not."""
        later: Counts = self.journeys - np.cumsum(self.counts[:, 0])
        return later + self.converted

    def customers_at_risk(self, furthest: Counts, customers: Counts) -> Counts:
        """Customers of the journeys at risk, given how many went on how long."""
        ends = np.concatenate([[0], np.cumsum(customers[:, 0])])
        risen: Counts = ends[-1] - ends[np.searchsorted(furthest, self.touches, side="right")]
        return risen

    def survival(self) -> tuple[intervals.Floats, intervals.Floats, intervals.Floats]:
        """Share that reached the goal within so many, and its interval."""
        died, at_risk = self.converted.astype(float), self.at_risk.astype(float)
        left: Any = np.cumprod(1 - np.nan_to_num(intervals.ratio(died, at_risk)))
        spread = np.cumsum(np.nan_to_num(intervals.ratio(died, at_risk * (at_risk - died))))
        # after a split journeys of one customer resemble each other
        spread = spread * (self.journeys / max(self.independent, 1.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            power = np.exp(intervals.Z * np.sqrt(spread) / np.abs(np.log(left)))
            low, high = 1 - left ** (1 / power), 1 - left**power
        undefined = (left <= 0) | (left >= 1)
        return 1 - left, np.where(undefined, np.nan, low), np.where(undefined, np.nan, high)

    def plain(self, converted: int, squares: int) -> dict[str, Any]:
        """The count over those who reached the goal, whose numbers by customer have squares."""
        within = int(self.converted[self.touches <= SEVEN].sum())
        drawn = float(intervals.ratio(converted**2, squares))
        low, high = shares.wilson_by_customers(within, converted, drawn)
        needed: Any = Counted(self.touches, self.converted)
        first, last = (
            intervals.quantile_interval(needed, independent=drawn) if converted else (None, None)
        )
        return {
            "median_touches": intervals.quantile(needed, 0.5) if converted else None,
            "median_touches_low": first,
            "median_touches_high": last,
            "share_within_seven": within / converted if converted else None,
            "share_within_seven_low": float(low) if converted else None,
            "share_within_seven_high": float(high) if converted else None,
        }

    def kaplan_meier(self) -> dict[str, Any]:
        """The count over all, those who were not seen long enough censored."""
        share, low, high = self.survival()
        half = np.flatnonzero(share >= 0.5)
        place = int(np.searchsorted(self.touches, SEVEN, side="right")) - 1
        known = place >= 0
        return {
            "km_median_touches": int(self.touches[half[0]]) if half.size else None,
            "km_within_seven": float(share[place]) if known else None,
            "km_within_seven_low": _number(low[place]) if known else None,
            "km_within_seven_high": _number(high[place]) if known else None,
        }


def before_goal(
    block: Block, accepted: npt.NDArray[np.bool_], channels: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Where each row's first goal stands, -1 for nowhere; and its channels until then."""
    from travesia.study.touches_kernels import before_goal as loop

    channel = block.columns[CHANNEL] if channels else block.touchpoint
    found: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]] = loop(
        block.start, block.stop, block.touchpoint, accepted, channel, channels
    )
    return found


def _has_channels(scope: Scope) -> bool:
    return CHANNEL in scope.vocabularies and CHANNEL not in scope.attributes


def _fresh(cell: Counts, owner: npt.NDArray[np.int32]) -> Counts:
    if (owner[1:] > owner[:-1]).all():
        return np.ones(cell.size, np.int64)
    return shares.distinct(cell, owner)


def _furthest(group: Counts, owner: npt.NDArray[np.int32], reach: Counts) -> Sparse:
    """How many customers of each group reach how far in the journey that goes furthest."""
    if not (owner[1:] > owner[:-1]).all():
        order = np.lexsort((reach, owner, group))
        group, owner, reach = group[order], owner[order], reach[order]
        last = np.ones(group.size, bool)
        last[:-1] = (group[1:] != group[:-1]) | (owner[1:] != owner[:-1])
        group, reach = group[last], reach[last]
    return tallied(SPAN, group * SPAN + reach)


def _squares(block: Block, reached: npt.NDArray[np.bool_]) -> Counts:
    """By group, the sum of the squares of customers' numbers of such rows."""
    rows = block.keep(reached)
    shared = shares.squares(rows.group.astype(np.int64), rows.owner)
    found: Counts = np.bincount(rows.group, shared, block.groups).astype(np.int64)
    return found


def _histogram(found: tuple[Counts, Counts]) -> dict[int, int]:
    return {int(key): int(count) for key, count in zip(found[0], found[1][:, 0], strict=True)}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)

"""Retention: how many of those who began in one period come back in later ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.partials import Partial, Tally
from travesia.engines.passes import Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue, UnknownName
from travesia.locale import N_, texts
from travesia.record.lenses import names_of
from travesia.study import intervals, shares
from travesia.study.calendar import Calendar, Instants, Unit
from travesia.study.question import Answer, Measure, Question, option, question

RETURNED, LOST, OPEN = "returned", "lost", "open"
MOST_CELLS = 2_000_000

Count = Literal["n-day", "unbounded", "rolling", "cumulative"]
Truth = npt.NDArray[np.bool_]
_ = texts("study")


@question
class Retention(Question):
    """How many of those who began in one period come back in the following ones.

    Customers begin at their first interaction, or the first one of `start`; they come back with
    any later one, or one of `back`. Days, weeks (from Monday) and months are the zone's, daylight
    saving included; period 1 is the one after that of the start. Only customers whose period is
    over when observation ends are counted in it; the others are `open`. Whoever came back counts,

    - `n-day`: in that period;
    - `unbounded`: in that period or any later one;
    - `rolling`: in that period and in each one before it;
    - `cumulative`: in that period or any one before it.

    `brackets` are periods taken together: (1, 2, 5) with periods=8 is 1, 2 to 4 and 5 to 8.
    A customer counts once, however many journeys a split has made. `share` has its Wilson
    interval.
    """

    kind = "retention"
    measures = (
        Measure("cohort", "label", N_("Began"), cell=True),
        Measure("period", "label", N_("Period after"), cell=True),
        Measure("customers", "count", N_("Customers")),
        Measure("returned", "count", N_("Came back")),
        Measure(
            "share",
            "share",
            N_("Share that came back"),
            of=("returned", "customers"),
            counts="customers",
            low="low",
            high="high",
        ),
        Measure("open", "count", N_("Not over yet")),
        Measure("last_period", "label", N_("Last period of the bracket")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "cohort": "the first day of a cohort (all of them if left out)",
        "period": "a period of the table",
        "outcome": "returned (default), lost or open",
    }
    cell_types: ClassVar[Mapping[str, type]] = {"period": int}

    period: Unit = option(N_("length of a period: day, week or month"), default="week")
    periods: int = option(N_("how many periods to follow"), default=12, ge=1, le=1000)
    count: Count = option(
        N_("who came back: n-day, unbounded, rolling or cumulative"), default="n-day"
    )
    brackets: tuple[int, ...] | None = option(
        N_("first periods of brackets, instead of single periods"), default=None
    )
    start: str | None = option(N_('where customers begin: "one | another"'), default=None)
    back: str | None = option(N_('what counts as coming back: "one | another"'), default=None)
    cohort: Unit | None = option(
        N_("who is taken together: those who began in one day, week or month"), default=None
    )

    def __post_init__(self) -> None:
        """Refuse brackets that are none.

        Raises:
            InvalidValue: they do not rise from 1 on to at most `periods`.
        """
        first = self.firsts
        if not first or list(first) != sorted({*first} & {*range(1, self.periods + 1)}):
            raise InvalidValue(
                f"The brackets {first} do not rise from 1 to {self.periods} periods at most.",
                "Name the first period of each: brackets=(1, 2, 5), periods=8.",
            )

    @property
    def firsts(self) -> tuple[int, ...]:
        """The first period of each bracket."""
        return tuple(range(1, self.periods + 1)) if self.brackets is None else self.brackets

    @property
    def lasts(self) -> tuple[int, ...]:
        """The last period of each bracket."""
        return (*(first - 1 for first in self.firsts[1:]), self.periods)

    def fold(self, scope: Scope) -> CountReturns:
        """Follow customers.

        Raises:
            InvalidValue: there are too many cohorts.
        """
        following = self._following(scope)
        cells = len(following.cohorts) * len(self.firsts)
        if cells > MOST_CELLS:
            raise InvalidValue(
                f"That makes {len(following.cohorts):,} cohorts of {len(self.firsts):,} periods.",
                "Take longer periods or cohorts, or narrow the journeys with when().",
            )
        return CountReturns(following)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a cohort and period, where anybody began."""
        began, counts = partials[0]["began"], partials[0]["returns"]
        cohort, bracket = np.nonzero(np.repeat(began[:, np.newaxis] > 0, len(self.firsts), axis=1))
        customers, returned = counts[cohort, bracket, 0], counts[cohort, bracket, 1]
        low, high = intervals.wilson(returned, customers)
        thin = customers < self.min_customers
        cohorts = self._cohorts(scope)
        return pa.table(
            {
                "cohort": cohorts.column().take(pa.array(cohort)),
                "period": np.array(self.firsts)[bracket],
                "customers": customers,
                "returned": returned,
                "share": shares.column(intervals.ratio(returned, customers), thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
                "open": began[cohort] - customers,
                "last_period": np.array(self.lasts)[bracket],
            }
        )

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """All cohorts together.

        `customers` who began; `curve`: period -> customers, returned, share, low, high.
        """
        del scope
        counts = partials[0]["returns"].sum(axis=0)
        low, high = intervals.wilson(counts[:, 1], counts[:, 0])
        share = intervals.ratio(counts[:, 1], counts[:, 0])
        curve = {
            first: {
                "customers": int(counts[place, 0]),
                "returned": int(counts[place, 1]),
                "share": float(share[place]) if counts[place, 0] else None,
                "low": float(low[place]) if counts[place, 0] else None,
                "high": float(high[place]) if counts[place, 0] else None,
            }
            for place, first in enumerate(self.firsts)
        }
        return {"customers": int(partials[0]["began"].sum()), "curve": curve}

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who began then and came back, did not, or still may.

        Raises:
            InvalidValue: there is no such period or outcome.
            UnknownName: there is no such cohort.
        """
        outcome = cell.get("outcome", RETURNED)
        if cell.get("period") not in self.firsts or outcome not in (RETURNED, LOST, OPEN):
            raise InvalidValue(
                "Which customers?",
                f"Name a period ({', '.join(map(str, self.firsts[:5]))}, ...), "
                "and outcome= returned, lost or open.",
            )
        place = None
        if cell.get("cohort") is not None:
            dates = [str(one) for one in self._cohorts(scope).dates]
            wanted = cell["cohort"]
            name = str(wanted.isoformat() if isinstance(wanted, date) else wanted)
            if name not in dates:
                raise UnknownName("cohort", name, dates)
            place = dates.index(name)
        bracket = self.firsts.index(cell["period"])
        return CameBack(self._following(scope), place, bracket, outcome)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """Who counts."""
        sentences = {
            "n-day": _("Counted are those who came back in that very period."),
            "unbounded": _("Counted are those who came back in that period or later."),
            "rolling": _("Counted are those who came back in that period and each before it."),
            "cumulative": _("Counted are those who came back in that period or before it."),
        }
        return (
            _.plural("{n} customer began.", "{n} customers began.", answer.facts["customers"]),
            sentences[self.count],
        )

    def _following(self, scope: Scope) -> Following:
        periods = Calendar(self.period, scope.since, scope.until, scope.zone)
        bracket_of = np.full(self.periods + 1, -1, np.int64)
        for place, (first, last) in enumerate(zip(self.firsts, self.lasts, strict=True)):
            bracket_of[first : last + 1] = place
        return Following(
            self._accepted(self.start, scope),
            self._accepted(self.back, scope),
            periods.bounds,
            self._cohorts(scope),
            int(periods.places(np.array([scope.until]))[0]),
            bracket_of,
            np.array(self.firsts),
            np.array(self.lasts),
            self.count,
        )

    def _cohorts(self, scope: Scope) -> Calendar:
        return Calendar(self.cohort or self.period, scope.since, scope.until, scope.zone)

    @staticmethod
    def _accepted(written: str | None, scope: Scope) -> Truth:
        accepted = np.full(len(scope.touchpoints), written is None)
        if written is not None:
            accepted[scope.touchpoints.codes(names_of(written, scope.touchpoints))] = True
        return accepted


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the customers of a block who began: an entry each.

    Attributes:
        row: where they began.
        cohort: when.
        observed, returned: shape (customers, brackets).
    """

    row: npt.NDArray[np.int64]
    cohort: npt.NDArray[np.intp]
    observed: Truth
    returned: Truth


@dataclass(frozen=True, slots=True)
class Following:
    """How to follow customers from where they begin."""

    begins: Truth
    returns: Truth
    bounds: Instants
    cohorts: Calendar
    now: int
    bracket_of: npt.NDArray[np.int64]
    firsts: npt.NDArray[np.int64]
    lasts: npt.NDArray[np.int64]
    count: Count

    def __call__(self, block: Block) -> Followed:
        """Look at a block."""
        from travesia.study.retention_kernels import follow

        row, place, period, latest, hits = follow(
            block.start,
            block.stop,
            block.owner,
            block.touchpoint,
            block.time,
            self.begins,
            self.returns,
            self.bounds,
            self.bracket_of,
            self.firsts.size,
        )
        # a period is over when observation ends in a later one
        observed = period[:, np.newaxis] + self.lasts < self.now
        if self.count == "unbounded":
            hits = latest[:, np.newaxis] >= self.firsts
        elif self.count == "rolling":
            hits = np.logical_and.accumulate(hits, axis=1)
        elif self.count == "cumulative":
            hits = np.logical_or.accumulate(hits, axis=1)
        return Followed(row, self.cohorts.places(block.time[place]), observed, hits)


@dataclass(frozen=True, slots=True)
class CountReturns:
    """Counts who began, and who came back among those observed."""

    following: Following

    def observe(self, block: Block) -> Partial:
        """`began` (groups, cohorts), `returns` (groups, cohorts, brackets, 2)."""
        found = self.following(block)
        cohorts, brackets = len(self.following.cohorts), self.following.firsts.size
        cell = block.group[found.row].astype(np.int64) * cohorts + found.cohort
        cells = block.groups * cohorts
        returns = np.zeros((cells, brackets, 2), np.int64)
        for one in range(brackets):
            seen = found.observed[:, one]
            returns[:, one, 0] = np.bincount(cell[seen], minlength=cells)
            returns[:, one, 1] = np.bincount(cell[seen & found.returned[:, one]], minlength=cells)
        began = np.bincount(cell, minlength=cells).astype(np.int64)
        return Partial(
            {
                "began": Tally(began.reshape(block.groups, cohorts)),
                "returns": Tally(returns.reshape(block.groups, cohorts, brackets, 2)),
            }
        )


@dataclass(frozen=True, slots=True)
class CameBack:
    """Rows of the customers of one cohort (None: all) with an outcome in a bracket."""

    following: Following
    cohort: int | None
    bracket: int
    outcome: str

    def mark(self, block: Block) -> Truth:
        """One truth a row."""
        found = self.following(block)
        seen, back = found.observed[:, self.bracket], found.returned[:, self.bracket]
        chosen = {RETURNED: seen & back, LOST: seen & ~back, OPEN: ~seen}[self.outcome]
        if self.cohort is not None:
            chosen = chosen & (found.cohort == self.cohort)
        marked = np.zeros(len(block.owners.keys), bool)
        marked[block.owner[found.row[chosen]]] = True
        return marked[block.owner]

"""Influence: which touchpoints go with reaching the goal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BeforeValidator

from travesia.engines.blocks import Block
from travesia.engines.partials import Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.durations import Duration, microseconds, spelling
from travesia.record.lenses import names_of
from travesia.study import shares
from travesia.study.dense import check_size
from travesia.study.intervals import Z, corrected, ratio
from travesia.study.question import Answer, Measure, Question, option, question

STRATA = 12
"""Journeys are compared with those of like length: 0, 1, 2-3, 4-7, ... other interactions."""
STRUCTURAL = 0.8
"""A touchpoint that so large a share of those who reach the goal passes is a step on the way."""
LEAST = 5
"""Fewer journeys than this in a cell of the two-by-two table give no ratio."""

_ = texts("study")

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def _joined(goal: Any) -> Any:
    """Several goals as one text."""
    if isinstance(goal, (list, tuple)):
        goal = " | ".join(map(str, goal))
    if isinstance(goal, str) and not goal.strip():
        raise InvalidValue("The goal is empty.", 'Name a touchpoint: Influence("purchase").')
    return goal


@question
class Influence(Question):
    """Which touchpoints go with reaching the goal: the goal's share among those who met them.

    What a journey met counts only up to `after` its first interaction, and only journeys that are
    observed so long and have not reached the goal by then are compared: a landmark, without which
    those who never reach the goal would have had longer to meet everything. (`after=None` counts
    all that stands before the goal.) `ratio` compares the share that then reached the goal of
    those who met the touchpoint with those who did not, among journeys with as many other
    interactions (Mantel-Haenszel risk ratio; its interval after
    Greenland and Robins 1985, eq. 4), because long journeys meet more of everything. `p_value`
    is corrected over all touchpoints (Benjamini-Hochberg). `structural` marks steps that most of
    those who reach the goal pass before it; they do not count for the length, which would else
    tell who reached it. After a split, the intervals count a customer's journeys as if they were
    all alike. It says what goes with the goal, never what causes it.
    """

    kind = "influence"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("met", "count", N_("Met it")),
        Measure("customers", "count", N_("Customers who met it")),
        Measure("met_reached", "count", N_("Met it and reached the goal")),
        Measure("others", "count", N_("Did not meet it")),
        Measure("others_reached", "count", N_("Did not, and reached the goal")),
        Measure(
            "share_met", "share", N_("Goal share of those who met it"), of=("met_reached", "met")
        ),
        Measure(
            "share_others", "share", N_("Goal share of the others"), of=("others_reached", "others")
        ),
        Measure("ratio", "number", N_("Times as likely"), low="low", high="high"),
        Measure("p_value", "p_value", N_("Corrected p")),
        Measure("structural", "label", N_("A step on the way")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "touchpoint": "a touchpoint",
        "met": "true (default): those who met it before the goal; false: the others",
        "reached": "true or false: only those who did or did not reach the goal",
    }
    cell_types: ClassVar[Mapping[str, type]] = {"met": bool, "reached": bool}

    goal: Annotated[str, BeforeValidator(_joined)] = option(
        N_("touchpoint that is the goal (several: a | b)")
    )
    after: Duration | None = option(
        N_("compare what was met so long after the first interaction"), default=timedelta(days=7)
    )

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """Find the steps on the way; then count who met what before the goal, by length."""
        goals = self._goals(scope)
        check_size(scope, self.by, len(goals) * STRATA * 4)
        if not done:
            return CountExposed(goals, np.zeros(len(goals), np.int64), -1, scope.until, 1)
        if len(done) == 1:
            rows: Any = done[0]["rows"]
            found = done[0].of(np.arange(len(rows.values)))
            length = (~_structural(found)).astype(np.int64)
            return CountExposed(goals, length, self._window, scope.until, STRATA)
        return None

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a touchpoint that somebody met before the goal, in order of their codes."""
        met, absent = partials[1]["met"], partials[1]["absent"]
        seen = np.flatnonzero(met.sum(axis=(0, 2)))
        table = _Strata.of(met[:, seen, :], absent[:, seen, :])
        effect = _design_effect(partials[1]["rows"])
        found, low, high, p = table.compared(max(LEAST, self.min_customers), effect)
        met_by, others = table.n1.sum(0), table.n0.sum(0)
        names = scope.touchpoints.names.cast(pa.string())
        return pa.table(
            {
                "touchpoint": names.take(pa.array(seen)),
                "met": met_by,
                "customers": partials[1]["customers"][seen],
                "met_reached": table.a.sum(0),
                "others": others,
                "others_reached": table.c.sum(0),
                "share_met": self._shown(table.a.sum(0), met_by, effect),
                "share_others": self._shown(table.c.sum(0), others, effect),
                "ratio": shares.column(found),
                "low": shares.column(low),
                "high": shares.column(high),
                "p_value": shares.column(corrected(p)),
                "structural": _structural(partials[0])[seen],
            }
        )

    def _shown(self, part: Counts, whole: Counts, effect: float) -> pa.Array:
        return shares.column(ratio(part, whole), whole / effect < self.min_customers)

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who met it before the goal, or did not, and reached it or not."""
        code = scope.touchpoints.code(self.cell_value(cell, "touchpoint"))
        met, reached = cell.get("met", True), cell.get("reached")
        return WasExposed(self._goals(scope), code, self._window, scope.until, met, reached)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """What the ratio is, and is not."""
        del answer
        landmark = (
            _("Everything before the first {goal} counts.", goal=self.goal)
            if self.after is None
            else _(
                "What was met up to {after} after the first interaction counts, of journeys "
                "without {goal} by then.",
                after=spelling(self.after),
                goal=self.goal,
            )
        )
        compared = _(
            "Journeys with as many other interactions are compared. "
            "A ratio says what goes with the goal, not what causes it."
        )
        return (landmark, compared)

    @property
    def _window(self) -> int:
        return -1 if self.after is None else microseconds(self.after)

    def _goals(self, scope: Scope) -> npt.NDArray[np.bool_]:
        wanted = np.zeros(len(scope.touchpoints), bool)
        wanted[scope.touchpoints.codes(names_of(self.goal, scope.touchpoints))] = True
        return wanted


@dataclass(frozen=True, slots=True)
class _Strata:
    """Two-by-two tables, [stratum, touchpoint]: met and reached, met, others reached, others."""

    a: Counts
    n1: Counts
    c: Counts
    n0: Counts

    @classmethod
    def of(cls, met: Counts, absent: Counts) -> _Strata:
        return cls(met[:, :, 1], met.sum(axis=2), absent[:, :, 1], absent.sum(axis=2))

    def compared(self, least: int, effect: float) -> tuple[Floats, Floats, Floats, Floats]:
        """Risk ratio, interval and p-value; NaN where a cell is thin.

        Each journey counts as 1 / effect of an independent one.
        """
        from scipy.stats import norm

        total = self.n1 + self.n0
        above = _over(self.a * self.n0, total).sum(axis=0)
        below = _over(self.c * self.n1, total).sum(axis=0)
        spread = _over(
            (self.a + self.c) * self.n1 * self.n0 - self.a * self.c * total, total**2
        ).sum(axis=0)
        cells = (self.a, self.n1 - self.a, self.c, self.n0 - self.c)
        thin = np.min([cell.sum(axis=0) for cell in cells], axis=0) / effect < least
        thin |= (above == 0) | (below == 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_ratio = np.where(thin, np.nan, np.log(above / below))
            error = np.sqrt(effect * spread / (above * below))
        p: Floats = 2 * norm.sf(np.abs(log_ratio) / np.where(error > 0, error, np.nan))
        half = Z * error
        return np.exp(log_ratio), np.exp(log_ratio - half), np.exp(log_ratio + half), p


@dataclass(frozen=True, slots=True)
class CountExposed:
    """Counts who met what before the goal, by length: the sum of the touchpoints' own."""

    goals: npt.NDArray[np.bool_]
    length: Counts
    window: int
    until: int
    strata: int

    def observe(self, block: Block) -> Partial:
        """`met` and `absent`: [stratum, touchpoint, reached]; `rows`: without, with, squares.

        And `customers` that met it, by touchpoint.
        """
        from travesia.study.contact_kernels import count_exposed

        met, absent, rows, customers = count_exposed(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            block.time,
            self.goals,
            self.length,
            self.window,
            self.until,
            block.groups,
            self.strata,
        )
        counts = {"met": met, "absent": absent, "rows": rows, "customers": customers}
        return Partial({name: Tally(values) for name, values in counts.items()})


@dataclass(frozen=True, slots=True)
class WasExposed:
    """Rows that met a touchpoint before the goal (or did not), and reached it (or not, or any)."""

    goals: npt.NDArray[np.bool_]
    touchpoint: int
    window: int
    until: int
    met: bool
    reached: bool | None

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import mark_exposed

        counts, met, reached = mark_exposed(
            block.start,
            block.stop,
            block.touchpoint,
            block.time,
            self.goals,
            self.touchpoint,
            self.window,
            self.until,
        )
        chosen: npt.NDArray[np.bool_] = counts & (met == self.met)
        return chosen if self.reached is None else chosen & (reached == self.reached)


def _structural(found: Mapping[str, Counts]) -> npt.NDArray[np.bool_]:
    """The touchpoints that nearly everybody who reaches the goal passes."""
    reached = found["met"].sum(axis=0)[:, 1]
    return np.asarray(ratio(reached, int(found["rows"][1])) >= STRUCTURAL)


def _over(part: Counts, whole: Counts) -> Floats:
    out = np.zeros(part.shape)
    return np.divide(part.astype(np.float64), whole, out=out, where=whole > 0)


def _design_effect(rows: Counts) -> float:
    """How many journeys tell as much as one independent one (Kish 1965): 1 without a split.

    As if a customer's journeys were all alike, the largest effect there is, so that intervals
    are never too narrow. Customers with many journeys weigh more than an average would show.
    """
    journeys = int(rows[0] + rows[1])
    return int(rows[2]) / journeys if journeys else 1.0

"""What two groups answer, cell by cell, and how surely they differ.

Cells are aligned over both answers: one that a group does not list counts as nobody there, as long
as it is known of how many. Shares of customers are compared as those of independent customers;
whatever else by leaving out groups of customers in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from travesia.engines.counting import JOURNEYS
from travesia.engines.partials import Partial
from travesia.engines.scope import Scope
from travesia.study import intervals
from travesia.study.question import Measure, Question

REPLICATES = 40
"""Groups of customers for the jackknife; their number is the degrees of freedom plus one."""

LEAST_REPLICATES = 10
"""With customers in fewer of them in a group, there is no interval: it would be a guess."""

NUMBERS = ("share", "duration", "number")
UNITS = {"share": "share", "duration": "s", "number": "number"}

NAN = float("nan")
Row = Mapping[str, Any]


class Rows:
    """The rows of an answer by their cell, those that are not listed included where known."""

    def __init__(self, asked: Question, rows: Sequence[Row]) -> None:
        self.by_cell = {cell_of(asked, row): row for row in rows}
        self._asked = asked
        self._unlisted: dict[str, Callable[[Row], tuple[float, float] | None]] = {}

    def share(self, measure: Measure, cell: str, named: Row) -> tuple[float, float]:
        """Numerator and denominator; NaN where they are not known, nothing or too thin."""
        part, whole = measure.of or ("", "")
        row = self.by_cell.get(cell)
        if row is not None:
            hidden = row[measure.name] is None
            return (NAN, NAN) if hidden else (_float(row[part]), _float(row[whole]))
        if measure.name not in self._unlisted:
            listed = list(self.by_cell.values())
            self._unlisted[measure.name] = self._asked.unlisted(measure, listed)
        found = self._unlisted[measure.name](named)
        if found is None or not found[1] or found[1] < self._asked.min_customers:
            return NAN, NAN
        return found

    def value(self, measure: Measure, cell: str, named: Row) -> float:
        """The share or number; NaN where there is none."""
        if measure.of is None:
            return _float(self.by_cell.get(cell, {}).get(measure.name))
        part, whole = self.share(measure, cell, named)
        return part / whole


@dataclass(frozen=True)
class Side:
    """One group's answer, and the same leaving each replicate out."""

    asked: Question
    scope: Scope
    partials: Sequence[Partial]

    @cached_property
    def rows(self) -> Rows:
        """The group's answer."""
        return self._rows(np.arange(REPLICATES))

    @cached_property
    def without(self) -> tuple[Rows, ...]:
        """Its answer without each replicate."""
        every = np.arange(REPLICATES)
        return tuple(self._rows(np.delete(every, one)) for one in every)

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Which replicates hold any of its customers."""
        journeys: Any = self.partials[0][JOURNEYS]
        found: npt.NDArray[np.bool_] = journeys.values > 0
        return found

    def _rows(self, groups: npt.NDArray[np.intp]) -> Rows:
        return Rows(self.asked, self.asked.table(self.scope, self.partials, groups).to_pylist())


@dataclass(frozen=True)
class Sides:
    """Two groups' answers to the same question."""

    a: Side
    b: Side

    @cached_property
    def cells(self) -> dict[str, Row]:
        """The cells of both, A's first, as rows that name them."""
        return {**self.b.rows.by_cell, **self.a.rows.by_cell}

    def compared(self) -> Iterator[list[dict[str, Any]]]:
        """Rows of the comparison, a list for each measure."""
        for measure in self.a.asked.measures:
            if comparable(measure):
                yield [
                    self._row(measure, cell)
                    for cell in self._cells(measure)
                    if self._known(measure, cell) == (True, True)
                ]

    def alone(self) -> int:
        """Values that one group has, and of the other nothing is known to compare them with."""
        return sum(
            self._known(measure, cell) in ((True, False), (False, True))
            for measure in self.a.asked.measures
            if comparable(measure)
            for cell in self._cells(measure)
        )

    def _cells(self, measure: Measure) -> Iterator[str]:
        order = dict.fromkeys([*self.a.rows.by_cell, *self.b.rows.by_cell])
        asked = self.a.asked
        return (cell for cell in order if not asked.by_definition(measure, self.cells[cell]))

    def _known(self, measure: Measure, cell: str) -> tuple[bool, bool]:
        one, other = (
            not np.isnan(side.rows.value(measure, cell, self.cells[cell]))
            for side in (self.a, self.b)
        )
        return one, other

    def _row(self, measure: Measure, cell: str) -> dict[str, Any]:
        named = self.cells[cell]
        one, other = (side.rows.value(measure, cell, named) for side in (self.a, self.b))
        counts = [
            side.rows.share(measure, cell, named) if measure.of else (NAN, NAN)
            for side in (self.a, self.b)
        ]
        if measure.of is not None and self._independent(measure):
            (k1, n1), (k2, n2) = counts
            low, high = (float(bound) for bound in intervals.newcombe(k1, n1, k2, n2))
            p = float(intervals.two_proportions(k1, n1, k2, n2))
        else:
            low, high, p = self._jackknife(measure, cell, one - other)
        return {
            "cell": cell,
            "measure": measure.name,
            "unit": UNITS[measure.role],
            "a": one,
            "b": other,
            "difference": one - other,
            "low": _known(low),
            "high": _known(high),
            "p_value": _known(p),
            "n_a": int(counts[0][1]) if measure.of else None,
            "n_b": int(counts[1][1]) if measure.of else None,
        }

    def _independent(self, measure: Measure) -> bool:
        """Whether a share counts customers, or journeys of which each makes one."""
        counted = self.a.asked.counted(measure)
        split = self.a.scope.split or self.b.scope.split
        return counted == "customers" or (counted == "journeys" and not split)

    def _jackknife(
        self, measure: Measure, cell: str, difference: float
    ) -> tuple[float, float, float]:
        """Interval and p-value by leaving out each group of customers, on both sides at once.

        The variance is (R - 1) / R times the sum of squares about the mean (Wolter 2007, chapter
        4). Where nothing varies there is no interval, and no p-value but of no difference.
        """
        from scipy.stats import t

        degrees = min(int(side.present.sum()) for side in (self.a, self.b)) - 1
        places = np.flatnonzero(self.a.present | self.b.present)
        named = self.cells[cell]
        left = np.array(
            [
                self.a.without[place].value(measure, cell, named)
                - self.b.without[place].value(measure, cell, named)
                for place in places
            ]
        )
        if degrees + 1 < LEAST_REPLICATES or np.isnan(left).any():
            return NAN, NAN, NAN
        size = places.size
        error = float(np.sqrt((size - 1) / size * ((left - left.mean()) ** 2).sum()))
        if error <= _ROUNDING * max(abs(left).max(), 1e-300):
            return NAN, NAN, 1.0 if not difference else NAN
        half = float(t.ppf(1 - (1 - intervals.LEVEL) / 2, degrees)) * error
        p = float(2 * t.sf(abs(difference) / error, degrees))
        return difference - half, difference + half, p


_ROUNDING = 1e-12
"""Standard errors under this part of the value are of its last digits, not of customers."""


def comparable(measure: Measure) -> bool:
    """Whether groups of different sizes can be compared by it."""
    return measure.of is not None or measure.role in NUMBERS


def corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of one measure, their p-values corrected as a family."""
    p_values = intervals.corrected([NAN if r["p_value"] is None else r["p_value"] for r in rows])
    return [
        {**row, "p_value": p, "different": None if p is None else p < 1 - intervals.LEVEL}
        for row, p in zip(rows, map(_known, p_values), strict=True)
    ]


def cell_of(asked: Question, row: Row) -> str:
    """What names a row: the values of its cell columns."""
    parts = [row[one.name] for one in asked.measures if one.cell]
    return " | ".join(
        " > ".join(map(str, part)) if isinstance(part, list) else str(part) for part in parts
    )


def _float(value: Any) -> float:
    """A number; durations in seconds; NaN for nothing."""
    if value is None:
        return NAN
    return float(value.total_seconds()) if hasattr(value, "total_seconds") else float(value)


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)

"""Step matrix: where customers stand at each step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS, EVERYBODY, JOURNEYS, SQUARES, counts, independent
from travesia.engines.partials import Partial, Sparse, Tally, summed
from travesia.engines.passes import Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.lenses import AnyAnchor, FindPattern, Offset
from travesia.study import intervals, shares
from travesia.study.question import (
    Answer,
    Measure,
    Question,
    option,
    question,
    without_names,
)

BEFORE, END = "(before start)", "(end)"
MOST_DENSE = 4_000_000
"""Cells of the dense table; larger ones are kept sparse."""

Steps = npt.NDArray[np.int64]
_ = texts("study")


@question
class StepMatrix(Question):
    """Where customers stand at their first, second, third step; each step's shares add to one.

    Steps count from 1 at the start; with `from_end` from -1 at the last interaction backwards;
    with `around` from 0 at the anchor, over the journeys that have it. Journeys that are over
    count as `(end)`, those not yet begun as `(before start)`. `share` is of all journeys looked
    at, with its Wilson interval (after a split, of as many customers).
    """

    kind = "step_matrix"
    measures = (
        Measure("step", "label", N_("Step"), cell=True),
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("journeys", "count", N_("Journeys")),
        Measure(
            "share",
            "share",
            N_("Share of journeys"),
            of=("journeys", "at_risk"),
            per=(),
            low="low",
            high="high",
        ),
        Measure("at_risk", "count", N_("Journeys looked at")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "step": "a step of the table",
        "touchpoint": "a touchpoint, (end) or (before start)",
    }
    cell_types: ClassVar[Mapping[str, type]] = {"step": int}

    steps: int = option(N_("how many steps"), default=10, ge=1, le=1000)
    from_end: bool = option(N_("count steps backwards from the end"), default=False)
    around: AnyAnchor | None = option(
        N_("count steps from this touchpoint or pattern"), default=None
    )
    before: int = option(N_("steps before the anchor"), default=5, ge=0, le=1000)
    after: int = option(N_("steps after the anchor"), default=5, ge=0, le=1000)

    def __post_init__(self) -> None:
        """Refuse two ways to count at once.

        Raises:
            InvalidValue: from_end and around are both given.
        """
        if self.from_end and self.around is not None:
            raise InvalidValue(
                "Steps count from the end or around an anchor, not both.",
                "Leave out from_end, or take the last occurrence as the anchor: nth=-1.",
            )

    def fold(self, scope: Scope) -> CountSteps:
        """Count cells."""
        without_names(scope, BEFORE, END)
        steps = self._numbers()
        return CountSteps(self._origin(scope), int(steps[0]), steps.size, len(scope.touchpoints))

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a cell that occurs, by step, then touchpoint in order of codes, then the end."""
        nodes = len(scope.touchpoints) + 2
        cell, journeys = _cells(partials[0]["steps"])
        at_risk = np.full(cell.size, int(partials[0]["rows"]))
        looked_at = {JOURNEYS: partials[0]["rows"], SQUARES: partials[0]["squares"]}
        low, high = shares.wilson_by_customers(journeys, at_risk, independent(looked_at))
        thin = int(partials[0]["keys"]) < self.min_customers
        names = pa.concat_arrays(
            [scope.touchpoints.names.cast(pa.string()), pa.array([BEFORE, END])]
        )
        return pa.table(
            {
                "step": self._labels()[cell // nodes],
                "touchpoint": names.take(pa.array(cell % nodes)),
                "journeys": journeys,
                "share": shares.column(intervals.ratio(journeys, at_risk), thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
                "at_risk": at_risk,
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who stands there at that step.

        Raises:
            InvalidValue: the step is missing or not in the table, or the touchpoint is missing.
            UnknownName: there is no such touchpoint.
        """
        if cell.get("touchpoint") is None or cell.get("step") not in self._labels():
            labels = self._labels()
            raise InvalidValue(
                "Which cell of the step matrix?",
                f"Name both: step={labels[0]} to {labels[-1]}, and touchpoint=...",
            )
        size = len(scope.touchpoints)
        outside = {BEFORE: size, END: size + 1}
        name = cell["touchpoint"]
        code = outside[name] if name in outside else scope.touchpoints.code(name)
        place = int(np.flatnonzero(self._labels() == cell["step"])[0])
        return StandsAt(self._origin(scope), int(self._numbers()[place]), size, code)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """How many journeys have the anchor."""
        if self.around is None:
            return ()
        whole, part = answer.totals.journeys, answer.facts["journeys"]
        return (
            _(
                "Steps count from {anchor}; it is in {part:,} of {whole}.",
                anchor=self.around.at,
                part=part,
                whole=_.plural("{n} journey", "{n} journeys", whole),
            ),
        )

    def facts(self, scope: Scope, partials: Any) -> dict[str, Any]:
        """`journeys`, `customers`: those that the shares are of."""
        del scope
        return {"journeys": int(partials[0]["rows"]), "customers": int(partials[0]["owners"])}

    def _numbers(self) -> Steps:
        """How far each step is from the origin."""
        if self.around is not None:
            return np.arange(-self.before, self.after + 1)
        return np.arange(-self.steps, 0) if self.from_end else np.arange(self.steps)

    def _labels(self) -> Steps:
        """What each step is called."""
        forwards = self.around is None and not self.from_end
        return self._numbers() + 1 if forwards else self._numbers()

    def _origin(self, scope: Scope) -> Origin:
        if self.around is not None:
            return Origin(find=self.around.bind(scope), offset=Offset.of(self.around))
        return Origin(end=self.from_end)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where steps are counted from: the start, the end, or an anchor."""

    end: bool = False
    find: FindPattern | None = None
    offset: Offset | None = None

    def place(self, block: Block) -> npt.NDArray[np.int32]:
        """The position of each row's origin; -1 where it has none."""
        if self.find is not None and self.offset is not None:
            return self.offset.move(block, self.find(block))
        return block.stop if self.end else block.start


@dataclass(frozen=True, slots=True)
class CountSteps:
    """Counts who stands where, in a dense table while it is small."""

    origin: Origin
    first: int
    steps: int
    size: int

    def observe(self, block: Block) -> Partial:
        """`steps` (journeys of each cell); of rows with an origin what `counting` counts."""
        place = self.origin.place(block)
        has = place >= 0
        rows, place = block.keep(has), place[has]
        looked_at = counts(rows)
        found = (
            self.dense(rows, place)
            if block.groups * self.steps * (self.size + 2) <= MOST_DENSE
            else self.sparse(rows, place)
        )
        return Partial(
            {
                "steps": found,
                "rows": looked_at[JOURNEYS],
                "keys": looked_at[CUSTOMERS],
                "owners": looked_at[EVERYBODY],
                "squares": looked_at[SQUARES],
            }
        )

    def dense(self, rows: Block, place: npt.NDArray[np.int32]) -> Tally:
        """All cells, shape (groups, steps, touchpoints + 2)."""
        from travesia.study.step_matrix_kernels import count_steps

        return Tally(
            count_steps(
                rows.start,
                rows.stop,
                rows.group,
                rows.touchpoint,
                place,
                self.first,
                self.steps,
                self.size,
                rows.groups,
            )
        )

    def sparse(self, rows: Block, place: npt.NDArray[np.int32]) -> Sparse:
        """The cells that occur."""
        nodes = self.size + 2
        cells = [
            (rows.group.astype(np.int64) * self.steps + step) * nodes
            + standing(rows, place, self.first + step, self.size)
            for step in range(self.steps)
        ]
        found = [np.unique(one, return_counts=True) for one in cells]
        keys = np.concatenate([one for one, _ in found])
        return summed(
            self.steps * nodes, keys, np.concatenate([times for _, times in found])[:, np.newaxis]
        )


@dataclass(frozen=True, slots=True)
class StandsAt:
    """Rows that stand at a touchpoint so far from the origin."""

    origin: Origin
    step: int
    size: int
    code: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        place = self.origin.place(block)
        found: npt.NDArray[np.bool_] = (place >= 0) & (
            standing(block, place, self.step, self.size) == self.code
        )
        return found


def standing(block: Block, place: npt.NDArray[np.int32], step: int, size: int) -> Steps:
    """The node of each row so far from its origin."""
    at = place.astype(np.int64) + step
    nodes = np.where(at < block.start, size, size + 1)
    inside = (at >= block.start) & (at < block.stop)
    nodes[inside] = block.touchpoint[at[inside]]
    return nodes


def _cells(found: Any) -> tuple[Steps, Steps]:
    """The cells that occur, ascending, and their journeys."""
    if isinstance(found, tuple):
        return found[0], found[1][:, 0]
    cell = np.flatnonzero(found)
    return cell, found.ravel()[cell]

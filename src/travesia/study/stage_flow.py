"""StageFlow: who comes to each stage, goes on, leaves, and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BeforeValidator

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS
from travesia.engines.partials import Gathered, Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue, UnknownName
from travesia.locale import N_, texts
from travesia.study import shares
from travesia.study.durations import by_cell
from travesia.study.intervals import quantile, quantile_interval, ratio, wilson
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.sampling import sampled, share_for

_ = texts("study")

CAME, WENT_ON, CAME_BACK, AGAIN = 1, 2, 4, 8
OUTCOMES = ("came", "went on", "left", "came back", "again")

Bits = npt.NDArray[np.uint8]


def stages_of(given: Any) -> Any:
    """Stages as pairs: from a mapping, or from texts such as "find = visit | search"."""
    if isinstance(given, Mapping):
        return tuple((str(name), tuple(touchpoints)) for name, touchpoints in given.items())
    if isinstance(given, (list, tuple)) and all(isinstance(one, str) for one in given):
        return tuple(_stage(one) for one in given)
    return given


def _stage(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, touchpoints = text.partition("=")
    if not equals:
        raise InvalidValue(f"{text!r} is no stage.", 'Write it as "find = visit | search".')
    return name.strip(), tuple(one.strip() for one in touchpoints.split("|"))


Stages = Annotated[tuple[tuple[str, tuple[str, ...]], ...], BeforeValidator(stages_of)]


def stage_codes(stages: Stages, scope: Scope) -> npt.NDArray[np.int64]:
    """The stage of every touchpoint, -1 for none.

    Raises:
        InvalidValue: there are no stages, or a touchpoint stands in two of them.
        UnknownName: a touchpoint does not exist.
    """
    if not stages or len(stages) > 60:
        raise InvalidValue(f"{len(stages)} stages cannot be looked at.", "Give 1 to 60.")
    found = np.full(len(scope.touchpoints), -1, np.int64)
    for place, (name, touchpoints) in enumerate(stages):
        for touchpoint in touchpoints:
            code = scope.touchpoints.code(touchpoint)
            if found[code] >= 0:
                other = stages[found[code]][0]
                raise InvalidValue(
                    f"Touchpoint {touchpoint!r} stands in the stages {other!r} and {name!r}.",
                    "Leave it in one of them.",
                )
            found[code] = place
    return found


@question
class StageFlow(Question):
    """Who comes to each stage, goes on to a later one, leaves, and comes back to an earlier one.

    Of the customers that ever come to a stage, those who meet a later stage afterwards go on, and
    the rest leave: the two add to one. Coming back (meeting an earlier stage afterwards) and
    coming again (after having been elsewhere) are counted apart. `median_time` is from the first
    interaction in the stage to the first in a later one, of those who went on, with the order
    statistics that enclose it. After a split, a customer counts once for whatever became of any
    of their journeys: who left in one of them and went on in another went on.
    """

    kind = "stage_flow"
    measures = (
        Measure("stage", "label", N_("Stage"), cell=True),
        Measure("came", "count", N_("Customers")),
        Measure("customers", "count", N_("All customers")),
        Measure(
            "share",
            "share",
            N_("Reach"),
            of=("came", "customers"),
            low="low",
            high="high",
            counts="customers",
            per=(),
        ),
        Measure("went_on", "count", N_("Went on")),
        Measure(
            "share_on",
            "share",
            N_("Share that goes on"),
            of=("went_on", "came"),
            counts="customers",
            low="low_on",
            high="high_on",
        ),
        Measure("left", "count", N_("Left")),
        Measure(
            "share_left",
            "share",
            N_("Share that leaves"),
            of=("left", "came"),
            counts="customers",
            low="low_left",
            high="high_left",
        ),
        Measure("came_back", "count", N_("Came back to an earlier stage")),
        Measure(
            "share_back",
            "share",
            N_("Share that comes back"),
            of=("came_back", "came"),
            counts="customers",
            low="low_back",
            high="high_back",
        ),
        Measure("again", "count", N_("Came to it again")),
        Measure(
            "share_again",
            "share",
            N_("Share that comes to it again"),
            of=("again", "came"),
            counts="customers",
            low="low_again",
            high="high_again",
        ),
        Measure(
            "median_time", "duration", N_("Median time to go on"), low="low_time", high="high_time"
        ),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "stage": "a stage",
        "outcome": "came (default), went on, left, came back, or again",
    }

    stages: Stages = option(N_("stages in order, each with its touchpoints: find = visit | search"))

    def fold(self, scope: Scope) -> Fold:
        """Follow every journey through the stages."""
        codes = stage_codes(self.stages, scope)
        return FollowStages(codes, len(self.stages), share_for(scope))

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a stage, in order."""
        del scope
        counts, everybody = partials[0]["counts"], int(partials[0][CUSTOMERS])
        came, went_on, came_back, again = (counts[:, place] for place in range(4))
        customers = np.full(len(came), everybody, np.int64)
        columns: dict[str, Any] = {
            "stage": pa.array([name for name, _ in self.stages], pa.string()),
            "came": came,
            "customers": customers,
        }
        parts = (
            ("went_on", "_on", went_on),
            ("left", "_left", came - went_on),
            ("came_back", "_back", came_back),
            ("again", "_again", again),
        )
        self._share(columns, "", came, customers)
        for name, suffix, part in parts:
            columns[name] = part
            self._share(columns, suffix, part, came)
        return pa.table(columns | median_times(partials[0]["times"], np.arange(len(came))))

    def _share(
        self,
        columns: dict[str, Any],
        suffix: str,
        part: npt.NDArray[np.int64],
        whole: npt.NDArray[np.int64],
    ) -> None:
        thin = whole < self.min_customers
        low, high = wilson(part, whole)
        for name, values in (("share", ratio(part, whole)), ("low", low), ("high", high)):
            columns[name + suffix] = shares.column(values, thin)

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who came, went on, left, came back, or came again."""
        names = [name for name, _ in self.stages]
        stage, outcome = self.cell_value(cell, "stage"), str(cell.get("outcome", "came"))
        if stage not in names:
            raise UnknownName("stage", stage, names)
        if outcome not in OUTCOMES:
            raise UnknownName("outcome", outcome, OUTCOMES)
        codes = stage_codes(self.stages, scope)
        return InStage(codes, len(names), names.index(stage), outcome)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """What adds up."""
        del answer
        return (_("Going on and leaving add to 100 %; coming back is counted apart."),)

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for(scope)


@dataclass(frozen=True, slots=True)
class FollowStages:
    """Follows journeys through stages."""

    stage_of: npt.NDArray[np.int64]
    stages: int
    share: float

    def observe(self, block: Block) -> Partial:
        """`counts` (came, went on, came back, again) and `times`, by stage."""
        came, on, bits = _progress(block, self.stage_of, self.stages)
        group, bits_of = _by_customer(block, bits)
        counts = np.zeros((block.groups, self.stages, 4), np.int64)
        for place, bit in enumerate((CAME, WENT_ON, CAME_BACK, AGAIN)):
            row, stage = np.nonzero(bits_of & bit)
            counts[:, :, place] = np.bincount(
                group[row] * self.stages + stage, minlength=block.groups * self.stages
            ).reshape(block.groups, self.stages)
        chosen = sampled(block, self.share)
        if chosen is not block:
            came, on, bits = _progress(chosen, self.stage_of, self.stages)
        row, stage = np.nonzero(bits & WENT_ON)
        times = Gathered(
            chosen.group[row].astype(np.int64), stage.astype(np.int64), (on - came)[row, stage]
        )
        return Partial({"counts": Tally(counts), "times": times})


@dataclass(frozen=True, slots=True)
class InStage:
    """Rows that came to a stage, with what became of them there; left has who never went on."""

    stage_of: npt.NDArray[np.int64]
    stages: int
    stage: int
    outcome: str

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        bits = _progress(block, self.stage_of, self.stages)[2][:, self.stage]
        came: npt.NDArray[np.bool_] = (bits & CAME) > 0
        wanted = {"went on": WENT_ON, "came back": CAME_BACK, "again": AGAIN}
        if self.outcome == "left":
            return np.asarray(came & ~shares.of_owner(block, (bits & WENT_ON) > 0))
        return np.asarray(came & ((bits & wanted.get(self.outcome, CAME)) > 0))


def _progress(
    block: Block, stage_of: npt.NDArray[np.int64], stages: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Bits]:
    from travesia.study.contact_kernels import stage_progress

    came, on, bits = stage_progress(
        block.start, block.stop, block.touchpoint, block.time, stage_of, stages
    )
    return came, on, bits


def _by_customer(block: Block, bits: Bits) -> tuple[npt.NDArray[np.int32], Bits]:
    """Rows of one customer in one group together: whatever became of any of them."""
    if block.rows == np.unique(block.owner).size:
        return block.group, bits
    order = np.lexsort((block.group, block.owner))
    owner, group = block.owner[order], block.group[order]
    fresh = np.ones(order.size, bool)
    fresh[1:] = (owner[1:] != owner[:-1]) | (group[1:] != group[:-1])
    first = np.flatnonzero(fresh)
    together: Bits = np.bitwise_or.reduceat(bits[order], first, axis=0)
    return group[first], together


def median_times(
    gathered: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]], cells: npt.NDArray[np.int64]
) -> dict[str, pa.Array]:
    """Median of the times of each cell and the order statistics that enclose it, null if none."""
    found: dict[str, list[int | None]] = {"median_time": [], "low_time": [], "high_time": []}
    for own in by_cell(gathered, cells):
        low, high = quantile_interval(own) if own.size else (None, None)
        middle = quantile(own, 0.5) if own.size else None
        for name, value in zip(found, (middle, low, high), strict=True):
            found[name].append(None if value is None else int(value))
    return {name: pa.array(times, pa.duration("us")) for name, times in found.items()}

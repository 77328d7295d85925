"""Funnel: how many customers go through steps, and where they are lost.

Attempts and outcomes (the truth table that the tests hold it to): an attempt begins at a first
step and ends when its window has passed or, in strict order, when anything else follows. It is
converted when it has done every step, open when it could still go on after the end of the
observation, else lost. With several attempts, `first` and `best` let one decide for the customer:

| attempts | deciding attempt | reached, lost, open count |
| --- | --- | --- |
| first | the one that begins at the first first step | customers |
| best | the one that goes furthest; of several, the latest; the first to convert | customers |
| each | every one, from a first step to the next | attempts |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block, Rows
from travesia.engines.partials import Gathered, Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope, Vocabulary
from travesia.errors import InvalidValue, UnknownName
from travesia.locale import N_, texts
from travesia.record.durations import Duration, microseconds
from travesia.record.lenses import names_of
from travesia.study import durations, intervals, shares
from travesia.study.question import Answer, Measure, Question, Unit, option, question
from travesia.study.sampling import sampled, share_for

FOREVER = np.iinfo(np.int64).max
OUTCOMES = ("reached", "lost", "open", "converted")

Truth = npt.NDArray[np.bool_]
_ = texts("study")


@question
class Funnel(Question):
    """How many customers go through the steps, how long it takes, and where they are lost.

    `reached` at a step are `lost` and `open` after it and those who reached the next one that is
    not optional. `share_of_all` is of those who reached the first step, with its Wilson interval
    (after a split, or counting each attempt, as if those of one customer were all alike);
    `share_of_previous` of those who reached the last step before it that is not optional.
    `median_time` is from the first step. Without a window nobody is open.
    """

    kind = "funnel"
    measures = (
        Measure("step", "label", N_("Step"), cell=True),
        Measure("touchpoint", "label", N_("Touchpoint")),
        Measure("reached", "count", N_("Reached")),
        Measure("lost", "count", N_("Lost")),
        Measure("open", "count", N_("Open")),
        Measure(
            "share_of_all",
            "share",
            N_("Share of the first step"),
            of=("reached", "entered"),
            low="low",
            high="high",
        ),
        Measure(
            "share_of_previous",
            "share",
            N_("Share of the step before"),
            of=("reached", "previous"),
            low="previous_low",
            high="previous_high",
        ),
        Measure("median_time", "duration", N_("Median time")),
        Measure("entered", "count", N_("Took the first step")),
        Measure("previous", "count", N_("Took the step before")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "step": "a step, from 1",
        "outcome": "reached (default), lost, open or converted",
    }
    cell_types: ClassVar[Mapping[str, type]] = {"step": int}

    steps: tuple[str, ...] = option(
        N_('touchpoints in their order; "cart | wishlist" is either'), min_length=1
    )
    within: Duration | None = option(
        N_("longest time from the first step to the last"), default=None
    )
    order: Literal["loose", "strict", "any"] = option(
        N_("loose: others may come between; strict: nothing between; any: in any order"),
        default="loose",
    )
    attempts: Literal["best", "first", "each"] = option(
        N_("which attempt decides when a customer begins several times"), default="best"
    )
    optional: tuple[int, ...] = option(N_("numbers of steps that may be left out"), default=())
    exclude: tuple[str, ...] = option(
        N_('touchpoints that end an attempt; "refund@3" only on the way to step 3'), default=()
    )
    hold: tuple[str, ...] = option(
        N_("columns that stay the same all the way, such as a product"), default=()
    )

    times: bool = option(N_("measure the time from the first step"), default=True)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            InvalidValue: an optional step that is none, or options that contradict each other.
        """
        for step in self.optional:
            if not 1 < step <= len(self.steps):
                raise InvalidValue(
                    f"Step {step} cannot be optional: the funnel has steps 2 to {len(self.steps)} "
                    "that can.",
                    "Count steps from 1; the first one begins every attempt.",
                )
        if self.order == "any" and (self.optional or self.exclude or self.attempts == "each"):
            raise InvalidValue(
                "A funnel in any order has no optional steps, exclusions or single attempts.",
                'Leave them out, or use order="loose".',
            )

    def fold(self, scope: Scope) -> Fold:
        """Count outcomes."""
        return CountOutcomes(self._plan(scope), self.attempts == "each" or scope.split)

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """Count outcomes; then take the time of each step."""
        if not done:
            return self.fold(scope)
        if self.times and len(done) == 1:
            return TakeTimes(self._plan(scope), share_for(scope))
        return None

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a step."""
        del scope
        counts = partials[0]["counts"]
        taken = partials[1]["times"] if len(partials) > 1 else durations.NOTHING
        steps = len(self.steps)
        reached = counts[:, 0]
        entered = np.full(steps, reached[0])
        before = self._before()
        previous = np.concatenate([entered[:1], reached[before]])
        low, high, previous_low, previous_high = _bounds(
            reached, previous, partials[0]["squares"][:, 2], before
        )
        customers = partials[0].get("customers", reached)
        thin = np.full(steps, customers[0] < self.min_customers)
        thin_previous = np.concatenate([customers[:1], customers[before]]) < self.min_customers

        def share(values: Any, hidden: Truth) -> pa.Array:
            return pa.array(values, pa.float64(), mask=hidden | np.isnan(values))

        return pa.table(
            {
                "step": np.arange(1, steps + 1),
                "touchpoint": self._labels(),
                "reached": reached,
                "lost": counts[:, 1],
                "open": counts[:, 2],
                "share_of_all": share(intervals.ratio(reached, entered), thin),
                "share_of_previous": share(intervals.ratio(reached, previous), thin_previous),
                "low": share(low, thin),
                "high": share(high, thin),
                "median_time": durations.quantiles(taken, np.arange(steps)),
                "entered": entered,
                "previous": previous,
                "previous_low": share(previous_low, thin_previous),
                "previous_high": share(previous_high, thin_previous),
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who reached a step, was lost or is open after it."""
        outcome = cell.get("outcome", "reached")
        if outcome not in OUTCOMES:
            raise UnknownName("outcome", str(outcome), OUTCOMES)
        named = len(self.steps) if outcome == "converted" else self.cell_value(cell, "step")
        step = int(named) if str(named).isdigit() else 0
        if not 1 <= step <= len(self.steps):
            raise InvalidValue(
                f"The funnel has no step {named!r}.", f"Steps are 1 to {len(self.steps)}."
            )
        return HasOutcome(self._plan(scope), step, outcome)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """What counts, until when, and what decides."""
        del answer
        said = []
        if self.within is not None:
            said.append(_("Who still has time at the end of the observation is open, not lost."))
        else:
            said.append(_("Without a window nobody is open: lost means not yet."))
        if self.attempts == "each":
            said.append(_("Counted are attempts, from one first step to the next."))
        return tuple(said)

    def counted(self, measure: Measure) -> Unit:
        """Customers, with as many journeys as they have; or attempts, of which one has several."""
        del measure
        return "interactions" if self.attempts == "each" else "journeys"

    def by_definition(self, measure: Measure, cell: Mapping[str, Any]) -> bool:
        """Everybody who reached the first step did, at once."""
        del measure
        return bool(cell["step"] == 1)

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for(scope)

    def _labels(self) -> list[str]:
        if self.order != "any":
            return list(self.steps)
        every = ", ".join(self.steps)
        return [_("{n} of {steps}", n=n, steps=every) for n in range(1, len(self.steps) + 1)]

    def _before(self) -> npt.NDArray[np.intp]:
        """For each step after the first, the last one before it that is not optional."""
        needed = [k for k in range(len(self.steps)) if k + 1 not in self.optional]
        return np.array(
            [max(n for n in needed if n < k) for k in range(1, len(self.steps))], np.intp
        )

    def _plan(self, scope: Scope) -> Plan:
        names = scope.touchpoints
        accepts = np.stack([_accepted(step, names) for step in self.steps])
        optional = np.array([k + 1 in self.optional for k in range(len(self.steps))], bool)
        kills = self._kills(names, accepts, optional)
        for column in self.hold:
            if column in scope.attributes:
                raise InvalidValue(
                    f"{column!r} describes customers; it always stays the same.",
                    "Hold a column of the interactions, such as a product or an order.",
                )
            scope.kind(column)
        if self.order == "any" and (accepts.sum(axis=0) > 1).any():
            raise InvalidValue(
                "In any order, a touchpoint can be only one of the steps.", "Name each once."
            )
        if self.attempts == "each" and (accepts[0] & accepts[1:].any(axis=0)).any():
            raise InvalidValue(
                "Counting each attempt, the first step cannot come again as a later one.",
                'Use attempts="best", or begin with another touchpoint.',
            )
        return Plan(
            accepts,
            kills,
            optional,
            FOREVER if self.within is None else microseconds(self.within),
            scope.until,
            self.order,
            self.attempts,
            self.hold,
        )

    def _kills(self, names: Vocabulary, accepts: Truth, optional: Truth) -> Truth:
        """Which touchpoints end attempts that stand at a step."""
        steps = len(self.steps)
        on_the_way = np.zeros(accepts.shape, bool)  # to each step
        for written in self.exclude:
            name, step = _exclusion(written, names, steps)
            excluded = _accepted(name, names)
            if (excluded & accepts.any(axis=0)).any():
                raise InvalidValue(
                    f"{name!r} is a step and excluded at once.", "Leave it out of one of them."
                )
            on_the_way[slice(1, None) if step is None else step - 1] |= excluded
        kills = np.zeros(accepts.shape, bool)
        for at in range(steps - 1):
            towards = at + 1
            kills[at] |= on_the_way[towards]
            while optional[towards] and towards + 1 < steps:
                towards += 1
                kills[at] |= on_the_way[towards]
        return kills


@dataclass(frozen=True, slots=True)
class Plan:
    """A funnel whose names have become codes.

    Attributes:
        accepts, kills: bool (steps, codes).
        window, until: microseconds.
    """

    accepts: Truth
    kills: Truth
    optional: Truth
    window: int
    until: int
    order: str
    attempts: str
    hold: tuple[str, ...]

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return int(self.accepts.shape[0])

    @property
    def plain(self) -> bool:
        """Whether the shortest loop is enough."""
        special = self.optional.any() or self.kills.any() or (self.accepts.sum(axis=0) > 1).any()
        return self.order == "loose" and self.attempts == "best" and not special

    def outcomes(self, block: Block, *, detail: bool) -> Outcomes:
        """How far each unit of a block went."""
        units, source, places = self._held(block)
        closed = np.zeros(units.rows, bool)
        if self.attempts == "each":
            units, attempt_of, closed = self._each(units)
            source = source[attempt_of]
        furthest, began, alive, passed, reached_at = self._run(units, places, detail=detail)
        opened = self._open(began, alive & ~closed)
        found = Outcomes(
            units.owner, units.group, source, furthest, began, opened, passed, reached_at
        )
        return _deciding(found, block.rows) if self.hold and self.attempts != "each" else found

    def _held(self, block: Block) -> tuple[Block, Rows, Rows]:
        """Units, the row each comes from, and the places of their interactions.

        Units are the block's rows; with held columns, one for each of their values, whose
        interactions keep the places they had.
        """
        if not self.hold:
            return block, np.arange(block.rows, dtype=np.int32), np.empty(0, np.int32)
        from travesia.record.lens_kernels import pick, split_by_value

        value, present = _joint(block, self.hold)
        picks, start, stop = pick(block.start, block.stop, present)
        kept = block.picked(picks, start, stop)
        again, start, stop, source = split_by_value(kept.start, kept.stop, value[picks])
        rows = kept.ranged(start, stop, source)
        return rows.picked(again, rows.start, rows.stop), source, picks[again]

    def _each(self, units: Block) -> tuple[Block, Rows, Truth]:
        from travesia.study.funnel_kernels import each_attempt

        begin, end, source, closed = each_attempt(
            units.start, units.stop, units.touchpoint, self.accepts[0]
        )
        return units.ranged(begin, end, source), source, closed

    def _run(self, units: Block, places: Rows, *, detail: bool) -> tuple[Any, ...]:
        from travesia.study.funnel_kernels import in_any_order, in_order, in_plain_order

        if self.plain and not detail:
            slots = np.where(self.accepts.any(axis=0), self.accepts.argmax(axis=0), self.steps + 1)
            furthest, began = in_plain_order(
                units.start,
                units.stop,
                units.touchpoint,
                units.time,
                slots,
                self.steps,
                self.window,
            )
            none = np.zeros((1, self.steps), bool)
            return furthest, began, furthest < self.steps, none, none.astype(np.int64)
        first_only = self.attempts != "best"
        if self.order == "any":
            step_of = np.where(self.accepts.any(axis=0), self.accepts.argmax(axis=0), -1)
            found: tuple[Any, ...] = in_any_order(
                units.start,
                units.stop,
                units.touchpoint,
                units.time,
                step_of,
                self.steps,
                self.window,
                first_only,
                detail,
            )
            return found
        return in_order(  # type: ignore[no-any-return]
            units.start,
            units.stop,
            units.touchpoint,
            units.time,
            places,
            *_steps_of(self.accepts),
            self.kills,
            self.optional,
            (self.accepts | self.kills).any(axis=0),
            self.window,
            self.order == "strict",
            first_only,
            detail,
        )

    def _open(self, began: npt.NDArray[np.int64], alive: Truth) -> Truth:
        if self.window == FOREVER:
            return np.zeros(began.size, bool)
        opened: Truth = alive & (began > self.until - self.window)
        return opened


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How far each unit went: a row of the block, or an attempt.

    Attributes:
        source: the block's row of each unit.
        furthest: steps done, 0 if it never began.
        began: microseconds.
        opened: it can still go on.
        passed, reached_at: (units, steps), if asked for.
    """

    owner: Rows
    group: Rows
    source: Rows
    furthest: npt.NDArray[np.int32]
    began: npt.NDArray[np.int64]
    opened: Truth
    passed: Truth
    reached_at: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CountOutcomes:
    """Counts units by step and outcome; `several`: a customer may have more than one."""

    plan: Plan
    several: bool

    def observe(self, block: Block) -> Partial:
        """`counts` (step, reached/lost/open) and `squares` (step, xx/xy/yy over owners).

        Where a customer may have several units, `customers` too (by step reached).
        """
        from travesia.study.funnel_kernels import count_outcomes

        by_passed = bool(self.plan.optional.any())
        found = self.plan.outcomes(block, detail=by_passed)
        counts, squares = count_outcomes(
            found.owner,
            found.group,
            block.groups,
            found.furthest,
            found.opened,
            found.passed,
            by_passed,
            self.plan.steps,
        )
        parts = {"counts": Tally(counts), "squares": Tally(squares)}
        if self.several:
            reached = (
                found.passed
                if by_passed
                else found.furthest[:, np.newaxis] > np.arange(self.plan.steps)
            )
            parts["customers"] = Tally(_customers(found, reached, block.groups))
        return Partial(parts)


@dataclass(frozen=True, slots=True)
class TakeTimes:
    """Takes the time from the first step to each that was reached, of a share of the customers."""

    plan: Plan
    share: float

    def observe(self, block: Block) -> Partial:
        """`times`: the step (from 0) and microseconds."""
        found = self.plan.outcomes(sampled(block, self.share), detail=True)
        unit, step = np.nonzero(found.passed)
        lengths = found.reached_at[unit, step] - found.began[unit]
        return Partial(
            {"times": Gathered(found.group[unit].astype(np.int64), step.astype(np.int64), lengths)}
        )


@dataclass(frozen=True, slots=True)
class HasOutcome:
    """Rows with an outcome at a step; counting each attempt, rows that have one such attempt."""

    plan: Plan
    step: int
    outcome: str

    def mark(self, block: Block) -> Truth:
        """One truth a row."""
        by_passed = bool(self.plan.optional.any())
        found = self.plan.outcomes(block, detail=by_passed)
        at_step = found.furthest == self.step
        if self.outcome == "lost":
            chosen = at_step & ~found.opened & (self.step < self.plan.steps)
        elif self.outcome == "open":
            chosen = at_step & found.opened
        elif by_passed:
            chosen = found.passed[:, self.step - 1]
        else:
            chosen = found.furthest >= self.step
        rows = np.zeros(block.rows, bool)
        rows[found.source[chosen]] = True
        return rows


def _deciding(found: Outcomes, rows: int) -> Outcomes:
    """Of the units of a row (one for each held value), the one that decides."""
    from travesia.study.funnel_kernels import furthest_of_rows

    chosen = furthest_of_rows(found.source, rows, found.furthest, found.began)
    chosen = chosen[chosen >= 0]
    detailed = found.passed.shape[0] == found.furthest.size
    return Outcomes(
        found.owner[chosen],
        found.group[chosen],
        found.source[chosen],
        found.furthest[chosen],
        found.began[chosen],
        found.opened[chosen],
        found.passed[chosen] if detailed else found.passed,
        found.reached_at[chosen] if detailed else found.reached_at,
    )


def _steps_of(accepts: Truth) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The steps of each code, from the last, and where each code's begin."""
    code, turned = np.nonzero(accepts[::-1].T)
    first = np.concatenate([[0], np.cumsum(np.bincount(code, minlength=accepts.shape[1]))])
    return (accepts.shape[0] - 1 - turned).astype(np.int64), first.astype(np.int64)


def _joint(block: Block, columns: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], Truth]:
    """One code for the values of several columns together, and whether all of them are there."""
    value = np.zeros(1, np.int64)
    present = np.ones(1, bool)
    for column in columns:
        flat = block.columns[column]
        if flat.dtype.kind == "f":
            missing = np.isnan(flat)
        else:
            missing = flat == (np.iinfo(np.int64).min if flat.dtype == np.int64 else 0)
        names, codes = np.unique(flat, return_inverse=True)
        value = value * (len(names) + 1) + codes.astype(np.int64)
        present = present & ~missing
    return value, present


def _accepted(step: str, names: Vocabulary) -> Truth:
    accepted = np.zeros(len(names), bool)
    accepted[names.codes(names_of(step, names))] = True
    return accepted


def _exclusion(written: str, names: Vocabulary, steps: int) -> tuple[str, int | None]:
    """What "refund@3" means: refund on the way to step 3, unless a touchpoint is called so."""
    name, at, number = written.rpartition("@")
    if not at or not number.isdigit() or written in names.listed:
        return written, None
    if not 2 <= int(number) <= steps:
        raise InvalidValue(
            f"{written!r}: there is no way to step {number}.", f"Steps are 1 to {steps}."
        )
    return name, int(number)


def _customers(found: Outcomes, reached: Truth, groups: int) -> npt.NDArray[np.int64]:
    """Different customers that reached each step, shape (groups, steps)."""
    out = np.zeros((groups, reached.shape[1]), np.int64)
    for step in range(reached.shape[1]):
        units = np.flatnonzero(reached[:, step])
        group = found.group[units].astype(np.int64)
        np.add.at(out[:, step], group, shares.distinct(group, found.owner[units]))
    return out


def _bounds(
    reached: npt.NDArray[np.int64],
    previous: npt.NDArray[np.int64],
    squares: npt.NDArray[np.int64],
    before: npt.NDArray[np.intp],
) -> tuple[Any, Any, Any, Any]:
    """Wilson's intervals of the shares of all and of the step before, counting customers.

    Units of one customer may be all alike: n of them, whose numbers by customer have squares that
    sum to s, are as good as n * n / s (Kish 1965, section 8.2), which customers are never fewer
    than; of one unit a customer that is n.
    """
    effective = intervals.ratio(reached.astype(np.float64) ** 2, squares)
    of_all = shares.wilson_by_customers(reached, reached[0], effective[0])
    of_previous = np.concatenate([effective[:1], effective[before]])
    return (*of_all, *shares.wilson_by_customers(reached, previous, of_previous))

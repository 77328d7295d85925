"""Frequent: sub-sequences that many customers share, and how they go with a goal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS, JOURNEYS
from travesia.engines.partials import Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.durations import Duration, microseconds
from travesia.record.lenses import names_of
from travesia.study import intervals, shares
from travesia.study.question import Answer, Measure, Question, option, question

MOST_PAIRS = 40_000
MOST_CANDIDATES = 5_000
"""Sub-sequences counted in one pass; of more, those whose parts are rarest are left out."""
MOST_COUNTS = 4_000_000
"""The same times the groups of a breakdown."""
FOREVER = np.iinfo(np.int64).max

Pattern = tuple[int, ...]
Counts = npt.NDArray[np.int64]
_ = texts("study")


@question
class Frequent(Question):
    """Sub-sequences that many customers share, and how much more often they reach a goal.

    The interactions of a sub-sequence come in its order, with others between them unless
    `contiguous`, each at most `max_gap` after the one before. `support` is the part of all
    customers who have it, with its Wilson interval.

    With a goal, only what came before it first counts. `lift` is the share that reached the goal
    among journeys with the sub-sequence, over that among all journeys; its interval comes from
    the delta method on the log scale, and the p-value from the score test of journeys with it
    against those without, corrected for all sub-sequences found (Benjamini-Hochberg). It says
    what goes with the goal, not what causes it: longer journeys hold more of everything.

    Counted level by level (Agrawal and Srikant 1995), with at most 40,000 pairs and 5,000 longer
    candidates a level; the note says whether some were left out.
    """

    kind = "frequent"
    measures = (
        Measure("path", "path", N_("Sub-sequence"), cell=True),
        Measure("customers", "count", N_("Customers")),
        Measure(
            "support",
            "share",
            N_("Share of customers"),
            of=("customers", "all_customers"),
            counts="customers",
            low="support_low",
            high="support_high",
        ),
        Measure("lift", "number", N_("Lift towards the goal"), low="low", high="high"),
        Measure("p_value", "p_value", N_("Corrected p-value")),
        Measure("journeys", "count", N_("Journeys")),
        Measure("converted", "count", N_("Reached the goal")),
        Measure("all_customers", "count", N_("All customers")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {"path": "a list of touchpoints"}
    cell_types: ClassVar[Mapping[str, type]] = {"path": list}

    goal: str | None = option(N_('the goal to go with: "one | another"'), default=None)
    length: int = option(N_("longest sub-sequence"), default=3, ge=1, le=10)
    shortest: int = option(N_("shortest sub-sequence listed"), default=2, ge=1, le=10)
    max_gap: Duration | None = option(
        N_("longest time between two interactions of a sub-sequence"), default=None
    )
    contiguous: bool = option(N_("nothing may come between"), default=False)
    min_support: float = option(
        N_("least share of the customers who have it"), default=0.01, gt=0, le=1
    )
    top: int = option(N_("how many to list"), default=50, ge=1, le=10_000)

    def __post_init__(self) -> None:
        """Refuse lengths that leave nothing.

        Raises:
            InvalidValue: the shortest is longer than the longest.
        """
        if self.shortest > self.length:
            raise InvalidValue(
                f"Sub-sequences of {self.shortest} at least and {self.length} at most: none.",
                f"Write shortest={self.length} or less, or length={self.shortest}.",
            )

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """Count single touchpoints, then pairs of the frequent ones, and so on."""
        if not done:
            singles = np.arange(len(scope.touchpoints)).reshape(-1, 1)
            return CountPatterns.of(self._looking(scope), singles)
        if len(done) == self.length:
            return None
        groups: Any = done[0][CUSTOMERS]
        room = MOST_PAIRS if len(done) == 1 else MOST_CANDIDATES
        most = min(room, MOST_COUNTS // groups.values.size)
        candidates, cut = _joined(self._frequent(done[-1]), scope, most)
        if not candidates.size:
            return None
        return CountPatterns.of(self._looking(scope), candidates, cut)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """The `top` sub-sequences by customers, then by names."""
        every = int(partials[0][CUSTOMERS])
        found = [
            (pattern, counts)
            for partial in partials
            for pattern, counts in zip(partial["patterns"].tolist(), partial["counts"], strict=True)
            if len(pattern) >= self.shortest and counts[1] >= max(self.min_support * every, 1)
        ]
        counts = np.array([one for _, one in found], np.int64).reshape(-1, 3)
        lift = self._lift(counts, partials[0])
        names = [[scope.touchpoints.name(code) for code in pattern] for pattern, _ in found]
        order = sorted(range(len(names)), key=lambda one: (-counts[one, 1], names[one]))
        kept = np.array(order[: self.top], np.intp)
        counts, lift = counts[kept], {name: values[kept] for name, values in lift.items()}
        low, high = intervals.wilson(counts[:, 1], every)
        thin, few = every < self.min_customers, counts[:, 1] < self.min_customers
        hidden = few | (self.goal is None)
        return pa.table(
            {
                "path": pa.array([names[one] for one in kept], pa.list_(pa.string())),
                "customers": counts[:, 1],
                "support": shares.column(intervals.ratio(counts[:, 1], every), thin),
                "support_low": shares.column(low, thin),
                "support_high": shares.column(high, thin),
                **{name: shares.column(values, hidden) for name, values in lift.items()},
                "journeys": counts[:, 0],
                "converted": pa.array(counts[:, 2], mask=np.full(kept.size, self.goal is None)),
                "all_customers": np.full(kept.size, every),
            }
        )

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """How much was counted.

        `candidates`, and `left_out` for want of room; `journeys` and `converted` of all, so that
        converted / journeys is what lifts compare with.
        """
        del scope
        return {
            "candidates": sum(len(partial["patterns"]) for partial in partials),
            "left_out": sum(int(partial["left_out"]) for partial in partials),
            "journeys": int(partials[0]["totals"][0]),
            "converted": int(partials[0]["totals"][1]),
        }

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who has a sub-sequence.

        Raises:
            InvalidValue: there is no path.
            UnknownName: a touchpoint that does not exist.
        """
        path = cell.get("path")
        if not path or isinstance(path, str):
            raise InvalidValue("Which sub-sequence?", 'Name it: path=["visit", "cart"].')
        return HasPattern(self._looking(scope), scope.touchpoints.codes(path))

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """What lifts compare with, and what was left out."""
        facts, said = answer.facts, []
        if self.goal is not None and facts["journeys"]:
            said = [
                _(
                    "Of all journeys {share:.1%} reached {goal}; a lift goes with it, "
                    "it need not cause it.",
                    share=facts["converted"] / facts["journeys"],
                    goal=self.goal,
                ),
                _("p-values are corrected for the number of comparisons (Benjamini-Hochberg)."),
            ]
        if facts["left_out"]:
            said.append(
                _.plural(
                    "{n} rarer candidate was left out for want of room.",
                    "{n} rarer candidates were left out for want of room.",
                    facts["left_out"],
                )
            )
        return tuple(said)

    def _looking(self, scope: Scope) -> Looking:
        goal = np.zeros(len(scope.touchpoints), bool)
        if self.goal is not None:
            goal[scope.touchpoints.codes(names_of(self.goal, scope.touchpoints))] = True
        gap = FOREVER if self.max_gap is None else microseconds(self.max_gap)
        return Looking(goal, gap, self.contiguous)

    def _frequent(self, done: Partial) -> dict[Pattern, int]:
        """The sub-sequences of a pass that any group has often enough, and their customers."""
        part: Any = done["counts"]
        keys: Any = done[CUSTOMERS]
        customers, every = part.values[:, :, 1], keys.values
        enough = (customers >= np.maximum(self.min_support * every, 1)[:, np.newaxis]).any(axis=0)
        enough |= customers.sum(axis=0) >= max(self.min_support * every.sum(), 1)
        listed: Any = done["patterns"]
        totals = customers.sum(axis=0)
        return {tuple(listed.values[one].tolist()): int(totals[one]) for one in enough.nonzero()[0]}

    def _lift(
        self, counts: Counts, partial: Mapping[str, Any]
    ) -> dict[str, npt.NDArray[np.float64]]:
        rows, won = (float(one) for one in partial["totals"])
        effect = max(int(partial[JOURNEYS]), 1) / max(int(partial[CUSTOMERS]), 1)
        have, both = counts[:, 0].astype(float), counts[:, 2].astype(float)
        lift, low, high = _lifts(both, have, won, rows, effect)
        scaled = (one / effect for one in (both, have, won - both, rows - have))
        p_values = intervals.two_proportions(*scaled)
        return {"lift": lift, "low": low, "high": high, "p_value": intervals.corrected(p_values)}


@dataclass(frozen=True, slots=True)
class Looking:
    """Which interactions make a sub-sequence: before the goal, and how far apart."""

    goal: npt.NDArray[np.bool_]
    gap: int
    adjacent: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """The sub-sequences a pass counted: the same in every block and group."""

    values: Counts

    def __add__(self, other: Listed) -> Listed:
        del other
        return self

    def of(self, groups: npt.NDArray[np.intp]) -> Counts:
        """All of them."""
        del groups
        return self.values


@dataclass(frozen=True, slots=True)
class CountPatterns:
    """Counts the rows and customers that have each of some sub-sequences of one length."""

    looking: Looking
    patterns: Counts
    tree: Tree
    left_out: int

    @classmethod
    def of(cls, looking: Looking, patterns: Counts, left_out: int = 0) -> CountPatterns:
        """The pass over these sub-sequences."""
        return cls(looking, patterns, Tree.of(patterns, looking.goal.size), left_out)

    def observe(self, block: Block) -> Partial:
        """`counts` (journeys, customers, converted), `totals` (journeys, converted)."""
        from travesia.study.frequent_kernels import count_patterns

        counts, totals = count_patterns(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            block.time,
            self.looking.goal,
            self.looking.gap,
            self.looking.adjacent,
            self.tree.first,
            self.tree.offsets,
            self.tree.children,
            self.tree.symbol,
            self.tree.leaf,
            len(self.patterns),
            self.patterns.shape[1],
            block.groups,
        )
        return Partial(
            {
                "counts": Tally(counts),
                "totals": Tally(totals),
                "patterns": Listed(self.patterns),
                "left_out": Listed(np.array(self.left_out)),
            }
        )


@dataclass(frozen=True, slots=True)
class HasPattern:
    """Rows that have a sub-sequence."""

    looking: Looking
    codes: Counts

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.frequent_kernels import has_pattern

        found: npt.NDArray[np.bool_] = has_pattern(
            block.start,
            block.stop,
            block.touchpoint,
            block.time,
            self.looking.goal,
            self.looking.gap,
            self.looking.adjacent,
            self.codes,
        )
        return found


def _joined(frequent: Mapping[Pattern, int], scope: Scope, most: int) -> tuple[Counts, int]:
    """Sub-sequences one longer whose first and last parts are frequent; how many were left out.

    A longer one has no more customers than its rarer part. So parts are joined from the most
    frequent on, until there is no room: what is left out has a part as rare as the last one.
    """
    names = {code: scope.touchpoints.name(code) for pattern in frequent for code in pattern}
    ranked = sorted(frequent, key=lambda one: (-frequent[one], [names[code] for code in one]))
    begins: dict[Pattern, list[Pattern]] = {}
    ends: dict[Pattern, list[Pattern]] = {}
    found: list[Pattern] = []
    for pattern in ranked:
        joined = [(*pattern, other[-1]) for other in begins.get(pattern[1:], ())]
        joined += [(*other, pattern[-1]) for other in ends.get(pattern[:-1], ())]
        joined += [(*pattern, pattern[-1])] * (pattern[1:] == pattern[:-1])
        if len(found) + len(joined) > most:
            break
        found += joined
        begins.setdefault(pattern[:-1], []).append(pattern)
        ends.setdefault(pattern[1:], []).append(pattern)
    first_parts = Counter(pattern[:-1] for pattern in frequent)
    every = sum(first_parts[pattern[1:]] for pattern in frequent)
    return np.array(sorted(found), np.int64), every - len(found)


@dataclass(frozen=True, slots=True)
class Tree:
    """The prefixes of some sub-sequences.

    Attributes:
        first: touchpoint -> its node, -1 for none.
        offsets, children: node -> the nodes one longer, in order of their touchpoints.
        symbol: node -> its last touchpoint.
        leaf: node -> the place of its sub-sequence, -1 for a mere prefix.
    """

    first: Counts
    offsets: Counts
    children: Counts
    symbol: Counts
    leaf: Counts

    @classmethod
    def of(cls, patterns: Counts, size: int) -> Tree:
        """The tree of sub-sequences of one length, in their order, over so many touchpoints."""
        nodes: dict[Pattern, int] = {}
        for pattern in map(tuple, patterns.tolist()):
            for depth in range(1, len(pattern) + 1):
                nodes.setdefault(pattern[:depth], len(nodes))
        parents = np.array([nodes.get(prefix[:-1], -1) for prefix in nodes], np.int64)
        symbol = np.array([prefix[-1] for prefix in nodes], np.int64)
        roots = np.flatnonzero(parents < 0)
        first = np.full(size, -1, np.int64)
        first[symbol[roots]] = roots
        children = np.argsort(parents, kind="stable")[roots.size :]
        offsets = np.searchsorted(parents[children], np.arange(len(nodes) + 1))
        leaf = np.full(len(nodes), -1, np.int64)
        leaf[[nodes[tuple(pattern)] for pattern in patterns.tolist()]] = np.arange(len(patterns))
        return cls(first, offsets, children, symbol, leaf)


def _lifts(
    both: intervals.Floats, have: intervals.Floats, won: float, rows: float, effect: float
) -> tuple[intervals.Floats, intervals.Floats, intervals.Floats]:
    """Lifts and their intervals.

    The delta method on the log of the lift, of the multinomial of journeys with both, it alone,
    the goal alone and neither. Where none has both, the bound is that of the share (Wilson) over
    the share of all.
    """
    of_all = intervals.ratio(won, rows)
    lift = intervals.ratio(intervals.ratio(both, have), of_all)
    bound = intervals.ratio(intervals.wilson(0 * have, have / effect)[1], of_all)
    of_it, of_goal = intervals.ratio(rows, have), intervals.ratio(rows, won)
    squares = (
        both * (intervals.ratio(rows, both) - of_it - of_goal) ** 2
        + (have - both) * of_it**2
        + (won - both) * of_goal**2
    )
    variance = np.maximum(intervals.ratio(squares, rows) - 1, 0) * effect
    half = intervals.Z * np.sqrt(intervals.ratio(variance, rows))
    low = np.where(both > 0, lift * np.exp(-half), 0 * lift)
    return lift, low, np.where(both > 0, lift * np.exp(half), bound)

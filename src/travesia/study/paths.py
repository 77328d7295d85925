"""Paths: the most frequent whole journeys, and the rest together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS, JOURNEYS, independent
from travesia.engines.partials import Gathered, Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.keys import hash_keys
from travesia.record.lenses import names_of
from travesia.study import durations, intervals, shares
from travesia.study.counted import tallied
from travesia.study.heavy import MOST_KEPT, Found, Hashes, Heavy
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.sampling import in_share, share_for_rows

MOST_TIED = 2_000
"""Paths looked at in full; ties beyond it are broken by hash instead of by name."""
ENDLESS = 2**31 - 1

Counts = npt.NDArray[np.int64]
_ = texts("study")


@question
class Paths(Question):
    """The most frequent whole journeys, and the rest together in a last row, whose path is null.

    A first pass counts 64-bit hashes of paths: exactly up to 2 million different ones; beyond
    that the rarest are let go, and the note says which paths may be missing. A second pass counts
    the frequent ones exactly. Equal counts are in order of their names. With a goal, a path is
    what came before it first, and `conversion` how many then reached it; `median_time` is from
    start to end, or to the goal. `share` is of all journeys. Intervals are Wilson's (after a
    split, of as many customers).
    """

    kind = "paths"
    measures = (
        Measure("path", "path", N_("Path"), cell=True),
        Measure("journeys", "count", N_("Journeys")),
        Measure(
            "share",
            "share",
            N_("Share of journeys"),
            of=("journeys", "all"),
            low="low",
            high="high",
        ),
        Measure("median_time", "duration", N_("Median time")),
        Measure("customers", "count", N_("Customers")),
        Measure("variants", "count", N_("Different paths")),
        Measure("converted", "count", N_("Reached the goal")),
        Measure(
            "conversion",
            "share",
            N_("Share that reached the goal"),
            of=("converted", "journeys"),
            low="conversion_low",
            high="conversion_high",
        ),
        Measure("all", "count", N_("All journeys")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {"path": "a list of touchpoints, the whole path"}
    cell_types: ClassVar[Mapping[str, type]] = {"path": list}

    top: int = option(N_("how many paths to list"), default=20, ge=1, le=10_000)
    most_steps: int | None = option(
        N_("look at the first so many interactions only"), default=None, ge=1
    )
    goal: str | None = option(
        N_('cut paths before this goal, and say how many reached it: "one | another"'),
        default=None,
    )

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """Count hashes; then the frequent paths themselves."""
        if not done:
            return CountHashes(self._cut(scope))
        if len(done) > 1:
            return None
        found: Any = done[0]["paths"]
        share = share_for_rows(scope)
        return CountPaths(
            self._cut(scope), found.leading(self.top, MOST_TIED), share, self.goal is not None
        )

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """The `top` paths, then the rest."""
        listed = self._listed(scope, partials[1])
        rest = self._rest(scope, partials[0]["paths"], partials[1], listed)
        rows = [*listed, *rest]
        journeys = np.array([row["journeys"] for row in rows], np.int64)
        customers = np.array([row["customers"] or 0 for row in rows], np.int64)
        every = np.full(journeys.size, int(partials[1][JOURNEYS]))
        low, high = shares.wilson_by_customers(journeys, every, independent(partials[1]))
        thin = int(partials[1][CUSTOMERS]) < self.min_customers
        return pa.table(
            {
                "path": pa.array([row["path"] for row in rows], pa.list_(pa.string())),
                "journeys": journeys,
                "share": shares.column(intervals.ratio(journeys, every), thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
                "median_time": pa.array([row["time"] for row in rows], pa.duration("us")),
                "customers": pa.array([row["customers"] for row in rows], pa.int64()),
                "variants": pa.array([row["variants"] for row in rows], pa.int64()),
                **self._conversion(rows, journeys, customers),
                "all": every,
            }
        )

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """How many different paths there are, and how sure the table is.

        `variants` is None where there are too many to count; a path of no more journeys than
        `missed` may be missing from the table.
        """
        del scope
        found: Found = partials[0]["paths"]
        exact = not found.missed
        return {"variants": found.hashes.size if exact else None, "missed": found.missed}

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Whose whole path it is.

        Raises:
            InvalidValue: there is no path.
            UnknownName: a touchpoint that does not exist.
        """
        path = cell.get("path")
        if path is None or isinstance(path, str):
            raise InvalidValue("Which path?", 'Name it: path=["visit", "cart"].')
        return HasPath(self._cut(scope), tuple(scope.touchpoints.codes(path).tolist()))

    def unlisted(
        self, measure: Measure, rows: Sequence[Mapping[str, Any]]
    ) -> Callable[[Mapping[str, Any]], tuple[float, float] | None]:
        """Nobody took a path that is not listed, where all that were taken are."""
        if measure.name != "share" or not rows:
            return lambda _cell: None
        every = float(rows[0]["all"])
        complete = all(row["path"] is not None for row in rows)
        # the rest is a cell as well, which is not listed where there is none
        return lambda cell: (0.0, every) if complete or cell["path"] is None else None

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for_rows(scope)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """How many different paths there are, and whether any may be missing."""
        missed = answer.facts["missed"]
        if missed:
            missing = _.plural(
                "Paths of only {n} journey may be missing.",
                "Paths of {n} journeys or fewer may be missing.",
                missed,
            )
            return (missing,)
        variants = answer.facts["variants"]
        return (_.plural("There is {n} path.", "There are {n} different paths.", variants),)

    def _cut(self, scope: Scope) -> Cut:
        names = scope.touchpoints
        accepted = np.zeros(len(names), bool)
        if self.goal is not None:
            accepted[names.codes(names_of(self.goal, names))] = True
        salts = hash_keys(names.names.cast(pa.string()))
        return Cut(salts, accepted, self.most_steps or ENDLESS)

    def _listed(self, scope: Scope, partial: Mapping[str, Any]) -> list[dict[str, Any]]:
        places, counts = partial["paths"]
        if counts.shape[0] > self.top:
            kept = counts[:, 0] >= np.partition(counts[:, 0], -self.top)[-self.top]
            places, counts = places[kept], counts[kept]
        codes = [partial["examples"][int(place)] for place in places]
        names = [[scope.touchpoints.name(code) for code in path] for path in codes]
        medians = durations.quantiles(partial["times"], np.asarray(places)).to_pylist()
        order = sorted(range(len(names)), key=lambda one: (-counts[one, 0], names[one]))
        return [
            {
                "path": names[one],
                "journeys": int(counts[one, 0]),
                "customers": int(counts[one, 1]),
                "converted": int(counts[one, 2]),
                "squares": int(counts[one, 3]),
                "variants": 1,
                "time": medians[one],
            }
            for one in order[: self.top]
        ]

    def _rest(
        self,
        scope: Scope,
        found: Found,
        partial: Mapping[str, Any],
        listed: Sequence[Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        journeys = int(partial[JOURNEYS]) - sum(row["journeys"] for row in listed)
        if not journeys:
            return []
        return [
            {
                "path": None,
                "journeys": journeys,
                "customers": None if scope.split else journeys,
                # after a split nothing is known of whose the rest are: at worst of one customer
                "squares": journeys**2 if scope.split else journeys,
                "converted": int(partial["reached"]) - sum(row["converted"] for row in listed),
                "variants": None if found.missed else found.hashes.size - len(listed),
                "time": None,
            }
        ]

    def _conversion(
        self, rows: Sequence[Mapping[str, Any]], journeys: Counts, customers: Counts
    ) -> dict[str, Any]:
        """Null columns without a goal."""
        converted = np.array([row["converted"] for row in rows], np.int64)
        squares = np.array([row["squares"] for row in rows], np.float64)
        effective = intervals.ratio(journeys.astype(np.float64) ** 2, squares)
        low, high = shares.wilson_by_customers(converted, journeys, effective)
        hidden = (customers < self.min_customers) | (self.goal is None)
        return {
            "converted": pa.array(converted, mask=np.full(len(rows), self.goal is None)),
            "conversion": shares.column(intervals.ratio(converted, journeys), hidden),
            "conversion_low": shares.column(low, hidden),
            "conversion_high": shares.column(high, hidden),
        }


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a row is its path.

    Attributes:
        salts: the hash of every touchpoint's name, so that a path's hash does not depend on the
            order of the input.
        accepted: the goal, an entry a touchpoint.
        most: interactions at most.
    """

    salts: Hashes
    accepted: npt.NDArray[np.bool_]
    most: int

    def __call__(self, block: Block) -> tuple[Hashes, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Each row's hash, end and goal (-1: none)."""
        from travesia.study.paths_kernels import hash_paths

        found: tuple[Hashes, npt.NDArray[np.int32], npt.NDArray[np.int32]] = hash_paths(
            block.start, block.stop, block.touchpoint, self.salts, self.accepted, self.most
        )
        return found


@dataclass(frozen=True, slots=True)
class CountHashes:
    """Counts journeys by the hash of their path."""

    cut: Cut
    most: int = MOST_KEPT

    def observe(self, block: Block) -> Partial:
        """`paths`: counts of hashes."""
        hashes, _, _ = self.cut(block)
        return Partial({"paths": Heavy.counted(hashes, block.group, self.most)})


@dataclass(frozen=True, slots=True)
class CountPaths:
    """Counts the journeys of some paths, and keeps each path once."""

    cut: Cut
    chosen: Hashes
    share: float
    to_goal: bool

    def observe(self, block: Block) -> Partial:
        """`paths` (journeys, customers, converted, squares), `examples`, `times`, `reached`.

        `squares` are of customers' numbers of journeys, `reached` of all paths.
        """
        hashes, ends, goals = self.cut(block)
        reached = np.bincount(block.group[goals >= 0], minlength=block.groups)
        place = np.searchsorted(self.chosen, hashes)
        place[place == self.chosen.size] = 0
        rows = np.flatnonzero(self.chosen[place] == hashes) if self.chosen.size else place[:0]
        block_rows, place = block.take(rows), place[rows]
        ends, goals = ends[rows], goals[rows]
        span = max(self.chosen.size, 1)
        cell = block_rows.group.astype(np.int64) * span + place
        fresh = shares.distinct(cell, block_rows.owner)
        squares = fresh if fresh.all() else shares.squares(cell, block_rows.owner)
        return Partial(
            {
                "paths": tallied(span, cell, fresh, goals >= 0, squares),
                "examples": Examples.seen(block_rows, ends, place),
                "times": self._times(block_rows, ends, goals, place),
                "reached": Tally(reached.astype(np.int64)),
            }
        )

    def _times(
        self,
        rows: Block,
        ends: npt.NDArray[np.int32],
        goals: npt.NDArray[np.int32],
        place: npt.NDArray[np.intp],
    ) -> Gathered:
        last = goals if self.to_goal else ends - 1
        kept = in_share(rows, self.share) & (last >= 0)
        rows, last, place = rows.keep(kept), last[kept], place[kept]
        return Gathered(
            rows.group.astype(np.int64),
            place.astype(np.int64),
            rows.time[last] - rows.time[rows.start],
        )


@dataclass(frozen=True, slots=True)
class Examples:
    """The codes of each path that was seen, by its place among the chosen ones."""

    paths: Mapping[int, tuple[int, ...]]

    @classmethod
    def seen(
        cls, rows: Block, ends: npt.NDArray[np.int32], place: npt.NDArray[np.intp]
    ) -> Examples:
        """The first row of each path."""
        places, first = np.unique(place, return_index=True)
        codes = rows.touchpoint
        return cls(
            {
                int(one): tuple(codes[rows.start[row] : ends[row]].tolist())
                for one, row in zip(places, first, strict=True)
            }
        )

    def __add__(self, other: Examples) -> Examples:
        return Examples({**other.paths, **self.paths})

    def of(self, groups: npt.NDArray[np.intp]) -> Mapping[int, tuple[int, ...]]:
        """All of them: they are the same in every group."""
        del groups
        return self.paths


@dataclass(frozen=True, slots=True)
class HasPath:
    """Rows whose path is this one."""

    cut: Cut
    codes: tuple[int, ...]

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        _, ends, _ = self.cut(block)
        chosen: npt.NDArray[np.bool_] = ends - block.start == len(self.codes)
        for step, code in enumerate(self.codes):
            rows = np.flatnonzero(chosen)
            chosen[rows] = block.touchpoint[block.start[rows] + step] == code
        return chosen

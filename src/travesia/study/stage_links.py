"""StageLinks: the moves between stages, on, past, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.partials import Gathered, Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import UnknownName
from travesia.locale import N_
from travesia.study import shares
from travesia.study.intervals import ratio, wilson
from travesia.study.question import Measure, Question, option, question
from travesia.study.sampling import sampled, share_for
from travesia.study.stage_flow import Stages, median_times, stage_codes


@question
class StageLinks(Question):
    """The moves between stages: to the next one, past some (skip), or to an earlier one (back).

    `moved` counts customers that ever went straight from the source stage to the target, of those
    that ever came to the source; interactions outside the stages do not interrupt. `median_time`
    is from the first interaction of that stay in the source to the first in the target, at each
    customer's first such move.
    """

    kind = "stage_links"
    measures = (
        Measure("source", "label", N_("From"), cell=True),
        Measure("target", "label", N_("To"), cell=True),
        Measure("move", "label", N_("Move")),
        Measure("moved", "count", N_("Customers who moved")),
        Measure("came", "count", N_("Customers at the source")),
        Measure(
            "share",
            "share",
            N_("Share"),
            of=("moved", "came"),
            low="low",
            high="high",
            counts="customers",
            per=("source",),
        ),
        Measure("median_time", "duration", N_("Median time"), low="low_time", high="high_time"),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {"source": "a stage", "target": "another stage"}

    stages: Stages = option(N_("stages in order, each with its touchpoints: find = visit | search"))

    def fold(self, scope: Scope) -> Fold:
        """Follow every journey's moves."""
        return FollowMoves(stage_codes(self.stages, scope), len(self.stages), share_for(scope))

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for(scope)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a move that occurs, by source, then target."""
        del scope
        size = len(self.stages)
        moved, came = partials[0]["moves"], partials[0]["came"]
        cells = np.flatnonzero(moved)
        source, target = cells // size, cells % size
        part, whole = moved[cells], came[source]
        thin = whole < self.min_customers
        low, high = wilson(part, whole)
        names = np.array([name for name, _ in self.stages])
        kinds = np.where(target < source, "back", np.where(target == source + 1, "next", "skip"))
        return pa.table(
            {
                "source": pa.array(names[source], pa.string()),
                "target": pa.array(names[target], pa.string()),
                "move": pa.array(kinds, pa.string()),
                "moved": part,
                "came": whole,
                "share": shares.column(ratio(part, whole), thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
                **median_times(partials[0]["times"], cells),
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who made a move."""
        names = [name for name, _ in self.stages]
        places = []
        for end in ("source", "target"):
            stage = self.cell_value(cell, end)
            if stage not in names:
                raise UnknownName("stage", stage, names)
            places.append(names.index(stage))
        wanted = places[0] * len(names) + places[1]
        return Moved(stage_codes(self.stages, scope), len(names), wanted)


@dataclass(frozen=True, slots=True)
class FollowMoves:
    """Follows the moves of journeys between stages."""

    stage_of: npt.NDArray[np.int64]
    stages: int
    share: float

    def observe(self, block: Block) -> Partial:
        """`moves` (customers, by source * stages + target), `came` by stage, `times` by move."""
        from travesia.study.contact_kernels import count_stays

        cells = self.stages * self.stages
        moves, came = count_stays(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            self.stage_of,
            block.groups,
            self.stages,
        )
        chosen = sampled(block, self.share)
        row, cell, wait = self._moves(chosen)
        times = Gathered(chosen.group[row].astype(np.int64), cell, wait)
        counted = Tally(moves.reshape(block.groups, cells))
        return Partial({"moves": counted, "came": Tally(came), "times": times})

    def _moves(self, block: Block) -> tuple[npt.NDArray[np.int64], ...]:
        from travesia.study.contact_kernels import stage_moves

        found: tuple[npt.NDArray[np.int64], ...] = stage_moves(
            block.start, block.stop, block.touchpoint, block.time, self.stage_of, self.stages
        )
        return found


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows that make a move between stages."""

    stage_of: npt.NDArray[np.int64]
    stages: int
    wanted: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import stage_moves

        row, cell, _ = stage_moves(
            block.start, block.stop, block.touchpoint, block.time, self.stage_of, self.stages
        )
        marked = np.zeros(block.rows, bool)
        marked[row[cell == self.wanted]] = True
        return marked

"""Precedence: which touchpoint comes before which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.partials import Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_
from travesia.study.dense import check_size
from travesia.study.question import Measure, Question, question

MOST_NAMES = 500


@question
class Precedence(Question):
    """Which touchpoint comes before which, counted by first meetings: what stages are mined from.

    `before` counts journeys whose first meeting of `source` was before their first of `target`;
    `next_new` those that met nothing else for the first time in between; `moves` those that ever
    went from one straight to the other.
    """

    kind = "precedence"
    measures = (
        Measure("source", "label", N_("First"), cell=True),
        Measure("target", "label", N_("Then"), cell=True),
        Measure("before", "count", N_("Journeys that met them in this order")),
        Measure("next_new", "count", N_("Journeys whose next new touchpoint it was")),
        Measure("moves", "count", N_("Journeys that went straight on")),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "source": "a touchpoint met first",
        "target": "a touchpoint first met later",
    }

    def fold(self, scope: Scope) -> Fold:
        """Count pairs.

        Raises:
            InvalidValue: there are more than 500 touchpoints.
        """
        names = len(scope.touchpoints)
        if names > MOST_NAMES:
            raise InvalidValue(
                f"There are {names:,} touchpoints; {MOST_NAMES} at most can be put in order.",
                'Merge the rare ones: journeys.group({...}, others="others").',
            )
        check_size(scope, self.by, names * names * 3)
        return CountPrecedence(names)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a pair that occurs, by source, then target, in order of their codes."""
        counts = partials[0]["pairs"]
        source, target = np.nonzero(counts.sum(axis=2))
        names = scope.touchpoints.names.cast(pa.string())
        return pa.table(
            {
                "source": names.take(pa.array(source)),
                "target": names.take(pa.array(target)),
                "before": counts[source, target, 0],
                "next_new": counts[source, target, 1],
                "moves": counts[source, target, 2],
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who met them in this order."""
        codes = (
            scope.touchpoints.code(self.cell_value(cell, name)) for name in ("source", "target")
        )
        return MetBefore(*codes)


@dataclass(frozen=True, slots=True)
class CountPrecedence:
    """Counts ordered pairs."""

    names: int

    def observe(self, block: Block) -> Partial:
        """`pairs`: [source, target] -> before, next_new, moves."""
        from travesia.study.contact_kernels import count_precedence

        counts = count_precedence(
            block.start, block.stop, block.group, block.touchpoint, block.groups, self.names
        )
        return Partial({"pairs": Tally(counts)})


@dataclass(frozen=True, slots=True)
class MetBefore:
    """Rows whose first meeting of one touchpoint is before their first of another."""

    source: int
    target: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import mark_before

        found: npt.NDArray[np.bool_] = mark_before(
            block.start, block.stop, block.touchpoint, self.source, self.target
        )
        return found

"""Mix: how a touchpoint's interactions spread over the values of a column."""

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
from travesia.engines.scope import MOST_GROUPS, Scope
from travesia.errors import InvalidValue
from travesia.locale import N_
from travesia.study import shares
from travesia.study.dense import check_size
from travesia.study.question import Measure, Question, option, question


@question
class Mix(Question):
    """How each touchpoint's interactions spread over the channels, or another text column.

    `share` is the part of the touchpoint's interactions; a missing value is "".
    """

    kind = "mix"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("value", "label", N_("Value"), cell=True),
        Measure("interactions", "count", N_("Interactions")),
        Measure("of", "count", N_("All interactions of the touchpoint")),
        Measure("customers", "count", N_("All customers of the touchpoint")),
        Measure(
            "share",
            "share",
            N_("Share"),
            of=("interactions", "of"),
            counts="interactions",
            per=("touchpoint",),
        ),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "touchpoint": "a touchpoint",
        "value": "a value of the column",
    }

    column: str = option(N_("text column of interactions"), default="channel")

    def fold(self, scope: Scope) -> Fold:
        """Count by touchpoint and value.

        Raises:
            InvalidValue: the column has more than 200 values, or describes customers.
        """
        values = len(scope.vocabulary(self.column))
        if self.column in scope.attributes:
            raise InvalidValue(
                f"{self.column!r} describes customers, not interactions.",
                f"Use by={self.column!r} with another question.",
            )
        if values > MOST_GROUPS:
            raise InvalidValue(
                f"Column {self.column!r} has {values:,} values; at most {MOST_GROUPS} can be.",
                "Choose a column with fewer values.",
            )
        check_size(scope, self.by, len(scope.touchpoints) * values)
        return CountValues(self.column, len(scope.touchpoints), values)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a pair that occurs, by touchpoint, then most frequent value."""
        counts = partials[0]["values"]
        touchpoint, value = np.nonzero(counts)
        order = np.lexsort((value, -counts[touchpoint, value], touchpoint))
        touchpoint, value = touchpoint[order], value[order]
        found, whole = counts[touchpoint, value], counts.sum(axis=1)[touchpoint]
        customers = partials[0]["customers"][touchpoint]
        return pa.table(
            {
                "touchpoint": scope.touchpoints.names.cast(pa.string()).take(pa.array(touchpoint)),
                "value": scope.vocabulary(self.column).names.take(pa.array(value)),
                "interactions": found,
                "of": whole,
                "customers": customers,
                "share": shares.column(found / whole, customers < self.min_customers),
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who had the touchpoint with this value."""
        code = scope.touchpoints.code(self.cell_value(cell, "touchpoint"))
        value = scope.vocabulary(self.column).code(self.cell_value(cell, "value"))
        return HadValue(self.column, code, value)


@dataclass(frozen=True, slots=True)
class CountValues:
    """Counts interactions by touchpoint and value."""

    column: str
    names: int
    values: int

    def observe(self, block: Block) -> Partial:
        """`values`: [touchpoint, value] -> interactions, and `customers` by touchpoint."""
        from travesia.study.contact_kernels import count_values

        counts, customers = count_values(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            block.columns[self.column],
            block.groups,
            self.names,
            self.values,
        )
        return Partial({"values": Tally(counts), "customers": Tally(customers)})


@dataclass(frozen=True, slots=True)
class HadValue:
    """Rows with an interaction of this touchpoint and value."""

    column: str
    touchpoint: int
    value: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import mark_pair

        found: npt.NDArray[np.bool_] = mark_pair(
            block.start,
            block.stop,
            block.touchpoint,
            block.columns[self.column],
            self.touchpoint,
            self.value,
        )
        return found

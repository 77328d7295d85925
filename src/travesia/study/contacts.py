"""Contacts: whom each touchpoint meets, who comes again, and where journeys end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.counting import CUSTOMERS
from travesia.engines.partials import Partial, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import UnknownName
from travesia.locale import N_
from travesia.record.lenses import names_of
from travesia.study import shares
from travesia.study.dense import check_size
from travesia.study.intervals import ratio, wilson
from travesia.study.question import Measure, Question, option, question

OUTCOMES = ("met", "again", "last")


@question
class Contacts(Question):
    """Whom each touchpoint meets, who comes to it again, and how often it is the last one.

    `share` is the part of all customers that met it, `share_again` the part of those that came to
    it more than once; `last` counts customers with a journey whose last interaction it is, and
    `share_last` is their part of those that met it. Each with its Wilson interval. With `until`,
    journeys are cut after the first of these touchpoints, and those that reach one end nowhere:
    `last` is then where the others gave up.
    """

    kind = "contacts"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("interactions", "count", N_("Interactions")),
        Measure("met", "count", N_("Customers")),
        Measure("customers", "count", N_("All customers")),
        Measure(
            "share",
            "share",
            N_("Reach"),
            of=("met", "customers"),
            low="low",
            high="high",
            counts="customers",
            per=(),
        ),
        Measure("again", "count", N_("Customers who came again")),
        Measure(
            "share_again",
            "share",
            N_("Share who came again"),
            of=("again", "met"),
            counts="customers",
            low="low_again",
            high="high_again",
        ),
        Measure("last", "count", N_("Customers whose journey ends here")),
        Measure(
            "share_last",
            "share",
            N_("Share whose journey ends here"),
            of=("last", "met"),
            counts="customers",
            low="low_last",
            high="high_last",
        ),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "touchpoint": "a touchpoint",
        "outcome": "met (default), again, or last",
    }

    until: str | None = option(N_("touchpoint after which nothing counts (a | b)"), default=None)

    def fold(self, scope: Scope) -> Fold:
        """Count by touchpoint."""
        check_size(scope, self.by, len(scope.touchpoints) * 4)
        return CountContacts(self._goals(scope))

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a touchpoint that was met, in order of their codes."""
        counts, everybody = partials[0]["contacts"], int(partials[0][CUSTOMERS])
        seen = np.flatnonzero(counts[:, 0])
        interactions, met, again, last = (counts[seen, place] for place in range(4))
        customers = np.full(len(seen), everybody, np.int64)
        columns: dict[str, Any] = {
            "touchpoint": scope.touchpoints.names.cast(pa.string()).take(pa.array(seen)),
            "interactions": interactions,
            "met": met,
            "customers": customers,
            "again": again,
            "last": last,
        }
        parts = (("", met, customers), ("_again", again, met), ("_last", last, met))
        for suffix, part, whole in parts:
            low, high = wilson(part, whole)
            columns |= {
                f"share{suffix}": shares.column(ratio(part, whole), whole < self.min_customers),
                f"low{suffix}": shares.column(low, whole < self.min_customers),
                f"high{suffix}": shares.column(high, whole < self.min_customers),
            }
        return pa.table(columns)

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who met it, came again, or ended there."""
        outcome = str(cell.get("outcome", "met"))
        if outcome not in OUTCOMES:
            raise UnknownName("outcome", outcome, OUTCOMES)
        wanted = np.zeros(len(scope.touchpoints), bool)
        wanted[scope.touchpoints.code(self.cell_value(cell, "touchpoint"))] = True
        return MetIt(wanted, self._goals(scope), outcome)

    def _goals(self, scope: Scope) -> npt.NDArray[np.bool_]:
        goals = np.zeros(len(scope.touchpoints), bool)
        if self.until is not None:
            goals[scope.touchpoints.codes(names_of(self.until, scope.touchpoints))] = True
        return goals


@dataclass(frozen=True, slots=True)
class CountContacts:
    """Counts interactions, customers, those who came again, and journeys that end there."""

    goals: npt.NDArray[np.bool_]

    def observe(self, block: Block) -> Partial:
        """`contacts`, by touchpoint."""
        from travesia.study.contact_kernels import count_contacts

        counts = count_contacts(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            self.goals,
            block.groups,
        )
        return Partial({"contacts": Tally(counts)})


@dataclass(frozen=True, slots=True)
class MetIt:
    """Rows that meet some touchpoints, do so and their owner twice, or end there."""

    wanted: npt.NDArray[np.bool_]
    goals: npt.NDArray[np.bool_]
    outcome: str

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import count_meetings

        times, last = count_meetings(
            block.start, block.stop, block.touchpoint, self.wanted, self.goals
        )
        if self.outcome == "last":
            return np.asarray(last)
        least = 2 if self.outcome == "again" else 1
        return np.asarray((times > 0) & (shares.sum_of_owner(block, times) >= least))

"""Flow: what directly follows what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Block
from travesia.engines.partials import Gathered, Partial, Sparse, Tally, summed
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.study import durations, intervals, shares
from travesia.study.question import Measure, Question, option, question, without_names
from travesia.study.sampling import sampled, share_for

if TYPE_CHECKING:
    Edges = npt.NDArray[np.int64]

START, END = "(start)", "(end)"
ANY = -1
MOST_DENSE = 4_000_000
"""Cells of the dense table of edges; larger ones are kept sparse."""

_ = texts("study")


@question
class Flow(Question):
    """How customers move from one touchpoint directly to the next, and where they begin and end.

    An edge's customers equal those of the two-step strict funnel (best attempt, no window).
    `share_out` is an edge's part of all transitions out of its source, `share_in` of all into its
    target; `share` is the part of the source's customers who ever took the edge, with its Wilson
    interval. Times are from the source to the target: exact up to 4 million interactions, above
    that from a share of the customers that the note states.
    """

    kind = "flow"
    measures = (
        Measure("source", "label", N_("From"), cell=True),
        Measure("target", "label", N_("To"), cell=True),
        Measure("transitions", "count", N_("Times")),
        Measure("customers", "count", N_("Customers")),
        Measure("share_out", "share", N_("Share of what follows")),
        Measure("share_in", "share", N_("Share of what precedes")),
        Measure("median_time", "duration", N_("Median time")),
        Measure("q95_time", "duration", N_("95 % take less than")),
        Measure("source_customers", "count", N_("Customers at the source")),
        Measure(
            "share",
            "share",
            N_("Share of the source's customers"),
            of=("customers", "source_customers"),
            counts="customers",
            per=("source",),
            low="low",
            high="high",
        ),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {
        "source": "a touchpoint or (start)",
        "target": "a touchpoint or (end)",
    }

    times: bool = option(N_("measure the time between touchpoints"), default=True)

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """Count edges; then take times."""
        if not done:
            without_names(scope, START, END)
            return CountEdges(len(scope.touchpoints))
        if self.times and len(done) == 1:
            return TakeTimes(len(scope.touchpoints), share_for(scope))
        return None

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row an edge that was taken, by source, then target, in order of their codes."""
        nodes = len(scope.touchpoints) + 2
        source, target, counts, visitors = _edges(partials[0], nodes)
        transitions, customers = counts[:, 0], counts[:, 1]
        out = np.zeros(nodes, np.int64)
        into = np.zeros(nodes, np.int64)
        np.add.at(out, source, transitions)
        np.add.at(into, target, transitions)
        low, high = intervals.wilson(customers, visitors[source])
        thin = visitors[source] < self.min_customers
        names = pa.concat_arrays(
            [scope.touchpoints.names.cast(pa.string()), pa.array([START, END])]
        )
        edges = source * nodes + target
        taken = partials[1]["times"] if len(partials) > 1 else durations.NOTHING
        return pa.table(
            {
                "source": names.take(pa.array(source)),
                "target": names.take(pa.array(target)),
                "transitions": transitions,
                "customers": customers,
                "share_out": shares.column(transitions / out[source], thin),
                "share_in": shares.column(transitions / into[target], thin),
                "median_time": durations.quantiles(taken, edges),
                "q95_time": durations.quantiles(taken, edges, 0.95),
                "source_customers": visitors[source],
                "share": shares.column(customers / visitors[source], thin),
                "low": shares.column(low, thin),
                "high": shares.column(high, thin),
            }
        )

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who took an edge; naming one end, who went on from it or came to it."""
        size = len(scope.touchpoints)
        if not {"source", "target"} & set(cell):
            raise InvalidValue("Which edge? Neither end is named.", "Name source=... or target=...")
        codes = [
            ANY
            if name not in cell
            else outside_code
            if cell[name] == outside
            else scope.touchpoints.code(str(cell[name]))
            for name, outside, outside_code in (("source", START, size), ("target", END, size + 1))
        ]
        return TakesEdge(size, *codes)

    def times_from(self, scope: Scope) -> float:
        """The share of the customers whose times were kept."""
        return share_for(scope) if self.times else 1.0


@dataclass(frozen=True, slots=True)
class CountEdges:
    """Counts edges, in a dense table while it is small."""

    size: int

    def observe(self, block: Block) -> Partial:
        """`edges` (transitions, customers) and `nodes` (customers)."""
        nodes = self.size + 2
        if block.groups * nodes * nodes > MOST_DENSE:
            return self._sparse(block)
        from travesia.study.flow_kernels import count_edges

        edges, keys = count_edges(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            self.size,
            block.groups,
        )
        return Partial({"edges": Tally(edges), "nodes": Tally(keys)})

    def _sparse(self, block: Block) -> Partial:
        from travesia.study.flow_kernels import list_edges

        group, source, target, owner = list_edges(
            block.start, block.stop, block.owner, block.group, block.touchpoint, self.size
        )
        nodes = self.size + 2
        edge = (group * nodes + source) * nodes + target
        # the end is nobody's source; count it where it is a target
        node = np.concatenate(
            [group * nodes + source, (group * nodes + target)[target == nodes - 1]]
        )
        who = np.concatenate([owner, owner[target == nodes - 1]])
        return Partial(
            {
                "edges": _counted(nodes * nodes, edge, owner),
                "nodes": _counted(nodes, node, who),
            }
        )


@dataclass(frozen=True, slots=True)
class TakeTimes:
    """Takes the duration of every transition of a share of the customers."""

    size: int
    share: float

    def observe(self, block: Block) -> Partial:
        """`times`: the edge as source * nodes + target, and microseconds."""
        from travesia.study.flow_kernels import gather_edges

        rows = sampled(block, self.share)
        found = gather_edges(
            rows.start, rows.stop, rows.group, rows.touchpoint, rows.time, self.size
        )
        return Partial({"times": Gathered(*found)})


@dataclass(frozen=True, slots=True)
class TakesEdge:
    """Rows that take an edge."""

    size: int
    source: int
    target: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.flow_kernels import has_edge

        found: npt.NDArray[np.bool_] = has_edge(
            block.start, block.stop, block.touchpoint, self.size, self.source, self.target
        )
        return found


def _counted(span: int, cell: Edges, owner: Edges) -> Sparse:
    """Occurrences and distinct owners of each cell."""
    order = np.lexsort((owner, cell))
    cell, owner = cell[order], owner[order]
    fresh = np.ones(cell.size, np.int64)
    fresh[1:] = (cell[1:] != cell[:-1]) | (owner[1:] != owner[:-1])
    return summed(span, cell, np.stack([np.ones_like(fresh), fresh], axis=1))


def _edges(partial: Mapping[str, Any], nodes: int) -> tuple[Edges, Edges, Edges, Edges]:
    """Source, target and counts of the edges taken, and the customers of every node."""
    edges, visitors = partial["edges"], partial["nodes"]
    if isinstance(edges, tuple):
        cells, counts = edges
        customers = np.zeros(nodes, np.int64)
        customers[visitors[0]] = visitors[1][:, 1]
        return cells // nodes, cells % nodes, counts, customers
    source, target = np.nonzero(edges[:, :, 0])
    return source, target, edges[source, target], visitors

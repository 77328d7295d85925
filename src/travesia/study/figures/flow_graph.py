"""What a flow's drawing shows: the touchpoints that matter, the rest folded, moves between them.

The folded touchpoints are counted anew as one: a customer who met several of them counts once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pyarrow as pa

from travesia.record.journeys import Journeys
from travesia.study.figures import cells
from travesia.study.flow import END, START
from travesia.study.precedence import Precedence
from travesia.study.question import Answer

DETAIL = 14
"""How many touchpoints are shown, where nobody asks for more or fewer."""

Cell = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Node:
    """A touchpoint, or several folded into one.

    Attributes:
        key: what edges call it.
        label: what people read.
        members: the touchpoints it stands for, as the answer names them.
        customers: how many were ever there.
        leaves: how many end here; the others go on, so that both add to all.
        repeats: how many go straight from it to itself: loops, counted apart.
        thin: too few customers for shares.
        stage: its stage, where stages are known.
    """

    key: str
    label: str
    members: tuple[str, ...]
    customers: int
    leaves: int = 0
    repeats: int = 0
    thin: bool = False
    stage: str | None = None

    @property
    def goes_on(self) -> int:
        """Customers who do not end here."""
        return self.customers - self.leaves


@dataclass(frozen=True, slots=True)
class Edge:
    """A move from one node directly to another."""

    source: str
    target: str
    customers: int
    transitions: int
    thin: bool = False
    median: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges of one drawing.

    Attributes:
        nodes: by key, most customers first; start and end are not among them.
        edges: between nodes; those from the start and to the end too, loops not.
        entered: customers in all.
        touchpoints: how many there are before folding.
        before: how many met the one before the other for the first time.
        fixed: what is added to every cell (the value it was asked `by`).
    """

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    entered: int
    touchpoints: int
    before: Mapping[tuple[str, str], int] = field(default_factory=dict)
    fixed: Cell = field(default_factory=dict)

    def out_of(self, key: str) -> list[Edge]:
        """Edges that begin at a node, those to the end too."""
        return [one for one in self.edges if one.source == key]

    def members(self, key: str) -> Any:
        """How a cell names an end of an edge; `cells.several` says how the folded are named."""
        if key in (START, END):
            return key
        every = (one.members for one in self.nodes.values())
        return cells.several(self.nodes[key].members, every)

    def cell(self, source: str, target: str) -> dict[str, Any]:
        """The cell behind an edge."""
        return {
            **self.fixed,
            "source": self.members(source),
            "target": self.members(target),
        }


def graphs(
    answer: Answer, detail: int = DETAIL, stages: Mapping[str, str] | None = None
) -> list[tuple[str | None, Graph]]:
    """The graph of a flow's answer, or one for each value of the column it was asked `by`."""
    placed = stages or {}
    kept = _kept(answer.table, detail)
    folds = _folds(answer, kept, placed)
    seen = answer.journeys.group(folds) if folds else answer.journeys
    table = seen.ask(answer.question).table if folds else answer.table
    before = _before(seen)
    count = _count(answer.table)
    by = answer.question.by
    found = []
    for value, part in cells.strata(replace(answer, table=table)):
        graph = _graph(part, folds, placed)
        fixed = {by: value} if by else {}
        found.append((value, replace(graph, touchpoints=count, before=before, fixed=fixed)))
    return found


def _before(journeys: Journeys) -> dict[tuple[str, str], int]:
    """Which touchpoint was met before which; this decides their order from left to right."""
    if not journeys.touchpoints:
        return {}
    table = journeys.ask(Precedence()).table
    rows = table.select(["source", "target", "before"]).to_pylist()
    return {(row["source"], row["target"]): row["before"] for row in rows}


def _kept(table: pa.Table, detail: int) -> set[str]:
    """The touchpoints most customers met; one that would be folded alone stays."""
    most: dict[str, int] = {}
    rows = table.select(["source", "source_customers"]).to_pylist()
    for row in rows:
        if row["source"] != START:
            most[row["source"]] = most.get(row["source"], 0)
            most[row["source"]] = max(most[row["source"]], row["source_customers"])
    ranked = sorted(most, key=lambda one: (-most[one], one))
    return set(ranked if len(ranked) <= detail + 1 else ranked[:detail])


def _count(table: pa.Table) -> int:
    return len(set(table.column("source").to_pylist()) - {START})


def _folds(answer: Answer, kept: set[str], stages: Mapping[str, str]) -> dict[str, str]:
    """Touchpoint -> the name of what it is folded into: one for each stage that has such."""
    seen = set(answer.table.column("source").to_pylist()) - {START}
    folds = {one: _free(f"({stages.get(one, '')}…)", seen) for one in sorted(seen - kept)}
    lone = {name for name in folds.values() if list(folds.values()).count(name) == 1}
    return {one: name for one, name in folds.items() if name not in lone}


def _free(name: str, taken: set[str]) -> str:
    """A name that no touchpoint has."""
    while name in taken:
        name += "…"
    return name


def _graph(table: pa.Table, folds: Mapping[str, str], stages: Mapping[str, str]) -> Graph:
    rows = table.to_pylist()
    edges = [
        Edge(
            row["source"],
            row["target"],
            row["customers"],
            row["transitions"],
            thin=row["share_out"] is None,
            median=row["median_time"],
        )
        for row in rows
    ]
    entered = next((row["source_customers"] for row in rows if row["source"] == START), 0)
    nodes = _nodes(rows, edges, folds, stages)
    between = tuple(one for one in edges if one.source != one.target)
    return Graph(nodes, between, entered, len(nodes))


def _nodes(
    rows: Iterable[Mapping[str, Any]],
    edges: Iterable[Edge],
    folds: Mapping[str, str],
    stages: Mapping[str, str],
) -> dict[str, Node]:
    leaves = {one.source: one.customers for one in edges if one.target == END}
    repeats = {one.source: one.customers for one in edges if one.source == one.target}
    thin = {one.source for one in edges if one.thin}
    counts = {row["source"]: row["source_customers"] for row in rows if row["source"] != START}
    inside: dict[str, list[str]] = {}
    for one, folded in folds.items():
        inside.setdefault(folded, []).append(one)
    found = [
        Node(
            key,
            _label(key, inside),
            tuple(inside.get(key, [key])),
            customers,
            leaves.get(key, 0),
            repeats.get(key, 0),
            key in thin,
            stages.get(inside.get(key, [key])[0]),
        )
        for key, customers in counts.items()
    ]
    return {one.key: one for one in sorted(found, key=lambda one: (-one.customers, one.key))}


def _label(key: str, inside: Mapping[str, list[str]]) -> str:
    return cells.others(len(inside[key])) if key in inside else key

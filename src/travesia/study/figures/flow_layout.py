"""Where everything of a flow's drawing stands: bars, ribbons, exits, ways back.

One scale for all: a customer is as high in a bar as in a ribbon. Ribbons at a bar share its height;
where they need more than it has, they overlap, and the overlap is those who took several.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from travesia.draw import words
from travesia.draw.labels import fit, measure
from travesia.study.figures import cells
from travesia.study.figures.flow_columns import columns
from travesia.study.figures.flow_graph import Edge, Graph, Node
from travesia.study.flow import END, START

WIDTH, BAR, STUB = 920.0, 12.0, 48.0
HEADER = 36.0
"""Room for the stages' arrows."""
PLOT, PER_NODE = 240.0, 92.0
"""How high the ribbons may stand: at least, and for each node of the fullest column."""
TALLEST = 210.0
"""How high all customers may stand."""
GAP, PASSING = 12.0, 3.0
"""Air above a label, and above a ribbon that only passes."""
LEAST_BAR, LEAST_RIBBON = 3.0, 0.75
MOST_FORWARD, MOST_BACK, MOST_INSIDE = 40, 6, 6
LEAST_SHARE = 0.004
"""Moves of fewer of the customers are not drawn, unless they are a node's only ones."""
_SWEEPS = 8

Item = Hashable  # a node's key, or (edge, column) where a long edge passes a column


@dataclass(frozen=True, slots=True)
class Bar:
    """A node's bar; `lines` is its label above it."""

    key: str
    x: float
    y: float
    height: float
    column: int
    lines: tuple[str, ...]
    node: Node | None

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """The middle of its width."""
        return self.x + BAR / 2


@dataclass(frozen=True, slots=True)
class Ribbon:
    """A move to the right: (x, upper y, lower y) at its ends and where it passes columns."""

    edge: Edge
    points: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Exit:
    """Those who end at a bar that is not among the last."""

    edge: Edge
    x: float
    top: float
    low: float


@dataclass(frozen=True)
class Plan:
    """A flow laid out. Sizes are pixels.

    Attributes:
        scale: pixels a customer.
        placed: keys of nodes by column.
        forward, back, inside: the edges drawn: to the right, to the left, within a column.
    """

    graph: Graph
    placed: tuple[tuple[str, ...], ...]
    bars: Mapping[str, Bar]
    ribbons: tuple[Ribbon, ...]
    exits: tuple[Exit, ...]
    back: tuple[Edge, ...]
    inside: tuple[Edge, ...]
    scale: float
    top: float
    bottom: float

    @property
    def pitch(self) -> float:
        """From one column to the next."""
        return pitch(len(self.placed))

    @cached_property
    def drawn(self) -> int:
        """How many edges are drawn, exits among them."""
        moves = len(self.ribbons) + len(self.back) + len(self.inside)
        return moves + len(self.exits)


def pitch(count: int) -> float:
    """The distance of columns, with start and end."""
    return (WIDTH - BAR) / (count + 1)


def plan(graph: Graph, stages: Sequence[str] = ()) -> Plan:
    """Lay a graph out; `stages` are in order."""
    return _Planner(graph, columns(graph, stages), HEADER if stages else 0.0).plan()


class _Planner:
    """One layout being made."""

    def __init__(self, graph: Graph, placed: list[list[str]], header: float) -> None:
        self.graph = graph
        self.header = header
        self.placed = placed
        self.step = pitch(len(placed))
        self.column = {key: i + 1 for i, one in enumerate(placed) for key in one}
        self.column |= {START: 0, END: len(placed) + 1}
        self.lines = {key: self._label(key) for key in (*graph.nodes, START, END)}
        self.forward, self.back, self.inside = self._chosen()
        self.items = self._items()
        self.main = self._main_way()
        tallest = max(len(lines) for key, lines in self.lines.items() if key in self.main)
        self.top = header + 16.0 * tallest + 32
        self.bottom = self.top + self._height()
        self.scale = self._scale()
        self.y: dict[Item, float] = {}

    def plan(self) -> Plan:
        """Everything in its place."""
        self._arrange()
        bars = {key: self._bar(key) for key in (START, *self.graph.nodes, END)}
        ribbons = self._ribbons(bars)
        return Plan(
            self.graph,
            tuple(tuple(one) for one in self.placed),
            bars,
            tuple(ribbons),
            tuple(self._exits(bars)),
            tuple(self.back),
            tuple(self.inside),
            self.scale,
            self.top,
            max(
                *(bar.bottom for bar in bars.values()),
                *(low for one in ribbons for _x, _top, low in one.points),
            ),
        )

    # What is drawn

    def _label(self, key: str) -> tuple[str, ...]:
        node = self.graph.nodes.get(key)
        if node is None:
            return (cells.name(key),)
        room = self.step - 18
        if self._is_last(key):  # the end's label stands beside it
            room = min(room, self.step + BAR - 10 - self._end_label)
        return tuple(broken(node.label, max(room, 40)))

    @property
    def _end_label(self) -> float:
        number = words.number(self.graph.entered, 0)
        return max(measure(cells.name(END)), measure(number, 13, 600))

    def _chosen(self) -> tuple[list[Edge], list[Edge], list[Edge]]:
        """The edges worth drawing, the strongest first."""
        ranked = sorted(self.graph.edges, key=lambda one: (-one.customers, one.source, one.target))
        ways = [one for one in ranked if one.target != END or self._is_last(one.source)]
        forward = [one for one in ways if self._reach(one) > 0]
        needed = set(_first_of_each(forward))
        least = LEAST_SHARE * self.graph.entered
        kept = [one for one in forward[:MOST_FORWARD] if one.customers >= least]
        kept += [one for one in forward if one in needed and one not in kept]
        back = [one for one in ways if self._reach(one) < 0 and one.customers >= least]
        inside = [one for one in ways if self._reach(one) == 0 and one.customers >= least]
        return kept, back[:MOST_BACK], inside[:MOST_INSIDE]

    def _is_last(self, key: str) -> bool:
        return self.column[key] == len(self.placed)

    def _reach(self, edge: Edge) -> int:
        return self.column[edge.target] - self.column[edge.source]

    def _items(self) -> list[list[Item]]:
        """What stands in each column: nodes, and long edges passing."""
        found: list[list[Item]] = [[START]]
        found += [[*one] for one in self.placed]
        found += [[END]]
        for edge in self.forward:
            for column in range(self.column[edge.source] + 1, self.column[edge.target]):
                if not edge.thin:
                    found[column].append((edge, column))
        return found

    def _main_way(self) -> set[Item]:
        """The way from the start with most customers on all its steps together: it runs straight.

        What it passes between its nodes belongs to it.
        """
        best: dict[str, tuple[int, Edge | None]] = {START: (0, None)}
        for key in [one for column in self.placed for one in column]:
            into = [one for one in self.forward if one.target == key and one.source in best]
            if into:
                edge = max(into, key=lambda one: best[one.source][0] + one.customers)
                best[key] = (best[edge.source][0] + edge.customers, edge)
        way: set[Item] = {START, END}
        here = max(best, key=lambda key: best[key][0])
        while True:
            last = best[here][1]
            if last is None:
                return way
            passed = range(self.column[last.source] + 1, self.column[last.target])
            way |= {last.target, *((last, column) for column in passed)}
            here = last.source

    # How large

    def _customers(self, item: Item) -> int:
        if isinstance(item, tuple):
            edge: Edge = item[0]
            return edge.customers
        if item in (START, END):
            return self.graph.entered
        node = self.graph.nodes[str(item)]
        return 0 if node.thin else node.customers

    def _gap(self, item: Item) -> float:
        """The room above an item: its label, if it has one."""
        if isinstance(item, tuple):
            return PASSING
        return GAP + 18 + 16 * len(self.lines[str(item)])

    def _height(self) -> float:
        fullest = max((len(one) for one in self.placed), default=1)
        return max(PLOT, PER_NODE * fullest)

    def _scale(self) -> float:
        """Pixels a customer, so that the fullest column fits."""
        room = self.bottom - self.top
        scales = [TALLEST / max(self.graph.entered, 1)]
        for items in self.items:
            taken = sum(self._gap(one) for one in items[1:])
            customers = sum(self._customers(one) for one in items)
            if customers:
                scales.append(max(room - taken, room / 4) / customers)
        return min(scales)

    def _tall(self, item: Item) -> float:
        least = LEAST_RIBBON if isinstance(item, tuple) else LEAST_BAR
        if item in self.graph.nodes and self.graph.nodes[str(item)].thin:
            return BAR
        return max(self._customers(item) * self.scale, least)

    # Where

    def _arrange(self) -> None:
        """Sweep over the columns, each item near what it is joined to."""
        left, right = self._joined()
        for items in self.items:
            self._pack(items, dict.fromkeys(items, 0.0))
        for sweep in range(_SWEEPS):
            forth = sweep % 2 == 0
            last = sweep >= _SWEEPS - 2
            for items in self.items if forth else reversed(self.items):
                near = {one: left[one] if forth else right[one] for one in items}
                if last:
                    near = {one: [*left[one], *right[one]] for one in items}
                self._pack(items, {one: self._wanted(one, near[one]) for one in items})

    def _joined(self) -> tuple[dict[Item, list[tuple[Item, int]]], ...]:
        """What each item is joined to at its left and its right, with the customers."""
        left: dict[Item, list[tuple[Item, int]]] = {one: [] for row in self.items for one in row}
        right: dict[Item, list[tuple[Item, int]]] = {one: [] for one in left}
        for edge in self.forward:
            for a, b in pairwise(self._way(edge)):
                right[a].append((b, edge.customers))
                left[b].append((a, edge.customers))
        return left, right

    def _way(self, edge: Edge) -> list[Item]:
        if edge.thin:
            return [edge.source, edge.target]
        passed = range(self.column[edge.source] + 1, self.column[edge.target])
        return [edge.source, *((edge, column) for column in passed), edge.target]

    def _wanted(self, item: Item, near: Sequence[tuple[Item, int]]) -> float:
        """The middle of what an item is joined to; where it is, if to nothing."""
        total = sum(weight for _, weight in near)
        if not total:
            return self.y[item] + self._tall(item) / 2
        middles = ((self.y[one] + self._tall(one) / 2) * weight for one, weight in near)
        return sum(middles) / total

    def _pack(self, items: list[Item], wanted: Mapping[Item, float]) -> None:
        """Stand a column's items one below the other, near where they want to be."""
        items.sort(key=lambda one: (one not in self.main, wanted[one]))
        floor = self.top if items[0] in self.main else self._first(items[0])
        for nth, item in enumerate(items):
            gap = self._gap(item) if nth else 0.0
            y = wanted[item] - self._tall(item) / 2
            self.y[item] = self.top if item in self.main and not nth else max(floor + gap, y)
            floor = self.y[item] + self._tall(item)
        ceiling = self.bottom
        for item in reversed(items[1:]):
            self.y[item] = min(self.y[item], ceiling - self._tall(item))
            ceiling = self.y[item] - self._gap(item)
        self._stack(items)

    def _first(self, item: Item) -> float:
        """Where the first of a column may stand: lower, where its label is higher than others."""
        if isinstance(item, tuple):
            return self.top
        return max(self.top, self.header + 48 + 16.0 * (len(self.lines[str(item)]) - 1))

    def _stack(self, items: Sequence[Item]) -> None:
        """What was pushed up too far goes down again: nothing stands on another."""
        floor = -1.0
        for item in items:
            least = self._first(item) if floor < 0 else floor + self._gap(item)
            self.y[item] = max(self.y[item], least)
            floor = self.y[item] + self._tall(item)

    # The shapes

    def _bar(self, key: str) -> Bar:
        x = self.column[key] * self.step
        height = self._tall(key)
        node = self.graph.nodes.get(key)
        return Bar(key, x, self.y[key], height, self.column[key], self.lines[key], node)

    def _ribbons(self, bars: Mapping[str, Bar]) -> list[Ribbon]:
        leaving: dict[Edge, float] = {}
        coming: dict[Edge, float] = {}
        for bar in bars.values():
            out = [one for one in self.forward if one.source == bar.key]
            into = [one for one in self.forward if one.target == bar.key]
            out.sort(key=lambda one: self._middle(self._way(one)[1]))
            into.sort(key=lambda one: self._middle(self._way(one)[-2]))
            room = bar.height if bar.node is None else bar.node.goes_on * self.scale
            if bar.node is not None and self._is_last(bar.key):
                room = bar.height
            leaving |= dict(zip(out, self._ports(out, bar.y, room), strict=True))
            coming |= dict(zip(into, self._ports(into, bar.y, bar.height), strict=True))
        return [self._ribbon(one, bars, leaving[one], coming[one]) for one in self.forward]

    def _middle(self, item: Item) -> float:
        return self.y[item] + self._tall(item) / 2

    def _ports(self, edges: Iterable[Edge], top: float, room: float) -> list[float]:
        return [top + one for one in spread([self._wide(edge) for edge in edges], room)]

    def _wide(self, edge: Edge) -> float:
        return max(edge.customers * self.scale, LEAST_RIBBON)

    def _ribbon(self, edge: Edge, bars: Mapping[str, Bar], out: float, into: float) -> Ribbon:
        wide = self._wide(edge)
        first = (bars[edge.source].x + BAR, out, out + wide)
        last = (bars[edge.target].x, into, into + wide)
        passed = [one for one in self._way(edge)[1:-1] if isinstance(one, tuple)]
        inner = [
            (x, self.y[one], self.y[one] + wide)
            for one in passed
            for x in (one[1] * self.step - 2, one[1] * self.step + BAR + 2)
        ]
        return Ribbon(edge, (first, *inner, last))

    def _exits(self, bars: Mapping[str, Bar]) -> Iterable[Exit]:
        for edge in self.graph.edges:
            if edge.target != END or self._is_last(edge.source) or not edge.customers:
                continue
            bar = bars[edge.source]
            wide = min(max(edge.customers * self.scale, LEAST_RIBBON), bar.height)
            if not edge.thin:
                yield Exit(edge, bar.x + BAR, bar.bottom - wide, bar.bottom)


def spread(widths: Sequence[float], room: float) -> list[float]:
    """Where things of these widths begin inside a room: side by side while they fit.

    Else they overlap evenly: the first begins at the top, the last ends at the bottom.
    """
    total = sum(widths)
    held = max(room, *widths) if widths else room
    found, before = [], 0.0
    for one in widths:
        crowded = total > held and total > one
        found.append(before * (held - one) / (total - one) if crowded else before)
        before += one
    return found


def broken(label: str, room: float) -> list[str]:
    """A label in at most two lines, broken after spaces and the signs that join words."""
    parts = re.split(r"(?<=[\s_/.:-])(?=\S)", label.strip())
    first, taken = parts[0], 1
    while taken < len(parts) and measure((first + parts[taken]).rstrip()) <= room:
        first += parts[taken]
        taken += 1
    rest = "".join(parts[taken:])
    return [fit(one.rstrip(), room) for one in (first, rest) if one.rstrip()] or [""]


def label_box(bar: Bar, number: str) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) of a bar's label: its name and its number."""
    wide = max([*(measure(one) for one in bar.lines), measure(number, 13, 600)])
    left = bar.x if bar.key != END else bar.x + BAR - wide
    return left, bar.y - 18 - 16 * len(bar.lines), left + wide, bar.y - 3


def _first_of_each(ranked: Sequence[Edge]) -> Iterable[Edge]:
    """The strongest way out of each node and into each, in edges ranked by strength."""
    sources: set[str] = set()
    targets: set[str] = set()
    for one in ranked:
        if one.source not in sources or one.target not in targets:
            yield one
        sources.add(one.source)
        targets.add(one.target)

"""The flow as a drawing: from left to right, what leaves fades out, what returns curves below."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise, product

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.curves import num
from travesia.draw.labels import fit, measure
from travesia.draw.svg import (
    arrow_right,
    arrow_up,
    chevron,
    drawing,
    el,
    exit_ribbon,
    fades,
    path,
    rect,
    ribbon,
    text,
)
from travesia.locale import texts
from travesia.study.figures import cells
from travesia.study.figures.flow_back import Back, head_size, narrowing, ways_back
from travesia.study.figures.flow_columns import column_stages
from travesia.study.figures.flow_graph import DETAIL, Edge, Graph, graphs
from travesia.study.figures.flow_layout import (
    BAR,
    STUB,
    WIDTH,
    Bar,
    Exit,
    Plan,
    Ribbon,
    label_box,
    plan,
)
from travesia.study.figures.frame import Frame, Part
from travesia.study.figures.placing import Box, Placing, text_box
from travesia.study.flow import END, START
from travesia.study.question import Answer

_ = texts("figures")

_AGAIN = "M9 5.2A4 4 0 1 1 7.6 2.2M7.9 0v2.7H5.2"
_LEAST_LABELLED_EXIT = 3.0
_NEAR = sorted(
    product(range(-160, 161, 20), range(4, 240, 12)), key=lambda at: (at[1] + 0.6 * abs(at[0]), at)
)
"""Places for a label below a curve's lowest point, the nearest first."""


def flow(answer: Answer, *, detail: int = DETAIL, stages: Mapping[str, str] | None = None) -> Frame:
    """The drawing of a flow's answer.

    Args:
        answer: what to draw; one drawing for each value it was asked `by`.
        detail: how many touchpoints are shown; the others are folded into one.
        stages: touchpoint -> stage, in the stages' order; columns follow it.
    """
    order = list(dict.fromkeys((stages or {}).values()))
    found = [(value, plan(graph, order)) for value, graph in graphs(answer, detail, stages)]
    title = headline(found[0][1]) if len(found) == 1 else _("How customers move")
    return Frame(answer, title, [_part(value, laid, order) for value, laid in found])


def headline(laid: Plan) -> str:
    """What stands out: how many there are, and where most of them turn back or leave."""
    everyone = _.plural("{n} customer", "{n} customers", laid.graph.entered)
    first = _turning_back(laid) or _leaving(laid.graph)
    return f"{everyone}. {first}" if first else f"{everyone}."


def _turning_back(laid: Plan) -> str:
    edge, nodes = telling(laid), laid.graph.nodes
    if edge is None:
        return ""
    source = nodes[edge.source]
    return _.plural(
        "Of {who}, {n} returns to {target}.",
        "Of {who}, {n} return to {target}.",
        edge.customers,
        who=_.plural(
            "{n} who reaches {source}",
            "{n} who reach {source}",
            source.customers,
            source=source.label,
        ),
        target=nodes[edge.target].label,
    )


def telling(laid: Plan) -> Edge | None:
    """The way back that is told of: the strongest between two touchpoints that are not folded."""
    nodes = laid.graph.nodes
    single = (
        one
        for one in laid.back
        if len(nodes[one.source].members) == len(nodes[one.target].members) == 1
    )
    return next(single, None)


def _leaving(graph: Graph) -> str:
    most = max(graph.nodes.values(), key=lambda one: one.leaves, default=None)
    if most is None or not most.leaves:
        return ""
    return _.plural("{n} ends at {node}.", "{n} end at {node}.", most.leaves, node=most.label)


def _part(value: str | None, laid: Plan, stages: Sequence[str]) -> Part:
    graph = laid.graph
    shown = sum(len(one.members) == 1 for one in graph.nodes.values())
    moves = len(graph.edges)
    sub = _(
        "{shown} of {touchpoints}, {drawn} of {moves}.",
        shown=words.number(shown, 0),
        touchpoints=_.plural("{n} touchpoint", "{n} touchpoints", graph.touchpoints),
        drawn=words.number(min(laid.drawn, moves), 0),
        moves=_.plural("{n} move", "{n} moves", moves),
    )
    narrow = narrowing(laid)
    if narrow < 1:
        sub += " " + _("Returns are drawn at {share} of the scale.", share=words.share(narrow))
    return Part(value, sub, _Sheet(laid, stages).svg(), key=_("ends here"))


class _Sheet:
    """One flow being drawn."""

    def __init__(self, laid: Plan, stages: Sequence[str]) -> None:
        self.plan = laid
        self.graph = laid.graph
        self.stages = list(stages)
        self.backs = ways_back(laid)
        self.name = f"f{zlib.crc32(repr((laid.graph.edges, laid.graph.fixed)).encode()):x}-"
        self.placing = Placing(WIDTH, self._taken())
        self.main = telling(laid)

    def svg(self) -> Markup:
        """The whole drawing."""
        body = [
            *self._headers(),
            *(self._ribbon(one) for one in self.plan.ribbons),
            *(self._exit(one) for one in self.plan.exits),
            *self._arriving(),
            *(self._inside(one) for one in self.plan.inside),
            *(self._back(one) for one in reversed(self.backs)),
            *(self._bar(one) for one in self.plan.bars.values()),
            *(self._label(one) for one in self.plan.bars.values()),
            *self._notes(),
        ]
        label = _.plural(
            "Flow of {n} customer from left to right. The table has the same data.",
            "Flow of {n} customers from left to right. The table has the same data.",
            self.graph.entered,
        )
        return drawing(
            WIDTH, self._height(), fades(self.name), *body, label=label, class_="flow wide"
        )

    def _height(self) -> float:
        low = max([self.plan.bottom, *(one.bottom for one in self.placing.taken)])
        curves = (one.lowest[1] + one.wide for one in self.backs)
        return round(max([low, *curves]) + 12)

    def _taken(self) -> Iterator[Box]:
        """Bars and their labels: nothing else may be written there."""
        for bar in self.plan.bars.values():
            yield Box(bar.x, bar.y, bar.x + BAR, bar.bottom)
            yield Box(*label_box(bar, self._number(bar)))

    # What is drawn

    def _headers(self) -> Iterator[Markup]:
        if not self.stages:
            return
        found = column_stages(self.graph, self.plan.placed)
        spans = [(stage, i) for i, stage in enumerate(found) if stage and stage not in found[:i]]
        ends = [i for _stage, i in spans[1:]] + [len(found)]
        for nth, ((stage, column), end) in enumerate(zip(spans, ends, strict=True)):
            left = (column + 1) * self.plan.pitch - 8
            wide = (end - column) * self.plan.pitch - 10
            yield self._header(stage, left, wide, first=nth == 0)

    def _header(self, stage: str, left: float, wide: float, *, first: bool) -> Markup:
        tone = round(self.stages.index(stage) * 6 / max(len(self.stages) - 1, 1))
        arrow = chevron(left, 0, wide, 24, first=first, fill=f"var(--s{tone})")
        inset = 8 if first else 14
        name = text(left + inset, 16.5, fit(stage, wide - inset - 4, 12, 600), kind="b")
        rule = path(f"M{num(left - 2)} 32V{num(self.plan.bottom)}", class_="grid")
        return el("g", el("title", stage), arrow, name, None if first else rule)

    def _ribbon(self, one: Ribbon) -> Markup:
        title = self._edge_title(one.edge)
        if one.edge.thin or self._is_thin(one.edge.target):
            return self._dashed(one)
        body = _long_ribbon(one.points)
        return el("g", title, path(body, class_="e"), class_="mark", data_cell=self._cell(one.edge))

    def _is_thin(self, key: str) -> bool:
        return key in self.graph.nodes and self.graph.nodes[key].thin

    def _dashed(self, one: Ribbon) -> Markup:
        (x0, top0, low0), *_inner, (x1, top1, low1) = one.points
        y0, y1, middle = (top0 + low0) / 2, (top1 + low1) / 2, num((x0 + x1) / 2)
        d = f"M{num(x0)} {num(y0)}C{middle} {num(y0)} {middle} {num(y1)} {num(x1)} {num(y1)}"
        line = path(d, class_="thin")
        return el(
            "g", self._edge_title(one.edge), line, class_="mark", data_cell=self._cell(one.edge)
        )

    def _exit(self, one: Exit) -> Markup:
        shape = exit_ribbon(one.x, one.top, one.low, STUB, f"{self.name}fade-end")
        return el(
            "g", self._edge_title(one.edge), shape, class_="mark", data_cell=self._cell(one.edge)
        )

    def _arriving(self) -> Iterator[Markup]:
        """At the end's bar: all who ended before the last column, fading in."""
        gone = sum(one.edge.customers for one in self.plan.exits)
        bar = self.plan.bars[END]
        arrived = sum(one.edge.customers for one in self.plan.ribbons if one.edge.target == END)
        top = bar.y + min(arrived * self.plan.scale, bar.height)
        if gone and bar.bottom - top > 1:
            fade = f"url(#{self.name}fade-in)"
            box = rect(bar.x - STUB + 4, top, STUB - 4, bar.bottom - top, fill=fade)
            yield el("g", el("title", words.number(gone, 0)), box)

    def _inside(self, edge: Edge) -> Markup:
        """A move between two nodes of a column: a bow at their left."""
        source, target = self.plan.bars[edge.source], self.plan.bars[edge.target]
        wide = min(max(edge.customers * self.plan.scale, 1.0), 10.0)
        size = head_size(wide) * 0.9
        y0, y1 = _facing(source, target), _facing(target, source)
        bow, end = num(source.x - 24 - wide), num(target.x - 1.2 * size)
        d = f"M{num(source.x)} {num(y0)}C{bow} {num(y0)} {bow} {num(y1)} {end} {num(y1)}"
        line = path(d, class_="back", stroke_width=wide)
        head = arrow_right(target.x - 0.5, y1, size, class_="head")
        return self._way(edge, [line, head], "")

    def _back(self, one: Back) -> Markup:
        size = head_size(one.wide)
        line = path(one.d, class_="back", stroke_width=one.wide)
        draw = arrow_up if one.up else arrow_right
        head = draw(*one.head, size, class_="head")
        return self._way(one.edge, [line, head], " main" if one.edge == self.main else "")

    def _way(self, edge: Edge, shapes: list[Markup], kind: str) -> Markup:
        return el(
            "g", self._edge_title(edge), *shapes, class_=f"way{kind}", data_cell=self._cell(edge)
        )

    def _bar(self, bar: Bar) -> Markup:
        if bar.node is None:
            shape = rect(bar.x + 0.5, bar.y + 0.5, BAR - 1, bar.height - 1, rx=2, class_="outer")
            side = "source" if bar.key == START else "target"
            cell = {**self.graph.fixed, side: bar.key}
        elif bar.node.thin:
            shape = rect(bar.x + 0.5, bar.y + 0.5, BAR - 1, BAR - 1, rx=2, class_="few")
            cell = {**self.graph.fixed, "source": self.graph.members(bar.key)}
        else:
            shape = rect(
                bar.x, bar.y, BAR, bar.height, rx=min(2.0, bar.height / 2), fill=self._tone(bar)
            )
            cell = {**self.graph.fixed, "source": self.graph.members(bar.key)}
        return el("g", self._node_title(bar), shape, class_="mark", data_cell=cells.as_json(cell))

    def _tone(self, bar: Bar) -> str:
        if self.main and bar.key in (self.main.source, self.main.target):
            return "var(--sea)"
        last = max(len(self.plan.placed) - 1, 1)
        return f"var(--n{1 + round(3 * (bar.column - 1) / last)})"

    # What is written

    def _number(self, bar: Bar) -> str:
        if bar.node is None:
            return words.number(self.graph.entered, 0)
        if bar.node.thin:
            return f"{words.DASH} " + _("only {n}", n=words.number(bar.node.customers, 0))
        return words.number(bar.node.customers, 0)

    def _label(self, bar: Bar) -> Markup:
        anchor = "end" if bar.key == END else "start"
        x = bar.x + BAR if bar.key == END else bar.x
        names = [
            text(x, bar.y - 22 - 16 * up, line, kind="sec halo")
            for up, line in zip(range(len(bar.lines) - 1, -1, -1), bar.lines, strict=True)
        ]
        number = el("text", self._number(bar), x=x, y=bar.y - 6, class_="t13 b halo")
        return el("g", self._node_title(bar), *names, number, text_anchor=anchor, class_="name")

    def _notes(self) -> Iterator[Markup]:
        """Labels that stand where there is room, the most telling first."""
        for one in sorted(self.backs, key=lambda one: one.edge != self.main):
            yield from self._back_label(one)
        gone = sorted(self.plan.exits, key=lambda one: -one.edge.customers)
        yield from self._arrived_label(gone)
        for leaving in gone:
            yield from self._exit_label(leaving)
        for bar in self.plan.bars.values():
            yield from self._again(bar)

    def _back_label(self, one: Back) -> Iterator[Markup]:
        target = self.graph.nodes[one.edge.target].label
        said = _.plural(
            "{n} returns to {target}",
            "{n} return to {target}",
            one.edge.customers,
            target=fit(target, 130),
        )
        x, low = one.lowest
        below = low + one.wide / 2
        cell = self._cell(one.edge)
        if one.edge == self.main:
            wide = measure(said, 13, 600) + 28
            boxes = [
                Box(middle - wide / 2, below + dy, middle + wide / 2, below + dy + 24)
                for dx, dy in _NEAR
                for middle in [min(max(x + dx, wide / 2), WIDTH - wide / 2)]
            ]
            box = self.placing.first(boxes)
            if box:
                yield _pill(box, said, cell)
            return
        for content in (said, words.number(one.edge.customers, 0)):
            spots = [
                (x + dx, below + dy) for dy in (13, 26, -4, 40) for dx in (0, 24, -24, 60, -60)
            ]
            found = self._written(content, spots, "middle")
            if found:
                yield el("g", self._edge_title(one.edge), found, data_cell=cell)
                return

    def _exit_label(self, one: Exit) -> Iterator[Markup]:
        if one.low - one.top < _LEAST_LABELLED_EXIT:
            return
        node = self.graph.nodes[one.edge.source]
        number = words.number(one.edge.customers, 0)
        share = words.share(one.edge.customers / node.customers)
        y = (one.top + one.low) / 2 + 4
        spots = [(one.x + 6, y), (one.x + 6, one.low + 2), (one.x + 6, one.low + 10)]
        for content in (f"{number} · {share}", number):
            if measure(content) > self.plan.pitch - BAR - 12:
                continue
            found = self._written(content, spots, "start")
            if found:
                yield el("g", self._edge_title(one.edge), found, data_cell=self._cell(one.edge))
                return

    def _arrived_label(self, gone: Sequence[Exit]) -> Iterator[Markup]:
        total = sum(one.edge.customers for one in gone)
        bar = self.plan.bars[END]
        arrived = sum(one.edge.customers for one in self.plan.ribbons if one.edge.target == END)
        # after a split a customer ends several times: the sum would be no number of customers
        if total and bar.height > 20 and total + arrived <= self.graph.entered:
            spots = [(bar.x - 8, bar.bottom - dy) for dy in (bar.height / 2, 8, bar.height - 14)]
            found = self._written(words.number(total, 0), spots, "end")
            if found:
                yield found

    def _again(self, bar: Bar) -> Iterator[Markup]:
        """How many repeat a touchpoint: beside its number."""
        if bar.node is None or not bar.node.repeats or bar.node.thin:
            return
        said = words.number(bar.node.repeats, 0)
        number = measure(self._number(bar), 13, 600)
        for x, y in ((bar.x + number + 8, bar.y - 6), (bar.x + BAR + 5, bar.y + 9)):
            box = Box(x, y - 10, x + 13 + measure(said), y + 3)
            # beside its own number is part of its label's box
            others = [one for one in self.placing.taken if not _same_row(one, bar)]
            if box.right < bar.x + self.plan.pitch - 4 and not any(box.meets(o) for o in others):
                self.placing.taken.append(box)
                cell = cells.as_json({**self.graph.cell(bar.key, bar.key)})
                repeating = _.plural(
                    "{n} repeats {node}",
                    "{n} repeat {node}",
                    bar.node.repeats,
                    node=bar.node.label,
                )
                title = el("title", repeating)
                icon = path(_AGAIN, class_="again", transform=f"translate({num(x)} {num(y - 9)})")
                yield el("g", title, icon, text(x + 13, y, said, kind="sec halo"), data_cell=cell)
                return

    def _written(
        self, content: str, spots: Sequence[tuple[float, float]], anchor: str
    ) -> Markup | None:  # fmt: skip
        """A text at the first of these spots that is free."""
        boxes = {text_box(x, y, content, anchor): (x, y) for x, y in spots}
        box = self.placing.first(boxes)
        if box is None:
            return None
        return text(*boxes[box], content, kind="sec halo", text_anchor=anchor)

    def _cell(self, edge: Edge) -> str:
        return cells.as_json(self.graph.cell(edge.source, edge.target))

    def _named(self, key: str) -> str:
        return self.graph.nodes[key].label if key in self.graph.nodes else cells.name(key)

    def _edge_title(self, edge: Edge) -> Markup:
        source = self.graph.nodes.get(edge.source)
        whole = source.customers if source else self.graph.entered
        said = _.plural(
            "{source} → {target}: {part} of {n} customer",
            "{source} → {target}: {part} of {n} customers",
            whole,
            source=self._named(edge.source),
            target=self._named(edge.target),
            part=words.number(edge.customers, 0),
        )
        if whole and not edge.thin:
            said += f", {words.share(edge.customers / whole)}"
        if edge.median is not None:
            said += ", " + _("half of them within {time}", time=words.duration(edge.median))
        return el("title", said)

    def _node_title(self, bar: Bar) -> Markup:
        node = bar.node
        if node is None:
            return el("title", f"{cells.name(bar.key)}: {words.number(self.graph.entered, 0)}")
        said = _.plural(
            "{node}: {n} customer", "{node}: {n} customers", node.customers, node=node.label
        )
        if node.customers and not node.thin:
            said += ". " + _(
                "{on} go on, {out} end here",
                on=words.share(node.goes_on / node.customers),
                out=words.share(node.leaves / node.customers),
            )
        if len(node.members) > 1:
            said += ": " + words.listed(list(node.members[:12]))
        return el("title", said)


def _long_ribbon(points: Sequence[tuple[float, float, float]]) -> str:
    """One shape through all the places a ribbon passes."""
    if len(points) == 2:
        return ribbon(points[0], points[1])
    forth = [(x, top) for x, top, _low in points]
    back = [(x, low) for x, _top, low in reversed(points)]
    return _bends(forth, "M") + _bends(back, "L") + "Z"


def _bends(points: Sequence[tuple[float, float]], first: str) -> str:
    found = f"{first}{num(points[0][0])} {num(points[0][1])}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = num((x0 + x1) / 2)
        found += f"C{middle} {num(y0)} {middle} {num(y1)} {num(x1)} {num(y1)}"
    return found


def _pill(box: Box, said: str, cell: str) -> Markup:
    return el(
        "g",
        rect(box.left, box.top, box.right - box.left, 24, rx=12, class_="full"),
        el(
            "text",
            said,
            x=(box.left + box.right) / 2,
            y=box.top + 16.5,
            text_anchor="middle",
            class_="t13 b on",
        ),
        data_cell=cell,
    )


def _facing(one: Bar, other: Bar) -> float:
    """Where a bow leaves a bar towards another one of its column."""
    inset = min(6.0, one.height / 2)
    return one.bottom - inset if other.y > one.y else one.y + inset


def _same_row(box: Box, bar: Bar) -> bool:
    return abs(box.left - bar.x) < 0.1 and abs(box.bottom - (bar.y - 3)) < 0.1

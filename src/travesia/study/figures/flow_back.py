"""The ways back of a flow: curves below, with an arrow's head where they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from travesia.draw.curves import Point, num
from travesia.study.figures.flow_graph import Edge
from travesia.study.figures.flow_layout import Bar, Plan

WIDEST = 16.0
"""A way back is at most so wide; if one would be wider, all are narrowed alike."""
_SIDE = 11.0
_STEPS = 24
_HIT = 110.0
"""To run over a bar is as bad as to run so much deeper."""


@dataclass(frozen=True, slots=True)
class Back:
    """A way back: its path, how wide it is, where it is lowest, and its arrow's head.

    Attributes:
        up: whether the head points up (into the bar's foot) or right (into its side).
    """

    edge: Edge
    d: str
    wide: float
    lowest: Point
    head: Point
    up: bool


def ways_back(plan: Plan) -> list[Back]:
    """All ways back, the most used first."""
    narrow = narrowing(plan)
    return [_way(plan, one, max(one.customers * plan.scale * narrow, 1.2)) for one in plan.back]


def narrowing(plan: Plan) -> float:
    """By how much ways back are drawn narrower than ribbons: 1 where they are not."""
    widest = max((one.customers for one in plan.back), default=0) * plan.scale
    return min(1.0, WIDEST / widest) if widest else 1.0


def _way(plan: Plan, edge: Edge, wide: float) -> Back:
    source, target = plan.bars[edge.source], plan.bars[edge.target]
    start, first = _leaving(plan, source, wide)
    size = head_size(wide)
    up = not _below(plan, target)
    if up:
        head = end = (target.middle, target.bottom + 2)
        end = (end[0], end[1] + 1.4 * size)
        last = ""
    else:
        head = (target.x - 1, max(target.bottom - size, target.y + target.height / 2))
        end = (target.x - _SIDE - wide / 2, head[1] + _SIDE)
        last = f"Q{num(end[0])} {num(head[1])} {num(head[0] - 1.4 * size)} {num(head[1])}"
    low = _deep_enough(plan, edge, start, end, wide)
    d = f"{first}C{num(start[0])} {num(low)} {num(end[0])} {num(low)} {num(end[0])} {num(end[1])}"
    return Back(edge, d + last, wide, _lowest(start, end, low), head, up)


def _leaving(plan: Plan, source: Bar, wide: float) -> tuple[Point, str]:
    """Where the curve begins: at the bar's foot, or beside it where another bar stands below."""
    if not _below(plan, source):
        start = (source.middle, source.bottom + 2)
        return start, f"M{num(start[0])} {num(start[1])}"
    y = source.bottom - min(wide, source.height) / 2
    start = (source.x - _SIDE - wide / 2, y + _SIDE)
    turn = f"M{num(source.x)} {num(y)}Q{num(start[0])} {num(y)} {num(start[0])} {num(start[1])}"
    return start, turn


def head_size(wide: float) -> float:
    """Half the width of an arrow's head on a line."""
    return 3.4 + wide * 0.4


def _below(plan: Plan, bar: Bar) -> list[Bar]:
    return [one for one in plan.bars.values() if one.column == bar.column and one.y > bar.y]


def _deep_enough(plan: Plan, edge: Edge, start: Point, end: Point, wide: float) -> float:
    """The depth of the curve's controls, so that it passes below or above other bars."""
    ends = (plan.bars[edge.source].column, plan.bars[edge.target].column)
    low = max(start[1], end[1]) + 72 + 20 * abs(ends[0] - ends[1]) + wide
    others = [one for one in plan.bars.values() if one.column not in ends]
    others += _below(plan, plan.bars[edge.target])
    depths = [low + 16 * step for step in range(24)]
    return min(depths, key=lambda one: one + _HIT * _hit(_points(start, end, one), others, wide))


def _hit(points: Iterable[Point], bars: Sequence[Bar], wide: float) -> int:
    """How many bars a line runs over."""
    along = list(points)
    return sum(any(_hits(point, bar, wide) for point in along) for bar in bars)


def _hits(point: Point, bar: Bar, wide: float) -> bool:
    """Whether a point of a line of this width runs over a bar or the beginning of its label."""
    x, y = point
    beside = bar.x - 4 - wide / 2 <= x <= bar.x + 40 + wide / 2
    return beside and bar.y - 34 - wide / 2 <= y <= bar.bottom + 8 + wide / 2


def _points(start: Point, end: Point, low: float) -> Iterator[Point]:
    """Points along the cubic whose controls stand straight below its ends."""
    for i in range(1, _STEPS):
        t = i / _STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield (a + b) * start[0] + (c + d) * end[0], a * start[1] + (b + c) * low + d * end[1]


def _lowest(start: Point, end: Point, low: float) -> Point:
    points: Sequence[Point] = list(_points(start, end, low))
    return max(points, key=lambda one: one[1])

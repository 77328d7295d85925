"""Lines through measured points that say no more than the points do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]


def num(value: float) -> str:
    """A coordinate: a tenth of a pixel is enough, and "-0" is nobody's."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def line(points: Sequence[Point]) -> str:
    """Commands of a straight line through the points."""
    return "M" + "L".join(f"{num(x)} {num(y)}" for x, y in points) if points else ""


def curve(points: Sequence[Point], first: int = 0, last: int | None = None) -> str:
    """Commands of a smooth line through points with rising x that never overshoots them.

    Monotone cubic interpolation (Fritsch and Carlson 1980, with the harmonic mean of Fritsch and
    Butland 1984): between two points the line stays between their heights. `first` and `last`
    draw only the part between those two points, bent as the whole line is.
    """
    if not points:
        return ""
    start, *rest = _controls(points, first, last)
    return f"M{_pair(start)}" + _cubics(rest)


def band(
    xs: Sequence[float],
    highs: Sequence[float],
    lows: Sequence[float],
    first: int = 0,
    last: int | None = None,
) -> str:
    """Commands of the area between two smooth lines, the upper given first: an interval."""
    if not xs:
        return ""
    forth = curve(list(zip(xs, highs, strict=True)), first, last)
    start, *rest = reversed(_controls(list(zip(xs, lows, strict=True)), first, last))
    return f"{forth}L{_pair(start)}{_cubics(rest)}Z"


def middle(points: Sequence[Point], index: int) -> Point:
    """The point of the smooth line half way between one point and the next."""
    a, b, c, d = _controls(points, index, index + 1)
    return (a[0] + 3 * b[0] + 3 * c[0] + d[0]) / 8, (a[1] + 3 * b[1] + 3 * c[1] + d[1]) / 8


def _controls(points: Sequence[Point], first: int, last: int | None) -> list[Point]:
    """The first point, then two control points and an end for each stretch."""
    slopes = _slopes(points)
    stop = len(points) - 1 if last is None else last
    found = [points[first]]
    for i in range(first, stop):
        (x0, y0), (x1, y1) = points[i], points[i + 1]
        third = (x1 - x0) / 3
        found.append((x0 + third, y0 + slopes[i] * third))
        found.append((x1 - third, y1 - slopes[i + 1] * third))
        found.append((x1, y1))
    return found


def _cubics(points: Sequence[Point]) -> str:
    groups = (points[i : i + 3] for i in range(0, len(points), 3))
    return "".join("C" + " ".join(_pair(one) for one in group) for group in groups)


def _pair(point: Point) -> str:
    return f"{num(point[0])} {num(point[1])}"


def _slopes(points: Sequence[Point]) -> list[float]:
    """The tangent at each point: flat where the line turns, else the harmonic mean."""
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    secants = [dy / dx if dx > 0 else 0.0 for dx, dy in steps]
    if len(points) < 3:
        return secants * 2 if secants else [0.0]
    inner = [
        _mean_slope(steps[i - 1][0], steps[i][0], secants[i - 1], secants[i])
        for i in range(1, len(points) - 1)
    ]
    first = _end_slope(steps[0][0], steps[1][0], secants[0], secants[1])
    last = _end_slope(steps[-1][0], steps[-2][0], secants[-1], secants[-2])
    return [first, *inner, last]


def _mean_slope(h0: float, h1: float, d0: float, d1: float) -> float:
    if d0 * d1 <= 0:
        return 0.0
    w0, w1 = 2 * h1 + h0, h1 + 2 * h0
    return (w0 + w1) / (w0 / d0 + w1 / d1)


def _end_slope(h0: float, h1: float, d0: float, d1: float) -> float:
    """Three-point slope at an end, held back so that the line does not overshoot."""
    if h0 + h1 <= 0:
        return 0.0
    slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if slope * d0 <= 0:
        return 0.0
    return math.copysign(min(abs(slope), 3 * abs(d0)), d0)

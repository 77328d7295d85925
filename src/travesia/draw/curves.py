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


def curve(points: Sequence[Point], *, start: str = "M") -> str:
    """Commands of a smooth line through points with rising x that never overshoots them.

    Monotone cubic interpolation (Fritsch and Carlson 1980, with the harmonic mean of Fritsch and
    Butland 1984): between two points the line stays between their heights.
    """
    if not points:
        return ""
    slopes = _slopes(points)
    commands = [f"{start}{num(points[0][0])} {num(points[0][1])}"]
    for (one, other), (m0, m1) in zip(pairwise(points), pairwise(slopes), strict=True):
        third = (other[0] - one[0]) / 3
        a = (one[0] + third, one[1] + m0 * third)
        b = (other[0] - third, other[1] - m1 * third)
        commands.append("C" + " ".join(f"{num(x)} {num(y)}" for x, y in (a, b, other)))
    return "".join(commands)


def band(xs: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> str:
    """Commands of the area between two smooth lines: an interval along a curve."""
    if not xs:
        return ""
    forth = curve(list(zip(xs, highs, strict=True)))
    back = _reversed_curve(list(zip(xs, lows, strict=True)))
    return f"{forth}{back}Z"


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


def _reversed_curve(points: Sequence[Point]) -> str:
    """The same smooth line, walked from its end: mirrored, drawn, mirrored back."""
    slopes = _slopes(points)
    commands = [f"L{num(points[-1][0])} {num(points[-1][1])}"]
    for i in range(len(points) - 1, 0, -1):
        one, other = points[i], points[i - 1]
        third = (one[0] - other[0]) / 3
        a = (one[0] - third, one[1] - slopes[i] * third)
        b = (other[0] + third, other[1] + slopes[i - 1] * third)
        commands.append("C" + " ".join(f"{num(x)} {num(y)}" for x, y in (a, b, other)))
    return "".join(commands)

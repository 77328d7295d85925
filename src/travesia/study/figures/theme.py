"""One look for all charts that are not drawings of our own, from the design's tokens."""

from __future__ import annotations

from typing import Any

from travesia.draw.tokens import CATEGORIES, SANS, Theme, colour
from travesia.draw.words import decimal_mark

ROW = 26
"""Height of a bar with its air."""
SCALES = {
    "light": ((0.0, "#F4F9FA"), (0.5, "#A6D2DA"), (1.0, "#3F93A3")),
    "dark": ((0.0, "#172732"), (0.5, "#235663"), (1.0, "#2B6877")),
}
"""One hue, from little to much, on which ink stays legible."""


def template(theme: Theme) -> dict[str, Any]:
    """The layout that all charts share."""
    ink, second = colour("ink", theme), colour("ink2", theme)
    paper = colour("surface", theme)
    axis = {
        "gridcolor": colour("line", theme),
        "linecolor": colour("hair", theme),
        "zerolinecolor": colour("hair", theme),
        "tickfont": {"size": 12, "color": second},
        "title": {"font": {"size": 12, "color": second}},
        "automargin": True,
        "ticks": "",
    }
    return {
        "font": {"family": SANS, "size": 13, "color": ink},
        "paper_bgcolor": paper,
        "plot_bgcolor": paper,
        "colorway": [colour("sea", theme), *CATEGORIES[1:]],
        "title": {
            "font": {"size": 16, "color": ink, "weight": 600},
            "subtitle": {"font": {"size": 13, "color": second}},
            "x": 0,
            "y": 1,
            "xref": "container",
            "yref": "container",
            "xanchor": "left",
            "yanchor": "top",
            "pad": {"l": 16, "t": 16},
        },
        "margin": {"l": 16, "r": 24, "t": 84, "b": 40},
        "xaxis": axis,
        "yaxis": axis,
        "hoverlabel": {
            "bgcolor": paper,
            "bordercolor": colour("hair", theme),
            "font": {"family": SANS, "size": 13, "color": ink},
            "align": "left",
        },
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "title": ""},
        "showlegend": False,
        "bargap": 0.4,
        "separators": ",." if decimal_mark() == "," else ".,",
    }


def scale(theme: Theme) -> list[list[Any]]:
    """The colour scale of heat maps."""
    return [[at, value] for at, value in SCALES[theme]]


def shades(theme: Theme, count: int) -> list[str]:
    """The colours of so many series: the sea alone, else categories, eight at most."""
    first = [colour("sea", theme)]
    return first if count <= 1 else [first[0], *CATEGORIES[1:]][:count]

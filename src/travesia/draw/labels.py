"""How wide a label is, and how much of it fits."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from travesia.draw.tokens import WEIGHTS

_WIDEST = (1003, 1016, 1030)
"""Of any character the font does not have: its widest letter, for each weight."""


def measure(content: str, size: float = 12, weight: int = 400) -> float:
    """How wide a text is in Inter with tabular figures, in pixels.

    Characters outside the font are taken as wide as its widest letters, so a label is rather
    shortened too early than drawn over its neighbour.
    """
    advances = _advances()
    column = WEIGHTS.index(weight)
    return sum(advances.get(one, _WIDEST)[column] for one in content) * size / 1000


def fit(content: str, width: float, size: float = 12, weight: int = 400) -> str:
    """The text, or as much of it as fits, with an ellipsis."""
    if measure(content, size, weight) <= width:
        return content
    room = width - measure("…", size, weight)
    kept = 0
    while kept < len(content) and measure(content[: kept + 1], size, weight) <= room:
        kept += 1
    return content[:kept].rstrip() + "…"


def wrap(content: str, width: float, lines: int, size: float = 12, weight: int = 400) -> list[str]:
    """The text in at most so many lines; the last one is shortened if it must be."""
    rows: list[str] = []
    words = content.split()
    while words and len(rows) < lines - 1:
        taken = 1
        while taken < len(words) and measure(" ".join(words[: taken + 1]), size, weight) <= width:
            taken += 1
        rows.append(fit(" ".join(words[:taken]), width, size, weight))
        words = words[taken:]
    return [*rows, fit(" ".join(words), width, size, weight)] if words else rows


@cache
def _advances() -> dict[str, tuple[int, int, int]]:
    return json.loads((files(__package__) / "fonts" / "inter-advances.json").read_text("utf-8"))  # type: ignore[no-any-return]

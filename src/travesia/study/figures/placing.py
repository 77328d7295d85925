"""Labels that do not stand on one another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from travesia.draw.labels import measure


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether they share any room."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class Placing:
    """Where there is room: boxes taken so far, inside the drawing's width."""

    def __init__(self, width: float, taken: Iterable[Box] = ()) -> None:
        self.width = width
        self.taken = list(taken)

    def free(self, box: Box) -> bool:
        """Whether a box stands on no other."""
        inside = box.left >= 0 and box.right <= self.width
        return inside and not any(box.meets(one) for one in self.taken)

    def first(self, candidates: Iterable[Box]) -> Box | None:
        """The first box that is free, taken from now on; None where there is none."""
        for box in candidates:
            if self.free(box):
                self.taken.append(box)
                return box
        return None


def text_box(x: float, baseline: float, content: str, anchor: str = "start") -> Box:
    """The box of a text of 12 pixels at (x, baseline)."""
    wide = measure(content)
    left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    return Box(left, baseline - 10, left + wide, baseline + 3)

"""What tests of drawings share: reading a drawing back, and where its texts stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import html

from study.random_journeys import HOUR, STARTS, Event, Log
from travesia.draw.labels import measure

Element = html.HtmlElement


@dataclass(frozen=True)
class TextBox:
    """A text and where it stands."""

    content: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: TextBox) -> bool:
        across = self.left < other.right - 0.5 and other.left < self.right - 0.5
        return across and self.top < other.bottom - 0.5 and other.top < self.bottom - 0.5


def walks(*paths: tuple[int, str]) -> Log:
    """A log of so many customers for each path, whose touchpoints are parted by ` > `."""
    return [
        Event(f"{nth}-{one}", touchpoint, STARTS[0] + step * HOUR)
        for nth, (count, path) in enumerate(paths)
        for one in range(count)
        for step, touchpoint in enumerate(path.split(" > "))
    ]


def read(drawn: str) -> Element:
    """The figure of a drawing."""
    return html.fragment_fromstring(drawn)


def cells_of(element: Element) -> list[dict[str, object]]:
    """The cells that marks carry."""
    return [json.loads(one.get("data-cell")) for one in element.xpath(".//*[@data-cell]")]


def table_rows(element: Element, kind: str = "vh") -> list[list[str]]:
    """The rows of a table, header first."""
    (table,) = element.xpath(f".//table[@class='{kind}']")
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def text_boxes(svg: Element) -> Iterator[TextBox]:
    """Where every text of a drawing stands, by the widths of its own typeface."""
    for one in svg.iter("text"):
        kinds = set((one.get("class") or "").split())
        size = 13 if "t13" in kinds or "t13" in (one.getparent().get("class") or "") else 12
        content = "".join(one.itertext())
        wide = measure(content, size, 600 if "b" in kinds else 500 if "m" in kinds else 400)
        anchor = one.get("text-anchor") or one.getparent().get("text-anchor") or "start"
        x, y = float(one.get("x")), float(one.get("y"))
        left = x - wide * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        yield TextBox(content, left, y - size * 0.76, left + wide, y + size * 0.24)


def overlaps(boxes: Sequence[TextBox]) -> list[tuple[str, str]]:
    """Pairs of texts that stand on one another."""
    return [
        (one.content, other.content)
        for nth, one in enumerate(boxes)
        for other in boxes[nth + 1 :]
        if one.meets(other)
    ]

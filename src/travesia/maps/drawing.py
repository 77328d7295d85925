"""What every lane of the drawing is made of: a sheet, its rows, its cells and its numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from zoneinfo import ZoneInfo

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.icons import icon
from travesia.draw.svg import el, join
from travesia.locale import texts
from travesia.maps.document import (
    Bound,
    Item,
    JourneyMap,
    Lane,
    Measure,
    Measurement,
    Owner,
    Role,
)
from travesia.maps.figures import Figure, Figures
from travesia.maps.layout import Column, Layout
from travesia.record.durations import duration

_ = texts("page")


@dataclass(frozen=True)
class Sheet:
    """One drawing of (a part of) the map: on the screen, or on a sheet of paper.

    Attributes:
        live: whether numbers can be pressed. Paper copies are not, so every number is a button
            exactly once on a page.
        name: keeps the ids of two sheets apart.
        future: how customers are meant to feel at each step, from the to-be map.
    """

    drawn: JourneyMap
    measurement: Measurement | None
    figures: Figures
    layout: Layout
    live: bool = True
    name: str = "map"
    future: Mapping[str, float] = field(default_factory=dict)

    def figure(self, part: Bound, measure: Measure) -> Figure | None:
        """The number of this measure that a part has."""
        return self.figures.of(part, measure)

    def items(self, column: Column, *roles: Role) -> list[Item]:
        """What stands in a column's cells of the lanes of these roles."""
        if column.step is None:
            return []
        lanes = {lane.key for lane in self.drawn.lanes if lane.role in roles}
        return [
            item for lane, items in self._cells.get(column.step.key, ()) if lane in lanes
            for item in items
        ]  # fmt: skip

    def lane_items(self, column: Column, lane: Lane) -> list[Item]:
        """What stands in a column's cell of one lane."""
        if column.step is None:
            return []
        cells = self._cells.get(column.step.key, ())
        return [item for key, items in cells if key == lane.key for item in items]

    @cached_property
    def _cells(self) -> dict[str, list[tuple[str, tuple[Item, ...]]]]:
        found: dict[str, list[tuple[str, tuple[Item, ...]]]] = {}
        for cell in self.drawn.cells:
            found.setdefault(cell.step, []).append((cell.lane, cell.items))
        return found


def number(
    sheet: Sheet, figure: Figure | None, kind: str = "", shown: str = "", whole: str = ""
) -> Markup | None:
    """A number that opens what is behind it; a dash where it is too thin, and why on hover."""
    if figure is None:
        return None
    spoken = shown or figure.text
    if not sheet.live:
        return el("span", spoken, class_=f"num {kind}".strip())
    return el(
        "button",
        spoken,
        type="button",
        class_=f"num {kind}".strip(),
        data_cell=figure.id,
        title=figure.reason if figure.value is None else whole or None,
        aria_label=f"{figure.title}: {spoken if figure.value is not None else figure.sentence}",
        aria_haspopup="dialog",
    )


def said(tag: str, *content: object, **attributes: object) -> Markup:
    """Words of the map's authors, in whatever direction their script runs."""
    return el(tag, *content, dir="auto", **attributes)


def row(kind: str, heading: tuple[str, str, str], *content: object) -> Markup:
    """A lane: its label (icon, name, hint) and what stands in it."""
    return el("div", label(*heading), *content, class_=f"row {kind}")


def label(sign: str, name: str, hint: str = "", *more: object) -> Markup:
    """A lane's label, which stays in view."""
    return el(
        "div",
        el("h3", icon(sign) if sign else None, said("span", name), class_="lt"),
        said("span", hint, class_="lh") if hint else None,
        *more,
        class_="lab",
    )


def cells(content: Iterable[tuple[Column, Iterable[object]]]) -> Markup:
    """The cells of a lane, each at its column."""
    return join(
        el("div", *inner, class_="cell", style=f"grid-column:{column.grid}")
        for column, inner in content
    )


def wide(*content: object, height: float = 0, kind: str = "") -> Markup:
    """The part of a lane that runs over all columns."""
    style = f"height:{height:g}px" if height else None
    return el("div", *content, class_=f"wide {kind}".strip(), style=style)


def at(x: float, y: float, content: object, kind: str, width: float = 0) -> Markup:
    """Something laid over a drawing, centred on x."""
    style = f"left:{x:.1f}px;top:{y:.1f}px" + (f";max-width:{width:.0f}px" if width else "")
    return el("span", content, class_=f"at {kind}", style=style)


def folded(sheet: Sheet, cards: list[Markup], shown: int) -> Iterator[Markup]:
    """The first cards, and the others behind a line that says how many they are."""
    yield from cards[:shown]
    rest = cards[shown:]
    if not rest:
        return
    said_more = _("{n} more", n=len(rest))
    if not sheet.live:
        yield el("p", said_more, class_="more")
        return
    yield el("details", el("summary", said_more), *rest, class_="more")


def local(sheet: Sheet, when: dt.datetime) -> dt.datetime:
    """A moment in the zone in which the measurement counted days."""
    zone = sheet.measurement.zone if sheet.measurement else "UTC"
    return when.astimezone(ZoneInfo(zone))


def moment(when: dt.datetime, fresh: str = "") -> Markup:
    """A moment in words; the page turns it into its age, and marks it older than `fresh`."""
    days = f"{duration(fresh).total_seconds() / 86_400:g}" if fresh else None
    return el("time", words.day(when), datetime=when.isoformat(), data_age=True, data_fresh=days)


def owner_of(owner: Owner) -> Markup | None:
    """Who answers for something: initials, person, department."""
    if not owner.person and not owner.department:
        return None
    name = owner.person or owner.department.pick()
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    lines = [one for one in (owner.person, owner.department.pick()) if one]
    return el(
        "div",
        el("span", initials, class_="av", aria_hidden="true"),
        el("span", *(said("span", one) for one in lines), class_="who"),
        class_="ow",
    )

"""Where things stand on a map: columns, stages and their places in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from travesia.maps.document import JourneyMap, Stage, Step


@dataclass(frozen=True)
class Column:
    """A step on the drawing; a stage without steps has one column and no step.

    Attributes:
        number: the step's number on the whole map, from 1.
        grid: its column in the CSS grid, where the labels stand in 1.
        x: its left edge, counted from the end of the labels.
    """

    stage: Stage
    step: Step | None
    number: int
    grid: int
    x: float


@dataclass(frozen=True)
class Span:
    """A stage on the drawing. `order` is its place on the whole map, from 0."""

    stage: Stage
    order: int
    grid: int
    columns: int
    x: float
    width: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width


@dataclass(frozen=True)
class Layout:
    """The measures of one drawing of (a part of) the map, in pixels."""

    places: tuple[tuple[Stage, Step | None, int], ...]
    order: dict[str, int]
    width: float = 224
    gap: float = 24
    label: float = 176
    end: float = 24

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns in order."""
        return tuple(self._columns())

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The stages in order."""
        found = []
        for _key, group in groupby(self.columns, key=lambda one: one.stage.key):
            columns = list(group)
            first, count = columns[0], len(columns)
            order = self.order[first.stage.key]
            width = count * self.width
            found.append(Span(first.stage, order, first.grid, count, first.x, width))
        return tuple(found)

    @property
    def total(self) -> float:
        """The width of everything right of the labels."""
        return self.spans[-1].right + self.end if self.spans else self.end

    @property
    def template(self) -> str:
        """The CSS grid's columns, without the one of the labels."""
        gap = f" {self.gap:g}px "
        stages = (f"repeat({span.columns},{self.width:g}px)" for span in self.spans)
        return f"{gap.join(stages)} {self.end:g}px"

    def center(self, column: Column) -> float:
        """The middle of a column."""
        return column.x + self.width / 2

    def span_of(self, stage: str) -> Span | None:
        """The span of a stage, if it is on this drawing."""
        return next((one for one in self.spans if one.stage.key == stage), None)

    def _columns(self) -> Iterator[Column]:
        grid, x, before = 1, -self.gap, None
        for stage, step, number in self.places:
            fresh = stage.key != before
            grid += 2 if fresh and before is not None else 1
            x += self.gap if fresh else 0
            yield Column(stage, step, number, grid, x)
            x, before = x + self.width, stage.key


def screen_layout(drawn: JourneyMap) -> Layout:
    """The whole map on one wide sheet; few columns are drawn wider."""
    places = _places(drawn)
    room = 1216 - 24 * max(len(drawn.stages) - 1, 0)
    most = 264 if len(places) > 4 else 320
    width = min(most, max(224, room // max(len(places), 1)))
    return Layout(places, _order(drawn), width)


def paper_layouts(drawn: JourneyMap, at_most: int = 8, room: float = 1690) -> list[Layout]:
    """The map on sheets of at most so many steps, cut between stages where that is possible."""
    sheets = list(_sheets(_places(drawn), at_most))
    return [_paper_layout(drawn, sheet, room) for sheet in sheets]


def _paper_layout(
    drawn: JourneyMap, sheet: Sequence[tuple[Stage, Step | None, int]], room: float
) -> Layout:
    gaps = 16 * (len({stage.key for stage, _, _ in sheet}) - 1)
    width = min(264, (room - gaps) // len(sheet))
    return Layout(tuple(sheet), _order(drawn), width, gap=16, label=128, end=0)


def _sheets(
    places: Sequence[tuple[Stage, Step | None, int]], at_most: int
) -> Iterator[list[tuple[Stage, Step | None, int]]]:
    sheet: list[tuple[Stage, Step | None, int]] = []
    for _key, group in groupby(places, key=lambda one: one[0].key):
        stage = list(group)
        if sheet and len(sheet) + len(stage) > at_most:
            yield sheet
            sheet = []
        while len(sheet) + len(stage) > at_most:
            yield stage[:at_most]
            stage = stage[at_most:]
        sheet += stage
    if sheet:
        yield sheet


def _places(drawn: JourneyMap) -> tuple[tuple[Stage, Step | None, int], ...]:
    numbers = {step.key: i for i, step in enumerate(drawn.steps, 1)}
    found: list[tuple[Stage, Step | None, int]] = []
    for stage in drawn.stages:
        steps = drawn.steps_of(stage.key)
        found += [(stage, step, numbers[step.key]) for step in steps] or [(stage, None, 0)]
    return tuple(found)


def _order(drawn: JourneyMap) -> dict[str, int]:
    return {stage.key: i for i, stage in enumerate(drawn.stages)}

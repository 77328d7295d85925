"""Rows of an answer as what charts are made of: a label, a value, its interval, what hover says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from markupsafe import escape

from travesia.draw import words
from travesia.locale import texts
from travesia.study.figures import cells
from travesia.study.figures.labels import said
from travesia.study.question import Answer, Measure

_ = texts("figures")

_ESTIMATES = ("share", "number", "duration", "count")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """One mark of a chart."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    hover: str
    cell: str
    row: Row


@dataclass(frozen=True, slots=True)
class Series:
    """The marks of one group; `name` is empty where there is one only."""

    name: str
    points: Sequence[Point] = field(default_factory=list)

    def values(self, get: Callable[[Point], Any]) -> list[Any]:
        """One thing of every mark."""
        return [get(one) for one in self.points]


def estimate(answer: Answer) -> Measure:
    """What a chart of an unknown question shows: its first share, else number, time or count."""
    shown = [one for one in answer.measures if not one.cell]
    for role in _ESTIMATES:
        found = [one for one in shown if one.role == role]
        if found:
            return next((one for one in found if one.low), found[0])
    return shown[0] if shown else answer.measures[0]


def series(answer: Answer, measure: Measure) -> list[Series]:
    """The rows as marks of one measure, one series for each value it was asked `by`."""
    found = [
        Series(
            str(value or words.DASH), [_point(row, answer, measure) for row in table.to_pylist()]
        )
        for value, table in cells.strata(answer)
    ]
    if answer.question.by is None:
        return [Series("", one.points) for one in found]
    return found


def label(row: Row, answer: Answer) -> str:
    """What a row is about: its cell's columns but the one asked `by`, as plain text."""
    by = answer.question.by
    named = [one for one in answer.measures if one.cell and one.name != by]
    named = named or [one for one in answer.measures if one.role in ("label", "path")][:1]
    if any(row[one.name] is None for one in named):
        return rest(row)
    return " · ".join(cells.written(row[one.name], one.role) for one in named)


def rest(row: Row) -> str:
    """The row of all that is too rare for one of its own."""
    variants = row.get("variants")
    return cells.others(variants) if variants else _("others")


def _point(row: Row, answer: Answer, measure: Measure) -> Point:
    shown = label(row, answer)
    return Point(
        shown,
        number(row[measure.name]),
        number(row[measure.low]) if measure.low else None,
        number(row[measure.high]) if measure.high else None,
        "<br>".join([f"<b>{safe(shown)}</b>", *_details(row, answer, measure)]),
        cells.as_json(cells.cell(row, answer)),
        row,
    )


def _details(row: Row, answer: Answer, measure: Measure) -> Iterator[str]:
    """The value with its interval and denominator, then the other columns."""
    by = answer.question.by
    described = {one.name: one for one in cells.columns(answer)}

    def shown(column: str) -> str:
        return safe(cells.shown(row, described[column], answer))

    if by:
        yield f"{safe(by)}: {shown(by)}"
    yield f"{safe(said(measure))}: {shown(measure.name)}"
    if measure.low and measure.high and row[measure.low] is not None:
        yield _("95 %: {low} to {high}", low=shown(measure.low), high=shown(measure.high))
    if measure.of:
        part, whole = (row.get(one) for one in measure.of)
        if part is not None and whole is not None:
            yield _("{part} of {whole}", part=words.number(part, 0), whole=words.number(whole, 0))
    told = {by, measure.name, measure.low, measure.high, *(measure.of or ())}
    for one in answer.measures:
        if one.name not in told and not one.cell and row[one.name] is not None:
            yield f"{safe(said(one))}: {shown(one.name)}"


def number(value: Any) -> float | None:
    """A value as a number: durations in hours; None for what is not known."""
    if value is None:
        return None
    if isinstance(value, timedelta):
        return value.total_seconds() / 3600
    return float(value) if isinstance(value, (int, float)) else None


def safe(content: str) -> str:
    """A text that charts do not read as markup."""
    return str(escape(content))

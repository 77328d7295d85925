"""Answers without a drawing of their own: a table with bars, or one number with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import el, interval_bar
from travesia.locale import N_, texts
from travesia.study.figures import cells
from travesia.study.figures.frame import Frame, Part
from travesia.study.figures.labels import said
from travesia.study.figures.series import rest
from travesia.study.question import Answer, Measure

_ = texts("figures")

MOST_ROWS = 30
_NUMBERS = {"count", "share", "number", "duration", "p_value"}

Row = Mapping[str, Any]


def table(answer: Answer) -> Frame:
    """The answer as a table with bars; a single share as a number with its interval."""
    title = _title(answer)
    parts = [_part(answer, value, part.to_pylist()) for value, part in cells.strata(answer)]
    return Frame(answer, title, parts)


def number(
    value: float,
    low: float,
    high: float,
    *,
    role: str = "share",
    label: str = "",
    of: str = "",
    target: float | None = None,
    compared: float | None = None,
) -> Markup:
    """One number with its interval on a scale of its own, and how many it is of.

    Args:
        value: the estimate.
        low: the lower end of its 95 % interval.
        high: the upper end.
        role: how it is written.
        label: what it is.
        of: numerator and denominator in words.
        target: where it should be.
        compared: where it was.
    """
    span = words.share_interval(low, high) if role == "share" else words.interval(low, high)
    said = [_("95 %: {interval}", interval=span), of]
    if target is not None:
        said.append(_("target {value}", value=cells.written(target, role)))
    if compared is not None:
        said.append(_("before {value}", value=cells.written(compared, role)))
    return el(
        "div",
        el("div", label, class_="what") if label else None,
        el("div", cells.written(value, role), class_="big"),
        interval_bar(240, value, low, high, target=target, compared=compared),
        el("div", " · ".join(one for one in said if one), class_="of"),
        class_="single",
    )


def _title(answer: Answer) -> str:
    kind = answer.question.kind
    known = _TITLES.get(kind)
    if known:
        return _(known)
    asked = (type(answer.question).__doc__ or "").strip().partition("\n")[0]
    # what a question asks is a text of the room of questions
    return texts("study")(asked).rstrip(".") or kind


def _part(answer: Answer, value: str | None, rows: list[Row]) -> Part:
    if not rows:
        return Part(value, _("There is nothing to show."), Markup(""))
    single = _single(answer, rows)
    if single is not None:
        return Part(value, "", single)
    shown = rows[:MOST_ROWS]
    sub = ""
    if len(rows) > len(shown):
        sub = _(
            "The first {n} of {all} rows.",
            n=len(shown),
            all=words.number(len(rows), 0),
        )
    return Part(value, sub, _grid(answer, shown))


def _single(answer: Answer, rows: list[Row]) -> Markup | None:
    """A number with its interval, if the answer is one row with a share."""
    shown = [one for one in answer.measures if one.low and one.high and one.role == "share"]
    if len(rows) != 1 or not shown:
        return None
    row, one = rows[0], shown[0]
    value, low, high = row[one.name], row[one.low or ""], row[one.high or ""]
    if value is None or low is None or high is None:
        return None
    of = ""
    if one.of and all(name in row for name in one.of):
        part, whole = (words.number(row[name], 0) for name in one.of)
        of = _("{part} of {whole}", part=part, whole=whole)
    cell = cells.as_json(cells.cell(row, answer))
    return el("div", number(value, low, high, label=said(one), of=of), data_cell=cell)


def _grid(answer: Answer, rows: list[Row]) -> Markup:
    """The visible table; it is hidden from screen readers, who have the whole one."""
    by = answer.question.by
    shown = [one for one in answer.measures if one.name != by and _says(one, rows)]
    tops = {one.name: _top(one, rows) for one in shown}
    head = el("tr", *(el("th", said(one), class_=_kind(one)) for one in shown))
    body = (
        el(
            "tr",
            *(_cell(one, row, tops[one.name], answer) for one in shown),
            data_cell=cells.as_json(cells.cell(row, answer)),
        )
        for row in rows
    )
    return el("table", el("thead", head), el("tbody", *body), class_="rows", aria_hidden="true")


def _says(one: Measure, rows: list[Row]) -> bool:
    """Whether a column says anything: not all of it is missing, and it is no repeated whole."""
    values = [row[one.name] for row in rows]
    if all(value is None for value in values):
        return False
    return one.cell or one.role != "count" or len(rows) == 1 or len(set(values)) > 1


def _top(one: Measure, rows: list[Row]) -> float:
    """The value whose bar is full."""
    if one.role != "share":
        return 0.0
    return max((row[one.high or one.name] or row[one.name] or 0.0 for row in rows), default=0.0)


def _kind(one: Measure) -> str:
    return "num" if one.role in _NUMBERS else ""


def _cell(one: Measure, row: Row, top: float, answer: Answer) -> Markup:
    value = row[one.name]
    if one.role in ("path", "label"):
        shown = rest(row) if value is None and one.cell else cells.shown(row, one, answer)
        return el("td", el("span", shown, title=shown), class_=f"name {one.role}")
    if one.role != "share" or value is None or not top:
        return el("td", cells.shown(row, one, answer), class_=_kind(one))
    return el("td", *_bar(one, row, top), class_="num bar")


def _bar(one: Measure, row: Row, top: float) -> Iterator[Markup]:
    value = row[one.name]
    low, high = (row[name] if name else None for name in (one.low, one.high))
    reach = None
    if low is not None and high is not None:
        left, wide = 100 * low / top, 100 * (high - low) / top
        reach = el("i", style=f"left:{left:.1f}%;width:{wide:.1f}%")
    fill = el("b", style=f"width:{100 * value / top:.1f}%")
    title = (
        words.share_interval(low, high) if reach and low is not None and high is not None else None
    )
    yield el("span", fill, reach, class_="fill", title=title)
    yield el("span", cells.written(value, "share"), class_="fig")


_TITLES = {
    "describe": N_("Touchpoints and how many customers met them"),
    "paths": N_("The most frequent journeys"),
    "touches": N_("How many contacts come before the goal"),
    "retention": N_("Who comes back"),
    "frequent": N_("What often comes together"),
    "compare": N_("A minus B"),
    "flow": N_("How customers move"),
    "funnel": N_("How far customers come"),
    "step_matrix": N_("Where customers stand at each step"),
}

"""The cells of an answer in words, and as the JSON that names them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import hidden_table
from travesia.locale import N_, texts
from travesia.study.figures.labels import said
from travesia.study.question import Answer, Measure, Role

_ = texts("figures")

MOST_ROWS = 2000
"""Rows of a hidden table; a reader of more has the data itself."""
MOST_LISTED, MOST_GROUPS = 40, 8
ARROW = " → "
_OUTSIDE = {
    "(start)": N_("Start"),
    "(end)": N_("End"),
    "(before start)": N_("not yet begun"),
}
_SIDES = ("a", "b")
_DIFFERENCES = ("difference", "low", "high")
_BOUNDS = (("low", N_("at least (95 %)")), ("high", N_("at most (95 %)")))
_LEAST_P = 0.001

Row = Mapping[str, Any]


def written(value: Any, role: str) -> str:
    """A value as its role is written; what is not known (or too thin) is a dash."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return words.DASH
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _WRITERS.get(role, name)(value)


def shown(row: Row, measure: Measure, answer: Answer) -> str:
    """A row's value as people read it; a comparison's as the measure that is compared."""
    value = row[measure.name]
    inner = compared_role(row, answer)
    if inner is None or value is None:
        return written(value, measure.role)
    if measure.name in _SIDES:
        return written(value, inner)
    if measure.name in _DIFFERENCES:
        return _DIFFERENCE_WRITERS.get(inner, words.signed)(value)
    if measure.name == "measure":
        asked: Any = answer.question
        return next(said(one) for one in asked.of.measures if one.name == value)
    return written(value, measure.role)


def compared_role(row: Row, answer: Answer) -> str | None:
    """Of a comparison's row, the role of what is compared; None for any other answer."""
    asked: Any = answer.question
    if asked.kind != "compare":
        return None
    found: str = next(one.role for one in asked.of.measures if one.name == row["measure"])
    return found


def _lasting(seconds: float) -> str:
    length = words.duration(abs(seconds))
    return words.MINUS + length if seconds < 0 else length


def name(label: Any) -> str:
    """A label as people read it: `(start)` and `(end)` in their language."""
    if isinstance(label, date):
        return moment(label)
    text = str(label)
    return _(_OUTSIDE[text]) if text in _OUTSIDE else text


def moment(value: Any) -> str:
    """A day, with its hour if it is a moment of the day."""
    if isinstance(value, datetime) and (value.hour or value.minute):
        return f"{words.day(value)} {words.clock(value)}"
    return words.day(value)


def p_value(value: float) -> str:
    """A p-value with three decimals; smaller ones say so."""
    if value < _LEAST_P:
        return f"<{words.NBSP}{words.number(_LEAST_P, 3)}"
    return words.number(value, 3)


def path(names: Iterable[Any]) -> str:
    """Touchpoints one after the other."""
    return ARROW.join(name(one) for one in names)


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "count": lambda value: words.number(value, 0),
    "share": words.share,
    "duration": words.duration,
    "time": moment,
    "p_value": p_value,
    "path": path,
    "number": words.number,
}


def columns(answer: Answer) -> tuple[Measure, ...]:
    """Every column of the answer's table, in its order, described.

    Bounds of an interval are described by their estimate; a column that nobody described says
    what it is by its type.
    """
    described = {one.name: one for one in answer.measures}
    bounds: dict[str, Measure] = {}
    for one in answer.measures:
        for bound, text in _BOUNDS:
            column = getattr(one, bound)
            if column is not None:
                label = f"{said(one)}, {_(text)}"
                bounds[column] = replace(one, name=column, text=label, low=None, high=None)
    return tuple(
        described.get(field.name) or bounds.get(field.name) or _undescribed(field)
        for field in answer.table.schema
    )


def cell(row: Row, answer: Answer) -> dict[str, Any]:
    """What names a row's cell: `answer.customers(**cell(row, answer))` are those behind it."""
    return {one.name: _plain(row[one.name]) for one in answer.measures if one.cell}


def others(count: int) -> str:
    """What several that are shown as one are called."""
    return _("others ({n})", n=words.number(count, 0))


def several(members: Sequence[str], every: Iterable[Sequence[str]]) -> Any:
    """How a cell names touchpoints that are shown as one: the name of one, a list of few.

    Very many, where all others are shown by themselves, are {"except": [those others]}.
    """
    if len(members) == 1:
        return members[0]
    others = [one for one in every if tuple(one) != tuple(members)]
    if len(members) <= MOST_LISTED or any(len(one) > 1 for one in others):
        return list(members)
    return {"except": [one[0] for one in others]}


def as_json(given: Mapping[str, Any]) -> str:
    """A cell as the JSON that marks carry."""
    return json.dumps(given, ensure_ascii=False, default=str)


def strata(answer: Answer) -> Iterator[tuple[str | None, pa.Table]]:
    """The answer's table once, or once for each value of the column it was asked `by`.

    Of many values the eight with most customers (or whatever is counted first), in their order.
    """
    by = answer.question.by
    if by is None:
        yield None, answer.table
        return
    values = answer.table.column(by).to_pylist()
    counts = _counted(answer, values)
    for value in _largest(counts):
        keep = pa.array([one == value for one in values], pa.bool_())
        yield value, answer.table.filter(keep)


def _counted(answer: Answer, values: Sequence[Any]) -> dict[Any, int]:
    """How much each value has of what is counted first."""
    counted = next((one.name for one in answer.measures if one.role == "count"), None)
    column = answer.table.column(counted).to_pylist() if counted else [1] * len(values)
    found: dict[Any, int] = {}
    for value, count in zip(values, column, strict=True):
        found[value] = found.get(value, 0) + (count or 0)
    return found


def _largest(counts: Mapping[Any, int]) -> list[Any]:
    ranked = sorted(counts, key=lambda one: -counts[one])[:MOST_GROUPS]
    return [one for one in counts if one in ranked]


def table_of(answer: Answer, caption: str) -> Markup:
    """The answer's whole table for those who cannot see the drawing."""
    return hidden_table(caption, *headed(answer))


def headed(answer: Answer) -> tuple[list[str], list[list[str]]]:
    """The answer's columns and rows in words."""
    described = columns(answer)
    rows = answer.table.slice(0, MOST_ROWS).to_pylist()
    body = [[shown(row, one, answer) for one in described] for row in rows]
    return [said(one) for one in described], body


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


_DIFFERENCE_WRITERS: Mapping[str, Callable[[float], str]] = {
    "share": words.points,
    "duration": _lasting,
}
_BY_TYPE: tuple[tuple[Callable[[pa.DataType], bool], Role], ...] = (
    (pa.types.is_integer, "count"),
    (pa.types.is_floating, "number"),
    (pa.types.is_duration, "duration"),
    (pa.types.is_temporal, "time"),
    (pa.types.is_list, "path"),
    (pa.types.is_large_list, "path"),
)


def _undescribed(field: pa.Field) -> Measure:
    kind = field.type
    roles = (role for known, role in _BY_TYPE if known(kind))
    return Measure(field.name, next(roles, "label"), field.name)

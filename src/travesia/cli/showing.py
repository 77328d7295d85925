"""Answers on the terminal, and in files: table, JSON, CSV or HTML."""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from travesia.draw import words
from travesia.locale import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from travesia.study.question import Answer, Measure

_ = texts("cli")

LEAST_P = 0.001
NUMBERS = ("count", "share", "duration", "number", "p_value")


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


def chosen(form: Format | None, out: Path | None) -> Format:
    """The format asked for, else the one that the file's name means, else a table."""
    by_name = {f".{one.value}": one for one in Format}
    return form or by_name.get(out.suffix if out else "", Format.TABLE)


def show(answer: Answer, form: Format, out: Path | None, limit: int | None) -> None:
    """Write an answer to the terminal or a file."""
    if form is Format.TABLE and out is None and sys.stdout.isatty():
        _rich(answer, limit)
        return
    text = {Format.JSON: _json, Format.CSV: _csv, Format.HTML: _html, Format.TABLE: _plain}[form]
    write(text(answer, limit), out)
    if form in (Format.TABLE, Format.CSV):
        # what the numbers mean must not get lost on the way into a pipe or a file
        for line in (_more(answer, limit), answer.note):
            if line:
                sys.stderr.write(f"{line}\n")


def write(text: str, out: Path | None) -> None:
    """Write a text to a file, or to the terminal."""
    if out is None:
        sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
        return
    out.write_text(text, encoding="utf-8")
    sys.stderr.write(_("Written to {path}", path=out) + "\n")


def written(value: Any, role: str, zone: tzinfo) -> str:  # noqa: PLR0911 - one line a type
    """A value as people read it: in the current language, times in the zone."""
    match value:
        case None:
            return words.DASH
        case list():
            return " > ".join(map(str, value))
        case timedelta():
            return words.duration(value)
        case datetime():
            local = value.astimezone(zone)
            return f"{words.day(local)} {words.clock(local)}"
        case date():
            return words.day(value)
        case bool():
            return _("yes") if value else _("no")
        case int() | float() if role != "label":
            return _number(value, role)
        case _:
            return str(value)


def _number(value: float, role: str) -> str:
    if role == "share":
        return words.share(value)
    if role == "p_value":
        return (
            f"<{words.NBSP}{words.number(LEAST_P, 3)}"
            if value < LEAST_P
            else words.number(value, 3)
        )
    return words.number(value)


def _columns(answer: Answer) -> list[Measure]:
    described = {one.name: one for one in answer.measures}
    return [described[name] for name in answer.table.column_names if name in described]


def _rows(answer: Answer, limit: int | None) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = answer.table.slice(0, limit).to_pylist()
    return rows


def _cells(answer: Answer, row: dict[str, Any]) -> list[str]:
    zone = ZoneInfo(answer.journeys.scope.zone)
    return [_cell(one, row, zone) for one in _columns(answer)]


def _cell(measure: Measure, row: dict[str, Any], zone: tzinfo) -> str:
    text = written(row[measure.name], measure.role, zone)
    low, high = (row.get(name or "") for name in (measure.low, measure.high))
    if low is None or high is None:
        return text
    if isinstance(low, timedelta) and isinstance(high, timedelta):
        between = words.duration_interval(low.total_seconds(), high.total_seconds())
    elif measure.role == "share":
        between = words.share_interval(low, high)
    else:
        digits = 2 if abs(row[measure.name]) < 10 else None  # or its ends would look the same
        text = words.number(row[measure.name], digits)
        between = words.interval(low, high, digits)
    return f"{text} ({between})"


def _rich(answer: Answer, limit: int | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for measure in _columns(answer):
        side: Literal["left", "right"] = "right" if measure.role in NUMBERS else "left"
        table.add_column(measure.label, justify=side, overflow="fold")
    for row in _rows(answer, limit):
        table.add_row(*map(Text, _cells(answer, row)))
    console = Console()
    console.print(table)
    console.print()
    for line in (_more(answer, limit), answer.note):
        if line:
            console.print(Text(line, style="dim"))


def _more(answer: Answer, limit: int | None) -> str:
    left = answer.table.num_rows - limit if limit is not None else 0
    if left <= 0:
        return ""
    return _.plural(
        "{n} more row; --limit 0 shows all.", "{n} more rows; --limit 0 shows all.", left
    )


def _plain(answer: Answer, limit: int | None) -> str:
    """Tab-separated, a header, then a line a row: for other programs as for people."""
    lines = ["\t".join(one.label for one in _columns(answer))]
    lines += ["\t".join(_cells(answer, row)) for row in _rows(answer, limit)]
    return "\n".join(lines)


def _json(answer: Answer, limit: int | None) -> str:
    whole = {
        "question": answer.question.to_json(),
        "lenses": answer.journeys.text,
        "totals": {
            "customers": answer.totals.customers,
            "journeys": answer.totals.journeys,
            "interactions": answer.totals.interactions,
        },
        "note": answer.note,
        "facts": dict(answer.facts),
        "rows": _rows(answer, limit),
    }
    return json.dumps(whole, default=_as_json, ensure_ascii=False, indent=2)


def _csv(answer: Answer, limit: int | None) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(answer.table.column_names)
    for row in _rows(answer, limit):
        writer.writerow([_as_csv(value) for value in row.values()])
    return text.getvalue()


def _html(answer: Answer, limit: int | None) -> str:
    del limit
    from travesia.study.figures.page import page

    return page(answer)


def _as_json(value: Any) -> Any:
    """Durations are seconds, times ISO 8601."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, date) else str(value)


def _as_csv(value: Any) -> Any:
    if isinstance(value, list):
        return " > ".join(map(str, value))
    if isinstance(value, timedelta | date):
        return _as_json(value)
    return "" if value is None else value

"""What is behind a number: definition, counts, interval, age, question, customers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.curves import num
from travesia.draw.icons import icon
from travesia.draw.svg import el, path, rect, scale, text
from travesia.errors import UnknownName
from travesia.locale import texts
from travesia.maps.document import Glimpse, Measured, Unit
from travesia.maps.drawing import Sheet, local, moment, said
from travesia.maps.figures import Figure, spoken
from travesia.record.lenses import CHAIN, chain_text
from travesia.study.question import from_json

_ = texts("page")


def drawer() -> Markup:
    """The drawer, empty: a number's panel is put into it when the number is pressed."""
    close = el("button", icon("close"), type="button", class_="sq", data_close=True,
               aria_label=_("Close"))  # fmt: skip
    heading = el("h2", _("Behind the number"), id="behind")
    copy = el(
        "button", icon("copy"), _("Copy as Python"), type="button", class_="btn", data_copy=True
    )
    return el(
        "div",
        el("div", heading, close, class_="dh"),
        el("div", class_="db", tabindex="-1"),
        el("div", copy, el("span", class_="done", role="status"), class_="df"),
        class_="drawer",
        id="drawer",
        role="dialog",
        aria_labelledby="behind",
        hidden=True,
    )


def panels(sheet: Sheet) -> Iterator[Markup]:
    """A panel for every number of the map, as templates: nothing is shown until it is asked for.

    The script lists the other numbers of the same part, from what each panel says of itself.
    """
    for figure in sheet.figures:
        yield el(
            "template",
            *_panel(sheet, figure),
            data_for=figure.id,
            data_group=figure.group,
            data_title=figure.title,
            data_text=figure.text,
        )


def _panel(sheet: Sheet, figure: Figure) -> Iterator[Markup]:
    yield said("div", figure.place, class_="crumb")
    yield said("div", figure.title, class_="dt")
    yield _hero(figure)
    yield said("p", figure.definition)
    yield from _counts(figure)
    yield from _interval(figure)
    yield from _age(sheet, figure)
    yield from _question(figure)
    yield from _customers(figure)


def _hero(figure: Figure) -> Markup:
    if figure.value is None:
        return el("div", el("b", words.DASH), el("span", figure.reason), class_="hero")
    basis = "" if figure.binding.unit == "count" else figure.basis
    aside = [one for one in (figure.interval, basis) if one]
    lines = (el("span", one, class_="sec") for one in aside)
    return el("div", el("b", figure.text), el("span", *lines), class_="hero")


def _counts(figure: Figure) -> Iterator[Markup]:
    counts = figure.counts
    if counts is None or figure.measured is None or not figure.measured.denominator:
        return
    (counted, who), (among, whom) = counts
    share = (figure.measured.numerator or 0) / figure.measured.denominator
    kind = "bad" if figure.binding.measure in ("leaves", "affected") else ""
    yield el("h3", _("Who"))
    yield el(
        "div",
        el("b", counted),
        said("span", who),
        el("i", el("u", style=f"width:{100 * share:.1f}%", class_=kind or None)),
        el("b", among),
        said("span", whom),
        class_="frac",
    )


def _interval(figure: Figure) -> Iterator[Markup]:
    if figure.value is None or figure.low is None or figure.high is None:
        return
    found = figure.measured
    level = words.percent_sign(words.number(100 * (found.level if found else 0.95), 0))
    method = f" ({figure.method})" if figure.method else ""
    yield el("h3", _("Interval {level}", level=level), method)
    yield interval_drawing(figure)


def interval_drawing(figure: Figure) -> Markup:
    """A value in its interval with target and reference, and a scale that can be read."""
    value, low, high = figure.value or 0.0, figure.low or 0.0, figure.high or 0.0
    target = figure.binding.target
    reference = 1.0 if figure.binding.unit == "ratio" else None
    ticks = _ticks([one for one in (value, low, high, target, reference) if one is not None])
    offset, factor = scale(ticks[0], ticks[-1], 8, 312)
    named = ((target, _("target")), (reference, "× 1"))
    marks = [_mark(offset + factor * one, name) for one, name in named if one is not None]
    unit = figure.binding.unit
    return el(
        "svg",
        path("M8 32H312", class_="track"),
        rect(offset + factor * low, 28, max(factor * (high - low), 2), 8, rx=2, class_="iv"),
        path(f"M{num(offset + factor * value)} 25V39", class_="value"),
        *marks,
        *(
            text(offset + factor * one, 60, _tick_words(one, unit), kind="sec",
                 text_anchor="start" if i == 0 else "end" if i == len(ticks) - 1 else "middle")
            for i, one in enumerate(ticks)
        ),
        viewBox="0 0 320 66" if marks else "0 20 320 46",
        width="100%",
        role="img",
        aria_label=f"{figure.text} ({figure.interval})",
    )  # fmt: skip


def _mark(x: float, name: str) -> Markup:
    anchor = "start" if x < 60 else "end" if x > 260 else "middle"
    shown = text(x, 12, name, kind="sec", text_anchor=anchor)
    return el("g", path(f"M{num(x)} 18V44", class_="target"), shown)


def _tick_words(value: float, unit: Unit) -> str:
    """A round number without decimals that say nothing."""
    if unit == "share":
        return words.percent_sign(words.number(round(100 * value, 6)))
    return spoken(value, unit)


def _ticks(values: Sequence[float]) -> list[float]:
    """Three or four round numbers around the values."""
    low, high = min(values), max(values)
    size = max(abs(low), abs(high))
    spread = high - low
    if spread <= 1e-9 * size or spread < 1e-300:  # one value: show its surroundings
        spread = size if size > 1e-300 else 1.0
    step = _round_step(spread / 2)
    first = math.floor(low / step)
    last = max(math.ceil(high / step - 1e-9), first + 1)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _round_step(rough: float) -> float:
    """The smallest of 1, 2, 2.5, 5 or 10 times a power of ten that is not smaller."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * one for one in (1, 2, 2.5, 5, 10, 20) if power * one >= rough * (1 - 1e-9))


def _age(sheet: Sheet, figure: Figure) -> Iterator[Markup]:
    measured = sheet.measurement
    if measured is None or figure.measured is None:
        return
    fresh = figure.binding.freshness
    until = None
    if measured.until is not None:
        until = _("with data until {day}", day=words.day(local(sheet, measured.until)))
    when = moment(local(sheet, measured.measured_at), fresh)
    yield el("p", icon("clock"), el("span", _("Measured"), " ", when, " ", until), class_="age")


def _question(figure: Figure) -> Iterator[Markup]:
    """The place of the question, and the line that names the people behind this number."""
    yield el("h3", _("Question"))
    cell = figure.measured.cell if figure.measured else {}
    named = ", ".join(f"{name}={value!r}" for name, value in cell.items())
    line = f"answer.customers({named})" if named else ""
    code = el("code", line, data_asked=figure.binding.question)
    yield el("pre", code, tabindex="0")


def questions(sheet: Sheet) -> Iterator[Markup]:
    """Each stored question once, as Python, with the note of its answer."""
    notes = sheet.measurement.notes if sheet.measurement else {}
    for name in sheet.drawn.questions:
        note = notes.get(name, "")
        yield el(
            "template",
            el("code", python_of(sheet, name)),
            said("p", note, class_="note") if note else None,
            data_question=name,
        )


def python_of(sheet: Sheet, name: str) -> str:
    """The Python that asks a stored question again."""
    stored = sheet.drawn.questions.get(name)
    asked = stored.get("question") if isinstance(stored, dict) else None
    if not isinstance(stored, dict) or not isinstance(asked, dict):
        return ""
    lenses = [*sheet.drawn.lenses, *_list(stored.get("lenses"))]
    try:
        question = str(from_json(asked))
    except UnknownName:  # asked by a newer Travesía, or one with questions of its own
        return f"{stored}"
    chain = chain_text(CHAIN.validate_python(lenses))
    looked = f".{chain}" if chain else ""
    return f"answer = journeys{looked}.ask(\n    tv.{question}\n)"


def _list(found: object) -> list[object]:
    return found if isinstance(found, list) else []


def _customers(figure: Figure) -> Iterator[Markup]:
    found = figure.measured
    if found is None or not found.first_customers:
        return
    yield el("h3", _customers_heading(found))
    yield el("ul", *(_customer(one) for one in found.first_customers), class_="cu")


def _interactions(count: int) -> str:
    return _.plural("{n} interaction", "{n} interactions", count)


def _customers_heading(found: Measured) -> str:
    count = found.numerator if found.numerator is not None else found.n
    if count is None or count <= len(found.first_customers):
        return _("The customers")
    return _("The first of {n} customers", n=words.number(count, 0))


def _customer(one: Glimpse) -> Markup:
    count = one.interactions
    many = None if count is None else _interactions(count)
    last = None if one.last is None else el("span", words.day(one.last))
    return el("li", said("b", one.customer), last, el("span", many, class_="n") if many else None)

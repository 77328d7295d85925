"""A page around an answer: its title, its drawing, its note, its whole table, nothing fetched."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from travesia.draw import tokens
from travesia.draw.svg import el
from travesia.locale import current_language, texts
from travesia.study.figures import cells
from travesia.study.figures.drawings import drawn
from travesia.study.question import Answer

_ = texts("figures")


def page(answer: Answer, *, stages: Mapping[str, str] | None = None) -> str:
    """The answer as one HTML file, in the current language, light or dark as the system is."""
    frame = drawn(answer, stages)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width,initial-scale=1"),
        el("title", f"{frame.title} · Travesía"),
        el("style", Markup(_style())),  # noqa: S704 - our own files
    )
    main = el("main", el("h1", frame.title), frame.figure(), _table(answer), _foot(answer))
    return f"<!doctype html>{el('html', head, el('body', main), lang=current_language())}"


def _table(answer: Answer) -> Markup:
    columns, rows = cells.headed(answer)
    numeric = [one.role not in ("label", "path") for one in cells.columns(answer)]
    head = el(
        "tr",
        *(
            el("th", name, scope="col", class_="num" if right else None)
            for name, right in zip(columns, numeric, strict=True)
        ),
    )
    body = (
        el(
            "tr",
            *(
                _cell(nth, value, right=right)
                for nth, (value, right) in enumerate(zip(row, numeric, strict=True))
            ),
        )
        for row in rows
    )
    caption = el("h2", _("The table"), id="table")
    table = el("table", el("thead", head), el("tbody", *body), aria_labelledby="table")
    return el("section", caption, el("div", table, class_="over", tabindex="0"), class_="card")


def _cell(column: int, value: str, *, right: bool) -> Markup:
    kind = "num" if right else None
    if column:
        return el("td", value, class_=kind)
    return el("th", value, scope="row", class_=kind)


def _foot(answer: Answer) -> Markup:
    lenses = f".{answer.journeys.text}" if answer.journeys.text else ""
    code = el("code", f"journeys{lenses}.ask({answer.question})")
    return el("footer", _("The question:"), " ", code)


@cache
def _style() -> str:
    fonts = files("travesia.draw") / "fonts"
    inter = base64.b64encode((fonts / "inter.woff2").read_bytes()).decode()
    face = (
        "@font-face{font-family:Inter;font-weight:100 900;font-display:block;"
        f"src:url(data:font/woff2;base64,{inter}) format('woff2')}}"
    )
    own = (files(__package__) / "page.css").read_text("utf-8")
    return face + tokens.css() + f"body{{font-family:{tokens.SANS}}}" + own

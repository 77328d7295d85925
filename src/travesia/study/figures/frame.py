"""What stands around every drawing: its title, a line on what is shown, the note, the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import el, figure, join
from travesia.study.figures import cells
from travesia.study.question import Answer


@dataclass(frozen=True, slots=True)
class Part:
    """One drawing of a frame.

    Attributes:
        value: which group it is of, where the question was asked `by` a column.
        sub: what of the data is shown.
        body: the drawing.
        key: what the fading of a flow means.
    """

    value: str | None
    sub: str
    body: Markup
    key: str = ""


def framed(answer: Answer, title: str, parts: Sequence[Part]) -> str:
    """A drawing that stands alone: in a notebook, a page or a report."""
    style = el("style", Markup(css()))  # noqa: S704 - our own file
    head = el("figcaption", title, class_="head")
    note = el("p", answer.note, class_="note")
    body = join([style, head, *(_part(one) for one in parts), note])
    return str(figure(body, cells.table_of(answer, title)))


def _part(one: Part) -> Markup:
    value = el("h3", one.value or words.DASH) if one.value is not None else None
    key = el("span", el("i", class_="fade"), one.key, class_="key") if one.key else None
    sub = el("p", el("span", one.sub), key, class_="sub") if one.sub or key else None
    return el("div", value, sub, el("div", one.body, class_="scroll"), class_="part")


@cache
def css() -> str:
    """The classes of this room's drawings."""
    return (files(__package__) / "figures.css").read_text("utf-8")

"""What stands around every drawing: its title, a line on what is shown, the note, the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import el, figure, join
from travesia.locale import texts
from travesia.study.figures import cells
from travesia.study.question import Answer

_ = texts("figures")


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


@dataclass(frozen=True, slots=True)
class Frame:
    """An answer drawn: one part, or one for each value it was asked `by`."""

    answer: Answer
    title: str
    parts: Sequence[Part]

    def fragment(self) -> str:
        """HTML that stands alone in a notebook or a report; the table is for screen readers."""
        head = el("figcaption", self.title, class_="head")
        table = cells.table_of(self.answer, self.title)
        return str(figure(join([_style(), head, *self._drawn(), self._note()]), table))

    def figure(self) -> Markup:
        """The drawing for a page that shows title and table itself."""
        return figure(join([_style(), *self._drawn(), self._note()]))

    def _drawn(self) -> Sequence[Markup]:
        return [_part(one) for one in self.parts]

    def _note(self) -> Markup:
        by = self.answer.question.by
        groups = len(set(self.answer.table.column(by).to_pylist())) if by else 0
        said = [self.answer.note]
        if groups > cells.MOST_GROUPS:
            left = {"n": cells.MOST_GROUPS, "all": words.number(groups, 0)}
            said.append(_("{n} of {all} groups are drawn; the table has all.", **left))
        return el("p", " ".join(said), class_="note")


def _style() -> Markup:
    return el("style", Markup(css()))  # noqa: S704 - our own file


def _part(one: Part) -> Markup:
    value = el("h3", one.value or words.DASH) if one.value is not None else None
    key = el("span", el("i", class_="fade"), one.key, class_="key") if one.key else None
    sub = el("p", el("span", one.sub), key, class_="sub") if one.sub or key else None
    scrolled = el(
        "div",
        one.body,
        class_="scroll",
        tabindex="0",
        role="group",
        aria_label=one.sub or one.value,
    )
    return el("div", value, sub, scrolled, class_="part")


@cache
def css() -> str:
    """The classes of this room's drawings."""
    return (files(__package__) / "figures.css").read_text("utf-8")

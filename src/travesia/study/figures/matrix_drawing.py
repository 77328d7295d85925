"""The step matrix as a drawing: where customers stand at each step, darker for more.

Heat is one hue, mixed at most half into the paper, so that the figure in the cell stays legible in
both themes. Those who are gone stand apart, in the last row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from markupsafe import Markup

from travesia.draw import words
from travesia.draw.labels import fit, measure
from travesia.draw.svg import drawing, el, rect, text
from travesia.locale import N_, texts
from travesia.study.figures import cells
from travesia.study.figures.frame import Frame, Part
from travesia.study.question import Answer
from travesia.study.step_matrix import BEFORE, END

_ = texts("figures")

DETAIL = 12
"""How many touchpoints are shown; the others are added up in one row."""
LABELS, WIDTH, NARROWEST, LEGIBLE = 184.0, 920.0, 52.0, 66.0
ROW, HEAD, GAP = 32.0, 44.0, 2.0
_STEP = N_("Step {step}, {name}: journeys, {n} of {whole}")
_BACK = N_("{name}, period {step}: customers, {n} of {whole}")
_FAINTEST, _STRONGEST = 0.04, 0.5


@dataclass(frozen=True, slots=True)
class Cell:
    """Journeys at a touchpoint (or several) at a step."""

    journeys: int
    share: float | None
    whole: int


@dataclass(frozen=True, slots=True)
class Row:
    """One touchpoint over all steps; `members` are those it adds up; `size` stands beside it."""

    label: str
    members: tuple[Any, ...]
    cells: Mapping[int, Cell]
    outside: bool = False
    size: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a matrix is of: the cell's fields across and down, and what is written."""

    across: str
    down: str
    corner: str
    title: str
    label: str


def step_matrix(answer: Answer, *, detail: int = DETAIL) -> Frame:
    """The drawing of a step matrix's answer; one for each value it was asked `by`."""
    by = answer.question.by
    parts = []
    for value, table in cells.strata(answer):
        found = rows(table, detail)
        fixed = {by: value} if by else {}
        label = _.plural(
            "Step matrix of {n} touchpoint. The table has the same data.",
            "Step matrix of {n} touchpoints. The table has the same data.",
            len(found),
        )
        said = Wording("step", "touchpoint", _("Step"), _STEP, label)
        parts.append(Part(value, _shown(found), _Sheet(found, fixed, said).svg()))
    return Frame(answer, _("Where customers stand at each step"), parts)


def retention(answer: Answer) -> Frame:
    """The drawing of a retention's answer: who came back, cohorts by periods."""
    by = answer.question.by
    parts = []
    for value, table in cells.strata(answer):
        found = cohorts(table)
        fixed = {by: value} if by else {}
        label = _.plural(
            "Who came back, of {n} cohort. The table has the same data.",
            "Who came back, of {n} cohorts. The table has the same data.",
            len(found),
        )
        said = Wording("period", "cohort", _("Began, customers; period after"), _BACK, label)
        parts.append(Part(value, "", _Sheet(found, fixed, said).svg()))
    return Frame(answer, _("Who comes back"), parts)


def cohorts(table: pa.Table) -> list[Row]:
    """A row a cohort; periods that are not over for anybody are left out."""
    found: dict[Any, dict[int, Cell]] = {}
    sizes: dict[Any, int] = {}
    for one in table.to_pylist():
        row = found.setdefault(one["cohort"], {})
        sizes[one["cohort"]] = max(sizes.get(one["cohort"], 0), one["customers"] + one["open"])
        if one["customers"]:
            row[one["period"]] = Cell(one["returned"], one["share"], one["customers"])
    return [
        Row(
            cells.written(name, "label"),
            (name.isoformat() if isinstance(name, date) else name,),
            row,
            size=words.number(sizes[name], 0),
        )
        for name, row in found.items()
    ]


def rows(table: pa.Table, detail: int = DETAIL) -> list[Row]:
    """The rows drawn: touchpoints from early to late, the folded ones, who is not (yet) here."""
    found: dict[str, dict[int, Cell]] = {}
    for one in table.to_pylist():
        cell = Cell(one["journeys"], one["share"], one["at_risk"])
        found.setdefault(one["touchpoint"], {})[one["step"]] = cell
    inside = [name for name in found if name not in (BEFORE, END)]
    ranked = sorted(inside, key=lambda name: (-_total(found[name]), name))
    kept = ranked if len(ranked) <= detail + 1 else ranked[:detail]
    folded = sorted(set(ranked) - set(kept))
    kept.sort(key=lambda name: (_middle(found[name]), name))
    drawn = [Row(name, (name,), found[name]) for name in kept]
    if folded:
        drawn.append(
            Row(cells.others(len(folded)), tuple(folded), _added([found[name] for name in folded]))
        )
    return drawn + [
        Row(cells.name(name), (name,), found[name], outside=True)
        for name in (BEFORE, END)
        if name in found
    ]


def _total(row: Mapping[int, Cell]) -> int:
    return sum(one.journeys for one in row.values())


def _middle(row: Mapping[int, Cell]) -> float:
    """The mean step of a touchpoint."""
    return sum(step * one.journeys for step, one in row.items()) / max(_total(row), 1)


def _added(several: Sequence[Mapping[int, Cell]]) -> dict[int, Cell]:
    """Rows added up: at one step a journey stands at one touchpoint only."""
    found = {}
    for step in sorted({step for row in several for step in row}):
        here = [row[step] for row in several if step in row]
        journeys = sum(one.journeys for one in here)
        thin = any(one.share is None for one in here)
        share = None if thin or not here[0].whole else journeys / here[0].whole
        found[step] = Cell(journeys, share, here[0].whole)
    return found


def _shown(found: Sequence[Row]) -> str:
    inside = [one for one in found if not one.outside]
    whole = max((cell.whole for row in found for cell in row.cells.values()), default=0)
    every = sum(len(one.members) for one in inside)
    return _(
        "{journeys}; {shown} of {touchpoints}, from early to late. Each step adds to 100 %.",
        journeys=_.plural("{n} journey", "{n} journeys", whole),
        shown=words.number(sum(len(one.members) == 1 for one in inside), 0),
        touchpoints=_.plural("{n} touchpoint", "{n} touchpoints", every),
    )


class _Sheet:
    """One matrix being drawn."""

    def __init__(self, found: Sequence[Row], fixed: Mapping[str, Any], words_: Wording) -> None:
        self.rows = found
        self.fixed = fixed
        self.words = words_
        self.steps = sorted({step for row in found for step in row.cells})
        count = max(len(self.steps), 1)
        self.wide = max((WIDTH - LABELS) / count, NARROWEST)
        inside = [cell for row in found if not row.outside for cell in row.cells.values()]
        self.most = max((one.share or 0.0 for one in inside), default=0.0)

    def svg(self) -> Markup:
        """The whole drawing."""
        width = LABELS + self.wide * len(self.steps)
        height = self._top(len(self.rows))
        body = [mark for nth, row in enumerate(self.rows) for mark in self._row(row, nth)]
        return drawing(
            width, height, *self._head(), *body, label=self.words.label, class_="matrix",
            style=f"min-width:{min(width, LABELS + LEGIBLE * len(self.steps)):.0f}px;"
            f"max-width:{max(width, 1100):.0f}px",
        )  # fmt: skip

    def _top(self, nth: int) -> float:
        """Where a row begins; what is outside stands apart."""
        outside = [i for i, row in enumerate(self.rows) if row.outside]
        apart = 10.0 if outside and nth >= outside[0] else 0.0
        return HEAD + nth * ROW + apart

    def _head(self) -> Iterator[Markup]:
        yield text(0, 34, self.words.corner, kind="sec")
        for nth, step in enumerate(self.steps):
            x = LABELS + (nth + 0.5) * self.wide
            said = words.number(step, 0)
            yield el("text", said, x=x, y=34, text_anchor="middle", class_="t12 b")

    def _row(self, row: Row, nth: int) -> Iterator[Markup]:
        top = self._top(nth)
        kind = "sec" if row.outside or len(row.members) > 1 else ""
        room = LABELS - 16 - (measure(row.size) + 12 if row.size else 0)
        shown = fit(row.label, room, 13)
        title = ", ".join(row.members[:20]) if len(row.members) > 1 else row.label
        label = el("text", shown, x=0, y=top + 20, class_=f"t13 {kind}".strip())
        yield el("g", el("title", title), label)
        if row.size:
            yield text(LABELS - 12, top + 19, row.size, kind="sec", text_anchor="end")
        for column, step in enumerate(self.steps):
            cell = row.cells.get(step)
            if cell is not None:
                yield self._cell(row, step, cell, LABELS + column * self.wide, top)

    def _cell(self, row: Row, step: int, cell: Cell, x: float, top: float) -> Markup:
        names = cells.several(row.members, (one.members for one in self.rows if not one.outside))
        json = cells.as_json({**self.fixed, self.words.across: step, self.words.down: names})
        box = rect(
            x,
            top,
            self.wide - GAP,
            ROW - GAP,
            rx=2,
            class_="gone" if row.outside else "heat",
            style=f"fill-opacity:{self._strength(row, cell):.3f}",
        )
        middle = x + (self.wide - GAP) / 2
        figure = text(middle, top + 19, self._figure(cell), text_anchor="middle")
        return el("g", self._title(row, step, cell), box, figure, class_="mark", data_cell=json)

    def _strength(self, row: Row, cell: Cell) -> float:
        share = cell.share or 0.0
        if row.outside:
            return _FAINTEST + 0.26 * share
        return _FAINTEST + (_STRONGEST - _FAINTEST) * (share / self.most if self.most else 0.0)

    def _figure(self, cell: Cell) -> str:
        if cell.share is None:
            return words.DASH
        said = words.share(cell.share)
        if measure(said) > self.wide - 8:
            said = words.share_figure(cell.share)
        return said

    def _title(self, row: Row, step: int, cell: Cell) -> Markup:
        said = _(
            self.words.title,
            step=words.number(step, 0),
            name=row.label,
            n=words.number(cell.journeys, 0),
            whole=words.number(cell.whole, 0),
        )
        return el("title", said)

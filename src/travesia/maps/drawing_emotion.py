"""The emotion curve: solid where measured, dashed where assumed, a gap where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.curves import Point, band, curve, middle
from travesia.draw.labels import fit
from travesia.draw.svg import el, face, path, rect
from travesia.locale import texts
from travesia.maps.document import Emotion, Persona, Thought
from travesia.maps.drawing import Sheet, at, label, said, wide
from travesia.maps.figures import Figure
from travesia.maps.layout import Column, screen_layout

_ = texts("page")

_SERIF = 0.92
"""Source Serif italic is so wide, beside Inter."""
TOP, PLOT, PAPER_PLOT = 48, 172, 128
"""Room above for labels, and the height from +2 to -2 on the screen and on paper."""
_MOST_PERSONAS = 5
_DASHES = ("", "7 4", "2 4", "10 3 2 3", "1 6")


@dataclass(frozen=True)
class Feeling:
    """How customers feel at a step: a measured valence, or one that somebody assumes."""

    column: Column
    x: float
    valence: float
    plot: float
    figure: Figure | None
    verbatim: str
    word: str
    emotion: Emotion

    @property
    def measured(self) -> bool:
        """Whether the valence comes from data."""
        return self.figure is not None and self.figure.value is not None

    @property
    def point(self) -> Point:
        """Its place on the drawing."""
        return self.x, self.height_of(self.valence)

    def height_of(self, valence: float) -> float:
        """Where another valence stands on the same drawing."""
        return height_of(valence, self.plot)

    @property
    def low(self) -> float:
        """The interval's lower end, or the valence itself."""
        found = self.figure.low if self.figure else None
        return self.valence if found is None or not self.measured else found

    @property
    def high(self) -> float:
        """The interval's upper end, or the valence itself."""
        found = self.figure.high if self.figure else None
        return self.valence if found is None or not self.measured else found


def height_of(valence: float, plot: float) -> float:
    """Where a valence stands, from the top of the lane."""
    return TOP + (2 - min(2.0, max(-2.0, valence))) * plot / 4


def plot_of(sheet: Sheet) -> float:
    """How high the plot of a sheet is."""
    return PLOT if sheet.live else PAPER_PLOT


def emotion_lane(sheet: Sheet) -> Markup | None:
    """The lane, if anybody said or guessed how customers feel."""
    main = feelings(sheet)
    if not main:
        return None
    runs = list(_runs(sheet, main))
    height = 2 * TOP + plot_of(sheet)
    drawing = el(
        "svg",
        el("defs", _hatch(sheet)),
        *_grid(sheet),
        *_gaps(sheet, main),
        *(piece for run in runs for piece in _curve(run)),
        *(_whisker(one) for run in runs for one in _lonely(run)),
        *_ghost(sheet, runs),
        *_others(sheet),
        *(_face(one) for one in main),
        width=sheet.layout.total,
        height=height,
        viewBox=f"0 0 {sheet.layout.total:g} {height:g}",
        aria_hidden="true",
    )
    over = (
        *_gap_words(sheet, main),
        *_curve_words(runs),
        *_ghost_words(sheet),
        *_persona_words(sheet),
        *(_press(sheet, one) for one in main),
        *_named(sheet, main),
    )
    axis = el("div", *_axis(plot_of(sheet)), class_="ax", aria_hidden="true")
    return el(
        "div",
        label("wave", _("Emotion"), "", axis),
        wide(drawing, *over, height=height),
        class_="row em",
    )


def feelings(sheet: Sheet, persona: str = "") -> list[Feeling]:
    """The feelings of a persona (none: the map's own), in order; those unknown are left out."""
    mine = {"", sheet.drawn.frame.persona} if not persona else {persona}
    found = []
    for column in sheet.layout.columns:
        items = sheet.items(column, "emotion")
        emotions = [one for one in items if isinstance(one, Emotion) and one.persona in mine]
        feeling = _feeling(sheet, column, emotions[0]) if emotions else None
        if feeling is not None:
            found.append(feeling)
    return found


def _feeling(sheet: Sheet, column: Column, emotion: Emotion) -> Feeling | None:
    figure = sheet.figure(emotion, "valence")
    value = figure.value if figure is not None else None
    valence = emotion.valence if value is None else value
    if valence is None:
        return None
    x = sheet.layout.center(column)
    verbatim = emotion.verbatim.pick() or _thought_of(sheet, column, measured=value is not None)
    word = emotion.word.pick()
    return Feeling(column, x, valence, plot_of(sheet), figure, verbatim, word, emotion)


def _thought_of(sheet: Sheet, column: Column, *, measured: bool) -> str:
    """What customers say at the step; beside a measured feeling only their own words will do."""
    for item in sheet.items(column, "thought"):
        if isinstance(item, Thought) and (item.verbatim or not measured):
            return item.text.pick()
    return ""


def _runs(sheet: Sheet, found: list[Feeling]) -> Iterator[list[Feeling]]:
    """Stretches without a gap: feelings of columns that stand next to each other."""
    places = {column.grid: i for i, column in enumerate(sheet.layout.columns)}
    numbered = list(enumerate(found))
    for _key, group in groupby(numbered, key=lambda one: places[one[1].column.grid] - one[0]):
        yield [feeling for _i, feeling in group]


def _curve(run: list[Feeling]) -> Iterator[Markup]:
    """The interval's band, then the line: solid between two measured points, else dashed."""
    points = [one.point for one in run]
    for solid, first, last in _stretches(run):
        if solid:
            highs = [one.height_of(one.high) for one in run]
            lows = [one.height_of(one.low) for one in run]
            d = band([one.x for one in run], highs, lows, first, last)
            yield path(d, class_="band")
        kind = "mood" if solid else "mood assumed"
        yield path(curve(points, first, last), class_=kind)


def _lonely(run: list[Feeling]) -> Iterator[Feeling]:
    """Measured feelings between assumed ones: no band runs through them."""
    for i, one in enumerate(run):
        near = run[max(i - 1, 0) : i] + run[i + 1 : i + 2]
        if one.measured and not any(other.measured for other in near):
            yield one


def _whisker(one: Feeling) -> Markup:
    """The interval of a feeling that stands alone."""
    top, low = one.height_of(one.high), one.height_of(one.low)
    return rect(one.x - 16, top, 32, max(low - top, 1), rx=2, class_="band")


def _stretches(run: list[Feeling]) -> Iterator[tuple[bool, int, int]]:
    """(solid, first point, last point) of the parts of one line."""
    kinds = [one.measured and other.measured for one, other in pairwise(run)]
    first = 0
    for solid, group in groupby(kinds):
        last = first + len(list(group))
        yield solid, first, last
        first = last


def _ghost(sheet: Sheet, runs: list[list[Feeling]]) -> Iterator[Markup]:
    """The to-be map's curve, and between the two what is to become better."""
    for ahead in _future_runs(sheet):
        yield path(curve(ahead), class_="ghost")
    for run in runs:
        wanted = [sheet.future.get(one.column.step.key) for one in run if one.column.step]
        known = [one for one in wanted if one is not None]
        if len(run) > 1 and len(known) == len(run):
            highs = [height_of(one, plot_of(sheet)) for one in known]
            lows = [one.point[1] for one in run]
            yield path(band([one.x for one in run], highs, lows), class_="better")


def _future_runs(sheet: Sheet) -> Iterator[list[Point]]:
    """Stretches of columns whose future is known."""
    columns = sheet.layout.columns
    for known, group in groupby(columns, key=lambda one: _future_at(sheet, one) is not None):
        if known:
            plot = plot_of(sheet)
            yield [
                (sheet.layout.center(one), height_of(_future_at(sheet, one) or 0.0, plot))
                for one in group
            ]


def _future_at(sheet: Sheet, column: Column) -> float | None:
    return sheet.future.get(column.step.key) if column.step else None


def _ghost_words(sheet: Sheet) -> Iterator[Markup]:
    """What the ghost is, said once where it stands highest above the other line."""
    runs = [run for run in _future_runs(sheet) if len(run) > 1]
    if runs:
        x, y = middle(runs[0], len(runs[0]) // 2 - 1)
        yield at(x, y - 12, _("to-be"), "kind good")


def _others(sheet: Sheet) -> Iterator[Markup]:
    """Other personas' curves, each with a dash and a marker of its own."""
    for i, persona in _other_personas(sheet):
        for run in _runs(sheet, feelings(sheet, persona.key)):
            points = [one.point for one in run]
            yield path(curve(points), class_=f"mood other c{i}", stroke_dasharray=_DASHES[i])
            yield from (_marker(i, *point) for point in points)


def _other_personas(sheet: Sheet) -> Iterator[tuple[int, Persona]]:
    others = [one for one in sheet.drawn.personas if one.key != sheet.drawn.frame.persona]
    yield from enumerate(others[: _MOST_PERSONAS - 1], 1)


def _persona_words(sheet: Sheet) -> Iterator[Markup]:
    """Whose curve it is, at its start."""
    for i, persona in _other_personas(sheet):
        found = feelings(sheet, persona.key)
        if found:
            x, y = found[0].point
            yield at(x, y - 16, said("span", persona.name), f"kind p{i}")


def _marker(kind: int, x: float, y: float) -> Markup:
    shapes = {
        1: f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8z",
        2: f"M{x:.1f} {y - 5:.1f}l5 9h-10z",
        3: f"M{x:.1f} {y - 5:.1f}l5 5-5 5-5-5z",
        4: f"M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8",
    }
    return path(shapes[kind], class_=f"marker c{kind}")


def _grid(sheet: Sheet) -> Iterator[Markup]:
    plot = plot_of(sheet)
    for valence in (-2, -1, 1, 2):
        yield path(f"M0 {height_of(valence, plot):.1f}H{sheet.layout.total:g}", class_="grid")
    yield path(f"M0 {height_of(0, plot):.1f}H{sheet.layout.total:g}", class_="zero")


def _axis(plot: float) -> Iterator[Markup]:
    names = {2: _("Delighted"), 1: _("Content"), 0: _("Neutral"), -1: _("Annoyed")}
    names[-2] = _("Frustrated")
    for valence, name in names.items():
        mark = words.signed(valence, 0) if valence else "0"
        yield el("span", el("i", name), mark, style=f"top:{height_of(valence, plot):.1f}px")


def _unknown(sheet: Sheet, found: list[Feeling]) -> Iterator[list[Column]]:
    """Stretches of columns where nobody knows."""
    known = {one.column.grid for one in found}
    for hidden, group in groupby(sheet.layout.columns, key=lambda one: one.grid not in known):
        if hidden:
            yield list(group)


def _hatch(sheet: Sheet) -> Markup:
    return el(
        "pattern",
        path("M0 0V8", class_="hat"),
        id=f"{sheet.name}-hatch",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
        patternTransform="rotate(45)",
    )


def _gaps(sheet: Sheet, found: list[Feeling]) -> Iterator[Markup]:
    for columns in _unknown(sheet, found):
        x = columns[0].x + 24
        width = columns[-1].x + sheet.layout.width - 24 - x
        fill = f"url(#{sheet.name}-hatch)"
        yield rect(x, TOP, width, plot_of(sheet), rx=8, fill=fill)


def _gap_words(sheet: Sheet, found: list[Feeling]) -> Iterator[Markup]:
    y = height_of(0.55, plot_of(sheet))
    for columns in _unknown(sheet, found):
        unknown = el("span", el("b", _("No data")), el("br"), _("nobody asks here"))
        yield at(sheet.layout.center(columns[0]), y, unknown, "gapw")


def _curve_words(runs: list[list[Feeling]]) -> Iterator[Markup]:
    """What the kinds of line mean, said once on the line itself."""
    waiting = {True: _("measured, 95% interval"), False: _("assumed")}
    for run in runs:
        points = [one.point for one in run]
        for solid, first, last in _stretches(run):
            if solid in waiting:
                flattest = min(
                    range(first, last), key=lambda i: abs(points[i][1] - points[i + 1][1])
                )
                x, y = middle(points, flattest)
                yield at(x, y + 20, waiting.pop(solid), "kind")


def _face(one: Feeling) -> Markup:
    return face(*one.point, one.valence, assumed=not one.measured, radius=11)


def _press(sheet: Sheet, one: Feeling) -> Markup | None:
    """What makes a face a button."""
    if one.figure is None or not sheet.live:
        return None
    shown = el("span", one.figure.text, class_="vh")
    button = el(
        "button",
        shown,
        type="button",
        class_="num hit",
        data_cell=one.figure.id,
        aria_label=f"{one.figure.title}: {one.figure.sentence}",
        aria_haspopup="dialog",
        title=one.figure.sentence,
    )
    return at(one.point[0], one.point[1], button, "onface")


def _named(sheet: Sheet, found: list[Feeling]) -> Iterator[Markup]:
    """First, last, peak and trough of the whole map, each with what was said there."""
    marks = _marks(sheet)
    for index, one in enumerate(found):
        name = marks.get(one.column.number)
        if name:
            yield _name(sheet, one, name, up=_upwards(found, index))


def _marks(sheet: Sheet) -> dict[int, str]:
    """Number of a step -> what its feeling is called."""
    whole = feelings(replace(sheet, layout=screen_layout(sheet.drawn)))
    marks: dict[int, str] = {}
    if whole[0].column.number <= 1:
        marks[whole[0].column.number] = _("First")
    if whole[-1].column.step in sheet.drawn.steps[-1:]:
        marks[whole[-1].column.number] = _("Last")
    if len(whole) > 2:
        marks[max(whole, key=lambda one: one.valence).column.number] = _("Peak")
        marks[min(whole, key=lambda one: one.valence).column.number] = _("Trough")
    return marks


def _upwards(found: list[Feeling], index: int) -> bool:
    """Whether the label has more room above: the line's neighbours lie lower."""
    near = found[max(index - 1, 0) : index] + found[index + 1 : index + 2]
    return not near or found[index].valence >= sum(one.valence for one in near) / len(near)


def _name(sheet: Sheet, one: Feeling, name: str, *, up: bool) -> Markup:
    value = words.signed(one.valence, 1)
    basis = one.figure.basis if one.figure else ""
    tail = f" · {basis}" if basis else "" if one.measured else f", {_('assumed')}"
    room = sheet.layout.width - 40
    shown = fit(one.verbatim, room / _SERIF, 14)
    verbatim = quoted(shown) if one.verbatim else one.word
    content = el(
        "span",
        el("b", f"{name} {value}{tail}"),
        said("span", verbatim, class_="ver") if verbatim else None,
    )
    x, y = one.point
    return at(x, y - 15 if up else y + 15, content, f"mark {'up' if up else 'down'}",
              sheet.layout.width - 8)  # fmt: skip


def quoted(text: str) -> str:
    """Somebody's words in the marks of the language."""
    return _("“{words}”", words=text)


def emotion_sentence(sheet: Sheet, one: Feeling) -> str:
    """A feeling for a reader of the table."""
    wanted = _future_at(sheet, one.column)
    tail = "" if wanted is None else f"; {_('to-be')} {words.signed(wanted, 1)}"
    return _now_sentence(one) + tail


def _now_sentence(one: Feeling) -> str:
    if one.figure is not None and one.measured:
        return one.figure.sentence
    value = words.signed(one.valence, 1)
    return _("{value}, assumed", value=value)

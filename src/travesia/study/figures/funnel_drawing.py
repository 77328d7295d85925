"""The funnel as a drawing: a row a step, bars with their interval, lost and open beside them.

Of two groups compared A is filled and B hollow. Drawn twice, wide and narrow; the page shows the
one that fits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.curves import num
from travesia.draw.labels import fit, measure
from travesia.draw.svg import drawing, el, join, path, rect, text
from travesia.locale import texts
from travesia.study.figures import cells
from travesia.study.figures.frame import Frame, Part
from travesia.study.figures.funnel_sides import (
    Difference,
    Funnels,
    Standing,
    Step,
    compared,
    funnels,
)
from travesia.study.question import Answer

_ = texts("figures")

ROW, HEAD = 56.0, 32.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the columns of the wide drawing stand: left edges, or right ones of numbers."""

    bars: tuple[float, float]
    customers: float
    share: float
    scale: tuple[float, float]
    difference: float
    lost: float
    open: float


WIDE = 920.0
ALONE = Places((200, 548), 616, 680, (0, 0), 692, 860, 920)
TWO = Places((136, 400), 460, 528, (552, 648), 664, 856, 920)
NARROW = 358.0


def funnel(answer: Answer) -> Frame:
    """The drawing of a funnel's answer."""
    found = funnels(answer)
    first = found[0][1] if found else None
    title = headline(first) if len(found) == 1 and first else _("How far customers come")
    parts = [_part(value, one, answer.question) for value, one in found]
    return Frame(answer, title, parts)


def funnel_comparison(answer: Answer) -> Frame:
    """The drawing of a comparison of two funnels."""
    both = compared(answer)
    asked: Any = answer.question
    return Frame(answer, headline(both), [_part(None, both, asked.of)])


def headline(found: Funnels) -> str:
    """How many come to the end, of all or of each group."""
    first, last = found.steps[0], found.steps[-1]
    if not found.names:
        return _reaching(first.sides[0], last.sides[0], last.touchpoint)
    parts = [
        f"{name}: {cells.written(side.share, 'share')}"
        for name, side in zip(found.names, last.sides, strict=True)
    ]
    return _("How many reach {step}: {groups}.", step=last.touchpoint, groups="; ".join(parts))


def _reaching(first: Standing, last: Standing, step: str) -> str:
    everyone = _.plural("{n} customer", "{n} customers", first.reached)
    if last.share is None or last.low is None or last.high is None:
        return _.plural(
            "Of {customers} {n} reaches {step}.",
            "Of {customers} {n} reach {step}.",
            last.reached,
            customers=everyone,
            step=step,
        )
    return _.plural(
        "Of {customers} {n} reaches {step}: {share} ({interval}).",
        "Of {customers} {n} reach {step}: {share} ({interval}).",
        last.reached,
        customers=everyone,
        step=step,
        share=words.share(last.share),
        interval=words.share_interval(last.low, last.high),
    )


def _part(value: str | None, found: Funnels, asked: Any) -> Part:
    orders = {
        "loose": _("other touchpoints may come between"),
        "strict": _("nothing comes between"),
        "any": _("in any order"),
    }
    ends = _("{a} to {b}", a=asked.steps[0], b=asked.steps[-1])
    within = _("within {time}", time=words.duration(asked.within)) if asked.within else None
    sub = ", ".join(one for one in (ends, within, orders[asked.order]) if one)
    sub = f"{sub[:1].upper()}{sub[1:]}."
    body = join([_Wide(found).svg(), _Narrow(found).svg()])
    return Part(value, sub, body)


class _Rows:
    """What both drawings share."""

    def __init__(self, found: Funnels) -> None:
        self.found = found
        self.two = bool(found.names)

    def _bar(self, side: Standing, box: tuple[float, float, float, float], nth: int) -> Markup:
        """A bar on its track, with its interval; `box` is left, top, width, height."""
        left, top, wide, tall = box
        share = side.share or 0.0
        track = rect(left, top, wide, tall, rx=1.5, class_="bartrack")
        kind = "hollow" if nth else "filled"
        inset = 0.75 if nth else 0.0
        bar = rect(
            left + inset,
            top + inset,
            max(wide * share - 2 * inset, 0.75),
            tall - 2 * inset,
            rx=1.5,
            class_=kind,
        )
        cell = cells.as_json(side.cell)
        return el(
            "g", self._title(side), track, bar, self._whisker(side, box), class_="mark",
            data_cell=cell,
        )  # fmt: skip

    def _whisker(self, side: Standing, box: tuple[float, float, float, float]) -> Markup | None:
        left, top, wide, tall = box
        if side.low is None or side.high is None or side.share in (None, 1.0):
            return None
        a, b, y = num(left + wide * side.low), num(left + wide * side.high), num(top + tall / 2)
        cap = num(min(tall, 8))
        half = num(min(tall, 8) / 2)
        return path(f"M{a} {y}H{b}M{a} {y}m0-{half}v{cap}M{b} {y}m0-{half}v{cap}", class_="whisker")

    def _title(self, side: Standing) -> Markup:
        said = _.plural("{n} customer", "{n} customers", side.reached)
        if side.share is not None:
            said += f", {words.share(side.share)}"
        if side.low is not None and side.high is not None:
            said += f" ({words.share_interval(side.low, side.high)})"
        return el("title", said)

    def _under(self, step: Step) -> str:
        if step.number == 1:
            return _("first step")
        median = step.sides[0].median
        said = [_("optional")] if step.optional else []
        if median is not None:
            said.append(_("in {time}", time=words.duration(median)))
        return ", ".join(said)

    def _thin(self, step: Step) -> str | None:
        """Why a step shows no shares."""
        if any(side.share is not None for side in step.sides):
            return None
        if self.found.least and step.sides[0].reached < self.found.least:
            return _.plural(
                "Too few: {n} customer is needed",
                "Too few: {n} customers are needed",
                self.found.least,
            )
        return _("Nobody is here")

    def _count(self, side: Standing, outcome: str, x: float, y: float, kind: str) -> Markup:
        value = getattr(side, outcome)
        shown = words.DASH if side.share is None else words.number(value, 0)
        label = text(x, y, shown, kind=kind, text_anchor="end")
        cell = cells.as_json({**side.cell, "outcome": outcome})
        return el("g", label, class_="t13", data_cell=cell)

    def _share(self, side: Standing, x: float, y: float) -> Markup:
        return el(
            "text",
            cells.written(side.share, "share"),
            x=x,
            y=y,
            text_anchor="end",
            class_="t13 b",
        )

    def _label(self) -> str:
        steps = ", ".join(
            f"{one.touchpoint} {words.number(one.sides[0].reached, 0)}" for one in self.found.steps
        )
        return _("Funnel: {steps}. The table has the same data.", steps=steps)


class _Wide(_Rows):
    """For pages and notebooks: everything of a step in one row."""

    def __init__(self, found: Funnels) -> None:
        super().__init__(found)
        self.places = TWO if self.two else ALONE
        self.scale = _Scale.of(found, *self.places.scale)

    def svg(self) -> Markup:
        """The whole drawing."""
        height = HEAD + ROW * len(self.found.steps)
        rows = (self._row(step, HEAD + ROW * i) for i, step in enumerate(self.found.steps))
        return drawing(
            WIDE, height, *self._head(), *rows, label=self._label(), class_="funnel at-wide"
        )

    def _head(self) -> Iterator[Markup]:
        p = self.places
        yield text(0, 20, _("Step"), kind="sec")
        if self.two:
            yield from self._key()
            yield text(p.scale[0], 20, _("A minus B, points (95 %)"), kind="sec")
        else:
            yield text(p.difference, 20, _("interval, 95 %"), kind="sec")
        for x, said in (
            (p.share, _("Customers and share")),
            (p.lost, _("Lost")),
            (p.open, _("Open")),
        ):
            yield text(x, 20, said, kind="sec", text_anchor="end")

    def _key(self) -> Iterator[Markup]:
        left, right = self.places.bars
        room = (right - left) / 2 - 26
        for nth, name in enumerate(self.found.names):
            x = left + nth * (right - left) / 2
            inset = 0.75 * nth
            kind = "hollow" if nth else "filled"
            size = 8 - 2 * inset
            yield rect(x + inset, 12 + inset, size, size, rx=2, class_=kind)
            shown = fit(f"{'AB'[nth]}, {name}", room)
            yield el("g", el("title", name), text(x + 16, 20, shown, kind="sec"))

    def _row(self, step: Step, top: float) -> Markup:
        return el("g", *self._content(step, top), class_="step")

    def _content(self, step: Step, top: float) -> Iterator[Markup]:
        p = self.places
        yield path(f"M0 {num(top + 0.5)}H{num(WIDE)}", class_="grid")
        room = p.bars[0] - 16
        name = fit(cells.name(step.touchpoint), room, 13, 600)
        under = fit(self._under(step), room)
        yield el(
            "g", el("title", step.touchpoint), el("text", name, x=0, y=top + 25, class_="t13 m")
        )
        yield text(0, top + 42, under, kind="sec")
        why = self._thin(step)
        if why:
            yield text(p.bars[0], top + 33, why, kind="sec")
        lines = (top + 25, top + 42) if self.two else (top + 33,)
        for nth, (side, y) in enumerate(zip(step.sides, lines, strict=True)):
            yield from self._side(side, y, nth, bar=not why)
        if step.difference:
            yield from self._difference(step.difference, top)
        elif self.two and step.number == 1:
            yield from self.scale.ticks(top + 46)

    def _side(self, side: Standing, y: float, nth: int, *, bar: bool) -> Iterator[Markup]:
        p = self.places
        if bar:
            tall = 8.0 if self.two else 12.0
            yield self._bar(side, (p.bars[0], y - 4 - tall / 2, p.bars[1] - p.bars[0], tall), nth)
        customers = text(
            p.customers, y, words.number(side.reached, 0), kind="sec", text_anchor="end"
        )
        yield el("g", customers, class_="t13", data_cell=cells.as_json(side.cell))
        yield self._share(side, p.share, y)
        if not self.two and side.low is not None and side.high is not None and side.share != 1:
            yield text(p.difference, y, words.share_interval(side.low, side.high), kind="sec")
        yield self._count(side, "lost", p.lost, y, "m")
        yield self._count(side, "open", p.open, y, "sec")

    def _difference(self, one: Difference, top: float) -> Iterator[Markup]:
        p, y = self.places, top + 28
        kind = _tone(one)
        a, b = num(self.scale.at(one.low)), num(self.scale.at(one.high))
        yield path(f"M{num(self.scale.at(0))} {num(top)}v{num(ROW)}", class_="zero")
        yield path(f"M{a} {num(y)}H{b}", class_=f"reach {kind}")
        yield el("circle", cx=self.scale.at(one.value), cy=y, r=4, class_=f"point {kind}")
        value = words.signed(one.value * 100, 1)
        yield el("text", value, x=p.difference, y=y + 5, class_=f"t13 b {kind}")
        span = words.interval(one.low * 100, one.high * 100, 1)
        yield text(p.difference + measure(value, 13, 600) + 6, y + 5, span, kind="sec")


class _Narrow(_Rows):
    """For a phone: a step's bars below its name."""

    def svg(self) -> Markup:
        """The whole drawing."""
        rows, top = [], 4.0 if not self.two else 24.0
        for step in self.found.steps:
            tall = self._tall(step)
            rows.append(el("g", *self._content(step, top), class_="step"))
            top += tall
        return drawing(
            NARROW, top, *self._key(), *rows, label=self._label(), class_="funnel at-narrow"
        )

    def _tall(self, step: Step) -> float:
        return 86.0 + (18 if step.difference else 0) + (18 if self.two else 0)

    def _key(self) -> Iterator[Markup]:
        for nth, name in enumerate(self.found.names):
            x, inset = nth * NARROW / 2, 0.75 * nth
            size = 8 - 2 * inset
            kind = "hollow" if nth else "filled"
            yield rect(x + inset, 4 + inset, size, size, rx=2, class_=kind)
            yield text(x + 16, 12, fit(f"{'AB'[nth]}, {name}", NARROW / 2 - 24), kind="sec")

    def _content(self, step: Step, top: float) -> Iterator[Markup]:
        yield path(f"M0 {num(top + 0.5)}H{num(NARROW)}", class_="grid")
        name = fit(cells.name(step.touchpoint), 190, 13, 600)
        yield el(
            "g", el("title", step.touchpoint), el("text", name, x=0, y=top + 22, class_="t13 m")
        )
        yield text(0, top + 39, fit(self._under(step), 190), kind="sec")
        y = top + 22
        for side in step.sides:
            yield text(NARROW - 66, y, words.number(side.reached, 0), kind="sec", text_anchor="end")
            yield self._share(side, NARROW, y)
            y += 17
        why = self._thin(step)
        at = top + 50
        if why:
            yield text(0, at + 10, why, kind="sec")
            return
        for nth, side in enumerate(step.sides):
            yield self._bar(side, (0, at, NARROW, 8), nth)
            at += 14
        yield from self._fate(step, at + 9)

    def _fate(self, step: Step, y: float) -> Iterator[Markup]:
        """Lost and open, and the difference."""
        lost = " / ".join(words.number(one.lost, 0) for one in step.sides)
        still = " / ".join(words.number(one.open, 0) for one in step.sides)
        if any(one.lost or one.open for one in step.sides):
            said = _("{lost} lost, {open} open", lost=lost, open=still)
            yield text(NARROW, y, said, kind="sec", text_anchor="end")
            y += 18
        if step.difference:
            one = step.difference
            value = words.signed(one.value * 100, 1)
            yield text(0, y, _("A minus B"), kind="sec")
            x = measure(_("A minus B")) + 8
            yield text(x, y, value, kind=f"b {_tone(one)}")
            span = words.interval(one.low * 100, one.high * 100, 1)
            yield text(x + measure(value, 12, 600) + 6, y, span, kind="sec")


@dataclass(frozen=True, slots=True)
class _Scale:
    """The local scale of differences, which always shows zero."""

    low: float
    high: float
    left: float
    right: float

    @classmethod
    def of(cls, found: Funnels, left: float, right: float) -> _Scale:
        shown = [one.difference for one in found.steps if one.difference]
        low = min([0.0, *(one.low for one in shown)])
        high = max([0.0, *(one.high for one in shown)])
        return cls(_rounded(low), _rounded(high), left, right)

    def at(self, value: float) -> float:
        """Where a difference stands."""
        span = self.high - self.low or 1.0
        return self.left + (value - self.low) / span * (self.right - self.left)

    def ticks(self, y: float) -> Iterator[Markup]:
        """The ends of the scale, and zero."""
        for value in sorted({self.low, 0.0, self.high}):
            anchor = "start" if value == self.low else "end" if value == self.high else "middle"
            if value == 0 and 0 < self.at(0) - self.left < 28:
                continue
            said = words.number(value * 100, 0)
            yield text(self.at(value), y, said, kind="sec", text_anchor=anchor)


def _rounded(value: float) -> float:
    """The next round number of points away from zero."""
    if not value:
        return 0.0
    sign = 1 if value > 0 else -1
    sizes = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
    return sign * next((one for one in sizes if one >= abs(value)), 1.0)


def _tone(one: Difference) -> str:
    if not one.sure:
        return "sec"
    return "pain" if one.value < 0 else "good"

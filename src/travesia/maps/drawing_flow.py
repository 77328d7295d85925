"""The measured flow: who enters a stage, goes on, leaves where, and comes back.

The stream's height is the number of customers. What leaves fades out where it leaves; who turns up
without having been in the stage before fades in. Arrows below are counted apart: the same customer
may go on and come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from travesia.draw.labels import fit, measure
from travesia.draw.svg import (
    arrow_up,
    el,
    exit_ribbon,
    fades,
    path,
    rect,
    return_arrow,
    ribbon,
)
from travesia.draw.words import number as figure_words
from travesia.locale import texts
from travesia.maps.document import Link
from travesia.maps.drawing import Sheet, at, number, row, wide
from travesia.maps.figures import Figure
from travesia.maps.layout import Span

_ = texts("page")

BASE = 84
"""Where the stream runs along its lower edge."""
TALLEST = 56
_MOST_ARROWS = 6
_LEAST_SHARE = 0.005
_TRACK = 24


@dataclass(frozen=True)
class Arrow:
    """A way back (or past) from one stage to another, with its number."""

    start: Span
    end: Span
    link: Link
    figure: Figure

    @property
    def customers(self) -> int:
        """How many took it."""
        found = self.figure.measured
        return (found.numerator or 0) if found else 0


@dataclass(frozen=True)
class Laid:
    """An arrow with its place: from x to x, so deep."""

    arrow: Arrow
    x_from: float
    x_to: float
    track: int

    @property
    def left(self) -> float:
        """Its left end."""
        return min(self.x_from, self.x_to)

    @property
    def right(self) -> float:
        """Its right end."""
        return max(self.x_from, self.x_to)


def flow_lane(sheet: Sheet) -> Markup | None:
    """The lane, if any stage of the map is measured."""
    if not has_flow(sheet):
        return None
    laid = _laid(_arrows(sheet))
    everybody = max(sheet.figures.value(one, "customers") or 1 for one in sheet.drawn.stages)
    height = BASE + (28 if not laid else 48 + _TRACK * max(one.track for one in laid)) + 12
    heading = (
        "current",
        _("Measured flow"),
        _("going on and leaving add up to 100%; coming back is counted apart"),
    )
    drawing = el(
        "svg",
        fades(f"{sheet.name}-"),
        *_stream(sheet),
        *(_arrow(one, everybody) for one in laid),
        width=sheet.layout.total,
        height=height,
        viewBox=f"0 0 {sheet.layout.total:g} {height}",
        aria_hidden="true",
    )
    words = (*_stream_words(sheet), *(_arrow_words(sheet, one) for one in laid))
    return row("fl", heading, wide(drawing, *words, height=height))


def has_flow(sheet: Sheet) -> bool:
    """Whether any stage has customers that were counted."""
    return any(sheet.figures.value(stage, "customers") for stage in sheet.drawn.stages)


def _heights(sheet: Sheet) -> dict[str, float]:
    """How high the stream is in each stage."""
    counts = {
        stage.key: sheet.figures.value(stage, "customers") or 0 for stage in sheet.drawn.stages
    }
    most = max(counts.values()) or 1
    return {key: max(TALLEST * count / most, 1.5 if count else 0) for key, count in counts.items()}


def _stream(sheet: Sheet) -> Iterator[Markup]:
    heights = _heights(sheet)
    for span in sheet.layout.spans:
        height = heights[span.stage.key]
        yield rect(span.x, BASE - height, span.width, height, class_=f"st s{span.order}")
    for one, other in _neighbours(sheet):
        yield from _passage(sheet, one, other, heights)


def _neighbours(sheet: Sheet) -> Iterator[tuple[Span, Span | None]]:
    """Each stage with the next one on this sheet; the last with nothing."""
    spans = sheet.layout.spans
    yield from pairwise(spans)
    yield spans[-1], None


def _passage(
    sheet: Sheet, one: Span, other: Span | None, heights: dict[str, float]
) -> Iterator[Markup]:
    """From a stage to the next: what goes on below, what leaves above, what turns up."""
    height = heights[one.stage.key]
    on = sheet.figures.value(one.stage, "goes_on")
    if on is None:
        return
    passed = height * on
    if other is not None:
        target = heights[other.stage.key]
        kept = min(passed, target)
        yield path(
            ribbon((one.right, BASE - passed, BASE), (other.x, BASE - kept, BASE)),
            class_=f"st s{one.order}",
        )
        if target - kept > 1:
            yield _entering(sheet, other, BASE - target, BASE - kept)
    if one.stage != sheet.drawn.stages[-1] and height - passed > 0.5:
        length = 72 if other is not None else sheet.layout.end
        fade = f"{sheet.name}-fade-out"
        yield exit_ribbon(one.right, BASE - height, BASE - passed - 0.6, max(length, 12), fade)


def _entering(sheet: Sheet, span: Span, top: float, low: float) -> Markup:
    """Those who are here without having been in the stage before."""
    d = f"M{span.x - 20:g} {top:.1f}h20V{low:.1f}h-20Z"
    return path(d, fill=f"url(#{sheet.name}-fade-in)")


def _stream_words(sheet: Sheet) -> Iterator[Markup]:
    heights = _heights(sheet)
    first = sheet.layout.spans[0]
    customers = sheet.figures.value(first.stage, "customers")
    if customers and first.order == 0:
        entering = _.plural(
            "{n} customer enters",
            "{n} customers enter",
            customers,
            n=figure_words(customers, 0),
        )
        yield el(
            "span",
            entering,
            class_="at flow-in",
            style=f"left:12px;top:{BASE - heights[first.stage.key] / 2:.1f}px",
        )
    for span, other in _neighbours(sheet):
        ahead = heights[other.stage.key] if other else 0.0
        yield from _passage_words(sheet, span, heights[span.stage.key], ahead, cut=other is None)


def _passage_words(
    sheet: Sheet, span: Span, height: float, ahead: float, *, cut: bool
) -> Iterator[Markup]:
    """The words between two stages; before the edge where the sheet cuts them apart."""
    if span.order == len(sheet.drawn.stages) - 1:
        return
    middle = span.right - 58 if cut else span.right + sheet.layout.gap / 2
    on, out = (sheet.figure(span.stage, name) for name in ("goes_on", "leaves"))
    time = sheet.figure(span.stage, "time_on")
    if on is not None:
        goes = _("{share} go on", share=on.text) if on.value is not None else on.text
        yield at(middle, BASE - 12, number(sheet, on, shown=goes), "pill")
    if time is not None and time.value is not None:
        after = _("in {time}", time=time.text)
        yield at(middle, BASE + 14, number(sheet, time, "plain", after), "after")
    if out is not None and out.value is not None and on is not None:
        beside = BASE - height - 10 if cut else BASE - height + height * out.value / 2
        y = min(beside, BASE - ahead - 10, BASE - 34)
        x = span.right - 12 if cut else middle + 68
        kind = "at out cut" if cut else "at out"
        place = f"left:{x:.1f}px;top:{y:.1f}px"
        yield el("span", _leaving(sheet, out), class_=kind, style=place)


def _leaving(sheet: Sheet, out: Figure) -> Markup:
    found = out.measured
    count = found.numerator if found else None
    text = _("{share} leave", share=out.text)
    if count is not None:
        text += f" · {figure_words(count, 0)}"
    return number(sheet, out, "pain", text) or Markup("")


def _arrows(sheet: Sheet) -> list[Arrow]:
    """The ways back and past, most used first."""
    found = []
    for span in sheet.layout.spans:
        for link in span.stage.links:
            end = sheet.layout.span_of(link.to)
            figure = sheet.figure(link, "moves")
            if link.kind != "next" and end is not None and figure is not None:
                found.append(Arrow(span, end, link, figure))
    worth = [one for one in found if (one.figure.value or 0) >= _LEAST_SHARE]
    return sorted(worth, key=lambda one: -one.customers)[:_MOST_ARROWS]


def _laid(arrows: list[Arrow]) -> list[Laid]:
    """Short ways on top, each on the first track where it meets no other."""
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    found: list[Laid] = []
    by_length = sorted(arrows, key=lambda one: abs(one.start.order - one.end.order))
    for one in by_length:
        back = one.link.kind == "back"
        leaving = starts.setdefault(one.start.stage.key, 0)
        coming = ends.setdefault(one.end.stage.key, 0)
        starts[one.start.stage.key] += 1
        ends[one.end.stage.key] += 1
        x_from = _away(one.start, leaving, left=back)
        x_to = _away(one.end, coming, left=not back)
        laid = Laid(one, x_from, x_to, 0)
        taken = {
            other.track
            for other in found
            if laid.left < other.right + 16 and other.left < laid.right + 16
        }
        track = next(i for i in range(len(found) + 1) if i not in taken)
        found.append(Laid(one, x_from, x_to, track))
    return found


def _away(span: Span, nth: int, *, left: bool) -> float:
    """A foothold in a stage, away from the passage and from the footholds before it."""
    inset = min(108.0, span.width * 0.4) + 22 * nth
    inset = min(inset, span.width - 12)
    return span.x + inset if left else span.right - inset


def _arrow(one: Laid, everybody: float) -> Markup:
    """As wide as its part of all customers, and never so wide that it outweighs the stream."""
    width = min(1.2 + 6 * one.arrow.customers / everybody, 4.5)
    head = 3.2 + width * 0.75
    depth = 34 + _TRACK * one.track
    kind = "loop" if one.arrow.link.kind == "back" else "skip"
    top = BASE + 4
    return el(
        "g",
        path(
            return_arrow(one.x_from, one.x_to, top, depth, head * 0.8),
            class_=kind,
            stroke_width=f"{width:.1f}",
        ),
        arrow_up(one.x_to, top, head, class_=f"{kind}-head"),
    )


def _arrow_words(sheet: Sheet, one: Laid) -> Markup:
    figure = one.arrow.figure
    goal = one.arrow.end.stage.name.pick()
    label = figure.binding.label.pick()
    if not label:
        back = one.arrow.link.kind == "back"
        label = _("back to {stage}", stage=goal) if back else _("straight to {stage}", stage=goal)
    room = max(one.right - one.left - 32, 96)
    tail = f" · {figure_words(one.arrow.customers, 0)}" if one.arrow.customers else ""
    taken = measure(figure.text + tail, 12, 600) + 8
    text = f"{figure.text} {fit(label, room - taken)}{tail}"
    whole = f"{figure.text} {label}{tail}"
    middle, y = (one.left + one.right) / 2, BASE + 38 + _TRACK * one.track
    kind = "loop" if one.arrow.link.kind == "back" else "skip"
    return at(middle, y, number(sheet, figure, "plain", text, whole), f"way {kind}")

"""The lanes of cards: what customers do, meet, think and suffer, and what the company does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.icons import channel as channel_icon
from travesia.draw.icons import icon
from travesia.draw.svg import el, interval_bar
from travesia.draw.tokens import category
from travesia.locale import texts
from travesia.maps.document import (
    Action,
    Contact,
    Gain,
    Item,
    Lane,
    Metric,
    MomentOfTruth,
    Note,
    Opportunity,
    PainPoint,
    Role,
    Thought,
    Work,
)
from travesia.maps.drawing import Sheet, cells, folded, moment, number, owner_of, row, said
from travesia.maps.drawing_emotion import quoted
from travesia.maps.figures import Figure
from travesia.maps.layout import Column

_ = texts("page")

_SHOWN = 4
"""Cards of one cell before the others are folded away."""


def lane_of(sheet: Sheet, lane: Lane) -> Markup | None:
    """One lane of the document, or nothing if it is empty."""
    if lane.role not in _LANES:
        return None
    sign, name, hint, kind = lane_words(lane.role)
    if lane.role == "opportunity" and all(
        one.rice is None for _c, one in sheet.drawn.opportunities
    ):
        hint = ""  # nothing to explain while nothing is estimated
    heading = (sign, lane.label.pick() or name, lane.hint.pick() or hint)
    return _card_row(sheet, kind, heading, lambda column: sheet.lane_items(column, lane))


def pains_and_gains(sheet: Sheet) -> Markup | None:
    """Both in one lane: what hurts, and what delights."""
    heading = ("bolt", *_pain_words(sheet))
    return _card_row(sheet, "pgs", heading, lambda column: sheet.items(column, "pain", "gain"))


def metrics_lane(sheet: Sheet) -> Markup | None:
    """The metrics, each on a scale of its own."""
    name, hint = _("Metrics"), _("value, 95% interval, target, n")
    return _card_row(
        sheet, "mes", ("gauge", name, hint), lambda column: sheet.items(column, "metric")
    )


@singledispatch
def card(item: Item, sheet: Sheet) -> Markup | None:  # noqa: ARG001 - the sheet is for the others
    """The card of an item; kinds without one (emotions are a curve) have none."""
    return None


def lane_words(role: Role) -> tuple[str, str, str, str]:
    """(icon, name, hint, class) of a lane's role."""
    sign, kind = _LANES[role]
    names = {
        "storyboard": (_("Storyboard"), ""),
        "action": (_("Actions"), _("what the customer does")),
        "touchpoint": (_("Touchpoints"), _("reach among all customers, by channel")),
        "thought": (_("Thoughts"), _("in their words; dashed: assumed")),
        "moment_of_truth": (_("Moments of truth"), _("influence on the goal; the line is × 1")),
        "frontstage": (_("Frontstage"), _("what staff do in view")),
        "backstage": (_("Backstage"), _("process and owner")),
        "support": (_("Support"), _("systems and partners")),
        "owner": (_("Owners"), ""),
        "process": (_("Processes"), ""),
        "opportunity": (_("Opportunities"), _("RICE = R × I × C ÷ E")),
        "evidence": (_("Evidence"), ""),
        "custom": (_("Notes"), ""),
        "pain": (_("Pain points"), ""),
        "gain": (_("Gains"), ""),
        "metric": (_("Metrics"), ""),
        "emotion": (_("Emotion"), ""),
    }  # fmt: skip
    name, hint = names[role]
    return sign, name, hint, kind


_LANES: dict[Role, tuple[str, str]] = {
    "storyboard": ("image", "nt"),
    "action": ("step", "ac"),
    "touchpoint": ("touch", "tps"),
    "thought": ("quote", "ths"),
    "moment_of_truth": ("star", "mos"),
    "frontstage": ("people", "bk"),
    "backstage": ("cog", "bk"),
    "support": ("cog", "bk"),
    "owner": ("owner", "bk"),
    "process": ("cog", "bk"),
    "opportunity": ("bulb", "ops"),
    "evidence": ("note", "nt"),
    "custom": ("note", "nt"),
    "pain": ("bolt", "pgs"),
    "gain": ("heart", "pgs"),
    "metric": ("gauge", "mes"),
    "emotion": ("wave", "em"),
}


def _card_row(
    sheet: Sheet,
    kind: str,
    heading: tuple[str, str, str],
    items_of: Callable[[Column], Iterable[Item]],
) -> Markup | None:
    cards = [(column, _cards(sheet, items_of(column))) for column in sheet.layout.columns]
    if not any(found for _column, found in cards):
        return None
    content = ((column, folded(sheet, found, _SHOWN)) for column, found in cards)
    return row(kind, heading, cells(content))


def _cards(sheet: Sheet, items: Iterable[Item]) -> list[Markup]:
    found = (card(item, sheet) for item in _by_reach(sheet, items))
    return [one for one in found if one is not None]


def _by_reach(sheet: Sheet, items: Iterable[Item]) -> list[Item]:
    """Contacts by how many customers they reach; everything else as it was written."""

    def reached(item: Item) -> float:
        return -(sheet.figures.value(item, "reach") or 0) if isinstance(item, Contact) else 0

    return sorted(items, key=reached)


def _pain_words(sheet: Sheet) -> tuple[str, str]:
    kinds = {type(item) for _cell, item in sheet.drawn.contents(PainPoint, Gain)}
    hint = _("whom it happens to; severity 1 to 5")
    if Gain not in kinds:
        return _("Pain points"), hint
    if PainPoint not in kinds:
        return _("Gains"), hint
    return _("Pains and gains"), hint


@card.register
def _action(item: Action, sheet: Sheet) -> Markup:  # noqa: ARG001 - as `card`
    return said("p", item.text)


@card.register
def _contact(item: Contact, sheet: Sheet) -> Markup:
    touchpoint = sheet.drawn.touchpoint(item.touchpoint)
    channel = touchpoint.channel
    named = sheet.drawn.channels.get(channel)
    name = el(
        "div",
        icon(channel_icon(channel)),
        said("b", touchpoint.label, title=touchpoint.label),
        class_="l1",
    )
    reach = sheet.figure(item, "reach")
    spoken = named.pick() if named else channel
    if reach is None:
        nobody = el("div", el("b", words.DASH), el("span", _("no record")), class_="l2")
        return el("div", name, nobody, class_="card tp none")
    customers = sheet.figure(item, "customers")
    share = reach.value or 0
    bar = el("i", style=f"width:{100 * share:.1f}%;--c:{category(channel)}")
    line = el(
        "div",
        number(sheet, reach),
        said("span", reach.reason if reach.value is None else spoken, class_="ch"),
        number(sheet, customers, "n", customers.basis) if customers else None,
        class_="l2",
    )
    return el("div", name, el("div", bar, class_="rb"), line, class_="card tp")


@card.register
def _thought(item: Thought, sheet: Sheet) -> Markup:  # noqa: ARG001 - as `card`
    assumed = not item.verbatim and not item.evidence
    source = item.source.pick() or (_("Assumed by the team") if assumed else "")
    text = quoted(item.text.pick()) if item.verbatim or assumed else item.text.pick()
    kind = "card th assumed" if assumed else "card th"
    words_of = said("blockquote", text, class_="own" if item.verbatim or assumed else None)
    return el("figure", words_of, said("figcaption", source) if source else None, class_=kind)


@card.register
def _pain(item: PainPoint, sheet: Sheet) -> Markup:
    effect = _("blocks") if item.effect == "blocks" else _("pushes")
    severity = None if item.severity is None else _severity(item.severity)
    figure = suffered(sheet, item)
    assumed = figure is None and not item.evidence
    tail = said("span", effect, class_="tail")
    line = el("div", _reached(sheet, figure, item.reach), severity, tail, class_="mt")
    kind = "card pg p assumed" if assumed else "card pg p"
    return el("div", icon("bolt", fill=True), said("b", item.title), line, class_=kind)


@card.register
def _gain(item: Gain, sheet: Sheet) -> Markup:
    figure = suffered(sheet, item)
    assumed = figure is None and not item.evidence
    line = el("div", _reached(sheet, figure, item.reach, alone=True), class_="mt")
    kind = "card pg g assumed" if assumed else "card pg g"
    return el("div", icon("heart"), said("b", item.title), line, class_=kind)


def suffered(sheet: Sheet, item: PainPoint | Gain) -> Figure | None:
    """The number of a pain or gain: whom it happens to, its time, else the first there is."""
    happened = sheet.figure(item, "affected") or sheet.figure(item, "wait")
    if happened is not None:
        return happened
    return sheet.figure(item, item.bindings[0].measure) if item.bindings else None


def _reached(
    sheet: Sheet, figure: Figure | None, believed: float | None, *, alone: bool = False
) -> Markup:
    """Whom it happens to: measured, or as somebody believes."""
    pressed = number(sheet, figure)
    if figure is not None and pressed is not None:
        return el("span", pressed, _kind_of(figure)) if alone else pressed
    if believed is None:
        return el("span", _("assumed"))
    return el("span", _("{share}, assumed", share=words.share(believed)))


def _kind_of(figure: Figure) -> str:
    """What a number is that is no share of customers."""
    kinds = {
        "duration": _("median"),
        "ratio": _("on the goal"),
        "valence": _("from −2 to +2"),
    }
    found = kinds.get(figure.binding.unit)
    return f" {found}" if found else ""


def _severity(severity: float) -> Markup:
    blocks = (el("i", class_="on" if i <= round(severity) else None) for i in range(1, 6))
    said_so = _("severity {n} of 5", n=words.number(severity))
    return el("span", *blocks, class_="sv", role="img", aria_label=said_so, title=said_so)


@card.register
def _moment(item: MomentOfTruth, sheet: Sheet) -> Markup:
    figure = sheet.figure(item, "influence")
    if figure is None or figure.value is None:
        why = figure.reason if figure else _("declared, not measured")
        dash = number(sheet, figure)
        content = el("div", said("b", item.title), el("p", dash, " " if dash else None, why))
        return el("div", icon("star"), content, class_="card mo assumed")
    content = el(
        "div",
        said("b", item.title),
        el("p", number(sheet, figure), " ", _goal_words(sheet), class_="mv"),
        _bar(figure, reference=1, bad=figure.value < 1),
        el("div", el("span", figure.interval), el("span", figure.basis), class_="ft"),
    )
    return el("div", icon("star", fill=True), content, class_="card mo")


def _goal_words(sheet: Sheet) -> Markup:
    goal = sheet.figure(sheet.drawn, "goal")
    name = goal.binding.label.pick() if goal else ""
    return said("span", _("goal: {name}", name=name) if name else _("on the goal"))


@card.register
def _metric(item: Metric, sheet: Sheet) -> Markup:
    figure = sheet.figure(item, "value")
    name = said("div", item.title, class_="nm")
    if figure is None or figure.value is None:
        why = figure.reason if figure else _("not measured yet")
        dash = number(sheet, figure) or el("b", words.DASH)
        return el("div", name, el("div", dash, class_="vl"), el("p", why, class_="why"),
                  class_="card me none")  # fmt: skip
    target = figure.binding.target if figure.binding.target is not None else item.target
    missed = _missed(figure, target, figure.binding.better or item.better)
    aim = None if target is None else el("span", _target_words(figure, target))
    foot = el(
        "div",
        el("span", figure.interval),
        aim,
        _stale(sheet, figure),
        el("span", figure.basis),
        class_="ft",
    )
    value = el("div", number(sheet, figure), missed and _missed_words(missed), class_="vl")
    bar = _bar(figure, target=target)
    return el("div", name, value, bar, foot, class_="card me")


def _stale(sheet: Sheet, figure: Figure) -> Markup | None:
    """Its age, which the page shows once the number has grown too old."""
    fresh = figure.binding.freshness
    if not fresh or sheet.measurement is None:
        return None
    return moment(sheet.measurement.measured_at, fresh)


def _missed(figure: Figure, target: float | None, better: str | None) -> str:
    """Against the target, as far as the interval lets one tell: reached, missed or open."""
    if target is None or better is None or figure.low is None or figure.high is None:
        return ""
    sign = 1 if better == "up" else -1
    best, worst = (
        max(sign * figure.low, sign * figure.high),
        min(sign * figure.low, sign * figure.high),
    )
    if worst >= sign * target:
        return "reached"
    return "missed" if best < sign * target else "open"


def _missed_words(missed: str) -> Markup:
    said_so = {
        "reached": _("on target"),
        "missed": _("off target"),
        "open": _("near target"),
    }
    kinds = {"reached": "good", "missed": "att", "open": "sec"}
    return el("span", said_so[missed], class_=f"aim {kinds[missed]}")


def _target_words(figure: Figure, target: float) -> str:
    if figure.binding.unit == "duration":
        return _("target {value}", value=words.duration(target))
    value = round(target * 100, 6) if figure.binding.unit == "share" else target
    return _("target {value}", value=words.number(value))


def _bar(
    figure: Figure,
    *,
    target: float | None = None,
    reference: float | None = None,
    bad: bool = False,
) -> Markup | None:
    if figure.value is None or figure.low is None or figure.high is None:
        return None
    kind = "bad" if bad else ""
    return interval_bar(
        200,
        figure.value,
        figure.low,
        figure.high,
        target=target,
        reference=reference,
        kind=kind,
    )


@card.register
def _work(item: Work, sheet: Sheet) -> Markup:  # noqa: ARG001 - as `card`
    names = [one.name.pick() for one in item.processes]
    extra = ", ".join(one for one in [*names, *item.systems] if one != item.text.pick())
    more = said("p", extra, class_="why") if extra else None
    return el("div", said("b", item.text), more, owner_of(item.owner), class_="card wk")


@card.register
def _opportunity(item: Opportunity, sheet: Sheet) -> Markup:
    content = el("div", said("b", item.title), *_rice(sheet, item))
    return el("div", icon("bulb"), content, class_="card op", id=_anchor(sheet, item))


def _anchor(sheet: Sheet, item: Opportunity) -> str | None:
    best = sheet.drawn.opportunities[0][1]
    return "next" if sheet.live and item.id == best.id else None


def _rice(sheet: Sheet, item: Opportunity) -> Iterator[Markup]:
    if item.rice is None:
        yield el("p", _("not estimated yet"), class_="why")
        return
    most = max(one.rice or 0 for _cell, one in sheet.drawn.opportunities)
    bar = el("span", el("i", style=f"width:{100 * item.rice / (most or 1):.0f}%"), class_="rb2")
    yield el("div", el("b", words.number(item.rice, 0)), " RICE", bar, class_="rc")
    parts = (
        (_("R"), _("reach: customers a month"), words.number(item.reach or 0, 0)),
        (_("I"), _("impact"), words.number(item.impact or 0)),
        (
            _("C"),
            _("confidence"),
            words.percent_sign(words.number(100 * (item.confidence or 0), 0)),
        ),
        (_("E"), _("effort: person-months"), words.number(item.effort or 0)),
    )
    yield el(
        "div",
        *(el("span", el("abbr", key, title=name), f" {value}") for key, name, value in parts),
        class_="ft",
    )


@card.register
def _note(item: Note, sheet: Sheet) -> Markup:  # noqa: ARG001 - as `card`
    image = None
    if item.image.startswith("data:image/"):  # anything else would be fetched from elsewhere
        image = el("img", src=item.image, alt=item.text.pick(), loading="lazy")
    text = said("p", item.text) if item.text and image is None else None
    link = None
    if item.link.startswith(("https://", "http://", "mailto:")):
        link = said("a", item.link, href=item.link, rel="noopener noreferrer", target="_blank")
    return el("div", image, text, link, class_="card note")

"""The top of the page: whose journey it is, where it hurts, what to do next; stages and steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.icons import icon
from travesia.draw.svg import el
from travesia.locale import texts
from travesia.locale.text import Text
from travesia.maps.document import Opportunity, PainPoint, Persona, Stage
from travesia.maps.drawing import Sheet, label, local, moment, number, said
from travesia.maps.drawing_cards import suffered
from travesia.maps.drawing_flow import has_flow
from travesia.maps.figures import Figure
from travesia.maps.layout import Column, Span

_ = texts("page")


def frame(sheet: Sheet) -> Markup:
    """The frame zone: title and facts, then four things to know in five seconds."""
    brief = (_who(sheet), _goal(sheet), _pain(sheet), _next(sheet))
    return el(
        "section",
        title(sheet),
        el("div", *brief, class_="brief"),
        class_="frame stick",
        aria_label=_("In short"),
    )


def title(sheet: Sheet) -> Markup:
    """What map this is, in which state, of when, of how many, and whose."""
    drawn = sheet.drawn
    heading = "h1" if sheet.live else "p"
    return el(
        "div",
        said(heading, drawn.title, class_="h1"),
        el("span", _state(sheet), class_="bdg"),
        el("span", _approval(sheet), class_="bdg o"),
        el("span", *facts(sheet), class_="facts"),
        class_="ttl",
    )


def facts(sheet: Sheet) -> Iterator[Markup]:
    """Period, customers, owner, age and review, as far as they are known."""
    drawn, measured = sheet.drawn, sheet.measurement
    period = period_of(sheet)
    if period:
        yield el("span", el("b", period))
    customers = sheet.figure(drawn, "customers")
    if customers is not None and customers.value is not None:
        yield el("span", number(sheet, customers, "plain", _customers(customers)))
    elif measured is not None and measured.customers:
        yield el("span", _.plural("{n} customer", "{n} customers", measured.customers))
    if drawn.owner.person:
        yield el("span", _("Owner"), " ", said("b", drawn.owner.person))
    if measured is not None:
        yield el("span", _("Measured"), " ", moment(local(sheet, measured.measured_at)))
    if drawn.review is not None:
        yield el("span", _("Review"), " ", el("b", words.day(drawn.review)))


def period_of(sheet: Sheet) -> str:
    """The period that the map is about: its scope's, else that of the data."""
    scope, measured = sheet.drawn.scope, sheet.measurement
    if scope.start and scope.end:
        return words.period(scope.start, scope.end - dt.timedelta(days=1))
    if measured and measured.since and measured.until:
        first, last = (local(sheet, one).date() for one in (measured.since, measured.until))
        return words.period(first, last)
    return ""


def stage_header(sheet: Sheet) -> Markup:
    """Two levels that stay in view: the stages as arrows, and the steps."""
    hint = _("customers who enter") if has_flow(sheet) else ""
    stages = el(
        "div",
        label("", _("Stages"), hint),
        *(_stage(sheet, span) for span in sheet.layout.spans),
        class_="row chr",
    )
    steps = el(
        "div",
        label("", _("Steps")),
        *(_step(sheet, column) for column in sheet.layout.columns),
        class_="row sth",
    )
    many = len(sheet.layout.columns) > 1 and any(one.step for one in sheet.layout.columns)
    return el("div", stages, steps if many or sheet.drawn.steps else None, class_="head")


def washes(sheet: Sheet) -> Markup:
    """The faint ground of each stage."""
    grounds = (
        el("div", class_="wash", style=f"grid-column:{span.grid}/span {span.columns}")
        for span in sheet.layout.spans
    )
    return el("div", *grounds, class_="washes", aria_hidden="true")


def minimap(sheet: Sheet) -> Markup | None:
    """Where one is on a long map, with a way to each stage."""
    if len(sheet.layout.columns) <= 15:
        return None
    total = sheet.layout.total
    links = (
        el(
            "a",
            said("span", span.stage.name),
            *(_tick(sheet, span, column) for column in sheet.layout.columns),
            href=f"#stage-{span.order}",
            class_=f"s{span.order}",
            style=f"left:{100 * span.x / total:.3f}%;width:{100 * span.width / total:.3f}%",
        )
        for span in sheet.layout.spans
    )
    view = el("span", class_="view", aria_hidden="true")
    return el("nav", *links, view, class_="mini stick", aria_label=_("Stages"))


def _tick(sheet: Sheet, span: Span, column: Column) -> Markup | None:
    """A pain on the minimap, where it stands."""
    if column.stage.key != span.stage.key or not sheet.items(column, "pain"):
        return None
    share = (sheet.layout.center(column) - span.x) / span.width
    return el("i", style=f"left:{100 * share:.1f}%", aria_hidden="true")


def _stage(sheet: Sheet, span: Span) -> Markup:
    stage = span.stage
    words_of = el(
        "div",
        el("div", said("b", stage.name), said("span", stage.goal) if stage.goal else None),
        class_="w",
    )
    return el(
        "div",
        words_of,
        el(
            "div",
            number(sheet, sheet.figure(stage, "customers"), "big"),
            _weight(stage),
            class_="r",
        ),
        class_=" ".join(_chevron(sheet, span)),
        style=f"grid-column:{span.grid}/span {span.columns}",
        id=f"stage-{span.order}" if sheet.live else None,
    )


def _chevron(sheet: Sheet, span: Span) -> Iterator[str]:
    yield from ("chev", f"s{span.order}")
    if span is sheet.layout.spans[0]:
        yield "first"
    if not span.stage.goal and span.stage.weight is None:
        yield "one"


def _weight(stage: Stage) -> Markup | None:
    if stage.weight is None:
        return None
    return el("span", _("weight {n} of 5", n=words.number(stage.weight)))


def _step(sheet: Sheet, column: Column) -> Markup:
    step = column.step
    place = f"grid-column:{column.grid}"
    if step is None:
        return el("div", class_="cell", style=place)
    time = sheet.figure(step, "duration")
    spent = number(sheet, time, "plain du") if time and time.value is not None else None
    if spent is None and step.duration:
        spent = el("span", _("about {time}", time=step.duration), class_="du")
    return el(
        "div",
        el("span", column.number, class_="no", aria_hidden="true"),
        said("b", step.name, title=step.name),
        spent,
        class_="cell optional" if step.optional else "cell",
        style=place,
    )


def _state(sheet: Sheet) -> str:
    return _("As-is") if sheet.drawn.state == "as-is" else _("To-be")


def _approval(sheet: Sheet) -> str:
    said_so = {
        "draft": _("Draft"),
        "in review": _("In review"),
        "approved": _("Approved"),
        "archived": _("Archived"),
    }[sheet.drawn.approval]
    return f"{said_so} · v {sheet.drawn.version}" if sheet.drawn.version else said_so


def _customers(figure: Figure) -> str:
    return _.plural("{n} customer", "{n} customers", figure.value or 0, n=figure.text)


def _persona(sheet: Sheet) -> Persona | None:
    key = sheet.drawn.frame.persona
    return next((one for one in sheet.drawn.personas if one.key == key), None)


def _brief(kind: str, heading: object, *content: object, sign: str = "") -> Markup:
    top = el("h2", icon(sign) if sign else None, heading)
    return el("div", top, el("p", *content), class_=kind)


def _who(sheet: Sheet) -> Markup:
    persona, drawn = _persona(sheet), sheet.drawn
    scenario = drawn.frame.scenario or drawn.trigger
    if persona is None and not scenario:
        return _everybody(sheet)
    name = (persona.headline.pick() or persona.name) if persona else _("Scenario")
    top = said("h2", name)
    return el(
        "div",
        portrait(persona),
        el("div", top, said("p", scenario) if scenario else None),
        class_="whom",
    )


def _everybody(sheet: Sheet) -> Markup:
    measured = sheet.measurement
    if measured is None:
        text = _("Nobody yet. Give the map a persona, or measure it on your events.")
    else:
        text = _(
            "Every customer of the data: {customers}, with {interactions}.",
            customers=words.number(measured.customers, 0),
            interactions=_.plural("{n} interaction", "{n} interactions", measured.interactions),
        )
    return el(
        "div", portrait(None), el("div", el("h2", _("Whose journey")), el("p", text)), class_="whom"
    )


def portrait(persona: Persona | None) -> Markup:
    """A persona's picture, where one is inside the document; else somebody on a hill."""
    if persona is not None and persona.portrait.startswith("data:image/"):
        picture = el("img", src=persona.portrait, alt="")
        return el("span", picture, class_="port")
    return el("span", _SOMEBODY if persona else _EVERYBODY, class_="port", aria_hidden="true")


_HILL = '<svg viewBox="0 0 40 40"><path d="M0 30 10 20l6 6 8-10 16 16v8H0z" fill="var(--s2)"/>'
_SOMEBODY = Markup(  # noqa: S704 - our own shapes
    _HILL + '<circle cx="20" cy="17" r="6" fill="var(--n4)"/>'
    '<path d="M8 40c0-9 4.5-14 12-14s12 5 12 14z" fill="var(--sea)"/></svg>'
)
_EVERYBODY = Markup(  # noqa: S704 - our own shapes
    _HILL + '<circle cx="27" cy="19" r="4" fill="var(--n3)"/>'
    '<path d="M19 40c0-8 3-12 8-12s9 4 9 12z" fill="var(--n3)"/>'
    '<circle cx="15" cy="18" r="5" fill="var(--n4)"/>'
    '<path d="M5 40c0-9 3.5-13 10-13s10 4 10 13z" fill="var(--sea)"/></svg>'
)


def _goal(sheet: Sheet) -> Markup:
    goal = sheet.figure(sheet.drawn, "goal")
    text = said("span", sheet.drawn.goal) if sheet.drawn.goal else None
    if goal is None:
        ask = None if text else _("Not set. Say which touchpoints mean that it is reached.")
        return _brief("goal", _("Goal"), text, ask, sign="target")
    name = goal.binding.label.pick() or _goal_names(sheet)
    if name in sheet.drawn.goal.pick():
        name = _("Reached")
    tail = el("span", f"({goal.interval})", class_="nw") if goal.interval else None
    measured = el("span", said("span", name), " ", number(sheet, goal), " ", tail, class_="muted")
    return _brief("goal", _("Goal"), text, " " if text else None, measured, sign="target")


def _goal_names(sheet: Sheet) -> str:
    names = [sheet.drawn.touchpoint(key).label.pick() for key in sheet.drawn.goal_touchpoints]
    return words.listed(names) if names else _("Reached")


def _pain(sheet: Sheet) -> Markup:
    """Where it hurts most: the worst pain point, else where most customers leave."""
    worst = _worst(sheet)
    if worst is not None:
        title_of, figure = worst
        return _pressed_brief(sheet, figure, _("Where it hurts most"), title_of)
    leaving = worst_exit(sheet)
    if leaving is not None:
        stage, figure = leaving
        return _pressed_brief(sheet, figure, _("Where most leave"), stage.name)
    text = _("Nothing known yet. Measure the map, or write the first pain point.")
    return _brief("hurt", _("Where it hurts most"), text, sign="bolt")


def _worst(sheet: Sheet) -> tuple[Text, Figure | None] | None:
    pains = sheet.drawn.pains
    if not pains:
        return None
    top = pains[0][1]
    equal = [one for _cell, one in pains if one.severity == top.severity]
    worst = max(equal, key=lambda one: _suffering(sheet, one))
    return worst.title, suffered(sheet, worst)


def _suffering(sheet: Sheet, pain: PainPoint) -> float:
    figure = sheet.figure(pain, "affected")
    measured = figure.measured if figure else None
    return float(measured.numerator or 0) if measured else 0.0


def worst_exit(sheet: Sheet) -> tuple[Stage, Figure] | None:
    """The stage (not the last) that most customers leave at."""
    found: list[tuple[int, Stage, Figure]] = []
    for stage in sheet.drawn.stages[:-1]:
        figure = sheet.figure(stage, "leaves")
        if figure is not None and figure.measured and figure.measured.numerator:
            found.append((figure.measured.numerator, stage, figure))
    if not found:
        return None
    _count, stage, figure = max(found, key=lambda one: one[0])
    return stage, figure


def _pressed_brief(sheet: Sheet, figure: Figure | None, heading: str, name: Text) -> Markup:
    """A brief that opens the number it names; the number itself stands in the map."""
    top = el("h2", icon("bolt"), heading)
    title_of = said("b", name, class_="name")
    if figure is None:
        return el(
            "div", top, el("p", title_of, " ", _("Written down, not measured.")), class_="hurt"
        )
    opens = el(
        "button",
        figure.text,
        type="button",
        class_="open big",
        data_open=figure.id,
        aria_label=f"{figure.title}: {figure.sentence}",
        aria_haspopup="dialog",
    )
    number_of = opens if sheet.live else el("b", figure.text, class_="big")
    return el("div", top, el("p", title_of, " ", number_of, _pain_sentence(figure)), class_="hurt")


def _pain_sentence(figure: Figure) -> Markup:
    """Of whom the number is, and how sure; the interval is never broken over two lines."""
    if figure.value is None:
        return el("span", figure.reason)
    interval = el("span", f"({figure.interval})", class_="nw") if figure.interval else None
    return el("span", _of_whom(figure), " " if interval else None, interval, ".")


def _of_whom(figure: Figure) -> str:
    if figure.counts is not None:
        among = figure.n or 0
        return _.plural("of {n} customer", "of {n} customers", among)
    about = {
        "duration": _("median"),
        "ratio": _("times the share that reaches the goal"),
    }.get(figure.binding.unit, "")
    basis = "" if figure.n is None else _.plural("{n} customer", "{n} customers", figure.n)
    return ", ".join(one for one in (about, basis) if one)


def _next(sheet: Sheet) -> Markup:
    """What to do now: the best opportunity, else a question to those behind the worst number."""
    heading = _("What to do next")
    if sheet.drawn.opportunities:
        best = sheet.drawn.opportunities[0][1]
        link = said("a", best.title, href="#next", class_="act") if sheet.live else best.title
        return _brief("next", heading, link, " ", _why_next(best), sign="bulb")
    leaving = worst_exit(sheet)
    if leaving is None or leaving[1].measured is None:
        text = _("Measure the map on your events: `travesia map events.csv`.")
        return _brief("next", heading, text, sign="bulb")
    stage = leaving[0]
    count = words.number(leaving[1].measured.numerator or 0, 0)
    ask = _("Ask five of the {n} who left at {stage} why, then write the first opportunity.",
            n=count, stage=stage.name)  # fmt: skip
    return _brief("next", heading, said("span", ask), sign="bulb")


def _why_next(best: Opportunity) -> Markup:
    parts = [f"RICE {words.number(best.rice, 0)}"] if best.rice is not None else []
    parts += [best.owner.person] if best.owner.person else []
    return el("span", ", ".join(parts), class_="muted")

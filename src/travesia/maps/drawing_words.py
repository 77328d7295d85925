"""The map for readers who do not see the drawing: a real table, and a narrative in prose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import singledispatch
from unicodedata import bidirectional

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import el
from travesia.locale import texts
from travesia.maps.document import (
    Action,
    Contact,
    Gain,
    Item,
    Lane,
    Link,
    Metric,
    MomentOfTruth,
    Note,
    Opportunity,
    PainPoint,
    Role,
    Stage,
    Thought,
    Work,
)
from travesia.maps.drawing import Sheet, said
from travesia.maps.drawing_cards import lane_words, suffered
from travesia.maps.drawing_emotion import emotion_sentence, feelings, quoted
from travesia.maps.drawing_flow import has_flow
from travesia.maps.drawing_head import period_of, worst_exit
from travesia.maps.figures import Figure
from travesia.maps.layout import Column

_ = texts("page")

Line = tuple[str, list[str]]


def table(sheet: Sheet) -> Markup:
    """The map as a table: stages and steps head the columns, lanes the rows."""
    return el(
        "table",
        el("caption", _caption(sheet)),
        el("thead", *_heads(sheet)),
        el("tbody", *_flow_row(sheet), *_rows(sheet)),
    )


def narrative(sheet: Sheet) -> Markup:
    """The map in a few sentences from the same numbers, and what to know of how it was made."""
    notes = [note.pick() for note in sheet.drawn.notes]
    sentences = [one for one in [*_sentences(sheet), *notes] if one]
    return said("p", " ".join(sentences), class_="prose")


def unwritten(sheet: Sheet) -> Markup | None:
    """Which lanes nobody has filled yet, and what to do about it."""
    expected: tuple[Role, ...] = (
        "action", "thought", "emotion", "pain", "gain", "moment_of_truth", "metric",
        "backstage", "opportunity",
    )  # fmt: skip
    filled: set[str] = {
        lane.role
        for lane in sheet.drawn.lanes
        for column in sheet.layout.columns
        if sheet.lane_items(column, lane)
    }
    filled |= {getattr(item, "kind", "") for _cell, item in sheet.drawn.contents()}
    missing = [lane_words(role)[1].lower() for role in expected if role not in filled]
    if not missing:
        return None
    text = _(
        "Nobody has written these yet: {lanes}. Save the map as YAML, add what you know, "
        "and draw it again.",
        lanes=words.listed(missing),
    )
    return el("p", text, class_="todo")


def _caption(sheet: Sheet) -> str:
    drawn = sheet.drawn
    parts = [drawn.title.pick(), period_of(sheet)]
    customers = sheet.figures.value(drawn, "customers")
    if customers is not None:
        parts.append(_.plural("{n} customer", "{n} customers", round(customers)))
    return ", ".join(one for one in parts if one)


def _heads(sheet: Sheet) -> Iterator[Markup]:
    yield el(
        "tr",
        el("th", _("Stage"), scope="col"),
        *(
            said("th", _stage_words(sheet, span.stage), scope="colgroup", colspan=span.columns)
            for span in sheet.layout.spans
        ),
    )
    if not sheet.drawn.steps:
        return
    yield el(
        "tr",
        el("th", _("Step"), scope="col"),
        *(said("th", _step_words(sheet, column), scope="col") for column in sheet.layout.columns),
    )


def _stage_words(sheet: Sheet, stage: Stage) -> str:
    customers = sheet.figure(stage, "customers")
    parts = (
        [_.plural("{n} customer", "{n} customers", customers.value or 0, n=customers.text)]
        if customers
        else []
    )
    if stage.weight is not None:
        parts.append(_("weight {n} of 5", n=words.number(stage.weight)))
    name = stage.name.pick()
    return f"{name}: {', '.join(parts)}" if parts else name


def _step_words(sheet: Sheet, column: Column) -> str:
    if column.step is None:
        return ""
    time = sheet.figure(column.step, "duration")
    spent = f", {time.text}" if time and time.value is not None else ""
    return f"{column.number}. {column.step.name}{spent}"


def _flow_row(sheet: Sheet) -> Iterator[Markup]:
    if not has_flow(sheet):
        return
    yield el(
        "tr",
        el("th", _("Measured flow"), scope="row"),
        *(
            el("td", _flow_words(sheet, span.stage), colspan=span.columns)
            for span in sheet.layout.spans
        ),
    )


def _flow_words(sheet: Sheet, stage: Stage) -> str:
    if stage is sheet.drawn.stages[-1]:
        customers = sheet.figure(stage, "customers")
        first = ""
        if customers:
            first = _.plural(
                "{n} customer reaches the end",
                "{n} customers reach the end",
                customers.value or 0,
                n=customers.text,
            )
    else:
        first = "; ".join(_passage_words(sheet, stage))
    links = (_link_words(sheet, link) for link in stage.links if link.kind != "next")
    return ". ".join(one for one in (first, *links) if one)


def _passage_words(sheet: Sheet, stage: Stage) -> Iterator[str]:
    on, out, time = (sheet.figure(stage, name) for name in ("goes_on", "leaves", "time_on"))
    if on is not None:
        text = _("{share} go on", share=on.text)
        yield f"{text} ({_('in {time}', time=time.text)})" if time else text
    if out is not None:
        text = _("{share} leave", share=out.text)
        yield f"{text}, {_counted(out)}" if out.counts else text


def _link_words(sheet: Sheet, link: Link) -> str:
    figure = sheet.figure(link, "moves")
    if figure is None:
        return ""
    names = {one.key: one.name.pick() for one in sheet.drawn.stages}
    label = figure.binding.label.pick()
    if not label:
        back, goal = link.kind == "back", names[link.to]
        label = _("back to {stage}", stage=goal) if back else _("straight to {stage}", stage=goal)
    tail = f", {_counted(figure)}" if figure.counts else ""
    return f"{figure.text} {label}{tail}"


def _counted(figure: Figure) -> str:
    return _.plural("{n} customer", "{n} customers", figure.numerator)


def _rows(sheet: Sheet) -> Iterator[Markup]:
    emotions = {one.column.grid: emotion_sentence(sheet, one) for one in feelings(sheet)}
    for lane in sheet.drawn.lanes:
        if lane.role == "emotion":
            if emotions:
                yield _row(sheet, lane, lambda column: [emotions.get(column.grid, _("no data"))])
            continue
        found = {column.grid: _cell(sheet, column, lane) for column in sheet.layout.columns}
        if any(found.values()):
            yield _row(sheet, lane, lambda column, found=found: found[column.grid])  # type: ignore[misc]


def _row(sheet: Sheet, lane: Lane, content: Callable[[Column], list[str]]) -> Markup:
    name = lane.label.pick() or lane_words(lane.role)[1]
    return el(
        "tr",
        said("th", name, scope="row"),
        *(_data(content(column)) for column in sheet.layout.columns),
    )


def _data(spoken: list[str]) -> Markup:
    if len(spoken) < 2:
        return said("td", *spoken)
    return el("td", el("ul", *(said("li", one) for one in spoken)))


def _cell(sheet: Sheet, column: Column, lane: Lane) -> list[str]:
    return [spell(item, sheet) for item in sheet.lane_items(column, lane)]


@singledispatch
def spell(item: Item, sheet: Sheet) -> str:  # noqa: ARG001 - the others need the sheet
    """An item in words."""
    return str(getattr(item, "text", ""))


@spell.register
def _action(item: Action, sheet: Sheet) -> str:  # noqa: ARG001 - as `spell`
    return item.text.pick()


@spell.register
def _contact(item: Contact, sheet: Sheet) -> str:
    touchpoint = sheet.drawn.touchpoint(item.touchpoint)
    channel = sheet.drawn.channels.get(touchpoint.channel)
    named = channel.pick() if channel else touchpoint.channel
    name = f"{touchpoint.label} ({named})" if named else touchpoint.label.pick()
    reach, customers = sheet.figure(item, "reach"), sheet.figure(item, "customers")
    if reach is None:
        return f"{name}: {_('no record')}"
    basis = f", {customers.basis}" if customers and customers.value is not None else ""
    return f"{name}: {reach.text}{basis}"


@spell.register
def _thought(item: Thought, sheet: Sheet) -> str:  # noqa: ARG001 - as `spell`
    assumed = not item.verbatim and not item.evidence
    source = item.source.pick() or (_("Assumed by the team") if assumed else "")
    return f"{quoted(item.text.pick())} {source}".strip()


@spell.register
def _pain(item: PainPoint, sheet: Sheet) -> str:
    figure = suffered(sheet, item)
    parts = [_suffered(figure, item.reach)]
    if item.severity is not None:
        parts.append(_("severity {n} of 5", n=words.number(item.severity)))
    parts.append(_("blocks") if item.effect == "blocks" else _("pushes"))
    return f"{_('Pain')}: {item.title}, {', '.join(parts)}"


@spell.register
def _gain(item: Gain, sheet: Sheet) -> str:
    figure = suffered(sheet, item)
    return f"{_('Gain')}: {item.title}, {_suffered(figure, item.reach)}"


def _suffered(figure: Figure | None, believed: float | None) -> str:
    if figure is not None:
        return figure.sentence
    if believed is None:
        return _("assumed")
    return _("{share}, assumed", share=words.share(believed))


@spell.register
def _moment(item: MomentOfTruth, sheet: Sheet) -> str:
    figure = sheet.figure(item, "influence")
    found = figure.sentence if figure else _("declared, not measured")
    return f"{item.title}: {found}"


@spell.register
def _metric(item: Metric, sheet: Sheet) -> str:
    figure = sheet.figure(item, "value")
    return f"{item.title}: {figure.sentence if figure else _('not measured yet')}"


@spell.register
def _work(item: Work, sheet: Sheet) -> str:  # noqa: ARG001 - as `spell`
    owner = [one for one in (item.owner.person, item.owner.department.pick()) if one]
    return f"{item.text}. {', '.join(owner)}" if owner else item.text.pick()


@spell.register
def _opportunity(item: Opportunity, sheet: Sheet) -> str:  # noqa: ARG001 - as `spell`
    if item.rice is None:
        return f"{item.title}: {_('not estimated yet')}"
    return f"{item.title}: RICE {words.number(item.rice, 0)}"


@spell.register
def _note(item: Note, sheet: Sheet) -> str:  # noqa: ARG001 - as `spell`
    return " ".join(one for one in (item.text.pick(), item.link) if one)


def _sentences(sheet: Sheet) -> Iterator[str]:
    yield _opening(sheet)
    yield _stages_sentence(sheet)
    yield _exit_sentence(sheet)
    yield _emotion_sentence(sheet)
    yield _goal_sentence(sheet)
    yield _next_sentence(sheet)


def _opening(sheet: Sheet) -> str:
    drawn, measured = sheet.drawn, sheet.measurement
    count = len(drawn.stages)
    if measured is None:
        return _.plural(
            "{title} has {n} stage. Nothing is measured yet.",
            "{title} has {n} stages. Nothing is measured yet.",
            count,
            title=_name(drawn.title),
        )
    return _.plural(
        "{title}: {customers} with {interactions} ({period}), in {n} stage.",
        "{title}: {customers} with {interactions} ({period}), in {n} stages.",
        count,
        title=_name(drawn.title),
        customers=_.plural("{n} customer", "{n} customers", measured.customers),
        interactions=_.plural("{n} interaction", "{n} interactions", measured.interactions),
        period=period_of(sheet) or _("no period known"),
    )


def _stages_sentence(sheet: Sheet) -> str:
    figures = [(stage, sheet.figure(stage, "customers")) for stage in sheet.drawn.stages]
    named = [
        _("{stage} ({n})", stage=_name(stage.name), n=figure.text)
        for stage, figure in figures
        if figure and figure.value is not None
    ]
    return _("They were seen in {stages}.", stages=words.listed(named)) if named else ""


def _exit_sentence(sheet: Sheet) -> str:
    leaving = worst_exit(sheet)
    if leaving is None or leaving[1].counts is None:
        return ""
    stage, figure = leaving
    _counts, (among, _whom) = leaving[1].counts
    return _.plural(
        "Of {among} who reached {stage}, {share} did not go on ({interval}): {n} customer.",
        "Of {among} who reached {stage}, {share} did not go on ({interval}): {n} customers.",
        figure.numerator,
        among=among,
        stage=_name(stage.name),
        share=figure.text,
        interval=figure.interval or words.DASH,
    )


def _emotion_sentence(sheet: Sheet) -> str:
    found = [one for one in feelings(sheet) if one.measured]
    if len(found) < 2:
        return ""
    best, worst = max(found, key=lambda one: one.valence), min(found, key=lambda one: one.valence)
    return _(
        "Customers feel best at {best} ({high}) and worst at {worst} ({low}).",
        best=_name(_step_name(best.column)),
        high=words.signed(best.valence, 1),
        worst=_name(_step_name(worst.column)),
        low=words.signed(worst.valence, 1),
    )


def _name(name: object) -> str:
    """A name inside a sentence; one that runs from right to left must not turn its neighbours."""
    said_so = str(name)
    rightwards = all(bidirectional(one) not in ("R", "AL") for one in said_so)
    return said_so if rightwards else f"\u2068{said_so}\u2069"


def _step_name(column: Column) -> str:
    return column.step.name.pick() if column.step else column.stage.name.pick()


def _goal_sentence(sheet: Sheet) -> str:
    goal = sheet.figure(sheet.drawn, "goal")
    if goal is None or goal.value is None:
        return ""
    return _("{share} reached the goal.", share=goal.text)


def _next_sentence(sheet: Sheet) -> str:
    if not sheet.drawn.opportunities:
        return ""
    best = sheet.drawn.opportunities[0][1]
    return _("The best opportunity: {title}.", title=_name(best.title))

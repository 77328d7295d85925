"""Under the drawing: how much touchpoints are met and what goes with it, and the classic table."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from travesia.draw import words
from travesia.draw.svg import el
from travesia.locale import N_, texts
from travesia.maps.drawing import Sheet, said
from travesia.maps.overview import Spread, StageCell, StageSpread, StageTable, TouchpointUse
from travesia.maps.spread import FEW, MANY, OFTEN, SELDOM

_ = texts("page")

_USES = {
    "over-used": N_("met too much"),
    "under-used": N_("met too little"),
    "unseen": N_("not in the data"),
    "fair": "",
}
_BALANCES = {
    "too many": N_("too many touchpoints"),
    "too few": N_("too few touchpoints"),
    "gap": N_("no touchpoints"),
    "balanced": "",
}


def use_and_stages(sheet: Sheet) -> Markup | None:
    """Both tables, where the measurement has them."""
    measured = sheet.measurement
    if measured is None or measured.spread is None or measured.table is None:
        return None
    return el(
        "section",
        el("h2", _("How touchpoints are used")),
        el("p", _rule(measured.spread), class_="todo"),
        _framed(_("How touchpoints are used"), _use_table(measured.spread)),
        el("h2", _("Stages by segment")),
        _framed(_("Stages by segment"), _stage_table(measured.table)),
        class_="use",
    )


def _framed(name: str, table: Markup) -> Markup:
    return el("div", table, class_="tw", tabindex="0", role="region", aria_label=name)


def _rule(spread: Spread) -> str:
    """What the verdicts mean."""
    if all(one.ratio is None for one in spread.touchpoints):
        known = _("What goes with the goal is not known, so that no use is judged.")
    else:
        known = _(
            "Met too much: at least {often} of the stage's customers meet it, they reach the goal "
            "less often, and the company starts it. Met too little: less than {seldom} meet it, "
            "and they reach the goal more often. Both only where the whole interval says so.",
            often=_whole_percent(OFTEN),
            seldom=_whole_percent(SELDOM),
        )
    spread_rule = _(
        "A stage has too many touchpoints from {many} times its part by weight on, too few up to "
        "{few} times.",
        many=words.number(MANY),
        few=words.number(FEW, 2),
    )
    return f"{known} {spread_rule}"


def _whole_percent(share: float) -> str:
    return words.percent_sign(words.number(100 * share, 0))


def _use_table(spread: Spread) -> Markup:
    heads = (_("Stage"), _("Touchpoint"), _("Met by"), _("Goal, beside the others"), _("Use"))
    return el(
        "table",
        el("thead", el("tr", *(el("th", one, scope="col") for one in heads))),
        *(_stage(stage, spread) for stage in spread.stages),
    )


def _stage(stage: StageSpread, spread: Spread) -> Markup:
    """A stage and its touchpoints, the most met first."""
    own = [one for one in spread.touchpoints if one.stage == stage.key]
    ranked = sorted(own, key=lambda one: -one.met)
    head = said(
        "th",
        stage.name.pick(),
        el("small", *_stage_words(stage)),
        scope="rowgroup",
        rowspan=str(max(len(own), 1)),
    )
    rows = [list(_touchpoint(one)) for one in ranked] or [[el("td", words.DASH, colspan="4")]]
    first, *others = rows
    return el("tbody", el("tr", head, *first), *(el("tr", *cells) for cells in others))


def _stage_words(stage: StageSpread) -> Iterator[object]:
    if stage.touchpoints:
        yield _(
            "{share} of the touchpoints, {interactions} of the interactions",
            share=words.share(stage.touchpoint_share),
            interactions=words.share(stage.interaction_share),
        )
    if _BALANCES[stage.balance]:
        yield el("span", _(_BALANCES[stage.balance]), class_="att")


def _touchpoint(one: TouchpointUse) -> Iterator[Markup]:
    yield said("td", one.name.pick())
    if one.share is None or not one.met:
        yield el("td", words.DASH, class_="met")
    else:
        bar = el("i", el("u", style=f"width:{100 * min(one.share, 1):.1f}%"), aria_hidden="true")
        yield el("td", bar, words.share(one.share), class_="met")
    yield el("td", *_goal(one))
    kind = {"over-used": "pain", "under-used": "good"}.get(one.use, "sec")
    yield el("td", el("span", _(_USES[one.use]), class_=kind) if _USES[one.use] else None)


def _goal(one: TouchpointUse) -> Iterator[object]:
    if one.ratio is None or one.low is None or one.high is None:
        yield words.DASH
        return
    yield words.times(one.ratio)
    yield el("small", words.interval(one.low, one.high, 2))


def _stage_table(table: StageTable) -> Markup:
    heads = (_("Segment"), *(name.pick() for name in table.header))
    return el(
        "table",
        el("thead", el("tr", *(said("th", one, scope="col") for one in heads))),
        el("tbody", *(_segment(name.pick(), cells) for name, cells in table.rows)),
    )


def _segment(name: str, cells: tuple[StageCell, ...]) -> Markup:
    last = len(cells) - 1
    return el(
        "tr",
        said("th", name, scope="row"),
        *(_stage_cell(one.lines(last=at == last)) for at, one in enumerate(cells)),
    )


def _stage_cell(lines: list[str]) -> Markup:
    first, *others = lines
    return el("td", el("b", first), *(said("p", one) for one in others))

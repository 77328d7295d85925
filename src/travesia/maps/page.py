"""The map as one self-contained page: a drawing on the screen, sheets on paper, words for all.

Nothing is fetched from anywhere: fonts, icons, styles, script and every number's background are
inside. Whatever comes from people or data is escaped where it is written (draw/svg.py).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from travesia.draw import tokens, words
from travesia.draw.icons import icon, names, sprite
from travesia.draw.svg import drawing_css, el
from travesia.locale import current_language, texts
from travesia.locale import language as speaking
from travesia.maps.document import Emotion, JourneyMap, Lane, Measurement, Role
from travesia.maps.drawing import Sheet, said
from travesia.maps.drawing_cards import lane_of, metrics_lane, pains_and_gains
from travesia.maps.drawing_drawer import drawer, panels, questions
from travesia.maps.drawing_emotion import emotion_lane, feelings
from travesia.maps.drawing_flow import flow_lane, has_flow
from travesia.maps.drawing_head import frame, minimap, stage_header, title, washes
from travesia.maps.drawing_use import use_and_stages
from travesia.maps.drawing_words import narrative, table, unwritten
from travesia.maps.figures import Figures
from travesia.maps.layout import Layout, paper_layouts, screen_layout

_ = texts("page")

_ORDER: tuple[Role, ...] = (
    "storyboard", "action", "touchpoint", "thought", "emotion", "pain", "gain",
    "moment_of_truth", "metric", "custom", "evidence", "frontstage", "backstage", "support",
    "process", "owner", "opportunity",
)  # fmt: skip
_BEHIND: tuple[Role, ...] = ("backstage", "support", "process", "owner")


def render(
    drawn: JourneyMap,
    measurement: Measurement | None = None,
    language: str | None = None,
    *,
    future: JourneyMap | None = None,
) -> str:
    """The page of a map, as HTML.

    Args:
        drawn: the map.
        measurement: its numbers; without them the page shows what is written, and says so.
        language: "es" or "en"; the context's if none is given.
        future: the to-be map, whose emotions are drawn as a ghost beside the real ones.
    """
    with speaking(language or current_language()):
        figures = Figures(drawn, measurement)
        ahead = _ahead(future)
        sheet = Sheet(drawn, measurement, figures, screen_layout(drawn), future=ahead)
        whole = el("html", _head(sheet), _body(sheet), lang=current_language())
        return f"<!doctype html>\n{whole}\n"


def _ahead(future: JourneyMap | None) -> dict[str, float]:
    """The valence that the to-be map wants at each step."""
    if future is None:
        return {}
    return {
        cell.step: item.valence
        for cell, item in future.contents(Emotion)
        if isinstance(item, Emotion) and item.valence is not None
    }


def _head(sheet: Sheet) -> Markup:
    drawn = sheet.drawn
    parts = [drawn.title.pick(), drawn.scope.brand, "Travesía"]
    stages = len(drawn.stages)
    return el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width,initial-scale=1"),
        el("meta", name="generator", content="Travesía"),
        el("title", " · ".join(one for one in parts if one)),
        el("style", Markup(_styles(stages))),  # noqa: S704 - our own files
        el("script", Markup(_theme_script())),  # noqa: S704 - our own file
    )


def _body(sheet: Sheet) -> Markup:
    main = el(
        "main",
        frame(sheet),
        minimap(sheet),
        _map(sheet),
        _below(sheet),
        class_="sea",
        id="map",
        tabindex="0",
        aria_label=_("Journey map"),
    )
    app = el("div", _top(sheet), main, drawer(), class_="app")
    script = el("script", Markup(_read("page.js")))  # noqa: S704 - our own file
    skip = el("a", _("Go to the table"), href="#table", class_="jump", data_table=True)
    return el(
        "body",
        sprite(names()),
        skip,
        app,
        _paper(sheet),
        *panels(sheet),
        *questions(sheet),
        _spoken(),
        script,
    )


def _top(sheet: Sheet) -> Markup:
    brand = sheet.drawn.scope.brand
    return el(
        "header",
        el("span", icon("boat"), class_="logo"),
        said("b", brand, class_="brand") if brand else None,
        el("span", "Travesía", class_="made"),
        el("span", class_="sp"),
        el("a", icon("table"), el("span", _("See as a table")), href="#table", class_="tool",
           data_table=True),
        el("button", icon("print"), el("span", _("Print on A3")), type="button", class_="tool",
           data_print=True),
        el("button", el("span", icon("moon"), class_="moon"), el("span", icon("sun"), class_="sun"),
           type="button", class_="tool sq", data_theme_switch=True,
           aria_label=_("Light or dark theme")),
        class_="top",
    )  # fmt: skip


def _map(sheet: Sheet) -> Markup:
    return el(
        "section",
        el("h2", _("The map"), class_="vh"),
        washes(sheet),
        stage_header(sheet),
        *_lanes(sheet),
        class_="map",
        style=_measures(sheet),
    )


def _lanes(sheet: Sheet) -> Iterator[Markup]:
    """The lanes that hold anything, in the order of the signature drawing."""
    flow = flow_lane(sheet)
    if flow is not None:
        yield flow
    hidden = False
    for role, lanes in _by_role(sheet):
        drawn = [one for one in _drawn(sheet, role, lanes) if one is not None]
        if drawn and role in _BEHIND and not hidden:
            hidden = True
            yield _line_of_visibility()
        yield from drawn


def _by_role(sheet: Sheet) -> Iterator[tuple[Role, list[Lane]]]:
    for role in _ORDER:
        lanes = [lane for lane in sheet.drawn.lanes if lane.role == role]
        if lanes:
            yield role, lanes


def _drawn(sheet: Sheet, role: Role, lanes: list[Lane]) -> Iterator[Markup | None]:
    if role == "emotion":
        yield emotion_lane(sheet)
    elif role == "metric":
        yield metrics_lane(sheet)
    elif role == "pain" or (role == "gain" and sheet.drawn.lane("pain") is None):
        yield pains_and_gains(sheet)
    elif role != "gain":
        for lane in lanes:
            yield lane_of(sheet, lane)


def _line_of_visibility() -> Markup:
    return el(
        "div",
        el("div", el("h3", _("Line of visibility"), class_="lt"), class_="lab"),
        el(
            "div",
            el("span", icon("up"), _("what customers see"), icon("down"), _("what they do not")),
            class_="wide",
        ),
        class_="row vis",
    )


def _below(sheet: Sheet) -> Markup:
    tabled = el(
        "details",
        el("summary", _("The map as a table")),
        el(
            "div",
            table(sheet),
            class_="tw",
            tabindex="0",
            role="region",
            aria_label=_("The map as a table"),
        ),
        id="table",
    )
    return el(
        "footer",
        legend(sheet),
        el("h2", _("The map in words")),
        narrative(sheet),
        unwritten(sheet),
        use_and_stages(sheet),
        tabled,
        class_="foot stick",
    )


def legend(sheet: Sheet) -> Markup:
    """What the signs mean, of those that are drawn."""
    return el("div", *_signs(sheet), class_="leg")


def _signs(sheet: Sheet) -> Iterator[Markup]:
    found = feelings(sheet)
    if any(one.measured for one in found):
        yield _sign('<path class="mood" d="M1 6h26"/>', _("measured"))
        yield _sign('<path class="band" d="M0 0h28v12H0z"/>', _("95% interval"))
    if any(not one.measured for one in found):
        yield _sign('<path class="mood assumed" d="M1 6h26"/>', _("assumed"))
    if sheet.future:
        yield _sign('<path class="ghost" d="M1 6h26"/>', _("to-be"))
        yield _sign('<path class="better" d="M0 0h28v12H0z"/>', _("what gets better"))
    if has_flow(sheet):
        yield _sign('<path class="out-key" d="M0 0h28v12H0z"/>', _("leaves"))
        kinds = {link.kind for stage in sheet.drawn.stages for link in stage.links}
        if "back" in kinds:
            yield _sign('<path class="loop" stroke-width="2" d="M1 6h26"/>', _("comes back"))
        if "skip" in kinds:
            yield _sign('<path class="skip" stroke-width="2" d="M1 6h26"/>', _("skips stages"))
    if any(figure.binding.target is not None for figure in sheet.figures):
        yield _sign('<path class="target" d="M14 0v12"/>', _("target"))
    for role, name, meaning in (
        ("pain", "bolt", _("pain")),
        ("gain", "heart", _("gain")),
        ("moment_of_truth", "star", _("moment of truth")),
        ("opportunity", "bulb", _("opportunity")),
    ):
        if any(sheet.items(column, role) for column in sheet.layout.columns):  # type: ignore[arg-type]
            yield el("span", icon(name), meaning, class_=name)


def _sign(shape: str, meaning: str) -> Markup:
    inner = Markup(shape)  # noqa: S704 - our own shapes
    return el("span", el("svg", inner, width=28, height=12, aria_hidden="true"), meaning)


def _paper(sheet: Sheet) -> Markup:
    """The same map on sheets of paper; shown only when printing."""
    layouts = paper_layouts(sheet.drawn)
    pages = (_page(sheet, layout, i, len(layouts)) for i, layout in enumerate(layouts))
    return el("div", *pages, class_="paper", aria_hidden="true")


def _page(screen: Sheet, layout: Layout, index: int, count: int) -> Markup:
    """One sheet: its head and foot are repeated where it runs over several pages."""
    name = f"page{index}"
    sheet = replace(screen, layout=layout, live=False, name=name)
    top = frame(sheet) if index == 0 else el("section", title(sheet), class_="frame")
    head = el("div", el("div", top, _grid(sheet, stage_header(sheet))), class_="thead")
    body = el("div", el("div", _grid(sheet, washes(sheet), *_lanes(sheet))), class_="tbody")
    foot = el("div", el("div", legend(sheet), _imprint(sheet, index, count)), class_="tfoot")
    return el("div", head, body, foot, class_="page")


def _grid(sheet: Sheet, *content: object) -> Markup:
    return el("div", *content, class_="map", style=_measures(sheet))


def _measures(sheet: Sheet) -> str:
    return f"--l:{sheet.layout.label:g}px;--rest:{sheet.layout.template}"


def _imprint(sheet: Sheet, index: int, count: int) -> Markup:
    drawn, measured = sheet.drawn, sheet.measurement
    parts = [drawn.title.pick()]
    if drawn.version:
        parts.append(f"v {drawn.version}")
    if measured is not None:
        parts.append(_("measured {day}", day=words.day(measured.measured_at)))
    parts.append(_("sheet {n} of {all}", n=index + 1, all=count))
    return el("p", "Travesía · ", " · ".join(parts), class_="imprint")


def _spoken() -> Markup:
    """The few words the script says."""
    return el(
        "template",
        data_words=True,
        data_beside=_("Also measured here"),
        data_copied=_("Copied"),
        data_stale=_("measured too long ago"),
        id="words",
    )


@cache
def _styles(stages: int) -> str:
    washes_of = "".join(f".s{i}{{--sc:var(--s{i})}}" for i in range(stages))
    return (
        _fonts() + tokens.css(max(stages, 1)) + drawing_css() + _read("page.css") + washes_of
        + f"@media print{{{tokens.print_css(max(stages, 1))}{_read('page_print.css')}}}"
    )  # fmt: skip


@cache
def _fonts() -> str:
    folder = files("travesia.draw") / "fonts"
    faces = (
        ("Inter", "normal", "400 600", "inter.woff2"),
        ("Source Serif 4", "italic", "400", "source-serif-4-italic.woff2"),
    )
    return "".join(
        f'@font-face{{font-family:"{family}";font-style:{style};font-weight:{weight};'
        f"font-display:swap;src:url(data:font/woff2;base64,"
        f'{base64.b64encode((folder / file).read_bytes()).decode()}) format("woff2")}}'
        for family, style, weight, file in faces
    )


def _theme_script() -> str:
    """Before anything is painted: the theme chosen last time, else the system's."""
    return (
        "(function(){try{var t=localStorage.getItem('travesia-theme');"
        "if(t==='dark'||t==='light')document.documentElement.dataset.theme=t}catch(e){}})()"
    )


@cache
def _read(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")

"""Every question's Plotly figure holds the table's numbers."""

import json
from dataclasses import fields

import pytest

from study.figure_shapes import walks
from study.random_journeys import journeys_of
from travesia.draw.tokens import colour, contrast
from travesia.study.compare import Compare
from travesia.study.figures import drawing, figure
from travesia.study.figures.charts import CHARTS
from travesia.study.figures.series import estimate
from travesia.study.figures.theme import SCALES
from travesia.study.funnel import Funnel
from travesia.study.question import HOMES, from_json, question_type

STEPS = ["visit", "cart", "pay", "buy"]
ASKED = {
    "describe": {},
    "flow": {},
    "step_matrix": {"steps": 5},
    "paths": {},
    "funnel": {"steps": STEPS},
    "touches": {"goal": "buy"},
    "retention": {"period": "day", "periods": 3},
    "frequent": {"goal": "buy", "min_support": 0.01},
}


STAGES = [("Find", ["ad", "visit", "<b>x</b>"]), ("Choose", ["cart"]), ("Buy", ["pay", "buy"])]


def shop_log():
    web = walks(
        (50, "visit > cart > pay > buy"),
        (30, "visit > visit > cart"),
        (20, "ad > visit > <b>x</b>"),
    )
    phone = [
        type(one)(f"m{one.customer}", one.touchpoint, one.time, "phone")
        for one in walks((40, "visit > cart > pay > buy"), (80, "visit"))
    ]
    return [*web, *phone]


@pytest.fixture(scope="module")
def shop():
    return journeys_of(shop_log())


def question_of(kind, by=None):
    options = ASKED[kind] | ({"by": by} if by else {})
    return from_json({"question": kind, **options})


def compared():
    return Compare(Funnel(STEPS), "who(channel='web')", "who(channel='phone')")


OTHERS = [kind for kind in HOMES if kind not in CHARTS]


@pytest.mark.parametrize("kind", OTHERS)
def test_questions_without_a_chart_of_their_own_become_bars_and_tables(shop, kind):
    needs = {"goal": "buy", "stages": STAGES, "column": "channel"}
    known = {field.name for field in fields(question_type(kind))}
    options = {name: value for name, value in needs.items() if name in known}
    if kind == "scores":
        options["column"] = "value"
    answer = shop.ask(from_json({"question": kind, **options}))
    assert figure(answer).data[0].type == "bar"
    assert drawing(answer).startswith("<figure")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("by", [None, "channel"])
@pytest.mark.parametrize("kind", ASKED)
def test_a_figure_is_valid_in_both_themes_and_by_a_column(shop, kind, by, theme):
    made = figure(shop.ask(question_of(kind, by)), theme)
    written = json.loads(made.to_json())
    assert written["data"]
    assert made.layout.template.layout.paper_bgcolor == colour("surface", theme)
    assert "<b>x</b>" not in made.to_json().replace("\\u003c", "<").replace("\\u003e", ">").replace(
        "<b>&lt;b&gt;x", ""
    )


@pytest.mark.parametrize(
    ("kind", "column"), [("describe", "share"), ("paths", "share"), ("funnel", "share_of_all")]
)
def test_bars_hold_the_shares_and_their_intervals(shop, kind, column):
    answer = shop.ask(question_of(kind))
    (bar,) = [one for one in figure(answer).data if one.type == "bar"]
    rows = sorted(answer.to_pylist(), key=lambda row: row[column] or 0)
    assert sorted(bar.x) == [row[column] for row in rows]
    ends = sorted(x + up for x, up in zip(bar.x, bar.error_x.array, strict=True))
    assert ends == pytest.approx(sorted(row[answer_high(answer, column)] for row in rows))


def answer_high(answer, column):
    return next(one.high for one in answer.measures if one.name == column)


def test_bars_are_sorted_and_begin_at_zero(shop):
    made = figure(shop.ask(question_of("describe")))
    bar = made.data[0]
    assert list(bar.x) == sorted(bar.x, reverse=True)
    assert made.layout.xaxis.range[0] == 0


def test_marks_carry_their_cells_and_denominators(shop):
    bar = figure(shop.ask(question_of("describe"))).data[0]
    assert json.loads(bar.customdata[0]) == {"touchpoint": "visit"}
    assert "220 of 220" in bar.hovertext[0]


@pytest.mark.parametrize(("kind", "column"), [("flow", "share_out"), ("step_matrix", "share")])
def test_heat_holds_the_shares(shop, kind, column):
    answer = shop.ask(question_of(kind))
    (heat,) = figure(answer).data
    shown = sorted(one for row in heat.z for one in row if one is not None)
    assert shown == pytest.approx(sorted(answer.table.column(column).to_pylist()))


def test_touches_show_the_share_over_the_counts(shop):
    answer = shop.ask(question_of("touches"))
    made = figure(answer)
    (bar,) = [one for one in made.data if one.type == "bar"]
    assert list(bar.y) == answer.table.column("converted").to_pylist()
    line = next(one for one in made.data if one.mode == "lines+markers")
    assert list(line.y) == answer.table.column("km_share").to_pylist()


def test_a_comparison_has_a_panel_for_each_measure(shop):
    answer = shop.ask(compared())
    made = figure(answer)
    rows = answer.to_pylist()
    measures = list(dict.fromkeys(row["measure"] for row in rows))
    assert len(made.data) == len(measures)
    shares = [row["difference"] for row in rows if row["measure"] == measures[0]]
    assert list(made.data[0].x) == shares


def test_no_figure_has_more_than_eight_colours():
    log = [
        type(one)(one.customer, one.touchpoint, one.time, f"channel {nth % 11}")
        for nth, one in enumerate(shop_log())
    ]
    made = figure(journeys_of(log).ask(question_of("describe", "channel")))
    assert len({one.marker.color for one in made.data if one.type == "bar"}) <= 8


def test_an_unknown_question_shows_its_first_share(shop):
    answer = shop.ask(question_of("describe"))
    assert estimate(answer).name == "share"


def test_nothing_is_drawn_of_nobody(shop):
    empty = shop.when("1999", "2000")
    for kind in ASKED:
        figure(empty.ask(question_of(kind))).to_json()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ink_is_legible_on_all_heat(theme):
    ink = colour("ink", theme)
    assert min(contrast(ink, value) for _, value in SCALES[theme]) >= 4.5

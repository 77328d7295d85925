"""The funnel's drawing, read back."""

import re

import pytest
from hypothesis import given, settings

import travesia as tv
from study.figure_shapes import cells_of, overlaps, read, table_rows, text_boxes, walks
from study.random_journeys import journeys_of, logs
from travesia.locale import language
from travesia.study.compare import Compare
from travesia.study.figures import drawing
from travesia.study.figures.funnel_drawing import ALONE, TWO
from travesia.study.funnel import Funnel

SHOP = walks(
    (50, "visit > cart > pay > buy"), (30, "visit > cart"), (20, "visit"), (3, "visit > cart > pay")
)
STEPS = ["visit", "cart", "pay", "buy"]


@pytest.fixture(scope="module")
def shop():
    return journeys_of(SHOP)


def two_groups():
    late = [
        type(one)(f"m{one.customer}", one.touchpoint, one.time, "phone")
        for one in walks((40, "visit > cart > pay > buy"), (80, "visit"))
    ]
    return journeys_of([*SHOP, *late])


def knows_all(log):
    return {"visit", "cart", "pay"} <= {one.touchpoint for one in log}


def wide(answer):
    (svg,) = read(drawing(answer)).xpath(".//svg[contains(@class,'at-wide')]")
    return svg


def narrow(answer):
    (svg,) = read(drawing(answer)).xpath(".//svg[contains(@class,'at-narrow')]")
    return svg


def test_bars_are_as_long_as_their_share(shop):
    answer = shop.ask(Funnel(STEPS))
    room = ALONE.bars[1] - ALONE.bars[0]
    drawn = [float(one) / room for one in wide(answer).xpath(".//rect[@class='filled']/@width")]
    assert drawn == pytest.approx(answer.table.column("share_of_all").to_pylist(), abs=0.001)


def test_intervals_are_drawn_where_they_are(shop):
    answer = shop.ask(Funnel(STEPS))
    left, right = ALONE.bars
    ends = [
        tuple(float(x) for x in re.match(r"M([\d.]+) [\d.]+H([\d.]+)", d).groups())
        for d in wide(answer).xpath(".//path[@class='whisker']/@d")
    ]
    rows = answer.to_pylist()[1:]  # all of all has no interval to show
    wanted = [tuple(left + row[one] * (right - left) for one in ("low", "high")) for row in rows]
    assert [x for pair in ends for x in pair] == pytest.approx(
        [x for pair in wanted for x in pair], abs=0.06
    )


@given(logs(("visit", "cart", "pay")).filter(knows_all))
@settings(max_examples=30)
def test_no_text_stands_on_another(log):
    answer = journeys_of(log).ask(Funnel(["visit", "cart", "pay"], within="3d"))
    for svg in read(drawing(answer)).iter("svg"):
        assert overlaps(list(text_boxes(svg))) == []


def test_two_groups_leave_no_text_on_another():
    answer = two_groups().ask(Funnel(STEPS, by="channel"))
    for svg in (wide(answer), narrow(answer)):
        assert overlaps(list(text_boxes(svg))) == []


def test_cells_name_the_customers_behind_the_numbers(shop):
    answer = shop.ask(Funnel(STEPS))
    for row in answer.to_pylist():
        step = row["step"]
        assert answer.customers(step=step).num_rows == row["reached"]
    found = cells_of(wide(answer))
    assert {"step": 2, "outcome": "lost"} in found
    assert all(answer.customers(**cell).num_rows >= 0 for cell in found)


def test_of_two_groups_a_is_filled_and_b_is_hollow():
    answer = two_groups().ask(Funnel(STEPS, by="channel"))
    svg = wide(answer)
    rows = {row["channel"]: row for row in answer.to_pylist() if row["step"] == 4}
    room = TWO.bars[1] - TWO.bars[0]
    filled = [float(one) for one in svg.xpath(".//g/rect[@class='filled']/@width")][-1]
    hollow = [float(one) for one in svg.xpath(".//g/rect[@class='hollow']/@width")][-1]
    names = list(rows)
    assert filled / room == pytest.approx(rows[names[0]]["share_of_all"], abs=0.002)
    assert (hollow + 1.5) / room == pytest.approx(rows[names[1]]["share_of_all"], abs=0.002)


def test_a_difference_that_is_sure_is_coloured():
    answer = two_groups().ask(Funnel(STEPS, by="channel"))
    svg = wide(answer)
    points = [one.get("class") for one in svg.iter("circle")]
    assert points == ["point good", "point good", "point good"]


def test_a_comparison_is_drawn_as_its_two_funnels():
    asked = Compare(Funnel(STEPS), "who(channel='web')", "who(channel='phone')")
    answer = two_groups().ask(asked)
    found = read(drawing(answer))
    texts = {box.content for svg in found.iter("svg") for box in text_boxes(svg)}
    assert {"A, web", "B, phone", "103", "120"} <= texts
    row = next(r for r in answer.to_pylist() if r["cell"] == "2" and r["measure"] == "share_of_all")
    assert f"+{100 * row['difference']:.1f}" in texts
    assert {cell.get("side") for cell in cells_of(found)} == {"a", "b"}


def test_thin_steps_say_how_many_are_needed(shop):
    answer = shop.ask(Funnel(STEPS, min_customers=1000))
    texts = [box.content for box in text_boxes(wide(answer))]
    assert "Too few: 1,000 customers are needed" in texts
    assert wide(answer).xpath(".//rect[@class='filled']") == []


def test_steps_that_are_sets_are_drawn(shop):
    answer = shop.who(tv.col("touchpoint") == "buy").ask(Funnel(["pay | visit", "buy"]))
    assert "50" in {box.content for box in text_boxes(wide(answer))}


def test_the_hidden_table_is_the_answers_table(shop):
    answer = shop.ask(Funnel(STEPS))
    head, *rows = table_rows(read(drawing(answer)))
    assert [int(row[head.index("Reached")]) for row in rows] == [103, 83, 53, 50]


def test_the_title_counts(shop):
    (head,) = read(drawing(shop.ask(Funnel(STEPS)))).iter("figcaption")
    assert head.text == "Of 103 customers 50 reach buy: 48.5% (39.1–58.1%)."


def test_it_speaks_spanish(shop):
    answer = shop.ask(Funnel(STEPS, within="7d"))
    with language("es"):
        words = "".join(read(drawing(answer)).itertext())
    assert "De visit a buy, en 7" in words
    assert "primer paso" in words

"""The flow's drawing, read back: marks, cells, labels, table."""

import pytest
from hypothesis import given, settings

from study.figure_shapes import cells_of, overlaps, read, table_rows, text_boxes, walks
from study.random_journeys import journeys_of, log_of, logs
from travesia.locale import language
from travesia.study.figures import drawing
from travesia.study.figures.flow_layout import WIDTH
from travesia.study.flow import END, START, Flow

NAMES = ("ad", "basket of things", "order_confirmation_mail", "purchase", "visit", "call", "chat")
SHOP = walks(
    (60, "search > product > cart > pay > buy"),
    (25, "search > product"),
    (20, "ad > product > cart > product > cart"),
    (9, "ad > product > product"),
    (2, "fax > product"),
)
HOSTILE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "&amp; 'x'", "]]>")


@pytest.fixture(scope="module")
def shop():
    return journeys_of(SHOP)


def svg_of(answer, **options):
    (svg,) = read(drawing(answer, **options)).iter("svg")
    return svg


@given(logs(NAMES))
@settings(max_examples=60)
def test_no_label_stands_on_another_or_outside(log):
    answer = journeys_of(log).ask(Flow())
    for svg in read(drawing(answer)).iter("svg"):
        boxes = list(text_boxes(svg))
        assert overlaps(boxes) == []
        assert all(box.left >= -0.5 and box.right <= WIDTH + 0.5 for box in boxes)
        assert all(box.bottom <= float(svg.get("height")) for box in boxes)


def test_sixty_touchpoints_of_sixty_letters_fit():
    names = [f"{n} " + "a touchpoint somebody described in full words " * 2 for n in range(60)]
    paths = [
        (3, " > ".join((names[n], names[(7 * n) % 60], names[(n + 1) % 60]))) for n in range(60)
    ]
    svg = svg_of(journeys_of(walks(*paths)).ask(Flow()))
    assert overlaps(list(text_boxes(svg))) == []


def test_every_mark_carries_its_cell(shop):
    svg = svg_of(shop.ask(Flow()))
    marks = svg.xpath(".//g[contains(@class,'mark') or contains(@class,'way')]")
    assert len(marks) > 15
    assert all(mark.get("data-cell") for mark in marks)


def test_an_edge_names_the_customers_behind_it(shop):
    answer = shop.ask(Flow())
    counts = {(row["source"], row["target"]): row["customers"] for row in answer.to_pylist()}
    edges = [cell for cell in cells_of(svg_of(answer)) if {"source", "target"} <= set(cell)]
    assert len(edges) > 10
    for cell in edges:
        assert answer.customers(**cell).num_rows == counts[cell["source"], cell["target"]]


def test_every_move_of_a_small_flow_is_drawn(shop):
    answer = shop.ask(Flow())
    drawn = {
        (cell["source"], cell.get("target"))
        for cell in cells_of(svg_of(answer))
        if "source" in cell
    }
    assert {(row["source"], row["target"]) for row in answer.to_pylist()} <= drawn


def test_the_hidden_table_is_the_answers_table(shop):
    answer = shop.ask(Flow())
    head, *rows = table_rows(read(drawing(answer)))
    assert len(head) == answer.table.num_columns
    assert len(rows) == answer.table.num_rows
    at = head.index("Customers")
    assert [int(row[at]) for row in rows] == answer.table.column("customers").to_pylist()


def test_names_from_anybodys_data_stay_text():
    log = walks(*((3, f"{name} > buy") for name in HOSTILE))
    found = read(drawing(journeys_of(log).ask(Flow())))
    assert [one for one in found.iter() if one.tag in {"script", "img"}] == []
    texts = {"".join(one.itertext()) for one in found.iter("title")}
    assert any(HOSTILE[0] in one for one in texts)
    assert HOSTILE[0] in {cell for row in table_rows(found) for cell in row}


def test_ways_back_have_heads_and_the_strongest_is_told(shop):
    svg = svg_of(shop.ask(Flow()))
    (way,) = svg.xpath(".//g[@class='way main']")
    assert len(way.xpath("./path[@class='head']")) == 1
    assert "20 return to product" in {box.content for box in text_boxes(svg)}


def test_the_title_says_what_stands_out(shop):
    (head,) = read(drawing(shop.ask(Flow()))).iter("figcaption")
    assert head.text == "116 customers. Of 80 who reach cart, 20 return to product."


def test_thin_touchpoints_are_dashed_and_say_how_few_they_are(shop):
    svg = svg_of(shop.ask(Flow(min_customers=5)))
    assert len(svg.xpath(".//rect[@class='few']")) == 1
    assert len(svg.xpath(".//path[@class='thin']")) == 2
    assert "— only 2" in {box.content for box in text_boxes(svg)}


def test_exits_fade_where_they_happen(shop):
    svg = svg_of(shop.ask(Flow()))
    exits = svg.xpath(".//path[@class='out']/../@data-cell")
    assert len(exits) == 2
    assert "36 · 31.0%" in {box.content for box in text_boxes(svg)}
    (fill,) = set(svg.xpath(".//path[@class='out']/@fill"))
    assert svg.xpath(f".//*[@id='{fill[5:-1]}']")


def test_loops_stand_beside_their_touchpoint(shop):
    svg = svg_of(shop.ask(Flow()))
    assert {"source": "product", "target": "product"} in cells_of(svg)


def test_stages_head_their_columns(shop):
    stages = dict.fromkeys(("search", "ad", "fax"), "Find")
    stages |= dict.fromkeys(("product", "cart", "pay", "buy"), "Buy")
    words = {box.content for box in text_boxes(svg_of(shop.ask(Flow()), stages=stages))}
    assert {"Find", "Buy"} <= words


def test_one_drawing_for_each_value_asked_by():
    journeys = journeys_of(SHOP)
    found = read(drawing(journeys.ask(Flow(by="channel"))))
    assert [one.text for one in found.iter("h3")] == ["web"]
    assert {cell["channel"] for cell in cells_of(found)} == {"web"}


@pytest.mark.parametrize(
    "log",
    [[], log_of(ana="visit"), log_of(ana="visit visit visit"), walks((1, "a > b > a > b"))],
    ids=["nobody", "one touchpoint", "one loop", "two nodes"],
)
def test_the_smallest_flows_are_drawn(log):
    found = read(drawing(journeys_of(log).ask(Flow())))
    assert found.tag == "figure"
    assert ("There is nothing to show." in "".join(found.itertext())) == (not log)


def test_a_reader_hears_what_it_is(shop):
    svg = svg_of(shop.ask(Flow()))
    assert svg.get("role") == "img"
    assert "116 customers" in svg.get("aria-label")


def test_it_speaks_spanish(shop):
    answer = shop.ask(Flow())
    with language("es"):
        found = read(drawing(answer))
    words = "".join(found.itertext())
    assert "20 vuelven a product" in words
    assert not {"Start", "End", START, END, "ends here"} & set(found.xpath(".//text/text()"))
    assert "termina aquí" in words

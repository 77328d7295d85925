"""The tables under the drawing: how touchpoints are used, and stages by segment."""

import pytest
from lxml import html

import travesia as tv
from maps.test_spread import MAP, shop
from travesia.locale.text import Text
from travesia.maps.document import Measurement, Segment
from travesia.maps.page import render


@pytest.fixture(scope="module")
def journeys():
    return shop()


@pytest.fixture(scope="module")
def measured(journeys):
    return tv.measure(MAP, journeys)


def section(drawn, found, language="en"):
    page = html.document_fromstring(render(drawn, found, language))
    return page.xpath("//section[@class='use']")


def rows(table):
    return [[" ".join(cell.text_content().split()) for cell in row] for row in table.iter("tr")]


def test_every_touchpoint_stands_in_its_stage_with_its_use(measured):
    (found,) = section(MAP, measured)
    head, *body = rows(found.xpath(".//table")[0])
    assert head[:3] == ["Stage", "Touchpoint", "Met by"]
    use = {row[-4]: row[-1] for row in body[:-1]}
    assert use == {
        "search": "",
        "ad": "met too much",
        "App": "met too little",
        "forum": "not in the data",
        "buy": "",
    }
    assert "no touchpoints" in body[-1][0]
    assert "too many touchpoints" in body[0][0]
    assert found.xpath(".//th[@scope='rowgroup']/@rowspan") == ["4", "1", "1"]


def test_the_rule_is_stated_with_its_numbers(measured):
    (found,) = section(MAP, measured, "es")
    said = " ".join(found.text_content().split())
    assert "al menos el 50 % de los clientes" in said
    assert "menos del 20 %" in said
    assert "se usa de más" in said


def test_without_a_goal_the_page_says_that_no_use_is_judged(journeys):
    bare = MAP.model_copy(update={"goal_touchpoints": (), "questions": {}})
    (found,) = section(bare, tv.measure(bare, journeys))
    assert "no use is judged" in found.text_content()


def test_the_segments_are_rows_of_the_classic_table(measured):
    (found,) = section(MAP, measured)
    head, everyone, loyal = rows(found.xpath(".//table")[1])
    assert head == ["Segment", "Find", "Buy", "Use"]
    assert everyone[1].startswith("401 customers (100%)")
    assert loyal[0] == "Loyal"
    assert loyal[1].startswith("200 customers")


def test_a_segment_that_the_data_no_longer_have_is_a_row_of_nobody(journeys):
    gone = {"op": "==", "column": "gone", "value": "x"}
    lost = Segment(name="Lost", lenses=[{"lens": "who", "condition": gone}])
    drawn = MAP.model_copy(update={"segments": (lost,)})
    table = tv.measure(drawn, journeys).table
    assert {cell.came for cell in table.rows[1][1]} == {0}


def test_a_measurement_keeps_the_tables(measured):
    assert Measurement.from_yaml(measured.to_yaml()) == measured
    assert measured.spread == tv.spread(MAP, shop())
    assert measured.table == tv.stage_table(MAP, shop())


def test_names_are_written_as_words(journeys):
    stages = [one.model_copy(update={"name": Text(any="<i>x</i>")}) for one in MAP.stages]
    drawn = MAP.model_copy(update={"stages": tuple(stages)})
    (found,) = section(drawn, tv.measure(drawn, journeys))
    assert "<i>x</i>" in found.text_content()


def test_a_map_whose_stages_share_a_touchpoint_has_no_use(journeys):
    stages = tuple(one.model_copy(update={"touchpoints": ("ad",)}) for one in MAP.stages)
    drawn = MAP.model_copy(update={"stages": stages})
    assert tv.measure(drawn, journeys).spread is None
    assert section(drawn, tv.measure(drawn, journeys)) == []
    with pytest.raises(tv.TravesiaError, match="no stages"):
        tv.spread(drawn, journeys)

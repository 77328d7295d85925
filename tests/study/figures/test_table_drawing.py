"""Answers without a drawing of their own: tables with bars, and single numbers."""

from dataclasses import replace

import pytest

from study.figure_shapes import cells_of, read, table_rows, walks
from study.random_journeys import journeys_of
from travesia.study.describe import Describe
from travesia.study.figures import drawing
from travesia.study.figures.table_drawing import number
from travesia.study.intervals import wilson
from travesia.study.paths import Paths
from travesia.study.question import Measure, Question, kinds, question, question_type

SHOP = walks((50, "visit > cart > buy"), (30, "visit > visit > cart"), (20, "ad > visit"))


@pytest.fixture(scope="module")
def shop():
    return journeys_of(SHOP)


@pytest.fixture(scope="module")
def reach():
    """A question of somebody else's: one share with its interval."""
    if "test_reach" not in kinds():

        @question
        class Reach(Question):
            """How many ever buy."""

            kind = "test_reach"
            measures = (
                Measure("share", "share", "Share", of=("met", "all"), low="low", high="high"),
            )

            def fold(self, scope):
                return Describe().fold(scope)

            def conclude(self, scope, *partials):
                del scope, partials
                low, high = wilson(50, 100)
                bounds = {"low": [float(low)], "high": [float(high)]}
                return {"share": [0.5], **bounds, "met": [50], "all": [100]}

    return question_type("test_reach")()


def test_rows_carry_their_cells_and_bars(shop):
    answer = shop.ask(Describe())
    found = read(drawing(answer))
    touchpoints = [cell["touchpoint"] for cell in cells_of(found)]
    assert touchpoints == answer.table.column("touchpoint").to_pylist()
    bars = found.xpath(".//td[contains(@class,'bar')]//b/@style")
    assert bars[0].startswith("width:")
    assert len(bars) == answer.table.num_rows


def test_the_visible_table_is_hidden_from_who_hears_the_whole_one(shop):
    found = read(drawing(shop.ask(Describe())))
    (visible,) = found.xpath(".//table[@class='rows']")
    assert visible.get("aria-hidden") == "true"
    assert len(table_rows(found)) == 5


def test_paths_are_read_with_arrows_and_the_rest_has_a_name(shop):
    answer = shop.ask(Paths(top=1))
    names = read(drawing(answer)).xpath(".//td[contains(@class,'path')]/span/text()")
    assert names == ["visit → cart → buy", "others (2)"]


def test_one_share_is_a_number_with_its_interval(shop, reach):
    found = read(drawing(shop.ask(reach)))
    (single,) = found.xpath(".//div[@class='single']")
    words = " ".join(single.itertext())
    assert "50.0%" in words or "50%" in words
    assert "95 %" in words
    assert "50 of 100" in words
    assert len(single.xpath(".//svg")) == 1


def test_a_number_stands_in_its_interval():
    found = read(number(0.5, 0.4, 0.6, label="Reached"))
    (bar,) = found.xpath(".//rect")
    (value,) = found.xpath(".//path[contains(@class,'value')]/@d")
    left = float(bar.get("x"))
    assert left < float(value[1:].split()[0]) < left + float(bar.get("width"))


def test_its_title_is_the_questions_first_line(shop, reach):
    (head,) = read(drawing(shop.ask(reach))).iter("figcaption")
    assert head.text == "How many ever buy"


def test_a_number_says_its_target_and_its_past():
    words = " ".join(read(number(0.5, 0.4, 0.6, target=0.7, compared=0.45)).itertext())
    assert "target 70.0%" in words
    assert "before 45.0%" in words


def test_of_many_groups_the_largest_are_drawn():
    log = [
        replace(one, channel=f"channel {nth}")
        for nth, size in enumerate(range(20, 8, -1))
        for one in walks((size, f"visit {nth}"))
    ]
    log = [replace(one, customer=f"{nth}") for nth, one in enumerate(log)]
    found = read(drawing(journeys_of(log).ask(Describe(by="channel"))))
    assert [one.text for one in found.iter("h3")] == [f"channel {nth}" for nth in range(8)]
    (note,) = found.xpath(".//p[@class='note']/text()")
    assert note.endswith("8 of 12 groups are drawn; the table has all.")

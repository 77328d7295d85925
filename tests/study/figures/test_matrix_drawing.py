"""The step matrix's drawing, read back."""

import re
from collections import defaultdict

import pytest
from hypothesis import given

from study.figure_shapes import cells_of, overlaps, read, table_rows, text_boxes, walks
from study.random_journeys import HOUR, STARTS, Event, journeys_of, logs
from travesia.draw.tokens import colour, contrast
from travesia.study.figures import drawing
from travesia.study.figures.matrix_drawing import rows
from travesia.study.retention import Retention
from travesia.study.step_matrix import StepMatrix

SHOP = walks((50, "visit > cart > buy"), (30, "visit > visit > cart"), (20, "ad > visit"))
NAMES = ("ad", "cart", "mail", "purchase", "visit", "call", "chat")


@pytest.fixture(scope="module")
def answer():
    return journeys_of(SHOP).ask(StepMatrix(steps=4))


@given(logs(NAMES))
def test_each_step_adds_to_everyone_however_much_is_folded(log):
    answer = journeys_of(log).ask(StepMatrix(steps=6))
    for detail in (1, 3, 20):
        sums = defaultdict(int)
        for row in rows(answer.table, detail):
            for step, cell in row.cells.items():
                sums[step] += cell.journeys
        assert set(sums.values()) <= {answer.totals.journeys}


def test_every_cell_names_its_customers(answer):
    (svg,) = read(drawing(answer)).iter("svg")
    found = cells_of(svg)
    assert len(found) == answer.table.num_rows
    counts = {(row["step"], row["touchpoint"]): row["journeys"] for row in answer.to_pylist()}
    for cell in found:
        assert answer.customers(**cell).num_rows == counts[cell["step"], cell["touchpoint"]]


def test_more_is_darker(answer):
    (svg,) = read(drawing(answer)).iter("svg")
    heat = {
        mark.xpath("string(text)"): float(mark.xpath("string(rect/@style)").split(":")[1])
        for mark in svg.xpath(".//g[@class='mark'][rect/@class='heat']")
    }
    assert heat["80%"] if "80%" in heat else heat["80.0%"]
    shares = sorted(heat, key=lambda one: float(one.rstrip("%")))
    assert [heat[one] for one in shares] == sorted(heat.values())
    assert max(heat.values()) == pytest.approx(0.5)


def test_the_gone_stand_in_the_last_row(answer):
    assert [row.label for row in rows(answer.table)] == ["ad", "visit", "cart", "buy", "End"]


def test_folded_rows_name_all_they_add_up(answer):
    folded = rows(answer.table, 1)[1]
    assert folded.members == ("ad", "buy", "cart")
    assert folded.label == "others (3)"


def test_no_text_stands_on_another(answer):
    (svg,) = read(drawing(answer)).iter("svg")
    assert overlaps(list(text_boxes(svg))) == []


def test_forty_steps_have_room():
    long = walks((5, " > ".join(NAMES * 6)))
    (svg,) = read(drawing(journeys_of(long).ask(StepMatrix(steps=40)))).iter("svg")
    assert overlaps(list(text_boxes(svg))) == []


def test_the_hidden_table_is_the_answers_table(answer):
    _head, *found = table_rows(read(drawing(answer)))
    assert len(found) == answer.table.num_rows


def days(customer, *numbers):
    return [Event(customer, "visit", STARTS[0] + day * 24 * HOUR) for day in numbers]


def test_cohorts_are_drawn_as_far_as_they_are_over():
    log = [*days("ana", 0, 1, 3), *days("ben", 0, 2), *days("eva", 1, 2, 4), *days("leo", 4)]
    answer = journeys_of(log).ask(Retention(period="day", periods=3))
    found = read(drawing(answer))
    (svg,) = found.iter("svg")
    counts = {
        (row["cohort"].isoformat(), row["period"]): row["returned"]
        for row in answer.to_pylist()
        if row["customers"]
    }
    cells = {(cell["cohort"], cell["period"]): cell for cell in cells_of(svg)}
    assert set(cells) == set(counts)
    for key, cell in cells.items():
        assert answer.customers(**cell).num_rows == counts[key]
    assert overlaps(list(text_boxes(svg))) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_are_legible_on_the_darkest_cell(theme):
    sea, surface = colour("sea", theme), colour("surface", theme)
    mixed = [
        round((int(one, 16) + int(other, 16)) / 2)
        for one, other in zip(re.findall("..", sea[1:]), re.findall("..", surface[1:]), strict=True)
    ]
    assert contrast(colour("ink", theme), "#" + "".join(f"{one:02X}" for one in mixed)) >= 4.5

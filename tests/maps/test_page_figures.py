"""The numbers of a map in words."""

import datetime as dt

import pytest
from lxml import html

from travesia.locale import language
from travesia.maps.document import (
    Binding,
    Cell,
    Contact,
    Emotion,
    JourneyMap,
    Lane,
    Measured,
    Measurement,
    Metric,
    PainPoint,
    Persona,
    Pick,
    Stage,
    Step,
    Thought,
)
from travesia.maps.drawing import Sheet
from travesia.maps.drawing_cards import _missed, suffered
from travesia.maps.drawing_emotion import emotion_lane, feelings
from travesia.maps.drawing_flow import flow_lane
from travesia.maps.drawing_head import worst_exit
from travesia.maps.figures import Figures
from travesia.maps.layout import screen_layout
from travesia.maps.page import render
from travesia.record.touchpoints import Touchpoint

NB = "\u00a0"


def bound(name, measure, unit="share", **more):
    pick = Pick(value="share")
    return Binding(id=name, measure=measure, question="flow", pick=pick, unit=unit, **more)


def one_step(item, role, *, bindings=(), **more):
    """A map of one stage and step with one item."""
    return JourneyMap(
        title="Map",
        bindings=bindings,
        questions={"flow": {"lenses": [], "question": {"question": "flow"}}},
        stages=(Stage(key="buy", name="Buy"),),
        steps=(Step(key="pay", name="Pays", stage="buy"),),
        lanes=(Lane(key=role, role=role),),
        cells=(Cell(step="pay", lane=role, items=(item,)),),
        **more,
    )


def measured(**values):
    now = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    return Measurement(map="m", snapshot=1, measured_at=now, values=values)


def sheet_of(drawn, measurement=None):
    figures = Figures(drawn, measurement)
    return Sheet(drawn, measurement, figures, screen_layout(drawn))


def figure_of(binding, value, **more):
    drawn = one_step(Metric(title="Checkout abandonment", bindings=(binding,)), "metric")
    found = Measured(value=value, unit=binding.unit, **more)
    return next(iter(Figures(drawn, measured(**{binding.id: found}))))


def test_a_share_says_its_interval_counts_and_n():
    with language("en"):
        figure = figure_of(
            bound("a", "leaves"), 0.288, low=0.274, high=0.303, numerator=1123, denominator=3894
        )
        assert figure.text == "28.8%"
        assert figure.interval == "27.4–30.3%"
        assert figure.basis == f"n{NB}3,894"
        assert figure.counts == (
            ("1,123", "did not go on"),
            ("3,894", "came to Checkout abandonment"),
        )
        assert figure.sentence == f"28.8% (27.4–30.3%), n{NB}3,894"


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("count", 12480, "12,480"),
        ("duration", 12000, f"3{NB}h 20{NB}min"),
        ("ratio", 2.1, f"×{NB}2.1"),
        ("valence", -1.5, "−1.5"),
        ("score", 46, "46"),
        ("money", 38400, "38,400"),
    ],
)
def test_every_unit_has_its_words(unit, value, text):
    with language("en"):
        assert figure_of(bound("a", "value", unit), value).text == text


@pytest.mark.parametrize(
    ("reason", "words"),
    [("no data", "nobody measures this yet"), ("thin", "too few data"), ("odd", "odd")],
)
def test_a_number_that_cannot_be_told_says_why(reason, words):
    with language("en"):
        figure = figure_of(bound("a", "value"), None, reason=reason, n=7)
        assert figure.text == "—"
        assert figure.reason == words
        assert figure.sentence == words


def test_a_binding_outside_the_measurement_is_not_measured_yet():
    drawn = one_step(Metric(title="NPS", bindings=(bound("a", "value", "score"),)), "metric")
    with language("en"):
        figure = next(iter(Figures(drawn, None)))
        assert figure.text == "—"
        assert figure.reason == "not measured yet"


def test_definitions_name_the_part_and_authors_may_say_better():
    with language("es"):
        assert figure_of(bound("a", "goes_on"), 0.5).definition == (
            "De los clientes que llegaron a Checkout abandonment, "
            "la parte que siguió hacia algo posterior."
        )
        own = bound("a", "goes_on", definition="Nuestra propia.")
        assert figure_of(own, 0.5).definition == "Nuestra propia."


def test_a_pains_numbers_are_about_its_touchpoint_and_called_by_the_pain():
    pain = PainPoint(
        title="Fewer buy", touchpoint="video", bindings=(bound("a", "influence", "ratio"),)
    )
    drawn = one_step(pain, "pain", touchpoints=(Touchpoint(key="video", name="Route video"),))
    with language("en"):
        figure = next(iter(Figures(drawn, None)))
        assert figure.title == "Fewer buy"
        assert "met Route video" in figure.definition
        assert suffered(sheet_of(drawn), pain) is not None


def test_the_numbers_of_a_part_belong_together():
    contact = Contact(touchpoint="video", bindings=(bound("a", "reach"), bound("b", "repeats")))
    drawn = one_step(contact, "touchpoint", bindings=(bound("c", "goal"),))
    groups = {one.id: one.group for one in Figures(drawn, None)}
    assert groups["a"] == groups["b"] != groups["c"]


@pytest.mark.parametrize(
    ("low", "high", "better", "found"),
    [
        (0.27, 0.30, "down", "missed"),
        (0.20, 0.24, "down", "open"),
        (0.10, 0.21, "down", "reached"),
        (0.27, 0.30, "up", "reached"),
        (0.10, 0.20, "up", "missed"),
    ],
)
def test_a_target_is_missed_only_where_the_interval_says_so(low, high, better, found):
    figure = figure_of(bound("a", "value"), (low + high) / 2, low=low, high=high)
    assert _missed(figure, 0.22, better) == found


def test_without_an_interval_nothing_is_said_of_the_target():
    assert _missed(figure_of(bound("a", "value"), 0.5), 0.22, "up") == ""


def staged(left):
    """Three stages with so many who leave each."""
    stages, values = [], {}
    for i, (customers, leaving) in enumerate(left):
        names = (f"{i}.in", f"{i}.on", f"{i}.out")
        stages.append(
            Stage(
                key=f"g{i}",
                name=f"G{i}",
                bindings=(
                    bound(names[0], "customers", "count"),
                    bound(names[1], "goes_on"),
                    bound(names[2], "leaves"),
                ),
            )
        )
        share = leaving / customers
        counted = {"numerator": leaving, "denominator": customers, "unit": "share"}
        values[names[0]] = Measured(value=customers, unit="count", n=customers)
        values[names[1]] = Measured(value=1 - share, unit="share")
        values[names[2]] = Measured(value=share, **counted)
    drawn = JourneyMap(title="m", stages=tuple(stages), questions={"flow": {}})
    return sheet_of(drawn, measured(**values))


def test_most_leave_where_the_most_customers_are_lost():
    found = worst_exit(staged([(100, 30), (70, 35), (35, 35)]))
    assert found is not None
    assert found[0].key == "g1"


def test_who_leaves_fades_out_and_who_appears_fades_in():
    with language("en"):
        lane = html.fragment_fromstring(str(flow_lane(staged([(100, 50), (80, 10), (70, 0)]))))
    assert len(lane.xpath(".//*[@class='out']")) == 2
    assert len(lane.xpath(".//*[@fill='url(#map-fade-in)']")) == 1
    assert "100 customers enter" in lane.text_content()


def test_a_map_without_counts_has_no_flow():
    drawn = one_step(PainPoint(title="x"), "pain")
    assert flow_lane(sheet_of(drawn)) is None


def felt(*valences, personas=()):
    steps = tuple(Step(key=f"s{i}", name=f"S{i}", stage="buy") for i in range(len(valences)))
    cells = tuple(
        Cell(step=f"s{i}", lane="e", items=tuple(Emotion(valence=v, persona=p) for p, v in mood))
        for i, mood in enumerate(valences)
    )
    return JourneyMap(
        title="m",
        stages=(Stage(key="buy", name="Buy"),),
        steps=steps,
        lanes=(Lane(key="e", role="emotion"),),
        cells=cells,
        personas=personas,
        frame={"persona": personas[0].key if personas else ""},
    )


def test_nobody_felt_anything_draws_nothing():
    assert emotion_lane(sheet_of(felt((), ()))) is None


def test_other_personas_have_curves_of_their_own():
    personas = (Persona(key="a", name="Ana"), Persona(key="b", name="Bea"))
    drawn = felt((("a", 1), ("b", -1)), (("a", 0.5), ("b", 0)), personas=personas)
    sheet = sheet_of(drawn)
    assert [one.valence for one in feelings(sheet)] == [1, 0.5]
    with language("en"):
        lane = html.fragment_fromstring(str(emotion_lane(sheet)))
    assert len(lane.xpath(".//*[@class='mood other c1']")) == 1
    assert "Bea" in lane.text_content()


def test_a_feeling_without_words_takes_those_of_its_step():
    thought = Thought(text="Boots, at last.")
    drawn = felt((("", 1),), (("", 0),), (("", -1),))
    lanes = (*drawn.lanes, Lane(key="t", role="thought"))
    cells = (*drawn.cells, Cell(step="s0", lane="t", items=(thought,)))
    drawn = drawn.model_copy(update={"lanes": lanes, "cells": cells})
    with language("en"):
        lane = html.fragment_fromstring(str(emotion_lane(sheet_of(drawn))))
    assert "“Boots, at last.”" in lane.text_content()


def test_a_metric_carries_its_age_for_the_page_to_mark():
    metric = Metric(title="NPS", bindings=(bound("a", "value", "score", freshness="30d"),))
    values = {"a": Measured(value=46, unit="score", low=40, high=52, n=537)}
    page = html.document_fromstring(render(one_step(metric, "metric"), measured(**values), "en"))
    time = page.xpath("//section[contains(@class,'map')]//time")[0]
    assert time.get("data-fresh") == "30"
    assert time.get("datetime").startswith("2026-07-01")

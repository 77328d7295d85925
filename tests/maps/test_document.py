"""The map document: lossless, whole, and its parts found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from travesia.errors import InvalidValue, UnreadableSource
from travesia.locale.text import Text
from travesia.maps.document import (
    Binding,
    Cell,
    Emotion,
    JourneyMap,
    Lane,
    Link,
    Measured,
    Measurement,
    Opportunity,
    PainPoint,
    Pick,
    Stage,
    Step,
    Thought,
)

WORDS = st.text(max_size=20) | st.sampled_from(
    ["\x85", "a\u2028", "no", "1", "null", "~", "2026-01-01"]
)
TEXTS = st.builds(Text, es=WORDS, en=WORDS, any=WORDS)
NUMBERS = st.floats(-2, 2)


def bound(key: str) -> Binding:
    return Binding(
        id=key,
        measure="reach",
        question="describe",
        pick=Pick(where={"touchpoint": "a"}, value="share"),
        unit="share",
    )


def small_map(**more) -> JourneyMap:
    return JourneyMap(
        id="m",
        title="Purchase",
        questions={"describe": {"lenses": [], "question": {"ask": "describe"}}},
        stages=[
            Stage(key="find", name="Find", links=[Link(id="l", to="buy", kind="next")]),
            Stage(key="buy", name={"es": "Compra", "en": "Buy"}, bindings=[bound("b1")]),
        ],
        steps=[
            Step(key="look", name="Look", stage="find"),
            Step(key="pay", name="Pay", stage="buy"),
        ],
        lanes=[Lane(key="emotion", role="emotion"), Lane(key="pain", role="pain")],
        **more,
    )


@st.composite
def maps(draw):
    emotion = Emotion(valence=draw(NUMBERS), verbatim=draw(TEXTS), bindings=[bound("e")])
    thought = Thought(text=draw(TEXTS), verbatim=draw(st.booleans()), key=draw(WORDS))
    cell = Cell(step="look", lane="emotion", items=[emotion, thought])
    return small_map(cells=[cell], goal=draw(TEXTS), tags=draw(st.lists(WORDS, max_size=3)))


@given(maps())
def test_json_loses_nothing(drawn):
    assert JourneyMap.from_json(drawn.to_json()) == drawn


@given(maps())
def test_yaml_loses_nothing(drawn):
    assert JourneyMap.from_yaml(drawn.to_yaml()) == drawn


def test_a_file_is_yaml_or_json_by_its_name(tmp_path):
    drawn = small_map()
    for name in ("map.yaml", "map.json"):
        assert JourneyMap.load(drawn.save(tmp_path / name)) == drawn


def test_kinds_are_written_and_defaults_are_not():
    written = small_map(cells=[Cell(step="pay", lane="pain", items=[PainPoint(title="x")])])
    item = written.to_dict()["cells"][0]["items"][0]
    assert set(item) == {"kind", "id", "title"}


def test_the_same_file_read_twice_has_the_same_ids_where_there_are_keys():
    text = "travesia: map\ntitle: T\nkey: t\nstages:\n- {key: a, name: A}\n"
    assert JourneyMap.from_yaml(text) == JourneyMap.from_yaml(text)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": [Cell(step="no", lane="pain")]}, "no step 'no'"),
        ({"cells": [Cell(step="pay", lane="no")]}, "no lane 'no'"),
        ({"bindings": [bound("b1")]}, "two bindings"),
        ({"bindings": [bound("x").model_copy(update={"question": "q"})]}, "no question 'q'"),
    ],
)
def test_a_map_that_does_not_hold_together_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        small_map(**change)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "no map"),
        ({"travesia": "measurement"}, "measurement, not a map"),
        ({"schema": 99, "title": "T"}, "schema 99"),
        ({"title": "T", "titel": "T"}, "titel"),
        ({"title": "T", "cells": [{"step": "s", "lane": "l", "items": [{"kind": "x"}]}]}, "cells"),
    ],
)
def test_what_is_not_understood_is_refused(values, said):
    with pytest.raises(InvalidValue, match=said):
        JourneyMap.from_dict(values)


def test_a_file_that_cannot_be_read_says_where(tmp_path):
    path = tmp_path / "map.json"
    path.write_text('{"title": ')
    with pytest.raises(UnreadableSource, match="line 1"):
        JourneyMap.load(path)


def test_worst_pain_and_best_opportunity_come_first():
    pains = [PainPoint(id="p1", title="a", severity=2), PainPoint(id="p2", title="b", severity=5)]
    chances = [
        Opportunity(id="o1", title="c"),
        Opportunity(id="o2", title="d", reach=100, impact=2, confidence=0.5, effort=4),
    ]
    drawn = small_map(cells=[Cell(step="pay", lane="pain", items=[*pains, *chances])])
    assert [pain.id for _, pain in drawn.pains] == ["p2", "p1"]
    assert [chance.id for _, chance in drawn.opportunities] == ["o2", "o1"]
    assert drawn.opportunities[0][1].rice == 25


def test_without_an_estimate_the_answer_to_the_worst_pain_comes_first():
    pains = [PainPoint(id="p1", title="a", severity=2), PainPoint(id="p2", title="b", severity=5)]
    answers = [Opportunity(id=f"o{n}", title="c", pain=f"p{n}") for n in (1, 2)]
    drawn = small_map(cells=[Cell(step="pay", lane="pain", items=[*pains, *answers])])
    assert [chance.id for _, chance in drawn.opportunities] == ["o2", "o1"]


def test_a_measurement_finds_the_value_of_a_part():
    drawn = small_map()
    measured = Measurement(
        map="m",
        snapshot=1,
        measured_at="2026-01-01T00:00:00Z",
        values={"b1": Measured(value=0.25, unit="share", n=4)},
    )
    assert measured.of(drawn.stages[1], "reach").value == 0.25
    assert measured.of(drawn.stages[0], "reach") is None
    assert Measurement.from_json(measured.to_json()) == measured


def test_texts_fall_back_to_the_language_there_is():
    assert Text(es="Pago", en="Payment").pick("es") == "Pago"
    assert Text(any="Bizum").pick("en") == "Bizum"
    assert Text(es="Pago").pick("en") == "Pago"
    assert not Text()

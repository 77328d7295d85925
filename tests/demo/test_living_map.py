"""Aurora's map: measured from its journeys, and written by its people."""

from __future__ import annotations

import pyarrow.compute as pc
import pytest

from travesia.demo import aurora as generate
from travesia.locale import language
from travesia.maps.document import Action, Emotion, JourneyMap, Thought
from travesia.maps.measure import measure


@pytest.fixture(scope="module")
def living(aurora, journeys) -> JourneyMap:
    return aurora.map(journeys)


def contents(living, kind):
    return [(cell, item) for cell, item in living.contents(kind)]


def test_the_map_has_the_catalogues_stages_and_a_persona(living):
    assert [stage.key for stage in living.stages] == [
        "awareness",
        "consideration",
        "purchase",
        "use",
        "loyalty",
    ]
    assert living.frame.persona in {persona.key for persona in living.personas}
    assert living.owner.person


def test_every_step_says_what_customers_do_think_and_feel(living):
    steps = {step.key for step in living.steps}
    for kind in (Action, Thought, Emotion):
        assert {cell.step for cell, _ in contents(living, kind)} == steps, kind


def test_quotes_are_what_customers_wrote(aurora, living):
    quotes = [item for _, item in contents(living, Thought) if item.verbatim]
    assert len(quotes) >= 3
    written = set(pc.unique(aurora.events["text"]).to_pylist())
    for quote in quotes:
        assert quote.evidence
        assert {quote.text.es, quote.text.en} <= written


def test_assumed_feelings_stand_only_where_none_are_measured(living):
    for cell, item in contents(living, Emotion):
        assert (item.valence is None) == bool(item.bindings), cell.step


def test_the_map_is_measured(living, journeys):
    measured = measure(living, journeys)
    assert measured


@pytest.mark.parametrize("tongue", ["es", "en"])
def test_what_is_written_is_written_in_both_languages(living, tongue):
    with language(tongue):
        assert all(item.text.pick() for _, item in contents(living, Action))
        assert living.personas[0].headline.pick().startswith("Lucía")


def test_it_survives_being_written_down(living):
    assert JourneyMap.from_dict(living.to_dict()) == living


@pytest.mark.parametrize("customers", [5, 60])
def test_a_small_company_has_a_map_too(customers):
    small = generate(customers, seed=2)
    journeys = small.journeys()
    assert measure(small.map(journeys), journeys)


def test_one_persona_has_a_map_of_its_own(aurora, journeys):
    hikers = journeys.who(persona="weekend_hiker")
    assert {stage.key for stage in aurora.map(hikers).stages} >= {"consideration", "purchase"}

"""Questions that cannot be meant, and cells that do not exist, are told in two lines."""

from __future__ import annotations

from datetime import timedelta

import pytest

import travesia as tv
from study.random_journeys import journeys_of, log_of
from travesia.errors import InvalidValue, TravesiaError
from travesia.study.question import from_json

LOG = log_of(ana="visit cart", ben="visit mail")


@pytest.mark.parametrize(
    "make",
    [
        lambda: tv.Funnel([]),
        lambda: tv.Funnel("visit"),
        lambda: tv.Funnel(["visit"], within=timedelta.max),
        lambda: tv.Flow(min_customers=-1),
        lambda: tv.Flow(by="source"),
        lambda: tv.Funnel(["visit"], by="entered"),
        lambda: from_json({"question": "step_matrix", "steps": 0}),
        lambda: from_json({"question": "paths", "top": 10**12}),
        lambda: tv.Compare(of={"question": "precedence"}, a="", b=""),
        lambda: tv.Compare(of=3, a="", b=""),
    ],
)
def test_a_question_that_cannot_be_meant(make):
    with pytest.raises(InvalidValue) as refused:
        make()
    assert len(str(refused.value).split("\n")) == 2
    assert "pydantic" not in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        ({"question": "contacts"}, {}),
        ({"question": "precedence"}, {"source": "visit"}),
        ({"question": "describe"}, {"touchpoint": 10**30}),
        ({"question": "flow"}, {"source": None}),
        ({"question": "flow"}, {"sauce": "visit"}),
        ({"question": "funnel", "steps": ["visit"]}, {"step": "x"}),
        ({"question": "funnel", "steps": ["visit"]}, {"step": 2}),
        ({"question": "funnel", "steps": ["visit"]}, {"step": 1, "outcome": "gone"}),
    ],
)
def test_a_cell_that_does_not_exist(asked, cell):
    answer = journeys_of(LOG).ask(from_json(asked))
    with pytest.raises(TravesiaError) as refused:
        answer.customers(**cell)
    assert len(str(refused.value).split("\n")) == 2


@pytest.mark.parametrize("kind", ["flow", "step_matrix"])
def test_touchpoints_called_like_nodes_are_refused(kind):
    journeys = journeys_of(LOG).group({"visit": "(end)"})
    with pytest.raises(InvalidValue, match="Rename it first"):
        journeys.ask(from_json({"question": kind}))


def test_everybody_is_called_so():
    journeys = journeys_of(LOG)
    answer = tv.compare(tv.Flow(), journeys, journeys.who(touchpoint="mail"))
    assert "A is everybody;" in answer.note

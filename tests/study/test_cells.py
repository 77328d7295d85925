"""Fields of a cell are taken in the type they are meant in, or refused in two lines."""

from __future__ import annotations

import numpy as np
import pytest

import travesia as tv
from study.random_journeys import journeys_of, log_of
from travesia.errors import InvalidValue

LOG = log_of(ana="visit cart purchase", ben="visit mail", cai="visit")
STAGES = {"see": ("visit", "mail"), "buy": ("cart", "purchase")}


@pytest.mark.parametrize(
    ("asked", "cell"),
    [
        (tv.Influence("purchase", after=None), {"touchpoint": "visit", "met": "false"}),
        (tv.Influence("purchase", after=None), {"touchpoint": "visit", "reached": 1}),
        (tv.Funnel(["visit", "cart"]), {"step": 1.5}),
        (tv.Funnel(["visit", "cart"]), {"step": True}),
        (tv.Funnel(["visit", "cart"]), {"step": "one"}),
        (tv.Touches("purchase"), {"touches": "1"}),
        (tv.Retention(), {"period": "1"}),
        (tv.StepMatrix(), {"step": float("nan"), "touchpoint": "visit"}),
        (tv.Paths(), {"path": "visit"}),
        (tv.Frequent(), {"path": 3}),
    ],
)
def test_a_field_of_another_type_is_refused(asked, cell):
    with pytest.raises(InvalidValue) as refused:
        journeys_of(LOG).ask(asked).customers(**cell)
    assert len(str(refused.value).split("\n")) == 2
    with pytest.raises(InvalidValue):
        journeys_of(LOG).who(tv.Within(asked, **cell)).customers  # noqa: B018


@pytest.mark.parametrize(
    "asked",
    [tv.Describe(), tv.Contacts(), tv.Mix(), tv.Precedence(), tv.Influence("purchase"),
     tv.Scores("value"), tv.StageFlow(STAGES), tv.StageLinks(STAGES)],
    ids=lambda asked: asked.kind,
)  # fmt: skip
def test_a_cell_without_its_fields_says_how_to_name_it(asked):
    with pytest.raises(InvalidValue, match=r"^Which "):
        journeys_of(LOG).ask(asked).customers()


def test_numbers_of_a_table_name_its_cells():
    answer = journeys_of(LOG).ask(tv.Funnel(["visit", "cart"]))
    for step in (1, np.int64(1), 1.0):
        assert answer.customers(step=step).num_rows == 3
    paths = journeys_of(LOG).ask(tv.Paths())
    for path in (["visit", "mail"], ("visit", "mail"), np.array(["visit", "mail"])):
        assert paths.customers(path=path).num_rows == 1


def test_truth_values_of_a_table_name_its_cells():
    answer = journeys_of(LOG).ask(tv.Influence("purchase", after=None))
    assert answer.customers(touchpoint="mail", met=np.False_).num_rows == 2
    assert answer.customers(touchpoint="mail", met=True, reached=None).num_rows == 1


def test_a_missing_field_is_asked_for_with_what_each_means():
    with pytest.raises(InvalidValue, match=r"A cell is named by touchpoint \(.+\)"):
        journeys_of(LOG).ask(tv.Contacts()).customers()

"""Comparisons: laws, by-hand cases and coverage by simulation."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

import travesia as tv
from study.random_journeys import STARTS, Event, Log, Shape, journeys_of, log_of, logs, shapes
from travesia.errors import InvalidValue
from travesia.study import intervals
from travesia.study.question import from_json

FUNNEL = tv.Funnel(["visit", "cart"])


def converting(group: str, country: str, entered: int, converted: int) -> Log:
    log = []
    for n in range(entered):
        path = ["visit", "cart"] if n < converted else ["visit", "mail"]
        log += [
            Event(f"{group}{n}", name, STARTS[0] + step * timedelta(hours=1), country=country)
            for step, name in enumerate(path)
        ]
    return log


def test_shares_by_hand() -> None:
    journeys = journeys_of(converting("a", "ES", 70, 56) + converting("b", "MX", 80, 48))
    answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
    (row,) = (r for r in answer.to_pylist() if r["measure"] == "share_of_all")
    assert (row["a"], row["b"], row["n_a"], row["n_b"]) == (0.8, 0.6, 70, 80)
    assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert row["p_value"] == pytest.approx(float(intervals.two_proportions(56, 70, 48, 80)))
    assert row["different"]


@given(logs(), shapes())
def test_a_group_does_not_differ_from_itself(log: Log, shape: Shape) -> None:
    if not {"visit", "cart"} <= {event.touchpoint for event in log}:
        return
    journeys = shape(journeys_of(log))
    answer = (
        tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="ES"))
        if ("ES" in {event.country for event in log})
        else tv.compare(FUNNEL, journeys, journeys)
    )
    assert all(row["difference"] == 0 and not row["different"] for row in answer.to_pylist())


@given(logs())
def test_turning_the_groups_turns_the_sign(log: Log) -> None:
    names = {event.touchpoint for event in log}
    if not {"visit", "cart"} <= names or {e.country for e in log} != {"ES", "MX"}:
        return
    journeys = journeys_of(log)
    spain, mexico = journeys.who(country="ES"), journeys.who(country="MX")
    there = tv.compare(tv.Flow(), spain, mexico).to_pylist()
    back = {(r["cell"], r["measure"]): r for r in tv.compare(tv.Flow(), mexico, spain).to_pylist()}
    for row in there:
        other = back[row["cell"], row["measure"]]
        assert row["difference"] == pytest.approx(-other["difference"])
        assert (row["low"], row["high"]) == pytest.approx((-other["high"], -other["low"]))


def test_medians_of_two_groups_cover_their_difference() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for turn in range(60):
        log = []
        for country, mean in (("ES", 10.0), ("MX", 14.0)):
            for n, wait in enumerate(rng.normal(mean, 3, size=400)):
                at = STARTS[0] + timedelta(hours=float(max(wait, 0.1)))
                log.append(Event(f"{turn}{country}{n}", "visit", STARTS[0], country=country))
                log.append(Event(f"{turn}{country}{n}", "cart", at, country=country))
        journeys = journeys_of(log)
        answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
        (row,) = (
            r for r in answer.to_pylist() if r["measure"] == "median_time" and r["cell"] == "2"
        )
        covered += row["low"] <= -4 * 3600 <= row["high"]
    assert covered / 60 > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 60)


def test_a_comparison_is_a_question_like_any_other() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5) + converting("b", "MX", 8, 4))
    answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
    again = from_json(answer.question.to_json())
    assert again == answer.question
    assert journeys.ask(again).table.equals(answer.table)


def test_customers_of_both_groups_are_told() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5))
    answer = tv.compare(FUNNEL, journeys, journeys.who(touchpoint="cart"))
    assert answer.facts == {"both": 5, "a": 9, "b": 5}
    assert "5 customers are in both groups" in answer.note


def test_the_lenses_they_share_are_kept_apart() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5) + converting("b", "MX", 8, 4))
    seen = journeys.collapse()
    answer = tv.compare(FUNNEL, seen.who(country="ES"), seen.who(country="MX"))
    assert answer.journeys.text == "collapse()"


def test_different_data_are_refused() -> None:
    with pytest.raises(InvalidValue, match="not of the same data"):
        tv.compare(FUNNEL, journeys_of(log_of(a="visit")), journeys_of(log_of(a="visit")))


def test_a_breakdown_is_refused() -> None:
    journeys = journeys_of(log_of(a="visit cart"))
    with pytest.raises(InvalidValue, match="two groups"):
        tv.compare(tv.Flow(by="country"), journeys, journeys)

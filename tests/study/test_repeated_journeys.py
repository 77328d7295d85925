"""Several journeys or attempts of one customer are not several customers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cached_property

import numpy as np
import pytest
from hypothesis import given

import travesia as tv
from study.random_journeys import STARTS, Event, Log, journeys_of, logs, rows_of, visits_of
from travesia.engines.scope import Scope
from travesia.study import intervals
from travesia.study.touches import Touches

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
EACH = tv.Funnel(["visit", "cart"], attempts="each")


def repeated(times: dict[str, int], *path: str) -> Log:
    """Customers who make the same journey again and again, a day apart."""
    return [
        Event(customer, name, STARTS[0] + n * DAY + step * timedelta(minutes=1))
        for customer, often in times.items()
        for n in range(often)
        for step, name in enumerate(path)
    ]


def test_a_hundred_attempts_of_one_customer_are_one_customer() -> None:
    row = journeys_of(repeated({"ana": 100}, "visit", "cart")).ask(EACH).to_pylist()[1]
    assert (row["reached"], row["share_of_all"]) == (100, 1.0)
    low, high = (float(bound) for bound in intervals.wilson(1, 1))
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert (row["previous_low"], row["previous_high"]) == pytest.approx((low, high))


def test_a_few_with_most_attempts_count_for_less_than_customers() -> None:
    often = {"ana": 100, **{f"c{n}": 1 for n in range(9)}}
    row = journeys_of(repeated(often, "visit", "cart")).ask(EACH).to_pylist()[1]
    alone = 109**2 / (100**2 + 9)  # as many customers of equal weight (Kish)
    assert row["low"] == pytest.approx(float(intervals.wilson(alone, alone)[0]))


def test_each_by_itself_keeps_the_plain_interval() -> None:
    log = repeated({f"c{n}": 1 for n in range(8)}, "visit", "cart")
    row = journeys_of(log).ask(EACH).to_pylist()[1]
    assert row["low"] == pytest.approx(float(intervals.wilson(8, 8)[0]))


def test_a_few_with_most_visits_count_for_less_than_customers() -> None:
    often = {"ana": 100, **{f"c{n}": 1 for n in range(9)}}
    visits = journeys_of(repeated(often, "visit", "cart")).split(gap=HOUR)
    alone = 109**2 / (100**2 + 9)
    low = pytest.approx(float(intervals.wilson(alone, alone)[0]))
    (path,) = visits.ask(tv.Paths(goal="cart")).to_pylist()
    assert (path["low"], path["conversion_low"]) == (low, low)
    assert visits.ask(tv.StepMatrix(steps=1)).to_pylist()[0]["low"] == low
    touches = visits.ask(Touches("cart"))
    assert touches.to_pylist()[0]["share_low"] == low
    assert touches.facts["share_within_seven_low"] == low


def test_attempts_do_not_make_a_share_thick() -> None:
    journeys = journeys_of(repeated({"ana": 100, "ben": 1}, "visit", "cart"))
    assert journeys.ask(replace(EACH, min_customers=3)).to_pylist()[1]["share_of_all"] is None
    assert journeys.ask(replace(EACH, min_customers=2)).to_pylist()[1]["share_of_all"] == 1
    visits = journeys.split(gap=HOUR)
    best = tv.Funnel(["visit", "cart"], min_customers=3)
    assert visits.ask(best).to_pylist()[1]["share_of_previous"] is None


def test_journeys_do_not_make_a_share_thick() -> None:
    visits = journeys_of(repeated({"ana": 100}, "mail", "visit", "cart")).split(gap=HOUR)
    (row,) = visits.ask(Touches("cart", min_customers=2)).to_pylist()
    assert (row["at_risk"], row["share"], row["km_share"]) == (100, None, None)


def test_a_median_of_one_customer_is_anywhere_in_what_was_seen() -> None:
    log: Log = []
    for n in range(99):
        path = ["mail"] * (n % 9) + ["cart"]
        log += [
            Event("ana", name, STARTS[0] + n * DAY + step * timedelta(minutes=1))
            for step, name in enumerate(path)
        ]
    facts = journeys_of(log).split(gap=HOUR).ask(Touches("cart")).facts
    assert facts["median_touches"] == 4
    assert (facts["median_touches_low"], facts["median_touches_high"]) == (0, 8)


@given(logs())
def test_customers_at_risk_are_those_with_a_journey_at_risk(log: Log) -> None:
    if "cart" not in {event.touchpoint for event in log}:
        return
    visits = journeys_of(log).split(gap=HOUR)
    levels = []
    for row in rows_of(log):
        reach = [0]
        for visit in visits_of([row], HOUR):
            names = [event.touchpoint for event in visit]
            reach.append(names.index("cart") + 1 if "cart" in names else len(names))
        levels.append(max(reach))
    least = 2
    for row in visits.ask(Touches("cart", min_customers=least)).to_pylist():
        at_risk = sum(level > row["touches"] for level in levels)
        assert (row["km_share"] is None) == (at_risk < least)


def test_an_interval_of_independent_values_is_the_plain_one() -> None:
    ordered = np.arange(41)
    plain = intervals.quantile_interval(ordered)
    assert intervals.quantile_interval(ordered, independent=41) == plain
    assert intervals.quantile_interval(ordered, independent=1) == (0, 40)


SAMPLING = [tv.Describe(), tv.Flow(), tv.Paths(), EACH, Touches("cart")]


@pytest.mark.parametrize("asked", SAMPLING, ids=lambda asked: asked.kind)
def test_times_of_some_customers_alone_are_told(asked: tv.Question) -> None:
    journeys = journeys_of(repeated({f"c{n}": 1 for n in range(4)}, "visit", "cart"))
    answer = journeys.ask(asked)
    assert "Times come from" not in answer.note
    many = Vast(journeys.snapshot, journeys.lenses)
    assert "Times come from 10.0% of the customers." in replace(answer, journeys=many).note


class Vast(tv.Journeys):
    """Journeys that say they are more than they are."""

    @cached_property
    def scope(self) -> Scope:
        return replace(super().scope, events=40_000_000, keys=40_000_000)

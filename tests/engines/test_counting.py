"""Whom an answer was counted over."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

from study.random_journeys import STARTS, Event, Log, journeys_of, logs, rows_of, visits_of
from travesia.engines.counting import JOURNEYS, SQUARES, counts, independent
from travesia.study.describe import Describe
from travesia.study.flow import Flow

HOUR = timedelta(hours=1)


def on_channels(*channels: str) -> Log:
    return [
        Event("ana", "visit", STARTS[0] + n * 24 * HOUR, channel=channel)
        for n, channel in enumerate(channels)
    ]


def test_a_customer_with_visits_in_several_groups_is_one() -> None:
    visits = journeys_of(on_channels("web", "app", "shop")).split(gap=HOUR)
    answer = visits.ask(Flow(by="channel"))
    assert (answer.totals.customers, answer.totals.journeys) == (1, 3)
    assert visits.ask(Describe(by="channel")).facts["customers"] == 1


def test_each_group_still_counts_its_own() -> None:
    visits = journeys_of(on_channels("web", "app")).split(gap=HOUR)
    rows = visits.ask(Describe(by="channel")).to_pylist()
    assert [row["all_customers"] for row in rows] == [1, 1]


@given(logs())
def test_independent_journeys_are_no_more_than_customers(log: Log) -> None:
    visits = journeys_of(log).split(gap=HOUR)
    numbers = [len(visits_of([row], HOUR)) for row in rows_of(log)]
    total = dict.fromkeys((JOURNEYS, SQUARES), 0)
    for source in visits.sources:
        found = counts(source())
        total = {name: n + int(found[name].of(np.arange(1))) for name, n in total.items()}
    squares = sum(n * n for n in numbers)
    assert independent(total) == pytest.approx(sum(numbers) ** 2 / max(squares, 1))
    assert independent(total) <= len(numbers) + 1e-9


def test_facts_cannot_be_changed() -> None:
    answer = journeys_of(on_channels("web")).ask(Describe())
    with pytest.raises(TypeError):
        answer.facts["customers"] = 7  # type: ignore[index]

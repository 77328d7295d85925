"""Describe against a naive count, and by hand."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    HOUR,
    STARTS,
    Event,
    journeys_of,
    log_of,
    logs,
    rows_of,
    shapes,
    visits_of,
)
from travesia.errors import InvalidValue
from travesia.study.describe import Describe, _bin_of, _position_of


def middle(values):
    return sorted(values)[(len(values) - 1) // 2]


def oracle(rows):
    """(touchpoint, interactions, customers, first, last, median position), in order."""
    found = {}
    for row in rows:
        for place, event in enumerate(row, 1):
            found.setdefault(event.touchpoint, []).append((place, event))
    return [
        (
            name,
            len(seen),
            len({event.customer for _, event in seen}),
            min(event.time for _, event in seen),
            max(event.time for _, event in seen),
            middle([place for place, _ in seen]),
        )
        for name, seen in sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))
    ]


COLUMNS = (
    "touchpoint",
    "interactions",
    "customers",
    "first_time",
    "last_time",
    "median_position",
)


def counted(rows):
    return [tuple(row[name] for name in COLUMNS) for row in rows]


@given(logs(), shapes())
def test_touchpoints_are_the_naive_ones(log, shape):
    found = shape(journeys_of(log)).ask(Describe())
    assert counted(found.to_pylist()) == oracle(rows_of(log))


@given(logs())
def test_after_a_split_customers_stay_customers(log):
    visits = visits_of(rows_of(log), timedelta(hours=3))
    found = journeys_of(log).split(gap="3h").ask(Describe())
    assert counted(found.to_pylist()) == oracle(visits)
    assert found.facts["journeys"] == len(visits)


@given(logs(), st.sampled_from(["country", "channel"]))
def test_by_counts_the_rows_of_each_value(log, by):
    found = journeys_of(log).ask(Describe(by=by)).to_pylist()
    rows = rows_of(log)
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        assert counted([row for row in found if row[by] == value]) == oracle(mine)


@given(logs(), shapes())
def test_facts_are_those_of_the_whole(log, shape):
    rows = rows_of(log)
    facts = shape(journeys_of(log)).ask(Describe()).facts
    assert (facts["customers"], facts["interactions"]) == (len(rows), len(log))
    assert facts["touchpoints"] == len({event.touchpoint for event in log})
    if log:
        assert facts["since"] == min(event.time for event in log)
        assert facts["until"] == max(event.time for event in log)
        assert facts["median_interactions"] == middle([len(row) for row in rows])
        assert facts["most_interactions"] == max(len(row) for row in rows)
        assert facts["median_duration"] == middle([row[-1].time - row[0].time for row in rows])
        assert facts["single"] == sum(len(row) == 1 for row in rows)


@given(logs(), st.sampled_from([None, "country"]))
def test_sorted_positions_equal_those_of_the_dense_table(log, by):
    from travesia.engines.groups import grouping
    from travesia.study.describe_kernels import describe

    journeys = journeys_of(log)
    fold = Describe().fold(journeys.scope)
    for source in journeys.sources:
        block = grouping(journeys.scope, by).place(source())
        if block.rows:
            flat = (block.start, block.stop, block.owner, block.group, block.touchpoint, block.time)
            dense = fold.occurring(describe(*flat, fold.size, block.groups, 200)[2])
            listed = fold.listed(block)
            assert dense.keys.tolist() == listed.keys.tolist()
            assert dense.values.tolist() == listed.values.tolist()


@given(st.integers(1, 2**31 - 1))
def test_a_position_is_known_to_two_in_a_hundred(position):
    found = _position_of(_bin_of(position))
    assert found <= position < found * (1 + 1 / 64) + 1
    assert found == position or position >= 128


@given(logs())
def test_customers_behind_a_touchpoint_are_as_many_as_it_says(log):
    answer = journeys_of(log).ask(Describe())
    for row in answer.to_pylist():
        assert answer.customers(touchpoint=row["touchpoint"]).num_rows == row["customers"]


def test_by_hand():
    answer = journeys_of(log_of(ana="visit cart visit", ben="visit")).ask(Describe())
    visit, cart = answer.to_pylist()
    assert (visit["touchpoint"], visit["interactions"], visit["customers"]) == ("visit", 3, 2)
    assert (cart["share"], cart["median_position"]) == (0.5, 2)
    assert (visit["first_time"], visit["last_time"]) == (STARTS[0], STARTS[0] + 2 * HOUR)
    assert "Median interactions of a journey: 1; journeys with only one: 1." in answer.note


def test_long_journeys_have_rounded_positions():
    log = [Event("ana", "visit", STARTS[0] + place * HOUR) for place in range(1001)]
    (row,) = journeys_of(log).ask(Describe()).to_pylist()
    assert 501 / (1 + 1 / 64) <= row["median_position"] <= 501


def test_positions_can_be_left_out():
    (row,) = journeys_of(log_of(ana="visit")).ask(Describe(positions=False)).to_pylist()
    assert row["median_position"] is None


def test_nothing_has_no_rows_and_says_so():
    answer = journeys_of([]).ask(Describe())
    assert answer.to_pylist() == []
    assert answer.facts["since"] is None
    assert "No journeys" in answer.note


def test_a_cell_needs_a_touchpoint():
    with pytest.raises(InvalidValue, match="Which touchpoint"):
        journeys_of(log_of(ana="visit")).ask(Describe()).customers()


def test_within_chooses_who_has_a_touchpoint():
    journeys = journeys_of(log_of(ana="visit cart", ben="visit"))
    found = journeys.who(tv.Within(Describe(), touchpoint="cart"))
    assert found.to_arrow()["customer"].to_pylist() == ["ana"]

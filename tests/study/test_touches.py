"""Touches against a naive count, Kaplan and Meier's published table, and by hand."""

from collections import Counter
from datetime import timedelta
from statistics import mean

import numpy as np
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
from travesia.errors import InvalidValue, UnknownName
from travesia.study import intervals
from travesia.study.counted import Counted, tallied
from travesia.study.touches import Touches

GOAL = "purchase"


def before_goal(row):
    """The events before the goal, and whether it was reached."""
    for place, event in enumerate(row):
        if event.touchpoint == GOAL:
            return row[:place], True
    return row, False


def oracle(rows):
    """touches -> (customers, converted, open, converted_by, at_risk, median time, channels)."""
    seen = [(row, *before_goal(row)) for row in rows]
    out = {}
    for touches in sorted({len(before) for _, before, _ in seen}):
        here = [one for one in seen if len(one[1]) == touches]
        won = [(row, before) for row, before, reached in here if reached]
        times = sorted(row[touches].time - row[0].time for row, _ in won)
        channels = [len({event.channel for event in before} - {None}) for _, before in won]
        out[touches] = (
            len({row[0].customer for row, _, _ in here}),
            len(won),
            len(here) - len(won),
            sum(reached and len(before) <= touches for _, before, reached in seen),
            sum(len(before) + reached > touches for _, before, reached in seen),
            times[(len(times) - 1) // 2] if times else None,
            mean(channels) if channels else None,
        )
    return out


COLUMNS = ("customers", "converted", "open", "converted_by", "at_risk", "median_time")


def counted(rows):
    return {
        row["touches"]: (*(row[name] for name in COLUMNS), row["mean_channels"]) for row in rows
    }


def known(log):
    return any(event.touchpoint == GOAL for event in log)


@given(logs(), shapes())
def test_counts_are_the_naive_ones(log, shape):
    if known(log):
        found = shape(journeys_of(log)).ask(Touches(GOAL)).to_pylist()
        assert counted(found) == oracle(rows_of(log))


@given(logs())
def test_after_a_split_journeys_and_customers_are_told_apart(log):
    if known(log):
        visits = visits_of(rows_of(log), timedelta(hours=3))
        found = journeys_of(log).split(gap="3h").ask(Touches(GOAL)).to_pylist()
        assert counted(found) == oracle(visits)
        assert {row["journeys"] for row in found} == {len(visits)}


@given(logs(), st.sampled_from(["country", "channel"]))
def test_by_counts_the_rows_of_each_value(log, by):
    if not known(log):
        return
    found = journeys_of(log).ask(Touches(GOAL, by=by)).to_pylist()
    rows = rows_of(log)
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        assert counted([row for row in found if row[by] == value]) == oracle(mine)


@given(logs())
def test_customers_behind_a_cell_are_as_many_as_it_says(log):
    if not known(log):
        return
    answer = journeys_of(log).ask(Touches(GOAL))
    for row in answer.to_pylist():
        for outcome in ("converted", "open"):
            cell = answer.customers(touches=row["touches"], outcome=outcome)
            assert cell.num_rows == row[outcome]


def steps(counts):
    """A log in which so many customers reached the goal, or stopped, after so many touches."""
    log = []
    for number, (touches, reached) in enumerate(counts):
        path = ["visit"] * touches + [GOAL] * reached
        log += [
            Event(f"c{number}", name, STARTS[0] + place * HOUR) for place, name in enumerate(path)
        ]
    return log


def test_survival_is_close_to_the_leukaemia_table_of_gehan_1965():
    # remission of 21 patients on 6-MP in weeks; + is censored: 6, 6, 6, 6+, 7, 9+, 10, 10+, ...
    # A journey censored after n weeks was at risk in week n; here that is one touch more.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    log = steps([(week, 1) for week in ended] + [(week + 1, 0) for week in censored])
    found = {row["touches"]: row for row in journeys_of(log).ask(Touches(GOAL)).to_pylist()}
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    for week, survival in published.items():
        assert found[week]["km_share"] == pytest.approx(1 - survival, abs=6e-4)
    assert [found[week]["at_risk"] for week in published] == [21, 17, 15, 12, 11, 7, 6]
    # the log-log limits at week 10, as survival analysis packages print them
    assert 1 - found[10]["high"] == pytest.approx(0.503, abs=1e-3)
    assert 1 - found[10]["low"] == pytest.approx(0.889, abs=1e-3)


def test_the_rule_of_seven_is_tested():
    log = steps([(3, 1)] * 6 + [(8, 1)] * 4 + [(5, 0)] * 10)
    facts = journeys_of(log).ask(Touches(GOAL)).facts
    assert (facts["converted"], facts["open"]) == (10, 10)
    assert (facts["median_touches"], facts["share_within_seven"]) == (3, 0.6)
    assert (facts["median_touches_low"], facts["median_touches_high"]) == (3, 8)
    assert facts["km_within_seven"] == pytest.approx(6 / 20)
    # the ten open ones had five touches without the goal: they say nothing of the eighth
    assert facts["km_median_touches"] == 8
    assert facts["median_time"] == 3 * HOUR
    assert facts["channels"] == {1: 10}


def test_a_goal_at_once_takes_no_touches():
    (row,) = journeys_of(log_of(ana="purchase visit")).ask(Touches(GOAL)).to_pylist()
    assert (row["touches"], row["converted"], row["median_time"]) == (0, 1, timedelta(0))


def test_the_goal_can_be_one_of_several():
    log = log_of(ana="visit cart", ben="visit visit purchase")
    found = journeys_of(log).ask(Touches("cart | purchase")).to_pylist()
    assert {row["touches"]: row["converted"] for row in found} == {1: 1, 2: 1}


def test_nobody_reaching_the_goal_is_an_answer():
    journeys = journeys_of(log_of(ana="visit purchase", ben="cart")).who(
        tv.col("customer") == "ben"
    )
    answer = journeys.ask(Touches(GOAL))
    assert answer.facts["median_touches"] is None
    assert "Nobody reached the goal." in answer.note


def test_nothing_gives_no_rows():
    journeys = journeys_of(log_of(ana="purchase")).when("2030-01-01")
    assert journeys.ask(Touches(GOAL)).to_pylist() == []


def test_an_unknown_goal_is_refused():
    with pytest.raises(UnknownName, match="purchse"):
        journeys_of(log_of(ana="purchase")).ask(Touches("purchse"))


def test_an_unknown_outcome_is_refused():
    answer = journeys_of(log_of(ana="purchase")).ask(Touches(GOAL))
    with pytest.raises(InvalidValue, match="Which customers"):
        answer.customers(outcome="lost")


def test_the_note_says_the_rule():
    answer = journeys_of(steps([(3, 1)] * 6 + [(8, 1)] * 4)).ask(Touches(GOAL))
    assert "half of them within 3 touches" in answer.note


@given(st.lists(st.integers(0, 40), min_size=1))
def test_counted_numbers_are_the_sorted_list(numbers):
    values, times = np.unique(numbers, return_counts=True)
    found = Counted(values, times)
    assert [found[place] for place in range(len(found))] == sorted(numbers)
    assert intervals.quantile(found, 0.5) == intervals.quantile(np.sort(numbers), 0.5)


@given(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 9))))
def test_tallied_keys_are_counted_and_summed(pairs):
    keys = np.array([key for key, _ in pairs], np.int64)
    weights = np.array([weight for _, weight in pairs], np.int64)
    found = tallied(2**41, keys, weights)
    counts, sums = Counter(keys.tolist()), Counter()
    for key, weight in pairs:
        sums[key] += weight
    assert found.keys.tolist() == sorted(counts)
    assert found.values.tolist() == [[counts[key], sums[key]] for key in sorted(counts)]

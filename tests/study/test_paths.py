"""Paths against a naive dictionary, with and without room for all of them, and by hand."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    HOUR,
    Event,
    journeys_of,
    log_of,
    logs,
    rows_of,
    shapes,
    visits_of,
)
from travesia.errors import InvalidValue
from travesia.study.heavy import Heavy
from travesia.study.paths import Paths

GOAL = "purchase"
FEW = ("cart", "visit")


def oracle(rows, top, goal=None, most=None):
    """(path, journeys, customers, converted, median time) of the top paths, and of the rest."""
    found = {}
    for row in rows:
        names = [event.touchpoint for event in row]
        place = names.index(goal) if goal in names else None
        path = tuple(names[:place][:most])
        seen = found.setdefault(path, [0, set(), 0, []])
        seen[0] += 1
        seen[1].add(row[0].customer)
        seen[2] += place is not None
        last = place if goal else len(path) - 1
        if last is not None:
            seen[3].append(row[last].time - row[0].time)
    order = sorted(found, key=lambda path: (-found[path][0], path))
    listed = [
        (list(path), n, len(who), won, sorted(times)[(len(times) - 1) // 2] if times else None)
        for path, (n, who, won, times) in ((path, found[path]) for path in order[:top])
    ]
    return listed, len(rows) - sum(one[1] for one in listed), len(found) - len(listed)


def counted(rows):
    """The same of an answer's rows."""
    listed = [
        (row["path"], row["journeys"], row["customers"], row["converted"], row["median_time"])
        for row in rows
        if row["path"] is not None
    ]
    rest = [row for row in rows if row["path"] is None]
    return (
        listed,
        sum(row["journeys"] for row in rest),
        sum(row["variants"] for row in rest),
    )


def plain(found):
    """Without the goal's counts, which are null."""
    listed, rest, variants = found
    return [(*one[:3], one[4]) for one in listed], rest, variants


@given(logs(FEW, most_steps=4, most_customers=12), shapes())
def test_paths_are_the_naive_ones(log, shape):
    found = counted(shape(journeys_of(log)).ask(Paths(3)).to_pylist())
    assert plain(found) == plain(oracle(rows_of(log), 3))


@given(logs(), shapes(), st.sampled_from([None, 2]))
def test_paths_before_a_goal_are_the_naive_ones(log, shape, most):
    if any(event.touchpoint == GOAL for event in log):
        asked = Paths(4, goal=GOAL, most_steps=most)
        found = counted(shape(journeys_of(log)).ask(asked).to_pylist())
        assert found == oracle(rows_of(log), 4, GOAL, most)


@given(logs(FEW, most_customers=8))
def test_after_a_split_paths_are_of_visits(log):
    visits = visits_of(rows_of(log), timedelta(hours=3))
    found = counted(journeys_of(log).split(gap="3h").ask(Paths(3)).to_pylist())
    assert plain(found) == plain(oracle(visits, 3))


@given(logs(FEW, most_steps=3, most_customers=12), st.sampled_from(["country", "channel"]))
def test_by_counts_the_rows_of_each_value(log, by):
    found = journeys_of(log).ask(Paths(2, by=by)).to_pylist()
    rows = rows_of(log)
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        rest = [row for row in found if row[by] == value]
        assert plain(counted(rest)) == plain(oracle(mine, 2))


@given(logs(), shapes())
def test_shares_add_to_one(log, shape):
    rows = shape(journeys_of(log)).ask(Paths(2)).to_pylist()
    assert sum(row["share"] for row in rows) == pytest.approx(1 if log else 0)


@given(logs(FEW, most_steps=4, most_customers=12))
def test_customers_behind_a_path_are_as_many_as_it_says(log):
    answer = journeys_of(log).ask(Paths(3))
    for row in answer.to_pylist():
        if row["path"] is not None:
            assert answer.customers(path=row["path"]).num_rows == row["journeys"]


@given(logs(FEW, most_steps=3, most_customers=10), st.randoms())
def test_the_order_of_the_input_breaks_no_tie(log, chance):
    apart = [
        Event(event.customer, event.touchpoint, event.time + timedelta(seconds=place))
        for place, event in enumerate(log)
    ]
    mixed = chance.sample(apart, len(apart))
    asked = Paths(2)
    assert journeys_of(apart).ask(asked).table.equals(journeys_of(mixed).ask(asked).table)


def test_by_hand():
    log = log_of(ana="visit cart purchase", ben="visit cart", cai="visit cart", dan="cart")
    rows = journeys_of(log).ask(Paths(1, goal=GOAL)).to_pylist()
    assert rows[0]["path"] == ["visit", "cart"]
    assert (rows[0]["journeys"], rows[0]["converted"]) == (3, 1)
    assert rows[0]["conversion"] == pytest.approx(1 / 3)
    assert rows[0]["median_time"] == 2 * HOUR
    assert (rows[1]["path"], rows[1]["journeys"], rows[1]["variants"]) == (None, 1, 1)


def test_without_a_goal_nothing_is_said_of_conversion():
    (row,) = journeys_of(log_of(ana="visit")).ask(Paths()).to_pylist()
    assert row["converted"] is row["conversion"] is row["conversion_low"] is None


def test_a_goal_at_once_has_an_empty_path():
    (row,) = journeys_of(log_of(ana="purchase")).ask(Paths(goal=GOAL)).to_pylist()
    assert (row["path"], row["converted"]) == ([], 1)


def test_the_note_says_how_many_paths_there_are():
    answer = journeys_of(log_of(ana="visit", ben="cart")).ask(Paths())
    assert "There are 2 different paths." in answer.note


def test_within_chooses_the_customers_of_a_path():
    journeys = journeys_of(log_of(ana="visit cart", ben="visit"))
    found = journeys.who(tv.Within(Paths(), path=["visit", "cart"]))
    assert found.to_arrow()["customer"].to_pylist() == ["ana"]


def test_a_cell_needs_a_path():
    with pytest.raises(InvalidValue, match=r"path=\[\"visit\", \"cart\"\]"):
        journeys_of(log_of(ana="visit")).ask(Paths()).customers(path="visit")


def test_nothing_gives_no_rows():
    assert journeys_of([]).ask(Paths()).to_pylist() == []


# Counting with too little room

BATCHES = st.lists(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), min_size=1), min_size=1
)


def heavy(batches, most):
    total = None
    for batch in batches:
        hashes = np.array([thing for thing, _ in batch], np.uint64)
        one = Heavy.counted(hashes, np.array([group for _, group in batch], np.int32), most)
        total = one if total is None else total + one
    return total


@given(BATCHES, st.sampled_from([[0], [1], [0, 1]]))
def test_with_room_for_all_counts_are_exact(batches, groups):
    found = heavy(batches, 1000).of(np.array(groups))
    exact = Counter(thing for batch in batches for thing, group in batch if group in groups)
    assert dict(zip(found.hashes.tolist(), found.counts.tolist(), strict=True)) == exact
    assert found.missed == 0


@given(BATCHES, st.integers(2, 20), st.sampled_from([[0], [1], [0, 1]]))
def test_with_too_little_room_counts_miss_no_more_than_they_say(batches, most, groups):
    found = heavy(batches, most).of(np.array(groups))
    counted = dict(zip(found.hashes.tolist(), found.counts.tolist(), strict=True))
    exact = Counter(thing for batch in batches for thing, group in batch if group in groups)
    for thing, count in exact.items():
        assert count - found.missed <= counted.get(thing, 0) <= count


def test_what_is_let_go_in_each_group_is_missed_in_each():
    batch = [(1, group) for group in range(4)] + [(2, 0)] * 5
    found = heavy([batch, batch], 2).of(np.arange(4))
    assert 1 not in found.hashes
    assert found.missed >= 8


@given(BATCHES, st.integers(2, 20))
def test_what_is_missed_is_bounded_by_the_room(batches, most):
    size = sum(len(batch) for batch in batches)
    assert heavy(batches, most).missed <= size / (most // 2)


@given(BATCHES, st.integers(1, 5))
def test_the_leading_ones_are_among_the_chosen(batches, top):
    exact = Counter(thing for batch in batches for thing, _ in batch)
    least = sorted(exact.values(), reverse=True)[:top][-1]
    chosen = set(heavy(batches, 1000).leading(top, 1000).tolist())
    assert {thing for thing, count in exact.items() if count >= least} <= chosen


def test_when_paths_may_be_missing_the_note_says_so():
    journeys = journeys_of(log_of(ana="visit"))
    answer = journeys.ask(Paths())
    told = type(answer)(
        answer.question,
        journeys,
        answer.table,
        answer.totals,
        {"variants": None, "missed": 7},
    )
    assert "7 journeys or fewer may be missing" in told.note

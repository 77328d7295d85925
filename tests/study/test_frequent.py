"""Frequent against a naive search of all sub-sequences, and by hand."""

from datetime import timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

import travesia as tv
from study.random_journeys import (
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
from travesia.study import frequent
from travesia.study.frequent import Frequent

GOAL = "purchase"
FEW = ("cart", "purchase", "visit")


def contains(row, pattern, gap, adjacent):
    """Whether a row has a pattern, by trying every beginning."""

    def goes_on(place, rest):
        if not rest:
            return True
        later = [place + 1] if adjacent else range(place + 1, len(row))
        return any(
            row[one].touchpoint == rest[0]
            and (gap is None or row[one].time - row[place].time <= gap)
            and goes_on(one, rest[1:])
            for one in later
            if one < len(row)
        )

    firsts = [place for place, event in enumerate(row) if event.touchpoint == pattern[0]]
    return any(goes_on(place, pattern[1:]) for place in firsts)


def oracle(rows, asked):
    """path -> (customers, journeys, converted) of all that are frequent."""
    customers = {row[0].customer for row in rows}
    cut = []
    for row in rows:
        names = [event.touchpoint for event in row]
        place = names.index(asked.goal) if asked.goal in names else None
        cut.append((row[0].customer, row[:place], place is not None))
    found = {}
    for length in range(asked.shortest, asked.length + 1):
        for pattern in product(sorted({e.touchpoint for row in rows for e in row}), repeat=length):
            have = [
                (who, won)
                for who, row, won in cut
                if contains(row, pattern, asked.max_gap, asked.contiguous)
            ]
            support = len({who for who, _ in have})
            if support and support >= asked.min_support * len(customers):
                found[pattern] = (support, len(have), sum(won for _, won in have))
    return dict(sorted(found.items(), key=lambda one: (-one[1][0], one[0])))


def counted(rows):
    return {
        tuple(row["path"]): (row["customers"], row["journeys"], row["converted"]) for row in rows
    }


def same(found, expected):
    assert list(counted(found)) == list(expected)
    assert counted(found) == expected


OPTIONS = st.fixed_dictionaries(
    {
        "max_gap": st.sampled_from([None, timedelta(hours=2), timedelta(0)]),
        "contiguous": st.booleans(),
        "min_support": st.sampled_from([0.2, 0.6]),
    }
)


def known(log):
    return any(event.touchpoint == GOAL for event in log)


@settings(max_examples=50)
@given(logs(FEW, most_steps=8), shapes(), OPTIONS)
def test_sub_sequences_are_the_naive_ones(log, shape, options):
    if known(log):
        asked = Frequent(GOAL, shortest=1, top=1000, **options)
        same(shape(journeys_of(log)).ask(asked).to_pylist(), oracle(rows_of(log), asked))


@settings(max_examples=20)
@given(logs(("cart", "purchase"), most_customers=4), OPTIONS)
def test_long_journeys_too(log, options):
    if known(log):
        asked = Frequent(GOAL, length=2, top=1000, **options)
        same(journeys_of(log).ask(asked).to_pylist(), oracle(rows_of(log), asked))


@settings(max_examples=40)
@given(logs(FEW, most_steps=8), OPTIONS)
def test_after_a_split_sub_sequences_lie_in_one_visit(log, options):
    if known(log):
        asked = Frequent(GOAL, top=1000, **options)
        visits = visits_of(rows_of(log), timedelta(hours=3))
        same(journeys_of(log).split(gap="3h").ask(asked).to_pylist(), oracle(visits, asked))


@settings(max_examples=40)
@given(logs(FEW, most_steps=6), st.sampled_from(["country", "channel"]), OPTIONS)
def test_by_counts_the_rows_of_each_value(log, by, options):
    if not known(log):
        return
    asked = Frequent(GOAL, top=1000, by=by, **options)
    found = journeys_of(log).ask(asked).to_pylist()
    rows = rows_of(log)
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        same([row for row in found if row[by] == value], oracle(mine, asked))


@settings(max_examples=40)
@given(logs(FEW, most_steps=8), OPTIONS)
def test_customers_behind_a_sub_sequence_are_as_many_as_it_says(log, options):
    if known(log):
        answer = journeys_of(log).ask(Frequent(GOAL, **options))
        for row in answer.to_pylist():
            assert answer.customers(path=row["path"]).num_rows == row["customers"]


def shop(with_it, won_with_it, without, won_without):
    """A log: so many carts, so many of them with a purchase, and the same without a cart."""
    log = []
    for number in range(with_it + without):
        has = number < with_it
        won = number < won_with_it or with_it <= number < with_it + won_without
        path = ["visit", "cart" if has else "mail"] + [GOAL] * won
        log += [
            Event(f"c{number}", name, STARTS[0] + timedelta(hours=place))
            for place, name in enumerate(path)
        ]
    return log


def test_lift_is_the_share_with_it_over_the_share_of_all():
    answer = journeys_of(shop(40, 20, 60, 15)).ask(Frequent(GOAL))
    cart = next(row for row in answer.to_pylist() if row["path"] == ["visit", "cart"])
    assert cart["lift"] == pytest.approx((20 / 40) / (35 / 100))
    assert cart["low"] < cart["lift"] < cart["high"]
    assert cart["low"] > 1
    assert "35.0% reached purchase" in answer.note


def test_p_values_are_the_score_test_corrected():
    rows = journeys_of(shop(40, 20, 60, 15)).ask(Frequent(GOAL)).to_pylist()
    plain = chi2_contingency([[20, 20], [15, 45]], correction=False).pvalue
    # two sub-sequences, each the other's complement: the correction changes nothing
    assert [row["p_value"] for row in rows] == pytest.approx([plain, plain])


def test_the_interval_of_the_lift_covers_the_truth():
    chance = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        cells = chance.multinomial(300, [0.2, 0.2, 0.15, 0.45])
        both, it = float(cells[0]), float(cells[0] + cells[1])
        goal = float(cells[0] + cells[2])
        _, low, high = frequent._lifts(np.array([both]), np.array([it]), goal, 300.0, 1.0)
        hits += low[0] <= (0.2 / 0.4) / 0.35 <= high[0]
    assert 0.92 <= hits / 400 <= 0.98


def test_no_conversion_has_a_lift_of_zero_and_a_bound():
    rows = journeys_of(shop(20, 0, 20, 10)).ask(Frequent(GOAL)).to_pylist()
    cart = next(row for row in rows if row["path"] == ["visit", "cart"])
    assert (cart["lift"], cart["low"]) == (0, 0)
    assert 0 < cart["high"] < 1


def test_without_a_goal_there_is_no_lift():
    (row,) = journeys_of(log_of(ana="visit cart")).ask(Frequent()).to_pylist()
    assert row["path"] == ["visit", "cart"]
    assert row["lift"] is row["p_value"] is row["converted"] is None


def test_a_limit_on_the_gap():
    log = log_of(ana="visit mail mail cart", ben="visit cart")
    rows = journeys_of(log).ask(Frequent(max_gap="1h", length=2)).to_pylist()
    assert next(row["customers"] for row in rows if row["path"] == ["visit", "cart"]) == 1


def test_the_latest_beginning_leaves_most_room():
    log = log_of(ana="visit mail visit cart")
    rows = journeys_of(log).ask(Frequent(max_gap="1h", length=2)).to_pylist()
    assert ["visit", "cart"] in [row["path"] for row in rows]


def test_of_too_many_candidates_those_of_rare_parts_are_left_out():
    scope = journeys_of(log_of(ana="visit cart mail")).scope
    visit, cart, mail = (
        (int(code),) for code in scope.touchpoints.codes(["visit", "cart", "mail"])
    )
    pairs, left_out = frequent._joined({visit: 9, cart: 5, mail: 1}, scope, most=4)
    assert {tuple(pair) for pair in pairs.tolist()} == {
        visit + visit,
        visit + cart,
        cart + visit,
        cart + cart,
    }
    assert left_out == 5


@given(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2))))
def test_parts_are_joined_where_they_overlap(parts):
    scope = journeys_of(log_of(ana="visit cart mail")).scope
    found, left_out = frequent._joined(dict.fromkeys(parts, 1), scope, most=1000)
    expected = {(*a, b[1]) for a in parts for b in parts if a[1] == b[0]}
    assert {tuple(one) for one in found.tolist()} == expected
    assert (len(found), left_out) == (len(expected), 0)


def test_a_journey_looks_up_its_few_touchpoints_among_many():
    names = [f"t{place:02}" for place in range(40)]
    log = log_of(ana="t03 t17", ben="t17 t03 t17", cai=" ".join(names))
    rows = journeys_of(log).ask(Frequent(length=2, top=3)).to_pylist()
    assert counted(rows)["t03", "t17"] == (3, 3, None)


def test_nothing_has_no_rows():
    assert journeys_of([]).ask(Frequent()).to_pylist() == []


def test_lengths_that_leave_nothing_are_refused():
    with pytest.raises(InvalidValue, match="none"):
        Frequent(length=2, shortest=3)


def test_within_chooses_who_has_a_sub_sequence():
    journeys = journeys_of(log_of(ana="visit mail cart", ben="cart visit"))
    found = journeys.who(tv.Within(Frequent(), path=["visit", "cart"]))
    assert found.to_arrow()["customer"].to_pylist() == ["ana"]


def test_a_cell_needs_a_path():
    with pytest.raises(InvalidValue, match="Which sub-sequence"):
        journeys_of(log_of(ana="visit cart")).ask(Frequent()).customers()

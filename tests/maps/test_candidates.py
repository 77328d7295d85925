"""The rules by which data become candidate pains and moments of truth, at their edges."""

from datetime import timedelta

import pytest

from travesia.maps.candidates import (
    Candidate,
    against_the_goal,
    bottlenecks,
    drop_offs,
    high_scores,
    loops,
    low_scores,
    repeats,
    swaying,
    worst,
)

ORDER = {"open": 0, "wait": 1, "solve": 2}


def contact(**more):
    row = {"touchpoint": "open", "customers": 1000, "met": 500, "last": 100, "share_last": 0.2,
           "low_last": 0.17, "again": 200, "share_again": 0.4, "low_again": 0.36}  # fmt: skip
    return row | more


def move(source, target, **more):
    row = {"source": source, "target": target, "moved": 100, "came": 400, "share": 0.25,
           "low": 0.2, "median_time": timedelta(days=2)}  # fmt: skip
    return row | more


def swayed(**more):
    row = {"touchpoint": "open", "ratio": 1.6, "low": 1.3, "high": 2.0, "p_value": 0.001,
           "structural": False}  # fmt: skip
    return row | more


def step(**more):
    row = {"stage": "s", "customers": 1000, "came": 500, "left": 100, "share_left": 0.2,
           "low_left": 0.17}  # fmt: skip
    return row | more


@pytest.mark.parametrize(
    ("row", "ends", "found"),
    [
        (step(), set(), True),
        (step(), {"s"}, False),
        (step(left=29), set(), False),
        (step(low_left=0.049), set(), False),
        (step(low_left=None), set(), False),
    ],
)
def test_drop_offs(row, ends, found):
    assert bool(drop_offs([row], ends)) is found


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (move("open", "wait"), True),
        (move("wait", "open"), False),
        (move("open", "wait", moved=29), False),
        (move("open", "wait", median_time=None), False),
        (move("solve", "wait"), False),
    ],
)
def test_bottlenecks(row, found):
    assert bool(bottlenecks([row], ORDER, lambda _: True, {"solve"})) is found


def test_a_bottleneck_takes_a_tenth_of_all_the_time_that_is_waited():
    slow = move("open", "wait", median_time=timedelta(days=89))
    quick = move("wait", "solve", median_time=timedelta(days=11))
    quicker = move("open", "solve", median_time=timedelta(days=9))
    found = bottlenecks([slow, quick, quicker], ORDER, lambda _: True, set())
    assert [one.towards for one in found] == ["wait", "solve"]
    assert sum(one.weight for one in found) == pytest.approx(100 / 109)


def test_nobody_waits_for_what_they_do_themselves():
    assert not bottlenecks([move("open", "wait")], ORDER, lambda name: name != "wait", set())


@pytest.mark.parametrize(
    ("row", "service", "found"),
    [
        (move("solve", "open"), True, True),
        (move("open", "solve"), True, False),
        (move("solve", "open"), False, False),
        (move("solve", "open", low=0.049), True, False),
        (move("solve", "open", moved=29), True, False),
    ],
)
def test_loops(row, service, found):
    assert bool(loops([row], ORDER, lambda _: service, 1000)) is found


@pytest.mark.parametrize(
    ("row", "service", "found"),
    [
        (contact(), True, True),
        (contact(), False, False),
        (contact(low_again=0.24), True, False),
        (contact(again=29), True, False),
    ],
)
def test_repeats(row, service, found):
    assert bool(repeats([row], lambda _: service)) is found


@pytest.mark.parametrize(
    ("low", "high", "customers", "pain", "gain"),
    [
        (-1.0, -0.1, 50, True, False),
        (-0.2, 0.1, 50, False, False),
        (0.6, 0.9, 50, False, True),
        (-1.0, -0.1, 29, False, False),
        (None, None, 50, False, False),
    ],
)
def test_scores(low, high, customers, pain, gain):
    row = {"touchpoint": "s", "valence": 0.0, "valence_low": low, "valence_high": high,
           "answers": 5 * customers, "customers": customers}  # fmt: skip
    assert bool(low_scores([row], 1000)) is pain
    assert bool(high_scores([row])) is gain


def test_a_low_score_concerns_customers_however_many_answers_they_gave():
    row = {"touchpoint": "s", "valence": -1.0, "valence_low": -1.2, "valence_high": -0.8,
           "answers": 200, "customers": 40}  # fmt: skip
    (found,) = low_scores([row], 100)
    assert (found.weight, found.whole) == (0.4, 40)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (swayed(), True),
        (swayed(low=1.05), False),
        (swayed(ratio=0.6, low=0.5, high=0.8), True),
        (swayed(ratio=0.9, low=0.8, high=0.95), False),
        (swayed(p_value=0.06), False),
        (swayed(structural=True), False),
        (swayed(ratio=None), False),
    ],
)
def test_what_sways(row, found):
    assert bool(swaying([row])) is found


def test_what_goes_against_the_goal_concerns_customers_however_often_they_came():
    row = swayed(ratio=0.6, low=0.5, high=0.8, met=900, met_reached=100, customers=300)
    (found,) = against_the_goal([row], 1000)
    assert (found.weight, found.part or found.whole) == (0.3, 300)


@pytest.mark.parametrize(("weight", "severity"), [(0.5, 5), (0.15, 4), (0.1, 3), (0.03, 2), (0, 1)])
def test_severity_follows_whom_it_concerns(weight, severity):
    assert Candidate("loop", "open", weight, "moves", {}).severity == severity


def test_only_the_worst_are_kept_one_a_touchpoint_and_cause():
    many = [Candidate("loop", f"t{place}", place / 100, "moves", {}) for place in range(9)]
    same = Candidate("loop", "t8", 0.01, "moves", {})
    other = Candidate("repeat", "t8", 0.2, "contacts", {})
    kept = worst([*many, same, other])
    assert [(one.cause, one.touchpoint) for one in kept] == [
        ("repeat", "t8"),
        ("loop", "t8"),
        ("loop", "t7"),
        ("loop", "t6"),
    ]

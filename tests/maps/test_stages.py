"""Mining stages: planted orders and planted stages are found, always the same way."""

from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travesia.errors import InvalidValue
from travesia.maps.stages import BACK, INSIDE, NEXT, Passages, best_cut, best_order, leaders, mine


def counted(paths) -> Passages:
    """Counted the naive way from lists of names."""
    met = {name: sum(name in path for path in paths) for path in paths for name in path}
    names = tuple(sorted(met, key=lambda name: (-met[name], name)))
    size = len(names)
    first, moves = np.zeros((size, size), np.int64), np.zeros((size, size), np.int64)
    for path in paths:
        for a, b in permutations(range(size), 2):
            one, two = names[a], names[b]
            if one in path and two in path:
                first[a, b] += path.index(one) < path.index(two)
            moves[a, b] += (one, two) in pairwise(dict.fromkeys(path))
    return Passages(names, np.array([met[name] for name in names], np.int64), first, moves)


def worth(moves, bounds):
    """The value of a cut, by its definition."""
    stage = np.searchsorted(bounds, np.arange(len(moves)), side="right")
    total = 0.0
    for a, b in permutations(range(len(moves)), 2):
        ahead = stage[b] - stage[a]
        value = {0: INSIDE, 1: NEXT}.get(ahead, BACK if ahead < 0 else 0.0)
        total += value * moves[a, b]
    return total


SQUARES = st.integers(1, 6).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 9), min_size=size, max_size=size), min_size=size, max_size=size
    ).map(lambda rows: np.array(rows, np.int64) * (1 - np.eye(len(rows), dtype=np.int64)))
)


@settings(deadline=None)
@given(SQUARES, st.integers(1, 4))
def test_the_cut_is_worth_most_of_all_cuts(moves, stages):
    stages = min(stages, len(moves))
    found = best_cut(moves, stages, stages)
    every = [[0, *inner, len(moves)] for inner in combinations(range(1, len(moves)), stages - 1)]
    assert worth(moves, found) == pytest.approx(max(worth(moves, one) for one in every))


@settings(deadline=None)
@given(SQUARES)
def test_no_single_move_betters_the_order(first):
    order = best_order(first)

    def contradicted(one):
        return np.tril(first[np.ix_(one, one)], -1).sum()

    for place in range(len(order)):
        others = np.delete(order, place)
        for to in range(len(order)):
            assert contradicted(order) <= contradicted(np.insert(others, to, order[place]))


@settings(deadline=None)
@given(st.permutations("abcdefgh"))
def test_a_planted_order_is_found_from_partial_journeys(planted):
    rng = np.random.default_rng(3)
    paths = [[name for name in planted if rng.random() < 0.6] for _ in range(60)]
    assert "".join(mine(counted(paths)).order) == "".join(planted)


@pytest.mark.parametrize("seed", range(5))
def test_planted_stages_are_found(seed):
    """Inside a stage any order and repeats; between stages forward, now and then back."""
    rng = np.random.default_rng(seed)
    planted = ["abc", "def", "gh", "ijk"]
    paths = []
    for _ in range(400):
        path = []
        for stage in planted:
            path += list(rng.choice(list(stage), 4))
            if rng.random() < 0.05:
                path += [rng.choice(list(planted[0]))]
        paths.append(path)
    found = mine(counted(paths))
    assert ["".join(sorted(stage)) for stage in found.stages] == planted


def test_cycles_are_cut_where_journeys_begin():
    once = ["visit", "cart", "pay", "deliver"]
    found = mine(counted([once * 3, once * 2, once]))
    assert found.order == ("visit", "cart", "pay", "deliver")


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=6), max_size=8))
def test_the_same_evidence_gives_the_same_plan_whatever_the_order_of_customers(paths):
    assert mine(counted(paths)).stages == mine(counted(paths[::-1])).stages


@given(st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1), min_size=1, max_size=9))
def test_every_touchpoint_stands_in_one_of_three_to_seven_stages(paths):
    known = counted(paths)
    found = mine(known)
    assert sorted(found.order) == sorted(known.names)
    assert min(3, len(known.names)) <= len(found.stages) <= 7
    assert all(found.stages)


def test_moves_without_an_order_say_so():
    rng = np.random.default_rng(1)
    paths = [list(rng.permutation(list("abcdef"))) for _ in range(300)]
    assert mine(counted(paths)).backward > 0.4
    assert mine(counted([list("abcdef")] * 9)).backward == 0


def test_as_many_stages_as_asked_for():
    known = counted([list("abcdef")] * 3)
    assert len(mine(known, stages=2).stages) == 2
    with pytest.raises(InvalidValue, match="cannot be cut into 9"):
        mine(known, stages=9)


def test_nothing_has_no_stages():
    assert mine(counted([])).stages == ()


def test_steps_are_named_for_the_most_met_touchpoints_in_their_order():
    customers = {"a": 5, "b": 100, "c": 30, "d": 90, "e": 60}
    assert leaders("abcde", customers) == ("b", "d", "e")
    assert leaders("ab", customers) == ("b",)

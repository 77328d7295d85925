"""Partials, groups and the local engine by themselves."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import journeys_of, log_of
from travesia.engines.groups import grouping
from travesia.engines.local import Local
from travesia.engines.partials import Gathered, Partial, Peak, Sparse, Tally, summed
from travesia.engines.progress import watching
from travesia.engines.scope import Scope, Vocabulary, microseconds, moment
from travesia.errors import InvalidValue, UnknownName

cells = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=30)
SPAN = 5


def sparse(found: list[tuple[int, int]]) -> Sparse:
    keys = np.array([group * SPAN + cell for group, cell in found], np.int64)
    return summed(SPAN, keys, np.ones((len(found), 1), np.int64))


def dense(found: list[tuple[int, int]]) -> Tally:
    out = np.zeros((3, SPAN), np.int64)
    for group, cell in found:
        out[group, cell] += 1
    return Tally(out)


@given(cells, cells, st.sets(st.integers(0, 2), min_size=1))
def test_sparse_and_dense_tallies_agree(
    one: list[tuple[int, int]], other: list[tuple[int, int]], chosen: set[int]
) -> None:
    groups = np.array(sorted(chosen))
    expected = (dense(one) + dense(other)).of(groups)
    keys, counts = (sparse(one) + sparse(other)).of(groups)
    assert {int(k): int(c[0]) for k, c in zip(keys, counts, strict=True)} == {
        cell: int(n) for cell, n in enumerate(expected) if n
    }


@given(st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 2**40)))))
def test_samples_join_in_any_grouping(blocks: list[list[tuple[int, int, int]]]) -> None:
    def sample(rows: list[tuple[int, int, int]]) -> Gathered:
        columns = np.array(rows, np.int64).reshape(-1, 3).T
        return Gathered(*columns)

    left = sample([])
    for block in blocks:
        left = left + sample(block)
    right = sample([])
    for block in reversed(blocks):
        right = sample(block) + right
    groups = np.array([0, 2])
    rows = sorted((c, v) for block in blocks for g, c, v in block if g != 1)
    for cell, value in (left.of(groups), right.of(groups)):
        assert list(zip(cell.tolist(), value.tolist(), strict=True)) == rows


def test_peaks_keep_the_largest() -> None:
    both = Peak(np.array([[1, 5], [2, 2]])) + Peak(np.array([[3, 1], [0, 9]]))
    assert both.of(np.array([0])).tolist() == [3, 5]
    assert both.of(np.array([0, 1])).tolist() == [3, 9]


def test_partials_add_part_by_part() -> None:
    one = Partial({"a": Tally(np.array([[1]])), "b": Tally(np.array([[2]]))})
    assert (one + one).of(np.array([0])) == {"a": [2], "b": [4]}


def test_a_column_of_too_many_values_cannot_break_an_answer_down() -> None:
    scope = Scope({"city": Vocabulary(map(str, range(201)), "city value")}, {"city": "text"})
    with pytest.raises(InvalidValue, match="201 different values"):
        grouping(scope, "city")


def test_only_text_breaks_an_answer_down() -> None:
    scope = Scope({"touchpoint": Vocabulary(["a"])}, {"value": "number"})
    with pytest.raises(InvalidValue, match="Text columns: touchpoint"):
        grouping(scope, "value")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_findings_come_in_block_order(threads: int) -> None:
    journeys = journeys_of(log_of(ana="visit cart"))
    block = journeys.sources[0]()
    turns = iter(range(20))
    lock = threading.Lock()

    def source():  # type: ignore[no-untyped-def]
        return block

    def look(_block: object) -> int:
        with lock:
            return next(turns)

    found = list(Local(threads).each([source] * 20, look))
    assert sorted(found) == list(range(20))
    if threads == 1:
        assert found == list(range(20))


def test_an_error_in_a_block_ends_the_pass() -> None:
    journeys = journeys_of(log_of(ana="visit cart"))
    block = journeys.sources[0]()

    def look(_block: object) -> int:
        raise UnknownName("thing", "x", ["y"])

    with pytest.raises(UnknownName):
        list(Local(2).each([lambda: block] * 9, look))


def test_a_pass_tells_how_far_it_is() -> None:
    told: list[tuple[int, int]] = []
    with watching(lambda done, of: told.append((done, of))):
        journeys_of(log_of(ana="visit cart")).ask(tv.Flow(times=False))
    assert told == [(1, 1)]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("1970", "UTC", 0),
        ("1970-01", "UTC", 0),
        ("1970-01-01T01:00", "Europe/Madrid", 0),
        ("1970-01-01T00:00:00+01:00", "UTC", -3_600_000_000),
    ],
)
def test_dates_are_read_in_the_zone(text: str, zone: str, expected: int) -> None:
    assert microseconds(text, zone) == expected


@given(st.integers(-(10**15), 10**15))
def test_moments_return(value: int) -> None:
    assert microseconds(moment(value), "UTC") == value

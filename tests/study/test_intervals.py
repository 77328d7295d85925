"""Intervals against published values and against SciPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from travesia.study import intervals


def test_newcombe_reproduces_the_published_table() -> None:
    """Newcombe (1998), table II: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/20, method 10."""
    low, high = intervals.newcombe([56, 9, 10], [70, 10, 10], [48, 3, 0], [80, 10, 20])
    assert low == pytest.approx([0.0524, 0.1705, 0.6791], abs=5e-5)
    assert high == pytest.approx([0.3339, 0.8090, 1.0], abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(of: tuple[int, int]) -> None:
    expected = binomtest(*of).proportion_ci(method="wilson")
    low, high = intervals.wilson(*of)
    assert (float(low), float(high)) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_no_trials_no_interval() -> None:
    low, high = intervals.wilson(0, 0)
    assert math.isnan(low)
    assert math.isnan(high)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_by_its_definition(p_values: list[float]) -> None:
    ordered = sorted(p_values)
    size = len(ordered)
    by_rank = [
        min(1.0, *(ordered[j] * size / (j + 1) for j in range(i, size))) for i in range(size)
    ]
    expected = [by_rank[ordered.index(p)] for p in p_values]
    tied = [max(by_rank[i] for i, q in enumerate(ordered) if q == p) for p in p_values]
    found = intervals.corrected(p_values)
    assert all(e - 1e-12 <= f <= t + 1e-12 for e, f, t in zip(expected, found, tied, strict=True))


def test_missing_p_values_are_no_part_of_the_family() -> None:
    found = intervals.corrected([0.01, float("nan"), 0.02])
    assert found[0] == pytest.approx(0.02)
    assert math.isnan(found[1])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_a_quantile_is_the_least_value_whose_share_is_reached(
    values: list[int], share: float
) -> None:
    ordered = np.sort(values)
    found = intervals.quantile(ordered, share)
    reached = [v for v in sorted(set(values)) if (ordered <= v).mean() >= share - 1e-9]
    assert found == reached[0]


def test_the_interval_of_a_median_covers_it_often_enough() -> None:
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(2000):
        low, high = intervals.quantile_interval(np.sort(rng.exponential(size=41)))
        covered += low <= math.log(2) <= high
    # at least 95 %, less four standard errors
    assert covered / 2000 > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_equal_shares_do_not_differ() -> None:
    assert intervals.two_proportions([5, 0, 7], [10, 5, 7], [50, 0, 9], [100, 9, 9]) == (
        pytest.approx([1, 1, 1])
    )

"""Flow against a naive count of edges, and the laws that hold between it and other views."""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
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
from travesia.engines.groups import grouping
from travesia.errors import InvalidValue, UnknownName
from travesia.study.flow import END, START, CountEdges, Flow
from travesia.study.funnel import Funnel


def edges_of(row):
    """(source, target, time between) of every transition of a row."""
    names = [START, *(event.touchpoint for event in row), END]
    times = [None, *(after.time - before.time for before, after in pairwise(row)), None]
    return [(*edge, time) for edge, time in zip(pairwise(names), times, strict=True)]


def oracle(rows):
    """(source, target) -> transitions, customers, customers at the source, median, 95 %."""
    counts, customers, visitors, times = Counter(), defaultdict(set), defaultdict(set), {}
    for row in rows:
        for source, target, time in edges_of(row):
            counts[source, target] += 1
            customers[source, target].add(row[0].customer)
            visitors[source].add(row[0].customer)
            if time is not None:
                times.setdefault((source, target), []).append(time)
    return {
        edge: (
            count,
            len(customers[edge]),
            len(visitors[edge[0]]),
            quantile(times.get(edge), 0.5),
            quantile(times.get(edge), 0.95),
        )
        for edge, count in counts.items()
    }


def quantile(times, share):
    """The least time that at least this share does not exceed."""
    if times is None:
        return None
    return next(
        one for one in sorted(times) if sum(t <= one for t in times) >= share * len(times) - 1e-9
    )


def counted(rows):
    columns = ("transitions", "customers", "source_customers", "median_time", "q95_time")
    return {(row["source"], row["target"]): tuple(row[one] for one in columns) for row in rows}


@given(logs(), shapes())
def test_edges_are_the_naive_ones(log, shape):
    assert counted(shape(journeys_of(log)).ask(Flow()).to_pylist()) == oracle(rows_of(log))


@given(logs())
def test_after_a_split_customers_stay_customers(log):
    visits = visits_of(rows_of(log), timedelta(hours=3))
    assert counted(journeys_of(log).split(gap="3h").ask(Flow()).to_pylist()) == oracle(visits)


@given(logs(), shapes(), st.sampled_from(["country", "channel"]))
def test_by_counts_the_rows_of_each_value(log, shape, by):
    found = shape(journeys_of(log)).ask(Flow(by=by)).to_pylist()
    rows = rows_of(log)
    values = {getattr(row[0], by) or "" for row in rows}
    assert {row[by] for row in found} == values
    for value in values:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        assert counted([row for row in found if row[by] == value]) == oracle(mine)


@given(logs(), st.sampled_from([None, "country"]), st.booleans())
def test_the_sparse_path_equals_the_dense_one(log, by, split):
    journeys = journeys_of(log).split(gap="3h") if split else journeys_of(log)
    size = len(journeys.scope.touchpoints)
    fold = CountEdges(size)
    for source in journeys.sources:
        block = grouping(journeys.scope, by).place(source())
        if not block.rows:
            continue
        dense, sparse = fold.observe(block), fold._sparse(block)
        for group in range(block.groups):
            tables = [
                Flow(times=False).conclude(journeys.scope, one.of(np.array([group])))
                for one in (dense, sparse)
            ]
            assert tables[0].equals(tables[1])


@given(logs(), shapes())
def test_shares_out_and_in_add_to_one(log, shape):
    out, into = Counter(), Counter()
    for row in shape(journeys_of(log)).ask(Flow()).to_pylist():
        out[row["source"]] += row["share_out"]
        into[row["target"]] += row["share_in"]
    assert all(abs(total - 1) < 1e-9 for total in [*out.values(), *into.values()])


@settings(max_examples=30)
@given(logs())
def test_customers_behind_an_edge_are_as_many_as_it_says(log):
    answer = journeys_of(log).ask(Flow())
    for row in answer.to_pylist():
        found = answer.customers(source=row["source"], target=row["target"])
        assert found.num_rows == row["customers"]


@settings(max_examples=30)
@given(logs(), st.sampled_from(["3h", "12h"]))
def test_within_finds_whole_customers_after_a_split(log, gap):
    journeys = journeys_of(log).split(gap=gap)
    for row in journeys.ask(Flow()).to_pylist():
        edge = tv.Within(Flow(), source=row["source"], target=row["target"])
        assert journeys.who(edge).customers == row["customers"]


@given(logs())
def test_an_edge_equals_the_strict_funnel_of_two_steps(log):
    journeys = journeys_of(log)
    edges = journeys.ask(Flow(times=False)).to_pylist()
    inner = [row for row in edges if row["source"] != START and row["target"] != END]
    funnels = [Funnel([row["source"], row["target"]], order="strict") for row in inner]
    for row, answer in zip(inner, journeys.ask(funnels) if funnels else [], strict=True):
        assert answer.to_pylist()[1]["reached"] == row["customers"]


@given(logs(), st.sampled_from(["country", "channel"]))
def test_groups_add_up_to_the_whole(log, by):
    journeys = journeys_of(log)
    parts, whole = journeys.ask([Flow(by=by), Flow()])
    total = Counter()
    for row in parts.to_pylist():
        total[row["source"], row["target"]] += row["transitions"]
    assert total == {(r["source"], r["target"]): r["transitions"] for r in whole.to_pylist()}


@given(logs(most_customers=4, most_steps=6), st.randoms())
def test_shuffled_rows_change_nothing(log, chance):
    apart = [
        Event(event.customer, event.touchpoint, event.time + timedelta(seconds=place))
        for place, event in enumerate(log)
    ]
    mixed = chance.sample(apart, len(apart))
    found, expected = (counted(journeys_of(one).ask(Flow()).to_pylist()) for one in (mixed, apart))
    assert found == expected


@given(logs(), st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_a_shifted_zone_changes_nothing(log, zone):
    shifted = journeys_of(log, zone).ask(Flow())
    assert shifted.table.equals(journeys_of(log).ask(Flow()).table)


def test_by_hand():
    journeys = journeys_of(log_of(ana="visit cart cart", ben="visit"))
    found = {(row["source"], row["target"]): row for row in journeys.ask(Flow()).to_pylist()}
    assert found[START, "visit"]["transitions"] == 2
    assert found["visit", "cart"]["share_out"] == 0.5
    assert found["cart", "cart"]["share_in"] == 0.5
    assert found["cart", "cart"]["median_time"] == HOUR
    assert found["visit", END]["customers"] == 1
    assert found[START, "visit"]["median_time"] is None


def test_thin_shares_are_left_out():
    rows = journeys_of(log_of(ana="visit cart", ben="visit")).ask(Flow(min_customers=2))
    shares = {(row["source"], row["target"]): row["share"] for row in rows.to_pylist()}
    assert shares["visit", "cart"] == 0.5
    assert shares["cart", END] is None


def test_one_end_is_every_edge_there():
    answer = journeys_of(log_of(ana="visit cart", ben="cart", cai="mail cart visit")).ask(Flow())
    assert answer.customers(source=START).num_rows == 3
    assert answer.customers(target="visit").num_rows == 2
    assert answer.customers(source="mail").num_rows == 1


def test_an_edge_needs_an_end_that_exists():
    answer = journeys_of(log_of(ana="visit cart")).ask(Flow())
    with pytest.raises(InvalidValue, match="Which edge"):
        answer.customers()
    with pytest.raises(UnknownName, match="crat"):
        answer.customers(source="visit", target="crat")


def test_nothing_gives_no_rows():
    assert journeys_of([]).ask(Flow()).to_pylist() == []

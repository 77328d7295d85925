"""StepMatrix against a naive table, and by hand."""

from collections import Counter
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    journeys_of,
    log_of,
    logs,
    rows_of,
    shapes,
    visits_of,
)
from travesia.engines.partials import Partial
from travesia.errors import InvalidValue, UnknownName
from travesia.record.lenses import Anchor
from travesia.study.question import from_json
from travesia.study.step_matrix import BEFORE, END, StepMatrix


def oracle(rows, places, offsets):
    """Counter of (offset, touchpoint) over rows with a place."""
    found = Counter()
    for row, place in zip(rows, places, strict=True):
        if place is None:
            continue
        for offset in offsets:
            at = place + offset
            name = BEFORE if at < 0 else END if at >= len(row) else row[at].touchpoint
            found[offset, name] += 1
    return found


def cells(answer, shift=0):
    return Counter(
        {(row["step"] - shift, row["touchpoint"]): row["journeys"] for row in answer.to_pylist()}
    )


@given(logs(), shapes())
def test_steps_from_the_start_are_the_naive_ones(log, shape):
    rows = rows_of(log)
    answer = shape(journeys_of(log)).ask(StepMatrix(6))
    assert cells(answer, 1) == oracle(rows, [0] * len(rows), range(6))


@given(logs())
def test_steps_from_the_end_are_the_naive_ones(log):
    rows = rows_of(log)
    answer = journeys_of(log).ask(StepMatrix(5, from_end=True))
    assert cells(answer) == oracle(rows, [len(row) for row in rows], range(-5, 0))


@given(logs(), st.sampled_from([1, 2, -1]))
def test_steps_around_an_anchor_are_the_naive_ones(log, nth):
    rows = rows_of(log)
    if not any(event.touchpoint == "cart" for event in log):
        return
    places = []
    for row in rows:
        hits = [place for place, event in enumerate(row) if event.touchpoint == "cart"]
        wanted = nth - 1 if nth > 0 else nth
        places.append(hits[wanted] if len(hits) >= abs(nth) else None)
    answer = journeys_of(log).ask(StepMatrix(around=Anchor(at="cart", nth=nth), before=3, after=4))
    assert cells(answer) == oracle(rows, places, range(-3, 5))


@given(logs(), shapes(), st.sampled_from([None, "country", "channel"]))
def test_shares_of_a_step_add_to_one(log, shape, by):
    answer = shape(journeys_of(log)).ask(StepMatrix(4, by=by))
    sums = Counter()
    for row in answer.to_pylist():
        sums[row.get(by), row["step"]] += row["share"]
    assert all(abs(total - 1) < 1e-9 for total in sums.values())


@given(logs(), st.sampled_from(["country", "channel"]))
def test_by_counts_the_rows_of_each_value(log, by):
    rows = rows_of(log)
    found = journeys_of(log).ask(StepMatrix(3, by=by)).to_pylist()
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        counted = {
            (row["step"] - 1, row["touchpoint"]): row["journeys"]
            for row in found
            if row[by] == value
        }
        assert counted == oracle(mine, [0] * len(mine), range(3))


@given(logs())
def test_after_a_split_rows_are_visits(log):
    gap = timedelta(hours=3)
    visits = visits_of(rows_of(log), gap)
    answer = journeys_of(log).split(gap="3h").ask(StepMatrix(3))
    assert cells(answer, 1) == oracle(visits, [0] * len(visits), range(3))


@given(logs(), st.sampled_from([None, "country"]))
def test_the_sparse_table_equals_the_dense_one(log, by):
    question = StepMatrix(4, by=by)
    journeys = journeys_of(log)
    fold = question.fold(journeys.scope)
    for source in journeys.sources:
        block = source()
        if not block.rows:
            continue
        place = block.start
        dense, sparse = fold.dense(block, place), fold.sparse(block, place)
        groups = np.arange(block.groups)
        rest = fold.observe(block).of(groups)
        tables = [
            question.conclude(journeys.scope, {**rest, **Partial({"steps": one}).of(groups)})
            for one in (dense, sparse)
        ]
        assert tables[0].equals(tables[1])


@given(logs())
def test_customers_behind_a_cell_are_as_many_as_it_says(log):
    journeys = journeys_of(log)
    answer = journeys.ask(StepMatrix(3))
    for row in answer.to_pylist():
        cell = {"step": row["step"], "touchpoint": row["touchpoint"]}
        assert answer.customers(**cell).num_rows == row["journeys"]


def test_by_hand():
    journeys = journeys_of(log_of(ana="visit cart purchase", ben="visit", cai="cart visit"))
    rows = journeys.ask(StepMatrix(2)).to_pylist()
    assert [(row["step"], row["touchpoint"], row["journeys"]) for row in rows] == [
        (1, "visit", 2),
        (1, "cart", 1),
        (2, "visit", 1),
        (2, "cart", 1),
        (2, END, 1),
    ]
    assert rows[0]["share"] == pytest.approx(2 / 3)
    assert rows[0]["low"] < 2 / 3 < rows[0]["high"]


def test_around_the_first_purchase_only_buyers_are_looked_at():
    journeys = journeys_of(log_of(ana="visit cart purchase", ben="visit", cai="purchase visit"))
    answer = journeys.ask(StepMatrix(around="purchase", before=2, after=1))
    found = {(row["step"], row["touchpoint"]): row["share"] for row in answer.to_pylist()}
    assert found[0, "purchase"] == 1
    assert found[-2, BEFORE] == found[-1, BEFORE] == found[1, END] == 0.5
    assert answer.facts == {"journeys": 2, "customers": 2}
    assert "2 of 3 journeys" in answer.note


def test_an_anchor_can_be_a_pattern():
    journeys = journeys_of(log_of(ana="visit cart visit purchase", ben="visit purchase"))
    answer = journeys.ask(StepMatrix(around="visit -> purchase", before=1, after=0))
    assert cells(answer) == {(-1, "visit"): 2, (0, "purchase"): 2}


def test_after_a_split_intervals_count_customers():
    log = log_of(ana=" ".join(["visit"] * 40))
    whole = journeys_of(log).split(after="visit").ask(StepMatrix(1)).to_pylist()
    assert (whole[0]["journeys"], whole[0]["share"]) == (40, 1)
    assert whole[0]["low"] < 0.3


def test_thin_shares_are_left_out():
    answer = journeys_of(log_of(ana="visit")).ask(StepMatrix(1, min_customers=2))
    assert answer.to_pylist()[0]["share"] is None


def test_nothing_gives_no_rows():
    assert journeys_of([]).ask(StepMatrix()).to_pylist() == []


def test_json_keeps_the_anchor():
    asked = StepMatrix(around=Anchor(at="cart", nth=-1), before=2)
    assert from_json(asked.to_json()) == asked


def test_two_origins_are_refused():
    with pytest.raises(InvalidValue, match="not both"):
        StepMatrix(from_end=True, around="cart")


def test_a_cell_outside_the_table_is_refused():
    answer = journeys_of(log_of(ana="visit")).ask(StepMatrix(2))
    with pytest.raises(InvalidValue, match="Which cell"):
        answer.customers(step=3, touchpoint="visit")
    with pytest.raises(UnknownName):
        answer.customers(step=1, touchpoint="vist")


def test_within_chooses_the_customers_of_a_cell():
    journeys = journeys_of(log_of(ana="visit cart", ben="visit", cai="cart visit"))
    ended = journeys.who(tv.Within(StepMatrix(2), step=2, touchpoint=END))
    assert ended.to_arrow()["customer"].to_pylist() == ["ben"]

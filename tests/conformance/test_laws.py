"""What holds for every question, on every engine and in every layout of the data."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import NAMES, Event, Log, Shape, journeys_of, logs, rows_of, shapes
from travesia.engines.blocks import Block
from travesia.engines.local import Local
from travesia.engines.partials import Partial
from travesia.engines.passes import Grouped
from travesia.study.question import Question, from_json, question_type, schema

START = datetime(2026, 3, 1, tzinfo=UTC)
QUESTIONS: dict[str, dict[str, object]] = {
    "describe": {},
    "flow": {},
    "step_matrix": {"steps": 5},
    "paths": {"top": 5},
    "funnel": {"steps": ["visit", "cart", "purchase"], "within": "2d"},
    "touches": {"goal": "purchase"},
    "retention": {"period": "day", "periods": 4},
    "frequent": {"length": 2, "goal": "purchase"},
}
COUNTING_DAYS = ("retention",)

Source = Callable[[], Block | None]


@cache
def question(kind: str, **options: object) -> Question:
    return from_json({"question": kind, **QUESTIONS[kind], **options})


def usable(log: Log) -> bool:
    return set(NAMES) <= {event.touchpoint for event in log}


def distinct_times(log: Log) -> Log:
    """The same log, no two times equal."""
    return [replace(e, time=e.time + timedelta(seconds=n)) for n, e in enumerate(log)]


def through_pickle(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own bytes


class Elsewhere:
    """An engine that sends blocks, folds and partials through pickle, as a cluster does."""

    def fold(self, sources: Sequence[Source], folds: Sequence[Grouped]) -> list[Partial]:
        sent = through_pickle((list(sources), list(folds)))
        return through_pickle(Local(threads=1).fold(*sent))

    def each(self, sources: Sequence[Source], look: Callable[[Block], object]) -> Iterator[object]:
        sent, looked = through_pickle((list(sources), look))
        yield from Local(threads=1).each(sent, looked)


every_kind = pytest.mark.parametrize("kind", QUESTIONS)
thirty = settings(max_examples=30)  # logs a law and question: there are many of both


@every_kind
@thirty
@given(log=logs(), shape=shapes())
def test_no_answer_depends_on_the_layout_of_the_data(kind: str, log: Log, shape: Shape) -> None:
    if not usable(log):
        return
    journeys = journeys_of(log)
    assert table(shape(journeys), kind) == table(journeys, kind)


@every_kind
@thirty
@given(log=logs())
def test_every_engine_gives_the_same(kind: str, log: Log) -> None:
    if not usable(log):
        return
    journeys = journeys_of(log).collapse().who(touchpoint="visit")
    elsewhere = tv.Journeys(journeys.snapshot, journeys.lenses, Elsewhere())
    assert table(elsewhere, kind) == table(journeys, kind)


@every_kind
@thirty
@given(log=logs(), seed=st.integers(0, 9))
def test_shuffled_rows_change_nothing(kind: str, log: Log, seed: int) -> None:
    if not usable(log):
        return
    log = distinct_times(log)
    shuffled = list(log)
    Random(seed).shuffle(shuffled)  # noqa: S311 - no secret
    assert sorted_table(journeys_of(shuffled), kind) == sorted_table(journeys_of(log), kind)


@every_kind
@thirty
@given(log=logs())
def test_a_shifted_zone_changes_only_what_counts_days(kind: str, log: Log) -> None:
    if not usable(log) or kind in COUNTING_DAYS:
        return
    madrid, tokyo = journeys_of(log), journeys_of(log, zone="Asia/Tokyo")
    assert table(tokyo, kind) == table(madrid, kind)


@given(log=logs())
def test_many_questions_share_a_pass_and_answer_the_same(log: Log) -> None:
    if not usable(log):
        return
    journeys = journeys_of(log)
    several = journeys.ask([question(kind) for kind in QUESTIONS])
    for kind, answer in zip(QUESTIONS, several, strict=True):
        assert answer.table.equals(journeys.ask(question(kind)).table)


@every_kind
@thirty
@given(log=logs())
def test_one_stratum_is_the_answer_of_its_customers(kind: str, log: Log) -> None:
    if not usable(log) or {e.country for e in log} != {"ES", "MX"}:
        return
    journeys = journeys_of(log)
    strata = journeys.ask(question(kind, by="country")).to_pylist()
    spain = [{k: v for k, v in r.items() if k != "country"} for r in strata if r["country"] == "ES"]
    if kind in ("frequent", "paths"):  # what is frequent is decided over all strata together
        return
    assert spain == journeys.who(country="ES").ask(question(kind)).to_pylist()


@every_kind
@thirty
@given(log=logs())
def test_saved_journeys_answer_the_same(
    kind: str, log: Log, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not usable(log):
        return
    home: Path = tmp_path_factory.mktemp("saved")
    journeys = journeys_of(log)
    journeys.save(home)
    assert table(tv.open(home), kind) == table(journeys, kind)


@every_kind
@thirty
@given(log=logs())
def test_nobody_left_is_an_answer(kind: str, log: Log) -> None:
    if not usable(log):
        return
    empty = journeys_of(log).when("2040")
    answer = empty.ask(question(kind))
    assert answer.totals.customers == 0
    assert answer.note.startswith("No journeys")
    assert answer.table.schema == journeys_of(log).ask(question(kind)).table.schema


@given(log=logs())
def test_nothing_is_counted_twice_or_lost(log: Log) -> None:
    journeys = journeys_of(log)
    assert (journeys.customers, journeys.events) == (len(rows_of(log)), len(log))


@every_kind
def test_every_question_survives_json(kind: str) -> None:
    assert from_json(question(kind).to_json()) == question(kind)


@every_kind
def test_every_question_has_a_schema(kind: str) -> None:
    found = schema(question_type(kind))
    assert found["properties"]["question"] == {"const": kind}
    assert found["description"].endswith(".")
    assert set(QUESTIONS[kind]) <= set(found["properties"])


@every_kind
def test_every_column_is_described(kind: str) -> None:
    log = [
        Event(f"c{n}", name, e.time)
        for n in range(9)
        for name, e in zip(NAMES, distinct_times([Event("x", "y", START)] * 5), strict=True)
    ]
    answer = journeys_of(log).ask(question(kind))
    described = {one.name for one in answer.measures}
    bounds = {name for one in answer.measures for name in (one.low, one.high, *(one.of or ()))}
    assert set(answer.table.column_names) <= described | bounds
    assert described <= set(answer.table.column_names)


def table(journeys: tv.Journeys, kind: str) -> pa.Table:
    return journeys.ask(question(kind)).table


def sorted_table(journeys: tv.Journeys, kind: str) -> list[str]:
    """Rows in an order of their own: codes follow the first appearance of names."""
    return sorted(map(str, table(journeys, kind).to_pylist()))

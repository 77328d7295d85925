"""What holds for every question: forms, sharing of passes, pickled folds, comparisons, cells."""

import pickle

import numpy as np
import pytest

import travesia as tv
from study.random_journeys import HOUR, STARTS, Event, journeys_of, several_partitions
from travesia.engines.groups import grouping
from travesia.engines.partials import Partial
from travesia.study.question import from_json, make, question_type, schema

QUESTIONS = {
    "describe": (tv.Describe(), {"touchpoint": "cart"}),
    "flow": (tv.Flow(), {"source": "visit", "target": "cart"}),
    "step_matrix": (tv.StepMatrix(3), {"step": 2, "touchpoint": "cart"}),
    "around": (tv.StepMatrix(around="cart", before=1, after=1), {"step": 0, "touchpoint": "cart"}),
    "paths": (tv.Paths(3, goal="purchase"), {"path": ["visit", "cart"]}),
    "funnel": (tv.Funnel(["visit", "cart"], within="2d"), {"step": 2, "outcome": "reached"}),
    "touches": (tv.Touches("purchase"), {"touches": 5, "outcome": "converted"}),
    "retention": (tv.Retention("day", 2), {"period": 1, "outcome": "returned"}),
    "frequent": (tv.Frequent("purchase", max_gap="1d"), {"path": ["visit", "cart"]}),
}


@pytest.fixture(scope="module", name="shop")
def shop_of_sixty() -> tv.Journeys:
    chance = np.random.default_rng(3)
    log = []
    for number in range(60):
        time = STARTS[0]
        country = ("ES", "MX")[number % 2]
        for name in ("visit", *chance.choice(["visit", "cart", "mail"], 3), "cart", "purchase"):
            log.append(Event(f"c{number}", str(name), time, country=country))
            time += int(chance.integers(1, 30)) * HOUR
            if chance.random() < 0.15:
                break
    return journeys_of(log)


@pytest.fixture(params=QUESTIONS, name="asked")
def each_question(request: pytest.FixtureRequest) -> tv.Question:
    return QUESTIONS[request.param][0]


@pytest.fixture(params=QUESTIONS, name="cell")
def each_cell(request: pytest.FixtureRequest) -> tv.Within:
    question, cell = QUESTIONS[request.param]
    return tv.Within(question, **cell)


def test_json_makes_the_same_question(asked):
    assert from_json(asked.to_json()) == asked
    assert from_json(asked.to_json()).to_json() == asked.to_json()


def test_the_schema_names_every_option(asked):
    found = schema(type(asked))
    assert set(asked.to_json()) <= set(found["properties"])
    assert found["description"].endswith((".", ".."))


def test_the_kind_finds_the_class(asked):
    assert question_type(asked.kind) is type(asked)
    options = {name: value for name, value in asked.to_json().items() if name != "question"}
    assert make(type(asked), options) == asked


def test_columns_have_the_measures_their_bounds_and_denominators(shop, asked):
    columns = set(shop.ask(asked).table.column_names)
    for measure in asked.measures:
        assert {measure.name, *(measure.of or ())} <= columns
        assert {measure.low, measure.high} - {None} <= columns


def test_asked_together_is_asked_alone(shop):
    every = [question for question, _ in QUESTIONS.values()]
    for question, together in zip(every, shop.ask(every), strict=True):
        assert together.table.equals(shop.ask(question).table), question


def test_folds_can_be_sent_elsewhere(shop, asked):
    split = several_partitions(shop)
    placing = grouping(shop.scope, None)
    done: list[Partial] = []
    while (fold := asked.passes(shop.scope, done)) is not None:
        sent = pickle.loads(pickle.dumps(fold))  # noqa: S301 - our own
        found = [sent.observe(placing.place(source())) for source in split.sources]
        assert pickle.loads(pickle.dumps(found[0])).keys() == found[0].keys()  # noqa: S301
        with_counts = [
            tv.Partial({**one.parts, **_counts(placing.place(source()))})
            for one, source in zip(found, split.sources, strict=True)
        ]
        total = with_counts[0]
        for one in with_counts[1:]:
            total = total + one
        done.append(total)
    assert asked.table(shop.scope, done, np.arange(1)).equals(shop.ask(asked).table)


def _counts(block):
    from travesia.engines.counting import counts

    return counts(block)


def test_two_groups_can_be_compared(shop, asked):
    answer = tv.compare(asked, shop.who(country="ES"), shop.who(country="MX"))
    assert answer.table.num_rows > 0


def test_a_group_is_no_different_from_itself(shop, asked):
    one = shop.who(country="ES")
    assert not any(row["different"] for row in tv.compare(asked, one, one).to_pylist())


def test_a_cell_is_a_lens_with_a_text_form(shop, cell):
    chosen = shop.who(cell)
    assert 0 < chosen.customers < 60 or cell.question.kind in ("describe", "frequent")
    assert shop.through(chosen.text).customers == chosen.customers
    assert shop.through(chosen.to_json()).customers == chosen.customers


def test_a_cell_of_a_stratum_is_part_of_the_cell(shop, cell):
    by = make(type(cell.question), {**_options(cell.question), "by": "country"})
    parts = [
        shop.who(tv.Within(by, country=country, **cell.cell)).customers for country in ("ES", "MX")
    ]
    assert sum(parts) == shop.who(cell).customers


def _options(asked):
    return {name: value for name, value in asked.to_json().items() if name != "question"}


def test_an_answer_draws_itself(shop, asked):
    assert "<" in shop.ask(asked)._repr_html_()


def test_thin_cells_show_no_share(shop, asked):
    thin = make(type(asked), {**_options(asked), "min_customers": 1000})
    for row in shop.ask(thin).to_pylist():
        for measure in asked.measures:
            if measure.of is not None:
                assert row[measure.name] is None, measure.name

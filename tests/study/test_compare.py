"""Comparisons: laws, by-hand cases and coverage by simulation."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given

import travesia as tv
from study.random_journeys import STARTS, Event, Log, Shape, journeys_of, log_of, logs, shapes
from travesia.errors import InvalidValue
from travesia.study import intervals
from travesia.study.question import from_json

FUNNEL = tv.Funnel(["visit", "cart"])


def converting(group: str, country: str, entered: int, converted: int) -> Log:
    log = []
    for n in range(entered):
        path = ["visit", "cart"] if n < converted else ["visit", "mail"]
        log += [
            Event(f"{group}{n}", name, STARTS[0] + step * timedelta(hours=1), country=country)
            for step, name in enumerate(path)
        ]
    return log


def test_shares_by_hand() -> None:
    journeys = journeys_of(converting("a", "ES", 70, 56) + converting("b", "MX", 80, 48))
    answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
    (row,) = (r for r in answer.to_pylist() if r["measure"] == "share_of_all")
    assert (row["a"], row["b"], row["n_a"], row["n_b"]) == (0.8, 0.6, 70, 80)
    assert (row["low"], row["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert row["p_value"] == pytest.approx(float(intervals.two_proportions(56, 70, 48, 80)))
    assert row["different"]


@given(logs(), shapes())
def test_a_group_does_not_differ_from_itself(log: Log, shape: Shape) -> None:
    if not {"visit", "cart"} <= {event.touchpoint for event in log}:
        return
    journeys = shape(journeys_of(log))
    answer = (
        tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="ES"))
        if ("ES" in {event.country for event in log})
        else tv.compare(FUNNEL, journeys, journeys)
    )
    assert all(row["difference"] == 0 and not row["different"] for row in answer.to_pylist())


@given(logs())
def test_turning_the_groups_turns_the_sign(log: Log) -> None:
    names = {event.touchpoint for event in log}
    if not {"visit", "cart"} <= names or {e.country for e in log} != {"ES", "MX"}:
        return
    journeys = journeys_of(log)
    spain, mexico = journeys.who(country="ES"), journeys.who(country="MX")
    there = tv.compare(tv.Flow(), spain, mexico).to_pylist()
    back = {(r["cell"], r["measure"]): r for r in tv.compare(tv.Flow(), mexico, spain).to_pylist()}
    for row in there:
        other = back[row["cell"], row["measure"]]
        assert row["difference"] == pytest.approx(-other["difference"])
        if row["low"] is None:
            assert other["low"] is None
            continue
        assert (row["low"], row["high"]) == pytest.approx((-other["high"], -other["low"]))


def test_medians_of_two_groups_cover_their_difference() -> None:
    rng = np.random.default_rng(2)
    covered = 0
    for turn in range(60):
        log = []
        for country, mean in (("ES", 10.0), ("MX", 14.0)):
            for n, wait in enumerate(rng.normal(mean, 3, size=400)):
                at = STARTS[0] + timedelta(hours=float(max(wait, 0.1)))
                log.append(Event(f"{turn}{country}{n}", "visit", STARTS[0], country=country))
                log.append(Event(f"{turn}{country}{n}", "cart", at, country=country))
        journeys = journeys_of(log)
        answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
        (row,) = (
            r for r in answer.to_pylist() if r["measure"] == "median_time" and r["cell"] == "2"
        )
        covered += row["low"] <= -4 * 3600 <= row["high"]
    assert covered / 60 > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 60)


def test_a_comparison_is_a_question_like_any_other() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5) + converting("b", "MX", 8, 4))
    answer = tv.compare(FUNNEL, journeys.who(country="ES"), journeys.who(country="MX"))
    again = from_json(answer.question.to_json())
    assert again == answer.question
    assert journeys.ask(again).table.equals(answer.table)


def test_customers_of_both_groups_are_told() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5))
    answer = tv.compare(FUNNEL, journeys, journeys.who(touchpoint="cart"))
    assert answer.facts == {"both": 5, "a": 9, "b": 5, "alone": 0}
    assert "5 customers are in both groups" in answer.note


def test_the_lenses_they_share_are_kept_apart() -> None:
    journeys = journeys_of(converting("a", "ES", 9, 5) + converting("b", "MX", 8, 4))
    seen = journeys.collapse()
    answer = tv.compare(FUNNEL, seen.who(country="ES"), seen.who(country="MX"))
    assert answer.journeys.text == "collapse()"


def test_different_data_are_refused() -> None:
    with pytest.raises(InvalidValue, match="not of the same data"):
        tv.compare(FUNNEL, journeys_of(log_of(a="visit")), journeys_of(log_of(a="visit")))


def test_a_breakdown_is_refused() -> None:
    journeys = journeys_of(log_of(a="visit cart"))
    with pytest.raises(InvalidValue, match="two groups"):
        tv.compare(tv.Flow(by="country"), journeys, journeys)


# Cells that one group alone has


def going(country: str, customers: int, *path: str) -> Log:
    return [
        Event(f"{country}{path[1]}{n}", name, STARTS[0] + k * timedelta(hours=1), country=country)
        for n in range(customers)
        for k, name in enumerate(path)
    ]


def of_countries(asked: tv.Question, log: Log, *lenses: str) -> tv.Answer:
    journeys = journeys_of(log)
    for lens in lenses:
        journeys = journeys.through(lens)
    return tv.compare(asked, journeys.who(country="ES"), journeys.who(country="MX"))


def test_an_edge_of_one_group_alone_is_compared_with_nobody() -> None:
    log = going("ES", 30, "visit", "cart") + going("MX", 40, "visit", "mail")
    rows = of_countries(tv.Flow(), log).to_pylist()
    (row,) = (r for r in rows if (r["cell"], r["measure"]) == ("visit | cart", "share"))
    assert (row["a"], row["b"], row["n_a"], row["n_b"]) == (1, 0, 30, 40)
    assert row["p_value"] < 1e-9
    assert row["different"]


def test_a_touchpoint_of_one_group_alone_is_compared_with_nobody() -> None:
    log = going("ES", 30, "visit", "cart") + going("MX", 40, "visit", "mail")
    rows = of_countries(tv.Describe(), log).to_pylist()
    found = {r["cell"]: (r["a"], r["b"]) for r in rows if r["measure"] == "share"}
    assert found == {"visit": (1, 1), "cart": (1, 0), "mail": (0, 1)}


def test_what_nothing_is_known_of_is_counted() -> None:
    log = going("ES", 30, "visit", "cart") + going("MX", 40, "mail", "cart")
    answer = of_countries(tv.Flow(times=False), log)
    assert not [r for r in answer.to_pylist() if r["cell"].startswith("mail")]
    # share_out and share_in of four edges; share of the two whose source one group never visits
    assert answer.facts["alone"] == 10
    assert "values are left out" in answer.note


def test_paths_beyond_the_top_are_not_taken_for_nobody() -> None:
    log = going("ES", 9, "visit", "cart") + going("ES", 8, "visit", "mail")
    log += going("MX", 9, "visit", "mail") + going("MX", 8, "visit", "cart")
    shares = [
        {r["cell"] for r in of_countries(tv.Paths(top=top), log).to_pylist() if r["n_a"]}
        for top in (1, 2)
    ]
    assert shares == [{"None"}, {"visit > cart", "visit > mail"}]


def test_touches_of_one_group_alone_carry_on() -> None:
    log = going("ES", 9, "visit", "cart") + going("MX", 9, "visit", "mail", "cart")
    rows = of_countries(tv.Touches("cart"), log).to_pylist()
    found = {r["cell"]: (r["a"], r["b"]) for r in rows if r["measure"] == "share"}
    assert found == {"1": (1, 0), "2": (1, 1)}


# What is not independent


def repeating(country: str, customers: int, conversions: list[int], times: int) -> Log:
    """Customers who visit on so many days, each always or never putting something in the cart."""
    return [
        Event(f"{country}{n}", name, STARTS[0] + timedelta(days=day, hours=k), country=country)
        for n in range(customers)
        for day in range(times)
        for k, name in enumerate(["visit", "cart" if conversions[n] else "mail"])
    ]


@pytest.mark.parametrize("lenses", [(), ("split(gap='2h')",)])
def test_attempts_of_a_customer_are_not_customers(lenses: tuple[str, ...]) -> None:
    asked = tv.Funnel(["visit", "cart"], attempts="best" if lenses else "each")
    rng = np.random.default_rng(5)
    widths = []
    for times in (1, 20):
        ends = [list(rng.permutation([1] * ones + [0] * (100 - ones))) for ones in (60, 45)]
        log = repeating("ES", 100, ends[0], times) + repeating("MX", 100, ends[1], times)
        rows = of_countries(asked, log, *lenses).to_pylist()
        (row,) = (r for r in rows if r["measure"] == "share_of_all")
        assert row["difference"] == pytest.approx(0.15)
        widths.append(row["high"] - row["low"])
    assert widths[1] > 0.5 * widths[0]  # twenty times the attempts say no more


def test_what_does_not_vary_has_no_p_value() -> None:
    log = going("ES", 99, "visit", "mail", "cart") + going("MX", 99, "visit", "cart")
    rows = of_countries(FUNNEL, log).to_pylist()
    (row,) = (r for r in rows if r["measure"] == "median_time")
    assert row["difference"] == 3600
    assert [row[k] for k in ("low", "high", "p_value", "different")] == [None] * 4


def test_too_few_groups_of_customers_have_no_interval() -> None:
    log = [
        Event(f"{country}{n}", name, STARTS[0] + k * n * timedelta(hours=1), country=country)
        for country, customers in (("ES", 9), ("MX", 200))
        for n in range(customers)
        for k, name in enumerate(["visit", "cart"])
    ]
    rows = of_countries(FUNNEL, log).to_pylist()
    (row,) = (r for r in rows if r["measure"] == "median_time")
    assert (row["low"], row["p_value"], row["different"]) == (None, None, None)


def test_units_are_told() -> None:
    log = going("ES", 9, "visit", "cart") + going("MX", 9, "visit", "cart")
    rows = of_countries(FUNNEL, log).to_pylist()
    assert {r["measure"]: r["unit"] for r in rows} == {
        "share_of_all": "share",
        "share_of_previous": "share",
        "median_time": "s",
    }


# Who is behind a cell


def test_customers_of_a_group() -> None:
    answer = of_countries(FUNNEL, converting("a", "ES", 9, 5) + converting("b", "MX", 8, 3))
    assert answer.customers(group="a", step=2).num_rows == 5
    assert answer.customers(group="b", step=1, outcome="lost").num_rows == 5


def test_a_cell_needs_its_group() -> None:
    answer = of_countries(FUNNEL, converting("a", "ES", 9, 5) + converting("b", "MX", 8, 3))
    with pytest.raises(InvalidValue, match="Which of the two groups"):
        answer.customers(step=2)

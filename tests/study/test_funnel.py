"""The funnel against a naive one that follows every attempt by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    NAMES,
    Log,
    Row,
    Shape,
    journeys_of,
    log_of,
    logs,
    rows_of,
    shapes,
    visits_of,
)
from travesia.errors import InvalidValue, UnknownName

HOUR = timedelta(hours=1)
FAR = timedelta(days=36500)


@dataclass
class Attempt:
    """What one attempt came to."""

    start: datetime
    furthest: int = 1
    way: dict[int, datetime] = field(default_factory=dict)
    completed: int | None = None
    alive: bool = True

    def opened(self, within: timedelta | None, until: datetime, steps: int) -> bool:
        return (
            within is not None
            and self.furthest < steps
            and self.alive
            and self.start + within > until
        )


def follow(  # noqa: C901 - naive on purpose: one loop that says it all
    row: Row, first: int, question: tv.Funnel, sets: list[set[str]]
) -> Attempt:
    """Everything the attempt that begins at one interaction can reach."""
    within = question.within or FAR
    attempt = Attempt(row[first].time)
    standing = {0: {0: row[first].time}}
    fresh = {0}
    for place in range(first + 1, len(row)):
        event = row[place]
        inside = event.time - attempt.start <= within
        reached: dict[int, dict[int, datetime]] = {}
        for step in range(1, len(sets)):
            if event.touchpoint not in sets[step] or not inside:
                continue
            for before in range(step - 1, -1, -1):
                legal = before in standing and (question.order != "strict" or before in fresh)
                if legal and step not in reached:
                    reached[step] = {**standing[before], step: event.time}
                if before + 1 not in question.optional:
                    break
        for step, way in reached.items():
            if step not in standing or question.order == "strict":
                standing[step] = way
            if step + 1 > attempt.furthest:
                attempt.furthest, attempt.way = step + 1, way
        fresh = set(reached)
        if attempt.furthest == len(sets) and attempt.completed is None:
            attempt.completed = place
        for step in list(standing):
            if event.touchpoint in excluded(question, step, len(sets)):
                del standing[step]
                fresh.discard(step)
    last = attempt.furthest - 1
    attempt.alive = last in standing and (
        question.order != "strict" or last in fresh or first == len(row) - 1
    )
    attempt.way = attempt.way or {0: attempt.start}
    return attempt


def excluded(question: tv.Funnel, standing: int, steps: int) -> set[str]:
    """What ends an attempt that stands at a step."""
    towards = [standing + 1] if standing + 1 < steps else []
    while towards and towards[-1] + 1 in question.optional and towards[-1] + 1 < steps:
        towards.append(towards[-1] + 1)
    out = set()
    for written in question.exclude:
        name, _, number = written.partition("@")
        if towards and (not number or int(number) - 1 in towards):
            out.add(name)
    return out


def deciding(attempts: list[Attempt]) -> Attempt:
    done = [one for one in attempts if one.completed is not None]
    if done:
        earliest = min(one.completed for one in done if one.completed is not None)
        return max((a for a in done if a.completed == earliest), key=lambda one: one.start)
    return max(attempts, key=lambda one: (one.furthest, one.start))


def attempts_of(row: Row, question: tv.Funnel, sets: list[set[str]]) -> list[Attempt]:
    starts = [place for place, event in enumerate(row) if event.touchpoint in sets[0]]
    if not starts:
        return []
    if question.attempts == "first":
        starts = starts[:1]
    if question.attempts == "each":
        ends = [*starts[1:], len(row)]
        found = []
        for start, end in zip(starts, ends, strict=True):
            attempt = follow(row[start:end], 0, question, sets)
            attempt.alive &= end == len(row)
            found.append(attempt)
        return found
    found = [follow(row, start, question, sets) for start in starts]
    if len(sets) == 1:
        return found[-1:]
    return [deciding(found)] if found else []


def held(row: Row, columns: tuple[str, ...]) -> list[Row]:
    if not columns:
        return [row]
    parts: dict[object, Row] = {}
    for event in row:
        if event.channel is not None:
            parts.setdefault(event.channel, []).append(event)
    return list(parts.values())


def naive(rows: list[Row], question: tv.Funnel, until: datetime) -> list[tuple[int, int, int]]:
    """Reached, lost and open of each step."""
    sets = [{name.strip() for name in step.split("|")} for step in question.steps]
    counts = [[0, 0, 0] for _ in sets]
    for row in rows:
        units = [
            one for part in held(row, question.hold) for one in attempts_of(part, question, sets)
        ]
        if question.hold and question.attempts != "each" and units:
            units = [max(units, key=lambda one: (one.furthest, one.start))]
        for unit in units:
            for step in range(len(sets)):
                passed = step in unit.way if question.optional else step < unit.furthest
                counts[step][0] += passed
            if unit.furthest < len(sets):
                counts[unit.furthest - 1][
                    2 if unit.opened(question.within, until, len(sets)) else 1
                ] += 1
    return [tuple(one) for one in counts]


def counts_of(answer: tv.Answer) -> list[tuple[int, int, int]]:
    return [(row["reached"], row["lost"], row["open"]) for row in answer.to_pylist()]


def until_of(log: Log) -> datetime:
    return max(event.time for event in log)


def known(log: Log, *names: str) -> bool:
    return set(names) <= {event.touchpoint for event in log}


@st.composite
def questions(draw: st.DrawFn) -> tv.Funnel:
    names = ["ad", "cart", "mail", "purchase", "ad | mail", "cart | mail"]
    steps = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    order = draw(st.sampled_from(["loose", "strict"]))
    attempts = draw(st.sampled_from(["best", "first", "each"]))
    if attempts == "each" and set(steps[0].split(" | ")) & {
        name for step in steps[1:] for name in step.split(" | ")
    }:
        attempts = "best"
    optional = draw(st.sets(st.integers(2, len(steps)))) if len(steps) > 1 else set()
    exclude = draw(st.sampled_from([(), ("visit",), ("visit@2",)])) if len(steps) > 1 else ()
    return tv.Funnel(
        steps,
        within=draw(st.sampled_from([None, "2h", "1d", "9d"])),
        order=order,
        attempts=attempts,
        optional=tuple(sorted(optional)),
        exclude=exclude,
        hold=draw(st.sampled_from([(), ("channel",)])) if order == "loose" else (),
    )


@given(logs(), questions(), shapes())
def test_counts_are_those_of_following_every_attempt(
    log: Log, question: tv.Funnel, shape: Shape
) -> None:
    needed = {name.strip() for step in question.steps for name in step.split("|")}
    if not known(log, *needed, *(one.partition("@")[0] for one in question.exclude)):
        return
    answer = shape(journeys_of(log)).ask(question)
    assert counts_of(answer) == naive(rows_of(log), question, until_of(log))


@given(logs(names=NAMES[:3], pauses=(0, 1, 2, 30)), st.sampled_from([None, "1h", "30h"]))
def test_any_order_counts_the_most_steps_inside_one_window(log: Log, within: str | None) -> None:
    if not known(log, *NAMES[:3]):
        return
    question = tv.Funnel(NAMES[:3], within=within, order="any")
    window = question.within or FAR
    best = [
        max(
            len({e.touchpoint for e in row if first.time <= e.time <= first.time + window})
            for first in row
        )
        for row in rows_of(log)
    ]
    reached = [row["reached"] for row in journeys_of(log).ask(question).to_pylist()]
    assert reached == [sum(one >= step for one in best) for step in (1, 2, 3)]


@given(logs(), st.sampled_from([None, "2h", "9d"]), st.permutations(["visit", "cart", "mail"]))
def test_the_short_loop_counts_as_the_long_one(
    log: Log, within: str | None, steps: list[str]
) -> None:
    if not known(log, *steps, "ad"):
        return
    journeys = journeys_of(log)
    plain = journeys.ask(tv.Funnel(steps, within=within, times=False))
    # an optional step after the last takes the long way and changes none before it
    told = journeys.what(tv.col("touchpoint").isin([*steps, "ad"]))
    general = tv.Funnel([*steps, "ad"], within=within, optional=(4,), times=False)
    short = counts_of(plain)
    assert [one[0] for one in short] == [one[0] for one in counts_of(told.ask(general))[:3]]


@given(logs(), shapes())
def test_two_strict_steps_are_an_edge_of_the_flow(log: Log, shape: Shape) -> None:
    if not known(log, "visit", "cart"):
        return
    journeys = shape(journeys_of(log))
    edges = {
        (row["source"], row["target"]): row["customers"]
        for row in journeys.ask(tv.Flow()).to_pylist()
    }
    answer = journeys.ask(tv.Funnel(["visit", "cart"], order="strict"))
    assert counts_of(answer)[1][0] == edges.get(("visit", "cart"), 0)


@given(logs(), questions())
def test_funnels_never_grow(log: Log, question: tv.Funnel) -> None:
    needed = {name.strip() for step in question.steps for name in step.split("|")}
    if question.optional or not known(log, *needed, *(e[:5] for e in question.exclude)):
        return
    reached = [row["reached"] for row in journeys_of(log).ask(question).to_pylist()]
    assert reached == sorted(reached, reverse=True)


@given(logs())
def test_groups_add_up_to_the_whole(log: Log) -> None:
    if not known(log, "visit", "cart"):
        return
    journeys = journeys_of(log)
    whole = counts_of(journeys.ask(tv.Funnel(["visit", "cart"], within="1d")))
    parts = journeys.ask(tv.Funnel(["visit", "cart"], within="1d", by="country")).to_pylist()
    for step, expected in enumerate(whole, 1):
        found = [(r["reached"], r["lost"], r["open"]) for r in parts if r["step"] == step]
        assert tuple(map(sum, zip(*found, strict=True))) == expected


@given(logs())
def test_everyone_who_entered_is_converted_lost_or_open(log: Log) -> None:
    if not known(log, "visit", "cart", "purchase"):
        return
    rows = journeys_of(log).ask(tv.Funnel(["visit", "cart", "purchase"], within="1d")).to_pylist()
    ended = sum(row["lost"] + row["open"] for row in rows) + rows[-1]["reached"]
    assert ended == rows[0]["reached"]


@given(logs(), st.sampled_from(["reached", "lost", "open"]), st.integers(1, 3))
def test_customers_behind_a_cell_are_as_many_as_it_says(log: Log, outcome: str, step: int) -> None:
    if not known(log, "visit", "cart", "purchase"):
        return
    answer = journeys_of(log).ask(
        tv.Funnel(["visit", "cart", "purchase"], within="1d", hold=("channel",))
    )
    assert (
        answer.customers(step=step, outcome=outcome).num_rows
        == (answer.to_pylist()[step - 1][outcome])
    )


@given(logs(pauses=(0, 1, 5, 30)))
def test_after_a_split_visits_are_counted(log: Log) -> None:
    if not known(log, "visit", "cart"):
        return
    question = tv.Funnel(["visit", "cart"])
    answer = journeys_of(log).split(gap="4h").ask(question)
    visits = visits_of(rows_of(log), timedelta(hours=4))
    assert counts_of(answer) == naive(visits, question, until_of(log))


# The truth table: attempts by outcome, by hand


@pytest.mark.parametrize(
    ("attempts", "path", "counts"),
    [
        ("first", "visit mail visit cart purchase", [(1, 0, 0), (1, 0, 0), (1, 0, 0)]),
        ("best", "visit cart visit cart purchase", [(1, 0, 0), (1, 0, 0), (1, 0, 0)]),
        ("each", "visit cart visit cart purchase", [(2, 0, 0), (2, 1, 0), (1, 0, 0)]),
        ("each", "visit visit visit", [(3, 3, 0), (0, 0, 0), (0, 0, 0)]),
    ],
)
def test_which_attempt_decides(
    attempts: str, path: str, counts: list[tuple[int, int, int]]
) -> None:
    log = log_of(ana=path, ben="cart purchase mail")
    answer = journeys_of(log).ask(tv.Funnel(["visit", "cart", "purchase"], attempts=attempts))
    assert counts_of(answer) == counts


def test_who_still_has_time_is_open() -> None:
    log = log_of(ana="visit mail mail mail mail mail mail", ben="mail mail mail mail visit cart")
    answer = journeys_of(log).ask(tv.Funnel(["visit", "cart", "cart"], within="3h"))
    assert counts_of(answer) == [(2, 1, 0), (1, 0, 1), (0, 0, 0)]


def test_a_strict_attempt_that_something_follows_is_lost_at_once() -> None:
    log = log_of(ana="cart visit mail", ben="mail visit")
    answer = journeys_of(log).ask(tv.Funnel(["visit", "cart"], order="strict", within="9d"))
    assert counts_of(answer) == [(2, 1, 1), (0, 0, 0)]


def test_collapse_forgives_repeats_in_strict_order() -> None:
    journeys = journeys_of(log_of(ana="visit visit cart cart purchase"))
    question = tv.Funnel(["visit", "cart", "purchase"], order="strict")
    assert counts_of(journeys.ask(question))[2] == (0, 0, 0)
    assert counts_of(journeys.collapse().ask(question))[2] == (1, 0, 0)


def test_forty_steps() -> None:
    journeys = journeys_of(log_of(ana=" ".join(["visit", "cart"] * 20)))
    answer = journeys.ask(tv.Funnel(["visit", "cart"] * 20))
    assert [row["reached"] for row in answer.to_pylist()] == [1] * 40


def test_median_time_is_from_the_first_step() -> None:
    journeys = journeys_of(
        log_of(ana="visit mail cart", ben="visit cart", eva="visit mail mail cart")
    )
    rows = journeys.ask(tv.Funnel(["visit", "cart"])).to_pylist()
    assert [row["median_time"] for row in rows] == [timedelta(0), 2 * HOUR]


def test_attempts_of_one_customer_widen_the_interval() -> None:
    log = log_of(**{f"c{n}": "visit cart visit cart visit cart" for n in range(20)})
    log += log_of(**{f"d{n}": "visit visit visit" for n in range(20)})
    each = journeys_of(log).ask(tv.Funnel(["visit", "cart"], attempts="each")).to_pylist()[1]
    best = journeys_of(log).ask(tv.Funnel(["visit", "cart"])).to_pylist()[1]
    assert each["share_of_all"] == best["share_of_all"] == 0.5
    assert each["low"] == pytest.approx(best["low"], abs=1e-9)


def test_thin_shares_are_left_out() -> None:
    journeys = journeys_of(log_of(ana="visit cart", ben="visit"))
    rows = journeys.ask(tv.Funnel(["visit", "cart"], min_customers=30)).to_pylist()
    assert [row["share_of_all"] for row in rows] == [None, None]
    assert [row["reached"] for row in rows] == [2, 1]


def test_a_misspelt_step_names_the_near_one() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'purchase'"):
        journeys_of(log_of(ana="visit purchase")).ask(tv.Funnel(["visit", "purchas"]))


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"optional": (1,)}, "cannot be optional"),
        ({"optional": (3,)}, "cannot be optional"),
        ({"order": "any", "exclude": ("mail",)}, "any order"),
        ({"within": "7 dogs"}, "not a duration"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        tv.Funnel(["visit", "cart"], **options)


def test_no_journeys_give_a_table_of_zeros() -> None:
    answer = journeys_of(log_of(ana="visit cart")).what(touchpoint="cart").ask(tv.Funnel(["visit"]))
    assert counts_of(answer) == [(0, 0, 0)]
    assert answer.to_pylist()[0]["share_of_all"] is None

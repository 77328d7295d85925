"""Patterns against Python's own regular expressions, and timed ones against trying every way."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from study.random_journeys import NAMES, Log, Row, journeys_of, log_of, logs, rows_of
from travesia.errors import InvalidValue, UnknownName
from travesia.record.patterns import automaton, compile_pattern, names_in, occurrences, quoted

LETTERS = dict(zip(NAMES, "acmpv", strict=True))


@st.composite
def patterns(draw: st.DrawFn, depth: int = 2) -> tuple[str, str]:
    """A pattern and the regular expression that means the same over letters."""
    kind = draw(st.sampled_from(["name", "any", "one", "none", "group", "then", "then"]))
    if depth == 0 or kind in ("name", "any", "one", "none"):
        names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
        letters = "".join(LETTERS[name] for name in names)
        atom = {
            "any": (".", "[acmpv]"),
            "one": (f"[{' | '.join(names)}]", f"[{letters}]"),
            "none": (f"[^{' | '.join(names)}]", f"[^{letters}<>]"),
        }.get(kind, (names[0], LETTERS[names[0]]))
    elif kind == "group":
        parts = draw(st.lists(patterns(depth=depth - 1), min_size=1, max_size=2))
        atom = (
            f"({' | '.join(part for part, _ in parts)})",
            f"(?:{'|'.join(part for _, part in parts)})",
        )
    else:
        parts = draw(st.lists(patterns(depth=depth - 1), min_size=2, max_size=3))
        return " -> ".join(f"({part})" for part, _ in parts), "".join(
            f"(?:{part})" for _, part in parts
        )
    times = draw(st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,2}", "{2,}"]))
    return atom[0] + times, atom[1] + times


@given(logs(most_steps=12), patterns(), st.booleans(), st.booleans())
def test_a_pattern_matches_as_a_regular_expression(
    log: Log, both: tuple[str, str], anchored: bool, ended: bool
) -> None:
    pattern, regex = both
    if not set(names_in(pattern)) <= {event.touchpoint for event in log}:
        return
    whole = ("start -> " if anchored else "") + f"({pattern})" + (" -> end" if ended else "")
    meant = re.compile(("^" if anchored else "") + f"(?:{regex})" + ("$" if ended else ""))
    expected = {
        row[0].customer
        for row in rows_of(log)
        if meant.search("".join(LETTERS[event.touchpoint] for event in row))
    }
    found = journeys_of(log).matching(whole).to_arrow().column("customer").to_pylist()
    assert set(found) == expected


def later(row: Row, first: str, second: str, least: timedelta, most: timedelta) -> bool:
    return any(
        a.touchpoint == first and b.touchpoint == second and least <= b.time - a.time <= most
        for place, a in enumerate(row)
        for b in row[place + 1 :]
    )


FAR = timedelta(days=10000)


@pytest.mark.parametrize(
    ("bound", "least", "most"),
    [
        ("", timedelta(0), FAR),
        ("(<=3h)", timedelta(0), timedelta(hours=3)),
        ("(>=1d)", timedelta(days=1), FAR),
    ],
)
@given(log=logs())
def test_later_bounds_hold_between_the_two_named(
    log: Log, bound: str, least: timedelta, most: timedelta
) -> None:
    if not {"visit", "cart"} <= {event.touchpoint for event in log}:
        return
    expected = {row[0].customer for row in rows_of(log) if later(row, "visit", "cart", least, most)}
    found = journeys_of(log).matching(f"visit =>{bound} cart").to_arrow()
    assert set(found.column("customer").to_pylist()) == expected


@given(logs())
def test_right_after_within_a_bound(log: Log) -> None:
    if not {"visit", "cart"} <= {event.touchpoint for event in log}:
        return
    expected = {
        row[0].customer
        for row in rows_of(log)
        if any(
            (a.touchpoint, b.touchpoint) == ("visit", "cart")
            and b.time - a.time <= timedelta(hours=1)
            for a, b in pairwise(row)
        )
    }
    found = journeys_of(log).matching("visit ->(<=1h) cart").to_arrow()
    assert set(found.column("customer").to_pylist()) == expected


@given(logs(), st.sampled_from([1, 2, -1, -2]))
def test_the_nth_completion(log: Log, nth: int) -> None:
    if not {"visit", "cart"} <= {event.touchpoint for event in log}:
        return
    journeys = journeys_of(log)
    block = journeys.sources[0]()
    assert block is not None
    compiled = compile_pattern("[visit | cart]", journeys.scope.touchpoints)
    places = occurrences(block, compiled, nth) - block.start
    rows = {row[0].customer: row for row in rows_of(log)}
    for key, place in zip(block.keys().to_pylist(), places, strict=True):
        hits = [i for i, event in enumerate(rows[key]) if event.touchpoint in ("visit", "cart")]
        wanted = nth - 1 if nth > 0 else nth
        there = -len(hits) <= wanted < len(hits)
        assert (place == hits[wanted]) if there else (place < 0)


def test_names_with_spaces_stand_in_quotes() -> None:
    journeys = journeys_of(log_of(ana="a b").copy()).group({"a": "Take in charge", "b": "end"})
    assert journeys.matching('"Take in charge" -> "end"').customers == 1
    assert quoted("Take in charge") == '"Take in charge"'
    assert quoted("end") == '"end"'
    assert quoted("cart") == "cart"


@given(st.text(min_size=1, max_size=9).filter(lambda name: name.isprintable()))
def test_any_name_can_be_quoted(name: str) -> None:
    assert names_in(quoted(name)) == (name,)


@pytest.mark.parametrize(
    ("text", "place"),
    [("cart ->", 8), ("-> cart", 1), ("cart -> {2}", 9), ("[cart", 6), ("cart => (visit", 15)],
)
def test_what_cannot_be_read_says_where(text: str, place: int) -> None:
    with pytest.raises(InvalidValue, match=f"character {place}"):
        automaton(text)


def test_a_bound_that_is_no_duration_says_so() -> None:
    with pytest.raises(InvalidValue, match="'2x' is not a duration"):
        automaton("cart =>(<=2x) visit")


def test_an_unknown_touchpoint_is_named() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'cart'"):
        journeys_of(log_of(ana="cart")).matching("carts")


def test_later_needs_something_on_both_sides() -> None:
    with pytest.raises(InvalidValue, match="at least one"):
        automaton("cart* => visit")


def test_a_pattern_too_large_is_refused() -> None:
    with pytest.raises(InvalidValue, match="more than 250"):
        automaton("cart{300}")

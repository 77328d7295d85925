"""Lenses against naive rows, their laws, and their text and JSON forms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    Event,
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
from travesia.record.conditions import Condition
from travesia.record.lens_text import parse_chain

CUT = datetime(2026, 3, 29, 22, tzinfo=UTC)  # midnight in Madrid, the day after the clocks change
LATE = datetime(2026, 10, 26, 23, tzinfo=UTC)


def plain(journeys: tv.Journeys) -> list[tuple[str, list[str], list[datetime]]]:
    """The journeys as Python, in no particular order."""
    return sorted(
        (row["customer"], row["touchpoint"], row["time"]) for row in journeys.to_arrow().to_pylist()
    )


def expected(rows: list[Row]) -> list[tuple[str, list[str], list[datetime]]]:
    return sorted(
        (row[0].customer, [e.touchpoint for e in row], [e.time for e in row]) for row in rows if row
    )


def stretch(row: Row, a: str, b: str) -> Row:
    first = next((i for i, e in enumerate(row) if e.touchpoint == a), None)
    if first is None:
        return []
    last = next((i for i, e in enumerate(row) if i > first and e.touchpoint == b), None)
    return [] if last is None else row[first : last + 1]


def cycles(row: Row, goal: str) -> list[Row]:
    out: list[Row] = [[]]
    for event in row:
        out[-1].append(event)
        if event.touchpoint == goal:
            out.append([])
    return [one for one in out if one]


def by_channel(row: Row) -> list[Row]:
    parts: dict[str | None, Row] = {}
    for event in row:
        parts.setdefault(event.channel, []).append(event)
    return list(parts.values())


Naive = Callable[[list[Row]], list[Row]]
Look = Callable[[tv.Journeys], tv.Journeys]

LENSES: dict[str, tuple[Look, Naive]] = {
    "who by attribute": (
        lambda j: j.who(country="ES"),
        lambda rows: [row for row in rows if row[0].country == "ES"],
    ),
    "who by interaction": (
        lambda j: j.who(channel="phone"),
        lambda rows: [row for row in rows if any(e.channel == "phone" for e in row)],
    ),
    "who by both of one interaction": (
        lambda j: j.who((tv.col("channel") == "phone") & (tv.col("touchpoint") == "visit")),
        lambda rows: [
            row
            for row in rows
            if any(e.channel == "phone" and e.touchpoint == "visit" for e in row)
        ],
    ),
    "what": (
        lambda j: j.what(tv.col("channel") != "web"),
        lambda rows: [[e for e in row if e.channel == "phone"] for row in rows],
    ),
    "what missing": (
        lambda j: j.what(tv.col("channel").missing() | (tv.col("country") == "MX")),
        lambda rows: [[e for e in row if e.channel is None or e.country == "MX"] for row in rows],
    ),
    "when": (
        lambda j: j.when("2026-03-30", "2026-10-27"),
        lambda rows: [[e for e in row if CUT <= e.time < LATE] for row in rows],
    ),
    "matching": (
        lambda j: j.matching("visit -> cart"),
        lambda rows: [
            row
            for row in rows
            if ("visit", "cart") in [(a.touchpoint, b.touchpoint) for a, b in pairwise(row)]
        ],
    ),
    "between": (
        lambda j: j.between("visit", "cart"),
        lambda rows: [stretch(row, "visit", "cart") for row in rows],
    ),
    "split gap": (
        lambda j: j.split(gap="4h"),
        lambda rows: visits_of(rows, timedelta(hours=4)),
    ),
    "split after": (
        lambda j: j.split(after="cart"),
        lambda rows: [cycle for row in rows for cycle in cycles(row, "cart")],
    ),
    "split by": (
        lambda j: j.split(by="channel"),
        lambda rows: [part for row in rows for part in by_channel(row)],
    ),
    "collapse": (
        lambda j: j.collapse(),
        lambda rows: [
            [next(run) for _, run in groupby(row, lambda e: e.touchpoint)] for row in rows
        ],
    ),
}


def has_names(log: Log) -> bool:
    return (
        {"visit", "cart"} <= {event.touchpoint for event in log}
        and {
            "phone",
            "web",
        }
        <= {event.channel for event in log}
        and {"ES", "MX"} <= {event.country for event in log}
    )


@pytest.mark.parametrize("name", LENSES)
@given(log=logs(), shape=shapes())
def test_a_lens_keeps_what_it_says(name: str, log: Log, shape: Shape) -> None:
    if not has_names(log):
        return
    look, naive = LENSES[name]
    assert plain(look(shape(journeys_of(log)))) == expected(naive(rows_of(log)))


@given(logs(), st.sampled_from(sorted(LENSES)), st.sampled_from(sorted(LENSES)))
def test_two_lenses_act_in_the_order_written(log: Log, one: str, other: str) -> None:
    # who() after split() keeps a customer's rows together, which the naive one does not know
    if not has_names(log) or (one.startswith("split") and other.startswith("who")):
        return
    rows = [row for row in LENSES[one][1](rows_of(log)) if row]
    looked = LENSES[other][0](LENSES[one][0](journeys_of(log)))
    assert plain(looked) == expected(LENSES[other][1](rows))


@given(logs(), st.sampled_from(sorted(LENSES)), st.sampled_from(sorted(LENSES)))
def test_a_chain_survives_text_and_json(log: Log, one: str, other: str) -> None:
    if not has_names(log):
        return
    journeys = journeys_of(log)
    looked = LENSES[other][0](LENSES[one][0](journeys))
    assert journeys.through(looked.text).lenses == looked.lenses
    assert journeys.through(looked.to_json()).lenses == looked.lenses


@given(logs())
def test_group_renames_and_merges(log: Log) -> None:
    if not has_names(log):
        return
    names = {"visit": "look", "cart": "buy"}
    renamed = [Event(e.customer, names.get(e.touchpoint, "other"), e.time) for e in log]
    looked = journeys_of(log).group(names, others="other")
    assert plain(looked) == expected(rows_of(renamed))
    assert set(looked.touchpoints) == {e.touchpoint for e in renamed} | {"other"} & set(
        looked.touchpoints
    )


@given(logs(), st.floats(0.1, 1.0), st.integers(0, 3))
def test_a_sample_keeps_whole_customers_and_the_same_ones(
    log: Log, share: float, seed: int
) -> None:
    journeys = journeys_of(log)
    once, again = journeys.sample(share, seed), journeys.sample(share, seed)
    assert plain(once) == plain(again)
    assert all(row in expected(rows_of(log)) for row in plain(once))


def test_a_sample_has_about_its_share() -> None:
    log = log_of(**{f"c{n}": "visit" for n in range(4000)})
    kept = journeys_of(log).sample(0.25).customers
    assert abs(kept - 1000) < 4 * (4000 * 0.25 * 0.75) ** 0.5


def test_a_customers_rows_stay_together_after_a_split() -> None:
    log = log_of(ana="visit cart visit", ben="visit visit")
    looked = journeys_of(log).split(after="cart").who(touchpoint="cart")
    assert (looked.customers, looked.rows) == (1, 2)


def test_within_a_cell_is_a_condition() -> None:
    log = log_of(ana="visit cart", ben="visit mail", eva="visit cart purchase")
    journeys = journeys_of(log)
    lost = tv.Within(tv.Funnel(["visit", "cart", "purchase"]), step=2, outcome="lost")
    assert plain(journeys.who(lost))[0][0] == "ana"
    assert journeys.who(~lost).customers == 2
    assert journeys.who(lost & (tv.col("country") == "ES")).customers == 1
    assert journeys.through(journeys.who(lost).text).customers == 1
    assert journeys.through(journeys.who(lost).to_json()).lenses == journeys.who(lost).lenses


def test_anchors_count_and_move() -> None:
    log = log_of(ana="visit mail visit cart purchase mail")
    journeys = journeys_of(log)
    last = journeys.between(tv.Anchor(at="visit", nth=2), tv.Anchor(at="purchase", events=1))
    assert plain(last)[0][1] == ["visit", "cart", "purchase", "mail"]
    timed = journeys.between(tv.Anchor(at="visit", after="2h"), "purchase")
    assert plain(timed)[0][1] == ["visit", "cart", "purchase"]
    pattern = journeys.between("visit -> cart", "mail")
    assert plain(pattern)[0][1] == ["cart", "purchase", "mail"]
    assert journeys.through(last.text).lenses == last.lenses


def test_the_period_ends_the_observation() -> None:
    journeys = journeys_of(log_of(ana="visit cart")).when(end="2026-03-28")
    assert journeys.until == datetime(2026, 3, 27, 21, tzinfo=UTC)
    shorter = journeys_of(log_of(ana="visit cart")).when(end="2026-03-27T21:30")
    assert shorter.until == datetime(2026, 3, 27, 21, 0, tzinfo=UTC) - timedelta(minutes=30)


@pytest.mark.parametrize(
    ("look", "what"),
    [
        (lambda j: j.who(), "No condition"),
        (lambda j: j.when(), "needs a start or an end"),
        (lambda j: j.when("2026-02", "2026-01"), "ends before it begins"),
        (lambda j: j.when("soon"), "not a date"),
        (lambda j: j.split(), "takes one of"),
        (lambda j: j.split(gap="1h", after="cart"), "takes one of"),
        (lambda j: j.split(by="country"), "describes customers"),
        (
            lambda j: j.what(tv.Within(tv.Flow(), source="visit", target="cart")),
            "chooses customers",
        ),
        (lambda j: j.what(tv.col("value") > "many"), "holds a number"),
        (lambda j: j.what(tv.col("channel") > 3), "holds text"),
        (lambda j: j.what("channel = 'web'"), "Cannot read the condition"),
        (lambda j: j.through("who(country == 'ES'"), "Cannot read the lenses"),
        (lambda j: j.through("when('2026', '2027', '2028')"), "character 22"),
    ],
)
def test_what_cannot_be_meant_is_refused(look: Look, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        look(journeys_of(log_of(ana="visit cart", ben="mail")))


@pytest.mark.parametrize(
    ("look", "near"),
    [
        (lambda j: j.who(contry="ES"), "country"),
        (lambda j: j.who(country="EX"), "ES"),
        (lambda j: j.what(touchpoint="carts"), "cart"),
        (lambda j: j.between("visits", "cart"), "visit"),
        (lambda j: j.group({"visits": "a"}), "visit"),
        (lambda j: j.through("colapse()"), "collapse"),
    ],
)
def test_a_name_that_does_not_exist_names_the_near_one(look: Look, near: str) -> None:
    with pytest.raises(UnknownName, match=near):
        look(journeys_of(log_of(ana="visit cart", ben="mail")))


@pytest.mark.parametrize(
    "text",
    [
        "value > 100 and channel in ['web', 'app']",
        "not (channel == 'web' or missing(value))",
        "like(channel, 'w*') and 3 <= value",
        "col('channel') == 'web'",
        "(value > 1) & ~(channel == 'web')",
    ],
)
def test_conditions_say_the_same_again(text: str) -> None:
    from travesia.record.condition_text import parse

    assert parse(parse(text).text()) == parse(text)


MAY = datetime(2026, 3, 28, tzinfo=UTC)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (tv.col("time") > MAY, "time > '2026-03-28T00:00:00+00:00'"),
        (tv.col("time") < MAY.date(), "time < '2026-03-28'"),
        (tv.col("channel") == None, "missing(channel)"),  # noqa: E711 - what is tried
        (tv.col("channel") != None, "not missing(channel)"),  # noqa: E711 - what is tried
    ],
)
def test_dates_and_nothing_are_values_too(condition: Condition, text: str) -> None:
    assert condition.text() == text
    journeys = journeys_of(log_of(ana="visit cart"))
    assert journeys.what(condition).lenses == journeys.through(f"what({text})").lenses


@pytest.mark.parametrize(
    "look",
    [
        lambda j: j.sample(0),
        lambda j: j.sample(float("nan")),
        lambda j: j.group({}),
        lambda j: j.matching(None),
        lambda j: j.when(1970),
        lambda j: j.split(gap="999999999999d"),
        lambda j: j.split(gap=timedelta.max),
        lambda j: j.matching("visit =>(<=99999999999999999d) cart"),
        lambda j: j.through([{"lens": "sample", "share": 9}]),
        lambda j: j.who(tv.col("value") == object()),
        lambda j: j.who("not " * 5000 + "missing(value)"),
        lambda j: j.through("collapse()" + ".collapse()" * 30000),
        lambda j: j.matching("(" * 3000 + "visit" + ")" * 3000),
        lambda j: j.ask("flow"),
        lambda j: j.ask(tv.Flow),
        lambda j: j.ask(None),
    ],
)
def test_silly_values_are_refused_in_two_lines(look: Look) -> None:
    with pytest.raises(InvalidValue) as refused:
        look(journeys_of(log_of(ana="visit cart")))
    assert len(str(refused.value).split("\n")) == 2


def test_nothing_in_a_text_is_run() -> None:
    for text in ("__import__('os').system('true')", "who(open('x'))", "who(a == __name__)"):
        with pytest.raises((InvalidValue, UnknownName)):
            parse_chain(text)


def test_a_condition_used_as_truth_is_told() -> None:
    with pytest.raises(InvalidValue, match="no truth"):
        _ = (tv.col("value") > 1) and (tv.col("value") < 3)

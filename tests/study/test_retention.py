"""Retention against a naive count over local dates, and by hand."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import travesia as tv
from study.random_journeys import (
    STARTS,
    ZONE,
    Event,
    journeys_of,
    log_of,
    logs,
    rows_of,
    shapes,
)
from travesia.engines.scope import microseconds
from travesia.errors import InvalidValue, UnknownName
from travesia.study.calendar import Calendar
from travesia.study.retention import Retention

UNITS = st.sampled_from(["day", "week", "month"])
COUNTS = st.sampled_from(["n-day", "unbounded", "rolling", "cumulative"])


def first_day(unit, time, zone=ZONE):
    day = time.astimezone(ZoneInfo(zone)).date()
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def apart(unit, one, other):
    """How many units lie between two first days."""
    if unit == "month":
        return (other.year - one.year) * 12 + other.month - one.month
    return (other - one).days // (7 if unit == "week" else 1)


def came_back(count, periods, first, last):
    """Whether periods with a return make a customer count in a bracket that begins at 1."""
    if count == "unbounded":
        return any(one >= first for one in periods)
    if count == "rolling":
        return all(one in periods for one in range(1, last + 1))
    least = 1 if count == "cumulative" else first
    return any(least <= one <= last for one in periods)


def oracle(rows, asked, until):
    """(cohort, period) -> customers, returned, open."""
    now = first_day(asked.period, until)
    found = {}
    for row in rows:
        begun = next((e for e in row if asked.start in (None, e.touchpoint)), None)
        if begun is None:
            continue
        home = first_day(asked.period, begun.time)
        later = {
            apart(asked.period, home, first_day(asked.period, event.time))
            for event in row
            if asked.back in (None, event.touchpoint)
        }
        cohort = first_day(asked.cohort or asked.period, begun.time)
        for first, last in zip(asked.firsts, asked.lasts, strict=True):
            cell = found.setdefault((cohort, first), Counter())
            if apart(asked.period, home, now) > last:
                cell["customers"] += 1
                cell["returned"] += came_back(asked.count, later - {0}, first, last)
            else:
                cell["open"] += 1
    return {cell: (n["customers"], n["returned"], n["open"]) for cell, n in sorted(found.items())}


def counted(rows):
    return {
        (row["cohort"], row["period"]): (row["customers"], row["returned"], row["open"])
        for row in rows
    }


def has(log, *names):
    return set(names) <= {event.touchpoint for event in log}


@given(logs(), shapes(), UNITS, COUNTS)
def test_returns_are_the_naive_ones(log, shape, unit, count):
    asked = Retention(unit, 5, count)
    answer = shape(journeys_of(log)).ask(asked)
    until = max((event.time for event in log), default=STARTS[0])
    assert counted(answer.to_pylist()) == oracle(rows_of(log), asked, until)


@given(logs(), UNITS)
def test_start_and_back_are_chosen(log, unit):
    if has(log, "mail", "visit"):
        asked = Retention(unit, 4, start="mail", back="visit")
        found = journeys_of(log).ask(asked).to_pylist()
        assert counted(found) == oracle(rows_of(log), asked, max(event.time for event in log))


@given(logs())
def test_days_can_be_followed_by_cohorts_of_months(log):
    asked = Retention("day", 9, cohort="month")
    found = journeys_of(log).ask(asked).to_pylist()
    until = max((event.time for event in log), default=STARTS[0])
    assert counted(found) == oracle(rows_of(log), asked, until)


@given(logs(), st.sampled_from(["n-day", "unbounded", "cumulative"]))
def test_brackets_take_periods_together(log, count):
    asked = Retention("day", 8, count, brackets=(1, 2, 5))
    assert asked.lasts == (1, 4, 8)
    found = journeys_of(log).ask(asked).to_pylist()
    until = max((event.time for event in log), default=STARTS[0])
    assert counted(found) == oracle(rows_of(log), asked, until)


@given(logs(), st.sampled_from(["country", "channel"]))
def test_by_counts_the_customers_of_each_value(log, by):
    asked = Retention("day", 3, by=by)
    found = journeys_of(log).ask(asked).to_pylist()
    rows = rows_of(log)
    for value in {getattr(row[0], by) or "" for row in rows}:
        mine = [row for row in rows if (getattr(row[0], by) or "") == value]
        counts = counted([row for row in found if row[by] == value])
        assert counts == oracle(mine, asked, max(event.time for event in log))


@given(logs(), st.sampled_from(["gap", "by"]))
def test_a_split_changes_nothing(log, kind):
    journeys, asked = journeys_of(log), Retention("day", 5)
    parts = journeys.split(gap="3h") if kind == "gap" else journeys.split(by="channel")
    assert parts.ask(asked).table.equals(journeys.ask(asked).table)


@settings(max_examples=20)
@given(logs(), COUNTS)
def test_customers_behind_a_cell_are_as_many_as_it_says(log, count):
    answer = journeys_of(log).ask(Retention("day", 2, count))
    for row in answer.to_pylist():
        cell = {"cohort": row["cohort"], "period": row["period"]}
        assert answer.customers(**cell).num_rows == row["returned"]
        lost = answer.customers(**cell, outcome="lost").num_rows
        assert lost == row["customers"] - row["returned"]
        assert answer.customers(**cell, outcome="open").num_rows == row["open"]


@given(logs(), shapes())
def test_the_curve_is_all_cohorts_together(log, shape):
    answer = shape(journeys_of(log)).ask(Retention("day", 4))
    for period, point in answer.facts["curve"].items():
        rows = [row for row in answer.to_pylist() if row["period"] == period]
        assert point["customers"] == sum(row["customers"] for row in rows)
        assert point["returned"] == sum(row["returned"] for row in rows)


INSTANTS = st.integers(0, 2 * 365 * 24 * 60)
ZONES = st.sampled_from(["UTC", ZONE, "America/Sao_Paulo", "Asia/Kathmandu", "Africa/Cairo"])


@given(st.lists(INSTANTS, min_size=1), UNITS, ZONES)
def test_every_instant_lies_in_the_unit_of_its_local_date(minutes, unit, zone):
    times = [datetime(2017, 6, 1, tzinfo=UTC) + timedelta(minutes=one) for one in minutes]
    micros = np.array([microseconds(time, "UTC") for time in times])
    calendar = Calendar(unit, micros.min(), micros.max(), zone)
    found = [calendar.dates[place] for place in calendar.places(micros)]
    assert found == [first_day(unit, time, zone) for time in times]


def at(*moments):
    """Events of one customer at local times."""
    zone = ZoneInfo(ZONE)
    return [
        Event("ana", "visit", datetime.fromisoformat(one).replace(tzinfo=zone).astimezone(UTC))
        for one in moments
    ]


def test_the_day_the_clocks_change_is_one_day():
    log = at("2026-03-28 23:59", "2026-03-29 00:01", "2026-03-30 00:01", "2026-04-05 12:00")
    rows = journeys_of(log).ask(Retention("day", 3)).to_pylist()
    assert [row["returned"] for row in rows] == [1, 1, 0]


def test_a_period_that_is_not_over_is_open():
    log = at("2026-03-02", "2026-03-09", "2026-03-18")
    rows = journeys_of(log).ask(Retention("week", 2)).to_pylist()
    assert [(row["customers"], row["returned"], row["open"]) for row in rows] == [
        (1, 1, 0),
        (0, 0, 1),
    ]
    assert rows[1]["share"] is None


def test_when_says_that_a_period_is_over():
    log = at("2026-03-02", "2026-03-09", "2026-03-18")
    journeys = journeys_of(log)
    ended = journeys.when("2026-03-02", "2026-03-16").ask(Retention("week", 1)).to_pylist()
    cut = journeys.when("2026-03-02", "2026-03-15").ask(Retention("week", 1)).to_pylist()
    assert (ended[0]["customers"], ended[0]["returned"]) == (1, 1)
    assert (cut[0]["customers"], cut[0]["open"]) == (0, 1)


def test_the_kinds_of_counting():
    log = at("2026-03-02", "2026-03-09", "2026-03-23", "2026-04-15")

    def returned(count):
        rows = journeys_of(log).ask(Retention("week", 4, count)).to_pylist()
        return [row["returned"] for row in rows]

    assert returned("n-day") == [1, 0, 1, 0]
    assert returned("unbounded") == [1, 1, 1, 1]
    assert returned("rolling") == [1, 0, 0, 0]
    assert returned("cumulative") == [1, 1, 1, 1]


def test_weeks_begin_on_monday():
    log = at("2026-03-08 23:00", "2026-03-09 01:00", "2026-03-20")
    rows = journeys_of(log).ask(Retention("week", 1)).to_pylist()
    assert (rows[0]["cohort"], rows[0]["returned"]) == (date(2026, 3, 2), 1)


def test_nothing_has_no_rows():
    answer = journeys_of([]).ask(Retention())
    assert answer.to_pylist() == []
    assert answer.facts["customers"] == 0


def test_a_cohort_is_named_by_its_date_or_its_text():
    log = at("2026-03-02", "2026-03-09", "2026-03-23")
    answer = journeys_of(log).ask(Retention("week", 1))
    assert answer.customers(cohort="2026-03-02", period=1).num_rows == 1
    found = journeys_of(log).who(tv.Within(Retention("week", 1), cohort="2026-03-02", period=1))
    assert found.customers == 1
    with pytest.raises(UnknownName):
        answer.customers(cohort="2026-03-03", period=1)


def test_a_period_outside_the_table_is_refused():
    with pytest.raises(InvalidValue, match="Which customers"):
        journeys_of(log_of(ana="visit")).ask(Retention()).customers(period=13)


@pytest.mark.parametrize("brackets", [(), (2, 1), (0, 1), (1, 13), (1, 1)])
def test_brackets_must_rise(brackets):
    with pytest.raises(InvalidValue, match="do not rise"):
        Retention(brackets=brackets)


def test_too_many_cohorts_are_refused():
    far = Event("ana", "visit", STARTS[0] + timedelta(days=100_000))
    journeys = journeys_of([Event("ana", "visit", STARTS[0]), far])
    with pytest.raises(InvalidValue, match="cohorts"):
        journeys.ask(Retention("day", 100))


def test_the_note_says_who_counts():
    answer = journeys_of(log_of(ana="visit")).ask(Retention(count="rolling"))
    assert "1 customer began. Counted are those who came back in that period" in answer.note

"""Times: the ways of writing them, days that could be months, zones and changing clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travesia.errors import InputError, InvalidValue, UnknownName
from travesia.record.formats.time_kernels import NAIVE, NOT_UNDERSTOOD, ZONED
from travesia.record.formats.times import _by_order, decide
from travesia.record.formats.zones import to_utc

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a local clock
ZONES = ["Europe/Madrid", "America/Mexico_City", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]
HEAD = "user_id,event,timestamp\n"


def micros(local: datetime) -> int:
    return (local - EPOCH) // timedelta(microseconds=1)


def understood(text: str, way: str = "ymd") -> tuple[int, int]:
    # a word beside it keeps the plain ISO reader away, so that the kernel is what is tried
    times, found = _by_order(pa.array([text, "no time"]), way)
    return int(times[0]), int(found[0])


@given(
    st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["T", " "]),
    st.sampled_from(["auto", "minutes", "seconds", "milliseconds", "microseconds"]),
)
def test_iso_without_zone_is_read_as_python_does(moment, mark, spec):
    text = moment.isoformat(mark, spec)
    assert understood(text) == (micros(datetime.fromisoformat(text)), NAIVE)


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),  # noqa: DTZ001
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_iso_with_zone_is_read_as_python_does(local, minutes):
    moment = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    assert understood(moment.isoformat()) == (micros(utc), ZONED)


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from("/-."))
def test_days_and_months_first_are_read_as_written(day, mark):
    expected = (micros(datetime(day.year, day.month, day.day)), NAIVE)  # noqa: DTZ001
    assert understood(f"{day.day}{mark}{day.month:02}{mark}{day.year}", "dmy") == expected
    assert understood(f"{day.month}{mark}{day.day:02}{mark}{day.year}", "mdy") == expected


@given(st.text("0123456789-/:. TZ+", max_size=20))
def test_what_is_not_understood_is_not_misread(text):
    """Whatever is understood of loose text has a calendar day and a clock time in it."""
    found = understood(text)[1]
    if found != NOT_UNDERSTOOD:
        assert sum(letter.isdigit() for letter in text) >= 6


@pytest.mark.parametrize(
    ("text", "way", "expected"),
    [
        ("20240131", "ymd", "2024-01-31"),
        ("20240131101530", "ymd", "2024-01-31T10:15:30"),
        ("20240131T101530", "ymd", "2024-01-31T10:15:30"),
        ("2024/1/31 9:05", "ymd", "2024-01-31T09:05"),
        ("31/01/24", "dmy", "2024-01-31"),
        ("31-ene-2024 10:15", "dmy", "2024-01-31T10:15"),
        ("31 January 2024", "dmy", "2024-01-31"),
        ("Wed, 31 Jan 2024 10:15:30", "dmy", "2024-01-31T10:15:30"),
        ("Jan 31, 2024 10:15 PM", "mdy", "2024-01-31T22:15"),
        ("31/01/2024 12:05 a. m.", "dmy", "2024-01-31T00:05"),
        (" 2024-01-31 ", "ymd", "2024-01-31"),
        ("2024-01-31 10:15:30,5", "ymd", "2024-01-31T10:15:30.500000"),
        ("2024-01-31T10:15:30.123456789", "ymd", "2024-01-31T10:15:30.123456"),
    ],
)
def test_usual_ways_of_writing(text, way, expected):
    assert understood(text, way) == (micros(datetime.fromisoformat(expected)), NAIVE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024",
        "2024-13-01",
        "2023-02-29",
        "2024-01-31 24:00",
        "2024-01-31 10:60",
        "2024-01-31 10:15:60",
        "2024-01-31x",
        "2024-01-31 10:15 Europe/Madrid",
        "2024-01/31",
        "0000-01-01",
        "24-01-31",
        "2024-01-31 13:00 pm",
    ],
)
def test_what_no_calendar_holds_is_refused(text):
    assert understood(text)[1] == NOT_UNDERSTOOD


@settings(max_examples=300)
@given(
    st.sampled_from(ZONES),
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2037, 1, 1)),  # noqa: DTZ001
)
def test_local_times_become_utc_as_python_does(name, local):
    zone, local = ZoneInfo(name), local.replace(fold=0)
    expected = micros(local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None))
    assert to_utc(np.array([micros(local)]), zone).times.tolist() == [expected]


@settings(max_examples=40)
@given(
    st.sampled_from(ZONES),
    st.lists(st.datetimes(datetime(2, 1, 1), datetime(9999, 12, 29)), min_size=1, max_size=4),  # noqa: DTZ001
)
def test_far_times_become_utc_as_python_does(name, times):
    zone = ZoneInfo(name)
    local = [one.replace(fold=0) for one in times]
    expected = [
        micros(one.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)) for one in local
    ]
    assert to_utc(np.array([micros(one) for one in local]), zone).times.tolist() == expected


@pytest.mark.parametrize("zone", ["America/Mexico_City", "Asia/Tokyo"])
def test_the_first_and_the_last_day_of_the_calendar_do_no_harm(write, read, zone):
    rows = "a,x,0001-01-01\na,x,2024-01-01\na,x,9999-12-31 23:59:59\n"
    found = read(write(HEAD + rows), timezone=zone)
    assert found.size == 2
    assert found.counts == {"time out of range": 1}


@given(
    st.sampled_from(["2024-03-31T00:30", "2024-10-27T00:30"]),
    st.integers(0, 4 * 60),
)
def test_hours_of_the_changing_clock_become_utc_as_python_does(start, minutes):
    zone = ZoneInfo("Europe/Madrid")
    local = datetime.fromisoformat(start) + timedelta(minutes=minutes)
    expected = micros(local.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None))
    found = to_utc(np.array([micros(local)]), zone)
    assert found.times.tolist() == [expected]
    two = timedelta(hours=2) <= timedelta(hours=local.hour) < timedelta(hours=3)
    assert (found.skipped, found.twice) == ((two, False) if local.month == 3 else (False, two))


def test_skipped_and_repeated_hours_are_said(write, read, at):
    path = write(HEAD + "a,x,2024-03-31 02:30\na,x,2024-10-27 02:30\na,x,2024-07-01 12:00\n")
    found = read(path, timezone="Europe/Madrid")
    assert found.column("time") == [
        at("2024-03-31T01:30"),
        at("2024-10-27T00:30"),
        at("2024-07-01T10:00"),
    ]
    said = [how for what, how in found.events.said if what == "time zone"]
    assert [how.split(" time")[0] for how in said] == ["3", "1", "1"]


def test_zones_in_the_data_win(write, read, at):
    path = write(HEAD + "a,x,2024-01-01T10:00:00+05:30\na,x,2024-01-01T10:00:00Z\n")
    found = read(path, timezone="Europe/Madrid")
    assert found.column("time") == [at("2024-01-01T04:30"), at("2024-01-01T10:00")]
    assert "time zone" not in found.said


def test_unknown_zone_names_the_nearest(write, read):
    with pytest.raises(UnknownName, match="Europe/Madrid"):
        read(write(HEAD), timezone="Europe/Madird")


@pytest.mark.parametrize(
    ("telling", "expected"),
    [
        ("13/01/2024", ("day/month/year", datetime(2024, 1, 5, tzinfo=UTC))),
        ("01/13/2024", ("month/day/year", datetime(2024, 5, 1, tzinfo=UTC))),
    ],
)
def test_one_telling_day_decides_day_or_month_first(write, read, telling, expected):
    found = read(write(HEAD + f"a,x,05/01/2024\na,x,{telling}\n"))
    assert (found.said["time format"], found.column("time")[0]) == expected


def test_the_telling_day_may_stand_far_down(write, read):
    path = write(HEAD + "a,x,05/01/2024\n" * 200_000 + "a,x,01/13/2024\n")
    found = read(path)
    assert found.said["time format"] == "month/day/year"
    assert found.size == 200_001


def test_a_column_that_begins_empty_is_decided_further_down(write, read):
    found = read(write(HEAD + "a,x,\n" * 300_000 + "a,x,31.01.2024\n"))
    assert found.size == 1
    assert found.said["time format"] == "day/month/year"


def test_days_that_could_be_months_are_said(write, read, at):
    found = read(write(HEAD + "a,x,05/01/2024\n"))
    assert found.column("time") == [at("2024-01-05")]
    assert "tells day from month" in found.said["time format"]
    told = read(write(HEAD + "a,x,05/01/2024\n"), time_format="m/d/y")
    assert told.column("time") == [at("2024-05-01")]


def test_an_unsure_file_follows_the_sure_one_beside_it(write, read, at):
    one = write(HEAD + "a,x,05/01/2024\n", "1.csv")
    two = write(HEAD + "a,x,01/13/2024\n", "2.csv")
    assert read([one, two]).column("time") == [at("2024-05-01"), at("2024-01-13")]


def test_mixed_formats_are_set_aside_with_examples(write, read):
    path = write(HEAD + "a,x,2024-01-01\n" * 5 + "b,x,13.01.2024\nc,x,yesterday\nd,x,\n")
    found = read(path)
    assert found.size == 5
    assert found.examples == {
        "time not understood": [
            "events.csv line 7: b,x,13.01.2024",
            "events.csv line 8: c,x,yesterday",
        ],
        "no time": ["events.csv line 9: d,x,"],
    }


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1704103200", "seconds since 1970"),
        ("1704103200.0", "seconds since 1970"),
        ("1704103200000", "milliseconds since 1970"),
        ("1704103200000000", "microseconds since 1970"),
        ("1704103200000000000", "nanoseconds since 1970"),
    ],
)
def test_epochs_are_told_by_their_size(write, read, at, written, said):
    found = read(write(HEAD + f"a,x,{written}\n"))
    assert found.said["time format"] == said
    assert found.column("time") == [at("2024-01-01T10:00")]


@pytest.mark.parametrize("typed", [False, True])
def test_epochs_of_another_unit_are_set_aside(write, read, at, typed):
    epochs = [1704103200000, 1704103200, 1704103200000, 2**62, 0, -1000]
    table = pa.table({"user_id": ["a"] * 6, "event": ["x"] * 6, "timestamp": epochs})
    rows = "".join(f"a,x,{epoch}\n" for epoch in epochs)
    found = read(table if typed else write(HEAD + rows))
    assert found.said["time format"] == "milliseconds since 1970"
    assert found.column("time") == [
        at(t) for t in ("2024-01-01T10:00", "2024-01-01T10:00", "1970-01-01", "1969-12-31T23:59:59")
    ]
    assert found.counts == {"time out of range": 2}


@pytest.mark.parametrize("wild", ["9" * 23, str(2**62), "-5"])
def test_one_wild_number_does_not_change_the_unit(write, read, at, wild):
    found = read(write(HEAD + f"a,x,{wild}\na,x,1704103200\n"))
    assert found.said["time format"] == "seconds since 1970"
    assert found.column("time")[-1] == at("2024-01-01T10:00")


def test_seconds_win_where_all_are_as_likely(read, at):
    epochs = [1704103200, 2**62, -(2**62)]
    found = read(pa.table({"user_id": ["a"] * 3, "event": ["x"] * 3, "time": epochs}))
    assert found.column("time") == [at("2024-01-01T10:00")]


def test_days_written_as_numbers_are_days_whatever_stands_beside_them(read, at):
    table = pa.table(
        {"user_id": ["a"] * 3, "event": ["x"] * 3, "date": [20240131, 2**62, 20240201]}
    )
    found = read(table)
    assert found.column("time") == [at("2024-01-31"), at("2024-02-01")]


@given(st.floats(1.1e8, 7e9), st.sampled_from(["", "-"]), st.sampled_from(["f", ".9e"]))
def test_epochs_in_text_are_read_as_numbers_are(number, sign, spec):
    text = f"{sign}{number:{spec}}"
    as_text, as_float = pa.array([text]), pa.array([float(text)])
    read = [decide(one, [one], ZoneInfo("UTC")).read(one) for one in (as_text, as_float)]
    assert read[0].times.tolist() == read[1].times.tolist() != [0]


def test_numbers_that_are_no_usual_epochs_say_what_to_do(write, read):
    with pytest.raises(InputError) as caught:
        read(write(HEAD + "a,x,-1000\na,x,-5\n"))
    assert 'time_format="s"' in caught.value.repair


def test_told_epochs_may_be_any_number(write, read, at):
    found = read(write(HEAD + "a,x,11\n"), time_format="s")
    assert found.column("time") == [at("1970-01-01T00:00:11")]


def test_told_patterns_are_those_of_strptime(write, read, at):
    found = read(write(HEAD + "a,x,2024|31|01 10h\nb,x,2024\n"), time_format="%Y|%d|%m %Hh")
    assert found.column("time") == [at("2024-01-31T10:00")]
    assert found.counts == {"time not understood": 1}


@pytest.mark.parametrize("wrong", ["weekly", "%Q"])
def test_told_patterns_must_mean_something(write, read, wrong):
    with pytest.raises(InvalidValue, match=wrong):
        read(write(HEAD + "a,x,2024-01-31\n"), time_format=wrong)


def test_a_column_of_words_is_no_time(write, read):
    with pytest.raises(InputError, match="'timestamp' holds no times, but 'soon'"):
        read(write(HEAD + "a,x,soon\n"))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_typed_times_of_all_units_become_microseconds(read, at, unit):
    moment = at("1965-01-01T10:00")
    table = pa.table(
        {"user_id": ["a"], "event": ["x"], "timestamp": pa.array([moment], pa.timestamp(unit))}
    )
    assert read(table).column("time") == [moment]


def test_typed_dates_are_midnight_in_the_zone(read, at):
    table = pa.table({"user_id": ["a"], "event": ["x"], "date": [date(2024, 7, 1)]})
    assert read(table, timezone="Europe/Madrid").column("time") == [at("2024-06-30T22:00")]


def test_typed_times_that_no_calendar_holds_are_set_aside(read):
    far = pa.array([2**62, 0], pa.timestamp("us"))
    table = pa.table({"user_id": ["a", "a"], "event": ["x", "x"], "timestamp": far})
    found = read(table)
    assert found.size == 1
    assert found.counts == {"time out of range": 1}


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_typed_times_do_not_overflow(read, unit):
    far = pa.array([2**60, -(2**60), 2**45, 1], pa.timestamp(unit))
    table = pa.table({"user_id": ["a"] * 4, "event": ["x"] * 4, "timestamp": far, "due": far})
    found = read(table, dimensions=["due"])
    kept = [moment for moment in found.column("time") if moment.year > 1970]
    assert all(moment.timestamp() == 2**45 / {"ms": 1e3, "us": 1e6}[unit] for moment in kept)
    assert found.counts["time out of range"] == 4 - found.size
    assert "Table row 1: user_id='a'" in found.examples["time out of range"][0]
    assert found.said["due"].startswith(f"{4 - found.size} cell")


def test_a_way_is_decided_once_for_a_column():
    clock = decide(pa.array(["2024-01-01"]), [], ZoneInfo("UTC"))
    assert clock is not None
    assert clock.read(pa.array(["2024-01-02", "02/01/2024"])).refused.tolist() == [False, True]

"""Later sources of the same journeys are read as the first one was."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

import travesia as tv
from travesia.errors import UnknownName

HEAD = "user_id,event,timestamp\n"


@pytest.mark.parametrize(
    ("first", "options", "told"),
    [
        ("13/01/2024", {}, "d/m/y"),
        ("01/13/2024", {}, "m/d/y"),
        ("2024-01-13", {}, "iso"),
        ("1704103200", {}, "s"),
        ("2024|13|01", {"time_format": "%Y|%d|%m"}, "%Y|%d|%m"),
    ],
)
def test_what_was_decided_is_kept(write, read, first, options, told):
    found = read(write(f"user_id,event,timestamp\na,x,{first}\n"), **options)
    assert found.events.read_as == {
        "customer": "user_id",
        "touchpoint": "event",
        "time": "timestamp",
        "time_format": told,
    }


def test_typed_times_need_no_format(read, table):
    assert "time_format" not in read(table).events.read_as


@pytest.mark.parametrize("lead", ["", "a,x,\n" * 200_000], ids=["at once", "far down"])
@pytest.mark.parametrize(("before", "month"), [("d/m/y", 4), ("m/d/y", 5)])
def test_days_that_could_be_months_follow_the_earlier_source(write, read, lead, before, month):
    path = write(HEAD + lead + "a,x,05/04/2024\n")
    found = read(path, as_before={"time_format": before})
    assert found.column("time")[0].month == month
    assert "tells day from month" not in found.said["time format"]


@pytest.mark.parametrize(
    ("before", "written"),
    [
        ("m/d/y", "13/01/2024"),
        ("d/m/y", "2024-01-13"),
        ("ms", "1705104000"),
        ("s", "1705104000000"),
        ("%Y|%d|%m", "2024-01-13"),
        ("s", "2024-01-13"),
        ("iso", "1705104000"),
    ],
)
def test_a_source_that_tells_another_way_is_read_by_it(write, read, at, before, written):
    found = read(write(HEAD + f"a,x,{written}\n"), as_before={"time_format": before})
    assert found.column("time") == [at("2024-01-13")]


@pytest.mark.parametrize(("before", "written"), [("s", "11"), ("%Y|%d|%m", "1970|01|01")])
def test_a_way_that_cannot_be_guessed_is_kept(write, read, before, written):
    found = read(write(HEAD + f"a,x,{written}\n"), as_before={"time_format": before})
    assert found.column("time")[0].year == 1970


def test_appended_sources_are_read_by_the_same_columns(write, tmp_path):
    head = "user_id,who,event,what,timestamp,happened,seq,medium,paid,points\n"
    rows = "u,a,e,x,2020-01-01,13/02/2024,1,m,{},7\n"
    one = write(head + rows.format(5), "1.csv")
    two = write(head + rows.format(6).replace("13/02", "05/02"), "2.csv")
    first = tv.read(
        one, customer="who", touchpoint="what", time="happened", channel="medium", value="points"
    )
    both = first.save(tmp_path / "store").append(two)
    assert (both.customers, both.events, both.touchpoints) == (1, 2, ("x",))
    assert both.since == datetime(2024, 2, 5, tzinfo=UTC)
    assert tv.open(tmp_path / "store").snapshot.read_as["time_format"] == "d/m/y"


def test_columns_that_are_gone_are_recognised_anew(write):
    one = write("who,event,time\na,x,2024-01-01\n", "1.csv")
    two = write("user_id,event,time\na,x,2024-01-02\n", "2.csv")
    both = tv.read(one, customer="who").append(two)
    assert (both.customers, both.events) == (1, 2)


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        ("A1", "11", ["A1", "11"]),
        ("A1", "2024-01-01", ["A1", "2024-01-01"]),
        ("7", "", [7.0, None]),
        ("7", "lots", [7.0, None]),
        ("7", str(2**60), [7.0, 2.0**60]),
        ("2024-01-01", "", [datetime(2024, 1, 1, tzinfo=UTC), None]),
    ],
)
def test_further_columns_hold_what_they_held(write, read, first, then, expected):
    paths = [
        write(f"user_id,event,time,more\na,x,2024-01-01,{cell}\n", f"{number}.csv")
        for number, cell in enumerate((first, then))
    ]
    one = read(paths[0], dimensions=["more"])
    kinds = {column.name: column.kind for column in one.events.columns}
    two = read(paths[1], dimensions=["more"], kinds=kinds)
    assert [*one.column("more"), *two.column("more")] == expected
    assert tv.read(paths[0], dimensions="*").append(paths[1]).events == 2


def test_large_numbers_can_be_appended_to_small_and_small_to_large(at):
    def table(number: int) -> pa.Table:
        row = {"user_id": "a", "event": "x", "time": at("2024-01-01"), "ref": number}
        return pa.Table.from_pylist([row])

    large, small = table(2**60 + 1), table(5)
    assert tv.read(large, dimensions="*").append(small).what(ref="5").events == 1
    both = tv.read(small, dimensions="*").append(large)
    assert (both.events, dict(both.columns)) == (2, {"ref": "number"})


def test_named_columns_win_over_earlier_ones(write, read):
    path = write("user_id,who,event,time\nu,a,x,2024-01-01\n")
    assert read(path, customer="user_id", as_before={"customer": "who"}).column("customer") == ["u"]
    assert read(path, as_before={"customer": "who"}).said["customer"] == "column 'who', as before"


def test_unknown_options_name_the_nearest(write):
    with pytest.raises(UnknownName, match="Did you mean 'delimiter'"):
        tv.read(write(HEAD), delimeter=";")

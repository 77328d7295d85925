"""JSON lines, Parquet, Arrow files, tables in memory, and several sources at once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from travesia.errors import InputError, InvalidValue, UnknownFormat, UnknownName, UnreadableSource
from travesia.record.events import Column, SetAside
from travesia.record.formats.jsonl import JsonlFeed

ROW = {"user_id": "a", "event": "visit", "timestamp": "2024-01-01T10:00:00Z"}


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


# JSON lines.


def test_json_lines_have_dotted_columns(write, read):
    row = {**ROW, "properties": {"url": "/cart", "price": 9.5, "new": True, "tags": [1]}}
    found = read(
        write(lines(row), "events.jsonl"),
        dimensions=["properties.url", "properties.price", "properties.new"],
    )
    assert [c.kind for c in found.events.columns] == ["text", "number", "text"]
    assert list(found.rows[0].values())[3:] == ["/cart", 9.5, "true"]


def test_json_identifiers_are_kept_as_written(write, read):
    rows = [{**ROW, "user_id": one} for one in (17, "17", 17.0, "a7", None, "")]
    found = read(write(lines(*rows), "events.jsonl"))
    assert found.column("customer") == ["17", "17", "17", "a7"]
    assert found.counts == {"no customer": 2}


def test_broken_json_lines_are_set_aside_with_their_number(write, read):
    text = lines(ROW) + "\n{broken\n" + "[1]\n" + lines(ROW)
    found = read(write(text, "events.jsonl"))
    assert found.size == 2
    assert found.examples["not JSON"][0].startswith("events.jsonl line 3: {broken (")
    assert found.examples["not an object"] == ["events.jsonl line 4: [1]"]
    assert found.events.set_aside.rows_read == 4


def test_a_json_list_says_what_to_do(write, read):
    with pytest.raises(UnknownFormat, match="one JSON list") as caught:
        read(write(json.dumps([ROW]), "events.json"))
    assert "jq" in caught.value.repair


def test_a_json_property_may_first_come_far_down(write, read):
    text = lines(*[ROW] * 30_000, {**ROW, "properties": {"coupon": "X"}})
    found = read(write(text, "events.jsonl"), dimensions=["properties.coupon"])
    assert found.column("properties.coupon")[-1] == "X"


def test_lone_surrogates_in_json_do_no_harm(write, read):
    text = json.dumps({**ROW, "event": "\ud83d"}) + "\n"
    assert read(write(text, "events.jsonl")).column("touchpoint") == ["\ufffd"]


def test_compressed_json_lines_are_known_by_their_ending(write, read):
    assert read(write(gzip.compress(lines(ROW).encode()), "events.ndjson.gz")).size == 1


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), st.floats())
OBJECTS = st.dictionaries(
    st.sampled_from(["a", "b", "c.d"]),
    st.one_of(VALUES, st.dictionaries(st.sampled_from(["x", "y.z"]), VALUES)),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(["text", "number", "any"]), data=st.data())
def test_the_fast_and_the_slow_reader_of_json_agree(write, kind, data):
    alike = {"text": st.text(max_size=4), "number": st.integers(), "any": VALUES}[kind]
    plain = st.fixed_dictionaries({"a": alike, "b": st.fixed_dictionaries({"x": alike})})
    rows = data.draw(st.lists(OBJECTS if kind == "any" else plain, min_size=1, max_size=5))
    feed = JsonlFeed(write(lines(*rows), "events.jsonl"))
    columns = ["a", "b.x"]
    (slow,) = (
        feed._slow(block, first, columns, SetAside()).batch
        for first, block in feed._blocks(1 << 20)
    )
    aside = SetAside()
    (fast,) = (chunk.batch for chunk in feed.read(columns, aside))
    assert fast.equals(slow)
    assert aside.rows_read == len(rows)


def test_json_rows_far_down_are_shown_by_their_line(write, read):
    text = lines(*[ROW] * 130_000, {**ROW, "event": ""}, {**ROW, "event": 5})
    found = read(write(text, "events.jsonl"))
    assert found.examples["no touchpoint"][0].startswith("events.jsonl line 130001: {")
    assert found.column("touchpoint")[-1] == "5"


@pytest.mark.parametrize("late", [{"coupon": "X"}, {"coupon": {"code": 3}}, {"coupon": [1]}])
@pytest.mark.parametrize("first", [ROW, {**ROW, "price": 9.5}], ids=["fast", "slow"])
def test_keys_that_come_late_are_said_under_all_dimensions(write, read, late, first):
    text = lines(*[first] * 20_000, *[{**first, **late, "empty": None}] * 2)
    found = read(write(text, "events.jsonl"), dimensions="*")
    name = "coupon.code" if isinstance(late["coupon"], dict) else "coupon"
    assert "2 values" in found.said[name]
    assert "empty" not in found.said


def test_many_late_keys_are_said_short(write, read):
    late = {f"key{number}": number for number in range(30)}
    found = read(write(lines(*[ROW] * 20_000, {**ROW, **late}), "events.jsonl"), dimensions="*")
    assert found.said["columns"] == "10 more are left out like these"


def test_lists_are_said_under_all_dimensions(write, read):
    path = write(lines({**ROW, "tags": ["a", "b"], "n": {"ids": []}}), "events.jsonl")
    found = read(path, dimensions="*")
    assert found.events.columns == ()
    assert found.said["tags"] == found.said["n.ids"] == "left out: several values in each row"
    assert read(path, dimensions=["tags"]).column("tags") == ['["a", "b"]']


# Parquet and Arrow files.


def test_parquet_text_comes_as_dictionaries(tmp_path, read, table):
    pq.write_table(table, tmp_path / "events.parquet", row_group_size=2)
    found = read(tmp_path / "events.parquet")
    assert found.rows == table.rename_columns(["customer", "touchpoint", "time"]).to_pylist()
    assert found.batches[0].schema.types[:2] == [
        pa.string(),
        pa.dictionary(pa.int32(), pa.string()),
    ]
    assert found.events.about_rows == 3


def test_parquet_structs_have_dotted_columns(tmp_path, read, table):
    device = pa.array([{"os": "ios", "v": {"n": 1}}, {"os": None, "v": None}, None])
    pq.write_table(table.append_column("device", device), tmp_path / "events.parquet")
    found = read(tmp_path / "events.parquet", dimensions=["device.os", "device.v.n"])
    assert found.column("device.os") == ["ios", None, None]
    assert found.column("device.v.n") == [1.0, None, None]


@pytest.mark.parametrize("keep", [0.5, 0.98])
def test_truncated_parquet_fails_with_file_and_repair(tmp_path, read, table, keep):
    path = tmp_path / "events.parquet"
    pq.write_table(table, path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(UnreadableSource, match=r"events\.parquet is not a whole") as caught:
        read(path)
    assert len(str(caught.value).splitlines()) == 2


def test_damaged_parquet_pages_fail_with_the_file(tmp_path, read):
    path = tmp_path / "events.parquet"
    names = [f"c{n * 7919 % 100_003}" for n in range(50_000)]
    table = pa.table({"user_id": names, "event": names, "timestamp": pa.array(range(50_000))})
    pq.write_table(table, path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[1000:60_000] = b"\xff" * 59_000
    path.write_bytes(content)
    with pytest.raises(UnreadableSource, match=r"events\.parquet is damaged"):
        read(path, time="timestamp", time_format="s")


def test_a_parquet_in_name_only_is_refused(write, read):
    with pytest.raises(UnreadableSource, match="is not a Parquet file, whatever its name says"):
        read(write("user_id,event,time\n", "events.parquet"))


def test_arrow_files_and_streams_are_read(tmp_path, read, table):
    pyarrow.feather.write_feather(table, tmp_path / "events.feather", "uncompressed")
    with pa.ipc.new_stream(tmp_path / "stream.arrow", table.schema) as stream:
        stream.write_table(table)
    assert read(tmp_path / "events.feather").size == 3
    assert read(tmp_path / "stream.arrow").size == 3


# Tables in memory.


@pytest.mark.parametrize(
    "made",
    [
        lambda table: table,
        lambda table: table.to_pandas(),
        pl.from_arrow,
        lambda table: table.to_reader(),
        lambda table: table.to_batches()[0],
        lambda table: duckdb.connect().from_arrow(table),
    ],
    ids=["pyarrow", "pandas", "polars", "reader", "batch", "duckdb"],
)
def test_whatever_offers_arrow_is_read(read, table, made):
    found = read(made(table))
    assert found.rows == table.rename_columns(["customer", "touchpoint", "time"]).to_pylist()


def test_a_column_called_like_a_part_is_refused(read, table):
    both = table.append_column("a.b", table["event"])
    with pytest.raises(InputError, match=r"Two columns are called 'a\.b'"):
        read(both.append_column("a", pa.array([{"b": 1}] * 3)))


def test_columns_of_one_name_are_refused(read, table):
    with pytest.raises(InputError, match="Two columns are called 'event'"):
        read(table.append_column("event", table["event"]))


def test_a_lazy_query_of_polars_is_run(read, table):
    assert read(pl.from_arrow(table).lazy().filter(pl.col("user_id") == "a")).size == 2


@pytest.mark.parametrize("made", ["table", "parquet"])
def test_columns_that_no_event_has_are_said_or_refused(tmp_path, read, table, made):
    apart = {
        "tags": pa.array([[1]] * 3),
        "props": pa.array([[("k", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
        "hour": pa.array([1, 2, 3], pa.time32("s")),
        "took": pa.array([1, 2, 3], pa.duration("us")),
    }
    for name, column in apart.items():
        table = table.append_column(name, column)
    source = tmp_path / "events.parquet" if made == "parquet" else table
    if made == "parquet":
        pq.write_table(table, source)
    said = read(source, dimensions="*").said
    assert said["tags"] == said["props"] == "left out: several values in each row"
    assert said["hour"] == "left out: times of day without a day"
    assert said["took"] == "left out: lengths of time"
    for name in apart:
        with pytest.raises(InputError, match=f"column '{name}' holds "):
            read(source, dimensions=[name])


@pytest.mark.parametrize("kind", [pa.time64("us"), pa.duration("us")])
def test_times_without_a_day_are_no_times(read, table, kind):
    table = table.set_column(2, "timestamp", pa.array([1, 2, 3], kind))
    for named in ({}, {"time": "timestamp"}):
        with pytest.raises(InputError, match=r"column 'timestamp' holds (times of day|lengths)"):
            read(table, **named)


def test_a_struct_by_its_own_name_says_its_parts(read, table):
    table = table.append_column("device", pa.array([{"os": "ios"}] * 3))
    with pytest.raises(InputError) as caught:
        read(table, dimensions=["device"])
    assert caught.value.repair == "Name them, such as 'device.os'."


def test_run_ends_are_decoded(read, table):
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array(["x", "y"]))
    found = read(table.append_column("run", runs), dimensions="*")
    assert found.column("run") == ["x", "x", "y"]


@pytest.mark.parametrize("column", ["user_id", "event", "word"])
@pytest.mark.parametrize("made", ["table", "coded", "parquet"])
def test_bytes_that_are_no_utf8_are_refused(tmp_path, read, table, column, made):
    bad = pa.array([b"a", b"a", b"caf\xe9"]).view(pa.string())
    bad = bad.dictionary_encode() if made == "coded" else bad
    table = table.append_column("word", table["event"])
    source = table.set_column(table.schema.get_field_index(column), column, bad)
    if made == "parquet":
        pq.write_table(source, tmp_path / "events.parquet")
        source = tmp_path / "events.parquet"
    with pytest.raises(UnreadableSource, match=f"'{column}' holds bytes that are not UTF-8"):
        read(source, dimensions=["word"])


def test_extension_types_are_what_they_store(read, at):
    ids = pa.array([b"0" * 16], pa.uuid().storage_type).cast(pa.uuid())
    table = pa.table({"user_id": ids, "event": ["x"], "time": [at("2024-01-01")]})
    assert read(table).column("customer") == ["0" * 16]


def test_an_empty_table_gives_no_batches(read, table):
    found = read(table.slice(0, 0))
    assert found.batches == []
    coded = table.set_column(1, "event", table["event"].dictionary_encode())
    assert read(coded.slice(0, 0)).batches == []


def test_an_empty_parquet_gives_no_batches(tmp_path, read, table):
    pq.write_table(table.slice(0, 0), tmp_path / "events.parquet")
    assert read(tmp_path / "events.parquet").batches == []


def test_a_table_of_mixed_objects_says_what_to_do(read):
    frame = pd.DataFrame({"user_id": [1, "a"], "event": ["x", "y"], "time": ["2024-01-01"] * 2})
    with pytest.raises(InputError, match="DataFrame cannot be read as Arrow"):
        read(frame)


def test_whole_numbers_stay_numbers_as_identifiers(read, at):
    for numbers in ([7, 8], [7.0, 8.0]):
        table = pa.table({"user_id": numbers, "event": ["x", "y"], "time": [at("2024-01-01")] * 2})
        found = read(table)
        assert found.events.customer_type == pa.int64()
        assert found.column("customer") == [7, 8]


def test_identifiers_that_are_no_whole_numbers_are_set_aside(read, at):
    table = pa.table(
        {
            "user_id": [7.0, 7.5, None, float("nan")],
            "event": ["x"] * 4,
            "time": [at("2024-01-01")] * 4,
        }
    )
    found = read(table)
    assert found.column("customer") == [7]
    assert found.counts == {"customer not a whole number": 1, "no customer": 2}


def test_large_unsigned_identifiers_are_text(read, at):
    ids = pa.array([2**64 - 1], pa.uint64())
    found = read(pa.table({"user_id": ids, "event": ["x"], "time": [at("2024-01-01")]}))
    assert found.column("customer") == [str(2**64 - 1)]


def test_missing_touchpoints_are_set_aside_in_every_layout(read, at):
    names = pa.array(["x", "", None])
    indirect = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), names)
    for column in (names.take(pa.array([0, 1, 2, 2])), indirect):
        table = pa.table({"user_id": ["a"] * 4, "event": column, "time": [at("2024-01-01")] * 4})
        found = read(table)
        assert found.column("touchpoint") == ["x"]
        assert found.counts == {"no touchpoint": 3}


def test_a_row_counts_once_under_its_first_reason(read):
    table = pa.table({"user_id": [None, ""], "event": ["", "x"], "time": [None, "2024-01-01"]})
    assert read(table).counts == {"no customer": 2}


def test_kinds_of_further_columns(read, at, table):
    moment = at("2024-01-01")
    more = {
        "flag": pa.array([True, False, None]),
        "count": pa.array([1, None, 3], pa.int8()),
        "price": pa.array([1.5, 2.5, None]),
        "when": pa.array([moment, None, moment], pa.timestamp("ms", "UTC")),
        "word": pa.array(["x", "", None], pa.large_string()),
    }
    for name, column in more.items():
        table = table.append_column(name, column)
    found = read(table, dimensions=list(more))
    assert [column.kind for column in found.events.columns] == [
        *("text", "number", "number", "time", "text")
    ]
    assert found.column("flag") == ["true", "false", None]
    assert found.column("count") == [1.0, None, 3.0]
    assert found.column("when") == [moment, None, moment]
    assert found.column("word") == ["x", None, None]


def test_coded_columns_are_read_whatever_they_code(read, at):
    moment = at("2024-01-01")
    table = pa.table(
        {
            "user_id": pa.array([7, 8]).dictionary_encode(),
            "event": pa.array(["x", "y"]).dictionary_encode(),
            "time": pa.array([moment, moment]).dictionary_encode(),
            "nothing": pa.nulls(2),
        }
    )
    found = read(table, dimensions=["nothing"])
    assert found.column("customer") == [7, 8]
    assert found.column("time") == [moment, moment]
    assert found.column("nothing") == [None, None]


def test_categories_of_polars_are_names(read, at):
    frame = pl.DataFrame(
        {"user_id": ["a", "b"], "event": ["x", None], "time": [at("2024-01-01")] * 2},
        schema_overrides={"event": pl.Categorical, "user_id": pl.Categorical},
    )
    found = read(frame)
    assert found.column("touchpoint") == ["x"]
    assert found.counts == {"no touchpoint": 1}


def test_numbers_as_touchpoints_have_one_spelling(read, at):
    names = [10.0, 7.5, 123_456_789_012.0, float("nan")]
    table = pa.table({"user_id": ["a"] * 4, "event": names, "time": [at("2024-01-01")] * 4})
    found = read(table)
    assert found.column("touchpoint") == ["10", "7.5", "123456789012"]
    assert found.counts == {"no touchpoint": 1}


def test_bytes_that_are_no_text_name_the_source(read, at):
    table = pa.table({"user_id": [b"\xff"], "event": ["x"], "time": [at("2024-01-01")]})
    with pytest.raises(UnreadableSource, match="'user_id' holds bytes that are not UTF-8"):
        read(table)


def test_order_must_be_a_number(read, table):
    found = read(table.append_column("seq", pa.array([2.0, None, 1.0])))
    assert found.events.ordered
    assert found.column("order") == [2.0, 1.0]
    assert found.counts == {"no order": 1}


# Numbers as text.


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["1.234,56", "7", "0,5"], [1234.56, 7.0, 0.5]),
        (["1,234.56", "7", "0.5"], [1234.56, 7.0, 0.5]),
        (["12,50 €", "7 €"], [12.5, 7.0]),
        (["$12.50", "-3"], [12.5, -3.0]),
        (["1e3", "NA"], [1000.0, None]),
        (["1.234.567", "8"], [1234567.0, 8.0]),
    ],
)
def test_numbers_are_read_as_they_are_written(write, read, written, expected):
    text = "user_id;event;time;paid\n" + "".join(f"a;x;2024-01-01;{one}\n" for one in written)
    assert read(write(text), value="paid").column("value") == expected


def test_cells_that_are_no_numbers_are_said(write, read):
    text = "user_id,event,time,paid\n" + "a,x,2024-01-01,5\n" * 3 + "a,x,2024-01-01,lots\n"
    found = read(write(text), value="paid")
    assert found.column("value") == [5.0, 5.0, 5.0, None]
    assert found.said["value"].startswith("1 cell is no number")


def test_codes_with_leading_zeros_are_words(write, read):
    found = read(write("user_id,event,time,zip\n007,x,2024-01-01,08001\n"), dimensions=["zip"])
    assert found.rows[0]["zip"] == "08001"
    assert found.rows[0]["customer"] == "007"


LARGE = [2**60 + 1, 2**60 + 2, 2**60 + 3]


@pytest.fixture
def wide(at):
    """Three events of one moment, each with a number that no float holds."""
    return pa.table(
        {"user_id": ["a"] * 3, "event": list("xyz"), "time": [at("2024-01-01")] * 3, "ref": LARGE}
    )


@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.decimal128(38, 0)])
@pytest.mark.parametrize("made", ["table", "pandas", "parquet", "plain parquet"])
def test_whole_numbers_beyond_floats_are_text(tmp_path, read, wide, kind, made):
    wide = wide.set_column(3, "ref", pa.array(LARGE, pa.int64()).cast(kind))
    source = wide.to_pandas() if made == "pandas" else wide
    if "parquet" in made:
        source = tmp_path / "events.parquet"
        pq.write_table(wide, source, write_statistics=made == "parquet")
    found = read(source, dimensions="*")
    assert found.column("ref") == [str(one) for one in LARGE]
    assert found.said["ref"] == "whole numbers beyond 2^53 are kept as text"


def test_whole_numbers_that_floats_hold_stay_numbers(read, table):
    ref = pa.array([2**53, -(2**53), None])
    assert read(table.append_column("ref", ref), dimensions="*").column("ref") == [
        *(2.0**53, -(2.0**53), None)
    ]


def test_whole_numbers_beyond_floats_in_text_files_are_text(write, read):
    text = "user_id,event,time,ref\n" + "".join(f"a,x,2024-01-01,{2**53 + n}\n" for n in (0, 1))
    assert read(write(text), dimensions="*").column("ref") == [str(2**53), str(2**53 + 1)]


def test_numbers_that_had_to_be_rounded_are_said(read, wide):
    found = read(wide.rename_columns(["user_id", "event", "time", "paid"]), value="paid")
    assert found.said["value"] == "3 whole numbers beyond 2^53 are rounded"


def test_an_order_beyond_floats_is_refused(write, read, wide):
    text = "user_id,event,time,ref\n" + "".join(f"a,x,2024-01-01,{one}\n" for one in LARGE)
    for source in (wide, write(text)):
        with pytest.raises(InputError, match="'ref' is too large to order by"):
            read(source, order="ref")


def test_a_column_beyond_floats_is_not_guessed_to_be_the_order(read, wide):
    found = read(wide.rename_columns(["user_id", "event", "time", "sequence"]), dimensions="*")
    assert not found.events.ordered
    assert found.column("sequence") == [str(one) for one in LARGE]


def test_infinite_numbers_are_missing(write, read, table):
    text = "user_id,event,time,paid\n" + "".join(
        f"a,x,2024-01-01,{one}\n" for one in ("1", "inf", "nan", "-Infinity", "2")
    )
    found = read(write(text), value="paid")
    assert found.column("value") == [1.0, None, None, None, 2.0]
    paid = pa.array([float("inf"), 1.0, 2.0])
    found = read(table.append_column("paid", paid), value="paid")
    assert found.column("value") == [None, 1.0, 2.0]
    assert found.said["value"] == "1 cell is no number and counts as missing: 'inf'"


# Several sources, and none.


def test_lists_and_globs_are_read_in_order(write, read):
    head = "user_id,event,time\n"
    for number in (2, 1):
        path = write(f"{head}u{number},x,2024-01-01\n", f"day{number}.csv")
    assert read(str(path.parent / "day*.csv")).column("customer") == ["u1", "u2"]
    both = [path.parent / "day2.csv", str(path.parent / "day1.csv")]
    assert read(both).column("customer") == ["u2", "u1"]


def test_identifiers_of_mixed_sources_are_text(write, read, at):
    table = pa.table({"user_id": [7], "event": ["x"], "time": [at("2024-01-01")]})
    found = read([table, write("user_id,event,time\n7,y,2024-01-01\n")])
    assert found.column("customer") == ["7", "7"]


def test_every_file_must_have_the_columns(write, read):
    one = write("user_id,event,time\n", "1.csv")
    two = write("user_id,evento,time\n", "2.csv")
    with pytest.raises(UnknownName, match=r"no column 'event' in 2\.csv") as caught:
        read([one, two])
    assert "'evento'" in caught.value.repair


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("nowhere.csv", UnreadableSource),
        ("nowhere*.csv", UnreadableSource),
        (Path(__file__).parent, UnreadableSource),
        ([], InputError),
        (3, UnknownFormat),
    ],
)
def test_what_is_no_source_has_a_repair(read, source, error):
    with pytest.raises(error) as caught:
        read(source)
    assert len(str(caught.value).splitlines()) == 2


def test_saved_journeys_are_to_be_opened(tmp_path, read):
    (tmp_path / "journeys.json").write_text("{}")
    with pytest.raises(UnreadableSource, match="holds saved journeys") as caught:
        read(tmp_path)
    assert caught.value.repair == f"Open them: tv.open({str(tmp_path)!r})."


def test_options_of_other_formats_are_refused(read, table):
    with pytest.raises(InvalidValue, match="delimiter= means nothing"):
        read(table, delimiter=";")


def test_names_that_events_have_for_themselves_get_a_tail(read, table):
    found = read(table.append_column("time", pa.array(["x", "y", "z"])), dimensions=["time"])
    assert found.events.columns == (Column("time_", "text"),)
    assert found.said["time_"] == "column 'time', renamed"

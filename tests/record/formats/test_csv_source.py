"""CSV: dialects, encodings, and what becomes of broken rows."""

from __future__ import annotations

import bz2
import csv
import gzip
import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from travesia.errors import InputError, InvalidValue, UnknownFormat, UnreadableSource
from travesia.record.events import SetAside
from travesia.record.formats.csv import CsvFeed
from travesia.record.formats.csv_kernels import cut_rows
from travesia.record.formats.values import MISSING

FINAL = True
HEAD = "user_id,event,timestamp\n"
GOOD = "a,visit,2024-01-01 10:00\n"


def test_rows_become_events(write, read, at):
    found = read(write(HEAD + "a,visit,2024-01-01 10:00\nb,cart,2024-01-02T11:30:15.5Z\n"))
    assert found.rows == [
        {"customer": "a", "touchpoint": "visit", "time": at("2024-01-01T10:00:00")},
        {"customer": "b", "touchpoint": "cart", "time": at("2024-01-02T11:30:15.500000")},
    ]


def test_types_are_those_that_events_promise(write, read):
    (batch,) = read(write(HEAD + GOOD)).batches
    assert batch.schema.types == [
        pa.string(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.timestamp("us", "UTC"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_sniffed(write, read, delimiter):
    assert read(write((HEAD + GOOD).replace(",", delimiter))).size == 1


def test_told_delimiter_wins(write, read):
    path = write("user_id~event~timestamp\na,b~visit~2024-01-01\n")
    assert read(path, delimiter="~").column("customer") == ["a,b"]


def test_excel_says_its_delimiter_in_the_first_line(write, read):
    found = read(write("sep=;\nuser_id;event;timestamp\na;visit;2024-01-01\nb;;2024-01-01\n"))
    assert found.size == 1
    assert found.examples == {"no touchpoint": ["events.csv line 4: b;;2024-01-01"]}


def test_runs_of_spaces_set_columns_apart(write, read):
    found = read(write("  user_id   event  date \r\n 0001 visit   20240131\r\n", "events.txt"))
    assert found.column("customer") == ["0001"]
    assert found.said["format"] == "CSV, spaces, utf-8"


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_encoding_is_sniffed(write, read, encoding, said):
    text = HEAD + "josé,atención telefónica,2024-01-01\nñandú,visita,2024-01-01\n"
    found = read(write(text, encoding=encoding))
    assert found.column("customer") == ["josé", "ñandú"]
    assert found.said["format"] == f"CSV, comma, {said}"


def test_told_encoding_wins(write, read):
    path = write(HEAD + "привет,visit,2024-01-01\n", encoding="koi8-r")
    assert read(path, encoding="koi8-r").column("customer") == ["привет"]


def test_late_byte_of_another_encoding_names_its_line(write, read):
    path = write((HEAD + GOOD * 200_000).encode() + "josé,visit,2024-01-01\n".encode("latin-1"))
    with pytest.raises(UnreadableSource) as caught:
        read(path)
    assert caught.value.what == "events.csv line 200002: byte 0xE9 is not utf-8."
    assert "latin-1" in caught.value.repair


def test_unknown_encoding_is_refused(write, read):
    with pytest.raises(InvalidValue, match="klingon"):
        read(write(HEAD), encoding="klingon")


def _zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("events.csv.gz", gzip.compress),
        ("events.csv.bz2", bz2.compress),
        ("events.csv.zst", _zstd),
        ("events.csv", gzip.compress),
    ],
)
def test_compressed_files_are_unpacked(write, read, name, pack):
    assert read(write(pack((HEAD + GOOD).encode()), name)).size == 1


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, _zstd])
def test_truncated_compression_fails_with_file_and_repair(write, read, pack):
    rows = "".join(f"customer-{n * 7919 % 99991},visit,2024-01-01\n" for n in range(100_000))
    packed = pack((HEAD + rows).encode())
    with pytest.raises(UnreadableSource, match=r"events\.csv\.gz is cut off") as caught:
        read(write(packed[: len(packed) // 2], "events.csv.gz"))
    assert caught.value.repair


def test_quoted_cells_keep_delimiters_quotes_and_line_ends(write, read):
    found = read(write(HEAD + '"a,1","say ""hi""\nthere",2024-01-01\n' + GOOD))
    assert found.rows[0]["customer"] == "a,1"
    assert found.rows[0]["touchpoint"] == 'say "hi"\nthere'
    assert found.size == 2


def test_quotes_inside_a_cell_are_letters(write, read):
    found = read(write(HEAD + 'a,TV 42" black,2024-01-01\n' + GOOD))
    assert found.column("touchpoint") == ['TV 42" black', "visit"]


def test_quotes_may_be_single_or_none(write, read):
    path = write("user_id,event,timestamp\n'a,1','visit','2024-01-01'\n")
    assert read(path).column("customer") == ["a,1"]
    other = write('user_id,event,timestamp\n"a,visit,2024-01-01\n', "other.csv")
    assert read(other, quote="").column("customer") == ['"a']


def test_backslashes_escape_where_the_file_uses_them(write, read):
    found = read(write(HEAD + r'"a","say \"hi\", all",2024-01-01' + "\n" + GOOD))
    assert found.column("touchpoint") == ['say "hi", all', "visit"]


def test_a_broken_line_far_down_is_set_aside_with_its_line(write, read):
    text = HEAD + GOOD * 999_998 + "a,visit\n" + GOOD + "a,visit,2024-01-01,extra\n" + GOOD
    found = read(write(text))
    assert found.size == 1_000_000
    assert found.events.set_aside.rows_read == 1_000_002
    assert found.examples == {
        "too few fields": ["events.csv line 1000000: a,visit"],
        "too many fields": ["events.csv line 1000002: a,visit,2024-01-01,extra"],
    }


def test_a_quote_that_never_closes_costs_its_own_line_only(write, read):
    found = read(write(HEAD + GOOD + 'b,"cart,2024-01-01\n' + GOOD * 3))
    assert found.size == 4
    assert found.examples == {"broken quotes": ['events.csv line 3: b,"cart,2024-01-01']}


def test_a_quote_that_closes_far_below_swallows_nothing(write, read):
    text = HEAD + 'b,"cart,2024-01-01\n' + GOOD * 3 + 'c,"pay",2024-01-01\n' + GOOD
    found = read(write(text))
    assert found.column("customer") == ["a", "a", "a", "c", "a"]
    assert found.counts == {"broken quotes": 1}


def test_line_numbers_count_line_ends_inside_quotes_and_empty_lines(write, read):
    found = read(write(HEAD + 'a,"x\ny\nz",2024-01-01\n\n\nb,,2024-01-01\n'))
    assert found.examples == {"no touchpoint": ["events.csv line 7: b,,2024-01-01"]}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(write, read, end):
    found = read(write((HEAD + GOOD + GOOD).replace("\n", end)))
    assert found.column("customer") == ["a", "a"]


def test_last_line_may_lack_its_end(write, read):
    assert read(write(HEAD + GOOD.rstrip())).size == 1


def test_header_alone_gives_no_batches(write, read):
    found = read(write(HEAD))
    assert found.batches == []
    assert found.events.set_aside.rows_read == 0


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_without_a_header_there_is_nothing_to_read(write, read, content):
    with pytest.raises(UnreadableSource, match=r"events\.csv is empty"):
        read(write(content))


def test_header_that_fits_no_row_is_an_error(write, read):
    with pytest.raises(InputError, match="line 2 has 4 fields where the header has 3"):
        read(write(HEAD + "a,visit,2024-01-01,x\nb,visit,2024-01-01,x\n"))


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 100, bytes(range(1, 256)) * 20])
def test_binary_junk_is_no_text(write, read, content):
    with pytest.raises(UnreadableSource, match="not a text file") as caught:
        read(write(content))
    assert len(str(caught.value).splitlines()) == 2


def test_a_nul_byte_far_down_names_its_line(write, read):
    with pytest.raises(UnreadableSource, match="line 100002 holds a NUL byte"):
        read(write((HEAD + GOOD * 100_000).encode() + b"a,vi\0sit,2024-01-01\n"))


def test_repeated_and_empty_names_are_told_apart(write, read):
    found = read(write("user_id,event,timestamp,,x,x\na,v,2024-01-01,1,2,3\n"), dimensions="*")
    assert [c.name for c in found.events.columns] == ["column 4", "x", "x_2"]


def test_options_are_checked(write, read):
    with pytest.raises(InvalidValue, match="delimiter=';;'"):
        read(write(HEAD), delimiter=";;")


@pytest.mark.parametrize("block", [1, 7, 64, 129])
def test_blocks_cut_anywhere_give_the_same_rows(write, block):
    path = write(HEAD + ('a,"x, y\n""z""",2024-01-01\r\n' + GOOD + "b,cart\n") * 50)
    assert _rows(path, block) == _rows(path, 1 << 20)


def _rows(path, block):
    aside, feed = SetAside(), CsvFeed(path, block=block)
    rows = [row for chunk in feed.read(feed.names, aside) for row in chunk.batch.to_pylist()]
    return rows, aside


CELL = st.text(
    st.characters(codec="cp1252", exclude_characters="\r\0", exclude_categories=["Cc"])
    | st.sampled_from(",;\t|\"'\n"),
    min_size=1,
    max_size=8,
).filter(lambda cell: cell not in MISSING)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_python_writes_comes_back(  # noqa: PLR0917 - a case has many sides
    write, read, cells, delimiter, encoding, quoting, end
):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerow(["user_id", "event", "timestamp"])
    writer.writerows([*pair, "2024-01-01"] for pair in cells)
    path = write(buffer.getvalue(), encoding=encoding)
    found = read(path, delimiter=delimiter, encoding=encoding, quote='"')
    expected = [pair for pair in cells if "" not in pair]
    assert [(row["customer"], row["touchpoint"]) for row in found.rows] == expected


WORDS = st.text('abñ ,;|\t"\n1.-', min_size=1, max_size=8).filter(str.strip)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_dialects_are_sniffed_whatever_the_cells_hold(write, read, cells, delimiter, encoding):
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(["user_id", "event", "timestamp"])
    writer.writerows([*pair, "2024-01-01"] for pair in cells)
    found = read(write(buffer.getvalue(), encoding=encoding))
    assert [(row["customer"], row["touchpoint"]) for row in found.rows] == cells


@settings(max_examples=100)
@given(rows=st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_rows_are_cut_as_python_writes_them(rows):
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    text = buffer.getvalue().encode()
    n = text.count(b"\n") + 1
    starts, stops, lines = (np.empty(n, np.int64) for _ in range(3))
    fields = np.empty(n, np.int32)
    found, used, _line = cut_rows(
        np.frombuffer(text, np.uint8),
        44,
        34,
        -1,
        3,
        FINAL,
        1 << 20,
        1,
        starts,
        stops,
        fields,
        lines,
    )
    assert (found, used) == (len(rows), len(text))
    assert (fields[:found] == 3).all()


def test_a_spreadsheet_says_what_to_do(write, read):
    with pytest.raises(UnknownFormat) as caught:
        read(write(b"PK\x03\x04rest", "events.xlsx"))
    assert "CSV" in caught.value.repair


@pytest.mark.parametrize("size", [200_000, 1_500_000])
def test_a_first_row_may_hold_a_long_text(write, read, size):
    rows = f'a,x,2024-01-01,"{"word, " * (size // 6)}"\nb,y,2024-01-02,short\n'
    found = read(write("user_id,event,time,note\n" + rows), dimensions=["note"])
    assert found.column("touchpoint") == ["x", "y"]
    assert len(found.rows[0]["note"]) > size - 7

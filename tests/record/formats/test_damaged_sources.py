"""Whatever a file holds: rows, or an error of two lines; never anything else."""

from __future__ import annotations

import bz2
import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from travesia.errors import InputError
from travesia.record.formats import open_events

CSV = (
    b"user_id,event,time,spent\n" + b'"a,1",visit,2024-01-01 10:00,"1,5"\nb,cart,2024-01-02,7\n' * 5
)
JSONL = b'{"user_id":"a","event":"x","time":"2024-01-01","properties":{"n":1}}\n' * 5
XES = (
    b'<?xml version="1.0"?><log>'
    + b'<trace><string key="concept:name" value="a &amp; b"/><event><string key="concept:name" '
    b'value="x"/><date key="time:timestamp" value="2024-01-01T10:00:00Z"/></event></trace>'
    * 5
    + b"</log>"
)


def _table() -> pa.Table:
    return pa.table({"user_id": ["a", "b"] * 9, "event": ["x"] * 18, "time": ["2024-01-01"] * 18})


def _parquet(folder: Path) -> bytes:
    pq.write_table(_table(), folder / "sound")
    return (folder / "sound").read_bytes()


def _arrow(folder: Path) -> bytes:
    pyarrow.feather.write_feather(_table(), folder / "sound", "uncompressed")
    return (folder / "sound").read_bytes()


SOURCES = {
    "csv": lambda _: CSV,
    "csv.gz": lambda _: gzip.compress(CSV),
    "csv.bz2": lambda _: bz2.compress(CSV),
    "jsonl": lambda _: JSONL,
    "xes": lambda _: XES,
    "xes.gz": lambda _: gzip.compress(XES),
    "parquet": _parquet,
    "feather": _arrow,
    "unknown": lambda _: CSV,
}


@pytest.mark.parametrize("ending", SOURCES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_give_rows_or_two_lines(tmp_path, ending, data):
    content = bytearray(SOURCES[ending](tmp_path))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
        content = content or bytearray(b"x")
    path = tmp_path / f"events.{ending}"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    _rows_or_two_lines(path)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60), ending=st.sampled_from([*SOURCES, "txt", "json"]))
def test_junk_gives_rows_or_two_lines(tmp_path, content, ending):
    path = tmp_path / f"events.{ending}"
    path.write_bytes(content)
    _rows_or_two_lines(path)


def _rows_or_two_lines(path: Path) -> None:
    try:
        events = open_events(path)
        found = sum(batch.num_rows for batch in events.batches)
    except InputError as error:
        lines = str(error).splitlines()
    else:
        lines = ["read", "whole"]
        assert events.set_aside.rows_read == found + events.set_aside.rows
    assert len(lines) == 2

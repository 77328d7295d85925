"""Saved journeys that something damaged: they are refused, or what is asked of them is right."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import travesia as tv
from record.random_events import Log, Row, decoded
from travesia.errors import InvalidValue, StoreDamaged, StoreError
from travesia.record import checking, gathering
from travesia.record.build import build
from travesia.record.checksums import measured
from travesia.record.events import Column
from travesia.record.journeys import Journeys
from travesia.record.manifest import NAME, read_manifest, signed
from travesia.record.packs import ROWS
from travesia.record.store import append, open_snapshot, save

CASES = 40
COLUMNS = (
    Column("channel", "text"),
    Column("value", "number"),
    Column("country", "text", attribute=True),
)
LOG = Log(
    tuple(
        Row(f"c{i % 60}", f"t{i % 7}", i * 1000, None, ("web", float(i), f"C{i % 5}"))
        for i in range(600)
    ),
    COLUMNS,
)

# damage may end a process that looks further than it should: each case is told before it is tried
TRIES = """
import sys
from pathlib import Path
from record.test_store_damage import tried
for line in sys.stdin:
    print("trying", line, end="", flush=True)
    print(tried(Path(line.strip())), flush=True)
"""


def asked(journeys: Journeys) -> str:
    answers = journeys.ask([tv.Flow(by="country"), tv.Describe(by="channel"), tv.Paths()])
    tables = [answer.table.to_pylist() for answer in answers]
    rows = journeys.to_arrow().sort_by("customer").to_pylist()
    return repr((journeys.customers, journeys.events, tables, rows))


def tried(store: Path) -> str:
    """What happens to whoever opens and asks, and to whoever has it verified."""
    try:
        tv.open(store, verify=True)
        verified = "accepted"
    except StoreDamaged:
        verified = "refused"
    try:
        said = asked(tv.open(store))
    except StoreDamaged:
        return f"{verified} refused"
    return f"{verified} {'right' if said == asked(Journeys(build(LOG.events()))) else 'wrong'}"


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of every kind of file."""
    monkeypatch.setattr(gathering, "PARTITION_EVENTS", 200)
    snapshot = save(build(LOG.part(0, 590).events()), tmp_path / "store")
    append(snapshot, LOG.part(590, 600).events())
    return tmp_path / "store"


def damaged(store: Path, dice: random.Random) -> Path:
    """A copy of the store, one of whose files is damaged; its name says which and how."""
    names = sorted(path.name for path in store.iterdir() if path.name != "lock")
    name = dice.choice([*names, *(one for one in names if one.startswith("journeys-"))])
    whole = (store / name).read_bytes()
    place, how = dice.randrange(len(whole)), dice.choice(("bit", "block", "ones", "cut"))
    data = {
        "bit": bytes([whole[place] ^ 1 << dice.randrange(8)]),
        "block": dice.randbytes(64),
        "ones": b"\xff" * 8,
        "cut": b"",
    }[how]
    new = whole[:place] + data + (whole[place + len(data) :] if data else b"")
    copy = store.with_name(f"{name}-{how}-{place}")
    copy.mkdir(exist_ok=True)
    for one in store.iterdir():
        (copy / one.name).write_bytes(new[: len(whole)] if one.name == name else one.read_bytes())
    return copy


def test_damage_is_refused_or_does_not_matter(grown: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - places to damage
    stores = [damaged(grown, dice) for _ in range(CASES)]
    found = subprocess.run(
        [sys.executable, "-c", TRIES],
        input="".join(f"{store}\n" for store in stores),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-200:] + found.stderr[-2000:]
    ends = found.stdout.splitlines()[1::2]
    assert len(ends) == CASES
    for store, end in zip(stores, ends, strict=True):
        # a value that could as well be another is noticed by those who verify, and only by them
        likely = ("refused refused", "refused right")
        assert end in (*likely, "refused wrong") if "journeys-" in store.name else end in likely
    assert {"refused refused", "refused right"} <= set(ends)


def test_an_undamaged_store_is_verified(grown: Path) -> None:
    assert tried(grown) == "accepted right"


# --- one column at a time ---------------------------------------------------------------------


def rows_of(store: Path) -> Path:
    return store / read_manifest(store).journeys[0].file


def overwritten(store: Path, column: str, part: Callable[[Any], pa.Buffer], value: Any) -> None:
    """Write a value over the second one of a column's buffer, where it stands in the file."""
    path = rows_of(store)
    data = pa.memory_map(str(path)).read_buffer()
    batch = pa.ipc.open_file(data).get_batch(read_manifest(store).journeys[0].batch)
    buffer = part(batch.column(column))
    with path.open("r+b") as file:
        file.seek(buffer.address - data.address + value.itemsize)
        file.write(value.tobytes())


def offsets(lists: pa.ListArray) -> pa.Buffer:
    return lists.buffers()[1]


def values(lists: pa.ListArray) -> pa.Buffer:
    return lists.buffers()[3]


@pytest.mark.parametrize(
    ("column", "part", "value"),
    [
        ("touchpoint", offsets, np.int32(2**30)),
        ("touchpoint", offsets, np.int32(-1)),
        ("touchpoint", offsets, np.int32(0)),  # a customer without interactions
        ("time", offsets, np.int32(1)),
        ("channel", offsets, np.int32(1)),
        ("touchpoint", values, np.uint16(7)),
        ("channel", values, np.uint16(2)),
        ("time", values, np.int64(600_000)),
        ("time", values, np.int64(-1)),
        ("key", offsets, np.int32(2**30)),
    ],
)
def test_positions_and_codes_that_cannot_be_are_refused_when_first_used(
    grown: Path, column: str, part: Callable[[Any], pa.Buffer], value: Any
) -> None:
    overwritten(grown, column, part, value)
    journeys = tv.open(grown)
    with pytest.raises(StoreDamaged, match=rf"{rows_of(grown).name} is damaged: column '{column}'"):
        asked(journeys)


def test_columns_that_nobody_asks_for_are_not_looked_at(grown: Path) -> None:
    overwritten(grown, "channel", values, np.uint16(2))
    journeys = tv.open(grown)
    journeys.ask(tv.Flow())
    with pytest.raises(StoreDamaged, match="column 'channel'"):
        journeys.ask(tv.Flow(by="channel"))


def test_a_damaged_piece_is_not_taken_over(grown: Path) -> None:
    overwritten(grown, "touchpoint", offsets, np.int32(2**30))
    before = {path.name: path.read_bytes() for path in grown.iterdir()}
    with pytest.raises(StoreDamaged, match="column 'touchpoint'"):
        append(open_snapshot(grown), LOG.part(0, 60).events())
    assert {path.name: path.read_bytes() for path in grown.iterdir()} == before


def test_a_column_is_checked_once(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journeys = tv.open(grown)
    first = asked(journeys)
    monkeypatch.delattr(checking, "_within")  # whoever checks again fails
    assert asked(journeys) == first


# --- the manifest -----------------------------------------------------------------------------


def rewritten(store: Path, **changes: Any) -> None:
    """The manifest with other facts, as if a writer had written them."""
    state = json.loads((store / NAME).read_text())
    del state["checksum"]
    (store / NAME).write_bytes(signed(json.dumps({**state, **changes})))


@pytest.mark.parametrize(
    "changes",
    [
        {"vocabularies": []},
        {"zone": "Mars"},
        {"partition_bits": 99},
        {"partition_bits": 0},
        {"events": -1},
        {"customers": -1},
        {"number": 0},
        {"key": "int64"},
        {"ordered": True},
        {"columns": []},
        {"journeys": []},
        {"files": {}},
        {"masks": None},
        {"masks": "../elsewhere.arrow"},
        {"since": 10**30, "until": 10**30},
        {"since": 10, "until": 9},
    ],
)
def test_a_manifest_of_what_cannot_be_is_damage(grown: Path, changes: dict[str, Any]) -> None:
    rewritten(grown, **changes)
    with pytest.raises(StoreDamaged):
        open_snapshot(grown)


def test_a_manifest_changed_by_hand_is_damage(grown: Path) -> None:
    text = (grown / NAME).read_text()
    (grown / NAME).write_text(text.replace('"events": 600', '"events": 601'))
    with pytest.raises(StoreDamaged, match="its checksum is not the one written"):
        open_snapshot(grown)


def test_a_manifest_without_its_checksum_is_damage(grown: Path) -> None:
    lines = (grown / NAME).read_text().splitlines()
    (grown / NAME).write_text("\n".join(line for line in lines[:1] + lines[2:]))
    with pytest.raises(StoreDamaged, match="has no checksum"):
        open_snapshot(grown)


def test_a_manifest_that_is_no_text_is_damage(grown: Path) -> None:
    (grown / NAME).write_bytes(b"\xff\xfe" + (grown / NAME).read_bytes())
    with pytest.raises(StoreDamaged, match="cannot be understood"):
        open_snapshot(grown)


# --- paths ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [None, 7, b"store", "a\0b"])
def test_what_is_no_path_is_refused(place: Any) -> None:
    with pytest.raises(InvalidValue, match="is not the path of a directory"):
        tv.open(place)


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A store in a directory in which this process may not write, even if root runs it."""
    root = os.geteuid() == 0
    with TemporaryDirectory() as name:
        save(build(LOG.events()), Path(name))
        Path(name).chmod(0o555)
        if root:
            os.seteuid(65_534)
        yield Path(name)
        if root:
            os.seteuid(0)
        Path(name).chmod(0o755)


def test_a_store_that_may_not_be_written_to_is_read(read_only: Path) -> None:
    snapshot = open_snapshot(read_only)
    assert decoded(snapshot) == LOG.journeys()
    with pytest.raises(
        StoreError, match=r"could not be written to .*denied.*\nSave the journeys in"
    ):
        append(snapshot, LOG.part(0, 1).events())


# --- files made to deceive --------------------------------------------------------------------


def forged(store: Path, kind: str, forge: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
    """A file of this kind with other batches, and the checksums that belong to them."""
    name = next(one for one in sorted(read_manifest(store).files) if one.startswith(f"{kind}-"))
    reader = pa.ipc.open_file(store / name)
    batches = [forge(reader.get_batch(i)) for i in range(reader.num_record_batches)]
    with pa.OSFile(str(store / name), "wb") as file, pa.ipc.new_file(file, batches[0].schema) as to:
        for batch in batches:
            to.write_batch(batch)
    files = json.loads((store / NAME).read_text())["files"]
    files[name] = measured(store / name, unread=kind == ROWS).model_dump(mode="json")
    rewritten(store, files=files)


def plain_codes(batch: pa.RecordBatch) -> pa.RecordBatch:
    lists = batch.column("touchpoint")
    codes = pa.ListArray.from_arrays(lists.offsets, lists.values.indices)
    return batch.set_column(2, "touchpoint", codes)


def no_key(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.set_column(1, "key", pa.nulls(batch.num_rows, pa.string()))


def beyond_the_dictionary(batch: pa.RecordBatch) -> pa.RecordBatch:
    place = batch.schema.get_field_index("country")
    codes = pa.array(np.full(batch.num_rows, 10**6, np.int32))
    names = batch.column(place).dictionary
    return batch.set_column(
        place, "country", pa.DictionaryArray.from_arrays(codes, names, safe=False)
    )


def beyond_the_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    lists = batch.column("masked")
    rows = pa.array(np.full(len(lists.values), -(10**6), np.int32))
    return batch.set_column(2, "masked", pa.ListArray.from_arrays(lists.offsets, rows))


@pytest.mark.parametrize(
    ("kind", "forge"),
    [
        ("journeys", plain_codes),
        ("journeys", no_key),
        ("attributes", beyond_the_dictionary),
        ("masks", beyond_the_rows),
    ],
)
def test_files_made_to_deceive_are_refused(
    grown: Path, kind: str, forge: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> None:
    forged(grown, kind, forge)
    with pytest.raises(StoreDamaged):
        open_snapshot(grown)

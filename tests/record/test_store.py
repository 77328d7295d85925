"""Saving, opening, appending, compacting: nothing changes but where it is, and what is new."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from record.random_events import Log, Row, decoded, known, logs
from travesia.errors import InvalidValue, NotAStore, StoreBusy, StoreDamaged, UnknownName
from travesia.record import chunks, gathering, generations, packs, publishing
from travesia.record.build import build
from travesia.record.events import Column, Events
from travesia.record.manifest import NAME, read_manifest, signed
from travesia.record.publishing import writing
from travesia.record.snapshot import Snapshot
from travesia.record.store import append, compact, open_snapshot, save, with_attributes


@contextmanager
def directory() -> Iterator[Path]:
    """A new directory for each of Hypothesis' examples."""
    with TemporaryDirectory() as name:
        yield Path(name) / "journeys"


def same(one: Snapshot, other: Snapshot) -> bool:
    """Whether both hold the same journeys, facts and attributes."""
    facts = ("events", "customers", "since", "until", "zone", "columns", "ordered")
    return (
        decoded(one) == decoded(other)
        and known(one) == known(other)
        and all(getattr(one, fact) == getattr(other, fact) for fact in facts)
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions, files and vocabularies of a few, so that little data goes every way."""
    monkeypatch.setattr(gathering, "PARTITION_EVENTS", 8)
    monkeypatch.setattr(gathering, "HELD_EVENTS", 20)
    monkeypatch.setattr(gathering, "CHUNK_EVENTS", 7)
    monkeypatch.setattr(generations, "MEMORY_EVENTS", 10)
    monkeypatch.setattr(publishing, "SMALL_VOCABULARY", 3)
    monkeypatch.setattr(publishing, "MOST_VOCABULARY_FILES", 2)
    monkeypatch.setattr(publishing, "ATTRIBUTE_ROWS", 4)
    for module in (chunks, packs):
        monkeypatch.setattr(module, "MOST_NARROW", 5)


LOG = Log(
    tuple(
        Row(f"c{i % 40}", f"t{i % 7}", i * 1000, None, ("web" if i % 3 else None, f"C{i % 5}"))
        for i in range(400)
    ),
    (Column("channel", "text"), Column("country", "text", attribute=True)),
)


# --- the same, wherever it is -----------------------------------------------------------------


@given(logs())
def test_saving_and_opening_change_nothing(log: Log) -> None:
    snapshot = build(log.events())
    with directory() as path:
        saved = save(snapshot, path)
        assert same(saved, snapshot)
        assert same(open_snapshot(path), snapshot)
        assert saved.home == path
        assert saved.vocabularies == snapshot.vocabularies


@given(logs())
def test_building_into_a_directory_is_building_and_saving(log: Log) -> None:
    with directory() as path:
        built = build(log.events(), path)
        assert same(built, build(log.events()))
        assert same(built, open_snapshot(path))


@given(logs(max_size=40), st.lists(st.integers(0, 40), max_size=4), st.booleans())
def test_appending_parts_is_building_the_whole(log: Log, cuts: list[int], on_disk: bool) -> None:
    check_appending(log, cuts, on_disk=on_disk)


@pytest.mark.usefixtures("small")
def test_appending_parts_is_building_the_whole_across_many_small_files() -> None:
    @given(logs(max_size=60), st.lists(st.integers(0, 60), max_size=7), st.booleans())
    @settings(max_examples=60)
    def holds(log: Log, cuts: list[int], on_disk: bool) -> None:
        check_appending(log, cuts, on_disk=on_disk)

    holds()


def check_appending(log: Log, cuts: list[int], *, on_disk: bool) -> None:
    edges = [0, *sorted(min(cut, len(log.rows)) for cut in cuts), len(log.rows)]
    parts = [log.part(a, b) for a, b in itertools.pairwise(edges)]
    with directory() as path:
        snapshot = build(parts[0].events())
        snapshot = save(snapshot, path) if on_disk else snapshot
        for part in parts[1:]:
            number = snapshot.number
            snapshot = append(snapshot, part.events())
            assert snapshot.number == number + 1
        assert same(snapshot, build(log.events()))
        check_generations(snapshot)
        assert same(compact(snapshot), snapshot)
        whole = compact(snapshot)
        assert all(piece.live is None for piece in whole.pieces)
        assert len({piece.partition for piece in whole.pieces}) == len(whole.pieces)


def check_generations(snapshot: Snapshot) -> None:
    places = [(piece.partition, piece.generation) for piece in snapshot.pieces]
    assert places == sorted(set(places))
    for partition, _ in places:
        assert sum(place[0] == partition for place in places) <= generations.MOST_PIECES
    for piece in snapshot.pieces:
        if piece.live is not None:
            assert piece.live.dtype == np.int32
            assert (np.diff(piece.live) > 0).all()
            assert piece.live.size >= generations.LEAST_LIVE * piece.batch.num_rows


@given(logs(distinct_times=True, ordered=False), st.randoms(use_true_random=False))
def test_late_events_land_in_their_place(log: Log, random: object) -> None:
    mixed = list(log.rows)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    late = replace(log, rows=tuple(mixed))
    half = len(mixed) // 2
    snapshot = append(build(late.part(0, half).events()), late.part(half, len(mixed)).events())
    assert decoded(snapshot) == log.journeys()


def test_appending_rewrites_only_the_rows_it_touches(tmp_path: Path) -> None:
    old = save(build(LOG.events()), tmp_path)
    first = (tmp_path / read_manifest(tmp_path).journeys[0].file).stat()
    new = append(old, Log((Row("c3", "t1", 5, None, (None, None)),), LOG.columns).events())
    assert [piece.batch.num_rows for piece in new.pieces] == [40, 1]
    assert new.pieces[0].live is not None
    assert new.pieces[0].live.size == 39
    kept = tmp_path / read_manifest(tmp_path).journeys[0].file
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_appending_in_memory_leaves_the_given_snapshot_as_it_is() -> None:
    old = build(LOG.events())
    before = decoded(old)
    append(old, LOG.part(0, 10).events())
    assert decoded(old) == before == LOG.journeys()


def test_an_open_snapshot_goes_on_seeing_what_it_saw(tmp_path: Path) -> None:
    old = save(build(LOG.events()), tmp_path)
    new = old
    for i in range(6):
        new = append(new, LOG.part(i, i + 30).events())
    compact(new)
    save(build(LOG.part(0, 3).events()), tmp_path)
    assert decoded(old) == LOG.journeys()
    assert known(old) == LOG.known()


def test_appending_to_an_old_snapshot_keeps_what_others_appended(tmp_path: Path) -> None:
    old = save(build(LOG.part(0, 300).events()), tmp_path)
    append(old, LOG.part(300, 350).events())
    assert decoded(append(old, LOG.part(350, 400).events())) == LOG.journeys()


def test_integers_come_onto_customers_that_are_texts() -> None:
    old = build(Log((Row("7", "a", 1),)).events())
    new = append(old, Log((Row(7, "b", 2),), text_keys=False).events())
    assert decoded(new) == {"7": [("a", 1), ("b", 2)]}


def test_columns_that_new_events_lack_are_missing() -> None:
    old = build(LOG.part(0, 1).events())
    new = append(old, Log((Row("c0", "t9", 5),)).events())
    assert decoded(new) == {"c0": [("t0", 0, None), ("t9", 5, None)]}
    assert known(new) == {"c0": {"country": "C0"}}


@pytest.mark.parametrize(
    ("log", "what"),
    [
        (Log((), (Column("shop", "text"),)), "Column 'shop' of the new events"),
        (Log((), (Column("channel", "number"),)), "Column 'channel' of the new events"),
        (Log((), ordered=True), "new events have an order column and the journeys have none"),
    ],
)
def test_events_of_another_shape_are_refused(log: Log, what: str) -> None:
    with pytest.raises(InvalidValue, match=what):
        append(build(LOG.events()), log.events())


def test_texts_are_refused_where_customers_are_integers() -> None:
    old = build(Log((Row(7, "b", 2),), text_keys=False).events())
    with pytest.raises(InvalidValue, match="are integers"):
        append(old, Log((Row("x", "a", 1),)).events())


def test_what_was_set_aside_adds_up(tmp_path: Path) -> None:
    def events(examples: list[str]) -> Events:
        made = LOG.events()
        made.set_aside.add("no time", len(examples), examples)
        return made

    snapshot = append(save(build(events(["a", "b"])), tmp_path), events(["c"]))
    assert snapshot.set_aside.counts == {"no time": 3}
    assert snapshot.set_aside.examples == {"no time": ["a", "b", "c"]}
    assert snapshot.set_aside.rows_read == 800


# --- attributes -------------------------------------------------------------------------------


def crm(**columns: list[object]) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in columns.items()})


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_table_of_attributes_describes_the_customers(tmp_path: Path, on_disk: bool) -> None:
    snapshot = build(LOG.events())
    snapshot = save(snapshot, tmp_path) if on_disk else snapshot
    files = {path.name for path in tmp_path.glob("journeys-*")}
    table = crm(customer=["c1", "c2", "zz", None, "c1"], tier=["a", "b", "c", "d", "e"])
    new = with_attributes(snapshot, table)
    assert known(new)["c1"] == {"country": "C1", "tier": "e"}
    assert known(new)["c2"] == {"country": "C2", "tier": "b"}
    assert known(new)["c3"] == {"country": "C3", "tier": None}
    assert new.set_aside.counts == {"no customer": 1, "unknown customer": 1}
    assert new.set_aside.examples["unknown customer"] == ["zz"]
    assert {path.name for path in tmp_path.glob("journeys-*")} == files
    assert decoded(new) == LOG.journeys()


def test_a_table_replaces_what_was_known_and_later_events_replace_it() -> None:
    said = with_attributes(build(LOG.events()), crm(customer=["c1", "c2"], country=["ES", None]))
    assert (known(said)["c1"]["country"], known(said)["c2"]["country"]) == ("ES", "C2")
    later = replace(LOG, rows=(Row("c1", "t", 10**9, None, (None, "PT")),))
    assert known(append(said, later.events()))["c1"]["country"] == "PT"
    late = replace(LOG, rows=(Row("c1", "t", 0, None, (None, "PT")),))
    assert known(append(said, late.events()))["c1"]["country"] == "ES"


def test_attributes_of_every_usual_type_are_taken() -> None:
    since = [np.datetime64("2026-01-02", "s")]
    table = crm(customer=["c1"], age=[7], score=[1.5], vip=[True], since=since)
    snapshot = with_attributes(replace(build(LOG.events()), zone="Europe/Madrid"), table)
    kinds = {column.name: column.kind for column in snapshot.columns if column.attribute}
    assert kinds == {
        "country": "text", "age": "number", "score": "number", "vip": "text", "since": "time"
    }  # fmt: skip
    midnight = 1_767_312_000_000_000 - 3_600_000_000
    assert known(snapshot)["c1"] == {
        "country": "C1", "age": 7.0, "score": 1.5, "vip": "true", "since": midnight
    }  # fmt: skip


def test_a_table_without_customers_is_refused() -> None:
    with pytest.raises(UnknownName, match="no column 'customer'"):
        with_attributes(build(LOG.events()), crm(id=["c1"]))


def test_an_attribute_cannot_be_called_like_a_column_of_the_interactions() -> None:
    with pytest.raises(InvalidValue, match="have a column 'channel' already"):
        with_attributes(build(LOG.events()), crm(customer=["c1"], channel=["x"]))


@pytest.mark.usefixtures("small")
def test_attributes_survive_appends_splits_and_many_files(tmp_path: Path) -> None:
    snapshot = save(build(LOG.part(0, 50).events()), tmp_path)
    for first in range(50, 400, 50):
        snapshot = append(snapshot, LOG.part(first, first + 50).events())
    assert known(open_snapshot(tmp_path)) == LOG.known()
    ids = sorted({str(row.customer) for row in LOG.rows})
    told = with_attributes(snapshot, crm(customer=ids, mail=[f"{one}@x.org" for one in ids]))
    expected = {one: {**values, "mail": f"{one}@x.org"} for one, values in LOG.known().items()}
    assert known(told) == expected
    assert known(append(told, LOG.part(0, 9).events())) == expected


# --- the directory ----------------------------------------------------------------------------


def test_an_empty_directory_is_not_a_store(tmp_path: Path) -> None:
    with pytest.raises(NotAStore, match="no saved journeys"):
        open_snapshot(tmp_path)
    with pytest.raises(NotAStore, match="no saved journeys"):
        open_snapshot(tmp_path / "nowhere")


@pytest.fixture
def grown(tmp_path: Path) -> Path:
    """A store of every kind of file."""
    snapshot = save(build(LOG.part(0, 390).events()), tmp_path / "store")
    append(snapshot, LOG.part(390, 400).events())
    kinds = {path.name.split("-")[0] for path in (tmp_path / "store").glob("*.arrow")}
    assert kinds == {"journeys", "attributes", "masks", "vocabulary"}
    return tmp_path / "store"


def test_a_missing_file_is_named(grown: Path) -> None:
    for path in grown.glob("*.arrow"):
        aside = path.rename(path.with_suffix(".aside"))
        with pytest.raises(StoreDamaged, match=f"{path.name} is missing"):
            open_snapshot(grown)
        aside.rename(path)


def test_a_truncated_file_is_named(grown: Path) -> None:
    for path in grown.glob("*.arrow"):
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(StoreDamaged, match=f"{path.name} has"):
            open_snapshot(grown)
        path.write_bytes(whole)


def test_a_file_of_the_right_size_that_is_no_arrow_is_named(grown: Path) -> None:
    for path in grown.glob("*.arrow"):
        whole = path.read_bytes()
        path.write_bytes(bytes(len(whole)))
        with pytest.raises(StoreDamaged, match=f"{path.name} is damaged"):
            open_snapshot(grown)
        path.write_bytes(whole)


def test_files_put_in_each_others_place_are_noticed(grown: Path) -> None:
    state = json.loads((grown / NAME).read_text())
    del state["checksum"]
    state["journeys"][0]["rows"] = 41
    (grown / NAME).write_bytes(signed(json.dumps(state)))
    with pytest.raises(StoreDamaged, match="does not hold what the manifest says"):
        open_snapshot(grown)


@pytest.mark.parametrize("text", ["", "{", '{"format": "travesia journeys", "version": 2}', "[]"])
def test_a_manifest_that_is_none_is_damage(grown: Path, text: str) -> None:
    (grown / NAME).write_text(text)
    with pytest.raises(StoreDamaged, match="cannot be understood"):
        open_snapshot(grown)


def test_what_a_crash_left_is_removed_by_the_next_writer(grown: Path) -> None:
    before = decoded(open_snapshot(grown))
    leftovers = ["journeys-000003-0000.arrow", "journeys-codes-000003-0001.arrow", f"{NAME}.new"]
    for name in leftovers:
        (grown / name).write_bytes(b"half of some")
    (grown / "notes.arrow").write_bytes(b"somebody's own")
    assert decoded(open_snapshot(grown)) == before
    append(open_snapshot(grown), LOG.part(0, 1).events())
    left = {path.name for path in grown.iterdir()}
    assert left == {*read_manifest(grown).files, NAME, "lock", "notes.arrow"}


def test_an_error_half_way_leaves_the_old_state_and_no_files(grown: Path) -> None:
    before = {path.name for path in grown.iterdir()}
    events = LOG.part(0, 10).events()

    def broken() -> Iterator[pa.RecordBatch]:
        yield next(events.batches)
        raise InvalidValue("The file ends in the middle of row 11.")

    with pytest.raises(InvalidValue, match="middle of row 11"):
        append(open_snapshot(grown), replace(events, batches=broken()))
    assert {path.name for path in grown.iterdir()} == before
    assert decoded(open_snapshot(grown)) == LOG.journeys()


def test_only_one_writes_at_a_time(grown: Path) -> None:
    snapshot = open_snapshot(grown)
    with writing(grown):
        for write in (
            lambda: append(snapshot, LOG.events()),
            lambda: save(snapshot, grown),
            lambda: compact(snapshot),
            lambda: with_attributes(snapshot, crm(customer=["c1"], tier=["a"])),
            lambda: build(LOG.events(), grown),
        ):
            with pytest.raises(StoreBusy, match="Another process is writing"):
                write()
    append(snapshot, LOG.events())


def test_saving_where_journeys_are_replaces_them(grown: Path) -> None:
    number = open_snapshot(grown).number
    other = build(LOG.part(0, 5).events())
    assert save(other, grown).number == number + 1
    assert same(open_snapshot(grown), other)
    assert same(save(open_snapshot(grown), grown), other)


def test_a_store_can_be_copied_and_moved(grown: Path, tmp_path: Path) -> None:
    shutil.copytree(grown, tmp_path / "copy")
    shutil.rmtree(grown)
    moved = append(open_snapshot(tmp_path / "copy"), LOG.part(0, 0).events())
    assert decoded(moved) == LOG.journeys()


# --- readable by others -----------------------------------------------------------------------


def test_files_are_plain_arrow(tmp_path: Path) -> None:
    save(build(LOG.events()), tmp_path)
    path = tmp_path / read_manifest(tmp_path).journeys[0].file
    table = pa.ipc.open_file(path).read_all()
    assert table.schema.names == ["hash", "key", "touchpoint", "time", "channel"]
    table.validate(full=True)
    journey = [name for name, *_ in LOG.journeys()["c3"]]

    relation = duckdb.from_arrow(table)
    assert dict(zip(relation.columns, map(str, relation.types), strict=True)) == {
        "hash": "UBIGINT",
        "key": "VARCHAR",
        "touchpoint": "VARCHAR[]",
        "time": "TIMESTAMP WITH TIME ZONE[]",
        "channel": "VARCHAR[]",
    }
    assert relation.filter("key = 'c3'").project("touchpoint").fetchall() == [(journey,)]

    frame = pl.read_ipc(path)
    assert frame.schema["touchpoint"] == pl.List(pl.Categorical)
    found = frame.filter(pl.col("key") == "c3")["touchpoint"].cast(pl.List(pl.String))
    assert found.to_list() == [journey]


@pytest.mark.usefixtures("small")
def test_files_with_dictionaries_of_their_own_are_plain_arrow_too(tmp_path: Path) -> None:
    save(build(LOG.events()), tmp_path)
    files = sorted({entry.file for entry in read_manifest(tmp_path).journeys})
    assert len(files) > 1
    found = pl.concat(
        [
            pl.read_ipc(tmp_path / file).select(
                "key", pl.col("touchpoint").cast(pl.List(pl.String))
            )
            for file in files
        ]
    )
    expected = {key: [name for name, *_ in some] for key, some in LOG.journeys().items()}
    assert dict(found.iter_rows()) == expected


def test_columns_are_mapped_not_read(tmp_path: Path) -> None:
    log = Log(tuple(Row(i, "t", i) for i in range(50_000)), text_keys=False)
    before = pa.total_allocated_bytes()
    save(build(log.events()), tmp_path)
    opened = open_snapshot(tmp_path)
    assert pa.total_allocated_bytes() - before < 50_000
    assert opened.customers == 50_000


# --- many at once -----------------------------------------------------------------------------


def test_readers_always_find_a_whole_state_while_one_writes(tmp_path: Path) -> None:
    parts = [LOG.part(first, first + 20) for first in range(0, 400, 20)]
    snapshot = save(build(parts[0].events()), tmp_path)

    def write() -> None:
        latest = snapshot
        for part in parts[1:]:
            latest = compact(append(latest, part.events()))

    with ThreadPoolExecutor(1) as pool:
        writer = pool.submit(write)
        while not writer.done():
            seen = open_snapshot(tmp_path)
            assert decoded(seen) == LOG.part(0, seen.events).journeys()
        writer.result()
    assert decoded(open_snapshot(tmp_path)) == LOG.journeys()


def test_a_relative_directory_stays_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    snapshot = save(build(LOG.part(0, 390).events()), Path("store"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert decoded(append(snapshot, LOG.part(390, 400).events())) == LOG.journeys()

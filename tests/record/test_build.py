"""The build beside the naive way: a dict of lists, sorted stably."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from record.random_events import COLUMNS, Log, Row, decoded, known, logs
from travesia.engines.progress import watching
from travesia.errors import InvalidValue
from travesia.record import chunks, gathering, interning, rows, shelves
from travesia.record.build import build
from travesia.record.events import Column
from travesia.record.gathering import bits_for
from travesia.record.keys import find_keys, hash_keys
from travesia.record.snapshot import Snapshot


@pytest.fixture
def spilling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes is too much for memory, a partition, a chunk and a file."""
    monkeypatch.setattr(gathering, "HELD_EVENTS", 5)
    monkeypatch.setattr(gathering, "PARTITION_EVENTS", 4)
    monkeypatch.setattr(gathering, "CHUNK_EVENTS", 3)
    monkeypatch.setattr(shelves, "PACK_EVENTS", 9)


def check_form(snapshot: Snapshot) -> None:
    """Everything that snapshot.py promises of a snapshot's pieces."""
    places = [(piece.partition, piece.generation) for piece in snapshot.pieces]
    assert places == sorted(set(places))
    for piece in snapshot.pieces:
        batch = piece.batch
        hashes, keys = batch.column("hash").to_pylist(), batch.column("key").to_pylist()
        ranked = list(zip(hashes, [comparable(key) for key in keys], strict=True))
        assert ranked == sorted(set(ranked))
        assert np.array_equal(hash_keys(batch.column("key")), batch.column("hash").to_numpy())
        shift = 64 - snapshot.partition_bits
        assert all(one >> shift == piece.partition for one in hashes)
        lengths = batch.column("touchpoint").value_lengths()
        for name in batch.schema.names[2:]:
            column = batch.column(name)
            assert column.null_count == column.values.null_count == 0
            assert column.value_lengths().equals(lengths)


def comparable(key: str | int) -> bytes | int:
    return key.encode() if isinstance(key, str) else key


def check(snapshot: Snapshot, log: Log) -> None:
    check_form(snapshot)
    assert decoded(snapshot) == log.journeys()
    assert snapshot.events == len(log.rows)
    assert snapshot.customers == len(log.journeys())
    moments = [row.time for row in log.rows]
    assert (snapshot.since, snapshot.until) == (min(moments, default=0), max(moments, default=0))
    if any(column.attribute for column in log.columns):
        assert known(snapshot) == log.known()


@given(logs())
def test_build_is_the_naive_grouping(log: Log) -> None:
    check(build(log.events()), log)


@pytest.mark.usefixtures("spilling")
def test_build_on_disk_is_the_naive_grouping() -> None:
    @given(logs())
    def holds(log: Log) -> None:
        check(build(log.events()), log)

    holds()


@given(logs(), st.lists(st.integers(0, 60), max_size=5))
def test_batch_boundaries_change_nothing(log: Log, cuts: list[int]) -> None:
    one, other = build(log.events()), build(replace(log, cuts=tuple(cuts)).events())
    assert list(decoded(one).items()) == list(decoded(other).items())
    assert one.vocabularies == other.vocabularies


@given(logs())
def test_vocabularies_are_in_order_of_first_appearance(log: Log) -> None:
    snapshot = build(log.events())
    seen = dict.fromkeys(row.touchpoint for row in log.rows)
    assert snapshot.vocabularies["touchpoint"].to_pylist() == list(seen)
    for i, column in enumerate(log.columns):
        if column.kind == "text":
            said = dict.fromkeys(["", *(row.values[i] or "" for row in log.rows)])
            assert snapshot.vocabularies[column.name].to_pylist() == list(said)


@given(logs())
@example(Log((Row("a", "x", 1), Row("b", "y", 2), Row("c", "z", 0))))
def test_equal_hashes_of_different_keys_stay_apart(log: Log) -> None:
    with pytest.MonkeyPatch.context() as patch:
        weak = lambda keys: hash_keys(keys) & np.uint64(3 << 62)  # noqa: E731
        patch.setattr(chunks, "hash_keys", weak)
        snapshot = build(log.events())
    assert decoded(snapshot) == log.journeys()
    for piece in snapshot.pieces:
        hashes, keys = piece.batch.column("hash").to_numpy(), piece.batch.column("key")
        ranked = [
            (one, comparable(key))
            for one, key in zip(hashes.tolist(), keys.to_pylist(), strict=True)
        ]
        assert ranked == sorted(ranked)
        backwards = keys.take(pa.array(np.arange(len(keys))[::-1]))
        found = find_keys(hashes, keys, weak(backwards), backwards)
        assert found.tolist() == list(range(len(keys)))[::-1]


@given(logs(), st.randoms(use_true_random=False))
def test_shuffling_changes_nothing_where_an_order_decides(log: Log, random: object) -> None:
    ranked = tuple(replace(row, order=float(i)) for i, row in enumerate(log.rows))
    ordered = replace(log, rows=ranked, ordered=True)
    mixed = list(ranked)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    other = replace(ordered, rows=tuple(mixed))
    assert decoded(build(ordered.events())) == decoded(build(other.events()))


@pytest.mark.parametrize("length", [1, 23, 24, 25, 48, 49, 500])
@pytest.mark.parametrize("ordered", [False, True])
def test_long_rows_are_sorted_stably(length: int, ordered: bool) -> None:
    random = np.random.default_rng(length)
    made = tuple(
        Row("one", f"t{i}", int(random.integers(length // 3 + 1)), float(random.integers(3)))
        for i in range(length)
    )
    log = Log(made if ordered else tuple(replace(row, order=None) for row in made), ordered=ordered)
    assert decoded(build(log.events())) == log.journeys()


def test_an_eager_customer_shares_a_partition_with_others() -> None:
    made = tuple(Row("eager" if i % 3 else f"c{i}", "t", -i) for i in range(3000))
    check(build(Log(made).events()), Log(made))


def test_codes_grow_to_four_bytes_only_beyond_65535_names() -> None:
    def kind(names: int) -> pa.DataType:
        made = tuple(Row(0, f"t{i}", i) for i in range(names))
        snapshot = build(Log(made, text_keys=False).events())
        assert snapshot.vocabularies["touchpoint"].to_pylist() == [row.touchpoint for row in made]
        return snapshot.pieces[0].batch.column("touchpoint").type.value_type.index_type

    assert (kind(65_535), kind(65_536)) == (pa.uint16(), pa.uint32())


@pytest.mark.usefixtures("spilling")
def test_many_names_have_a_dictionary_of_the_files_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_NARROW", 6)
    monkeypatch.setattr("travesia.record.packs.MOST_NARROW", 6)
    made = tuple(Row(f"c{i % 9}", f"t{i // 2}", i, None, (f"o{i % 13}",)) for i in range(60))
    log = Log(made, (Column("order_id", "text"),), cuts=(20, 40))
    snapshot = build(log.events())
    check(snapshot, log)
    for piece in snapshot.pieces:
        for name in ("touchpoint", "order_id"):
            column = piece.batch.column(name).values
            names = snapshot.vocabularies[name].take(pa.array(piece.codes[name]))
            assert column.dictionary.equals(names)


def test_a_vocabulary_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interning, "MOST_BYTES", 1000)
    made = tuple(Row("c", f"touchpoint {i:06d}", i) for i in range(100))
    with pytest.raises(InvalidValue, match="'touchpoint' has more than 58 different values"):
        build(Log(made).events())


def test_a_customer_with_too_many_interactions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("travesia.record.grouping.MOST_EVENTS", 10)
    with pytest.raises(InvalidValue, match="has 11 interactions"):
        build(Log((Row("c", "t", 0),) * 11).events())
    assert rows.MOST_EVENTS == 2**31 - 1


@pytest.mark.parametrize("name", ["hash", "key", "time", "touchpoint", "order", "as_of.x"])
def test_names_of_the_rows_own_columns_are_taken(name: str) -> None:
    log = Log((), (Column(name, "text"),))
    with pytest.raises(InvalidValue, match="cannot be called"):
        build(log.events())


def test_no_events_make_one_empty_piece() -> None:
    snapshot = build(Log((), COLUMNS, ordered=True).events())
    check(snapshot, Log((), COLUMNS, ordered=True))
    assert [piece.batch.num_rows for piece in snapshot.pieces] == [0]


@pytest.mark.usefixtures("spilling")
def test_nothing_is_left_in_the_temporary_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = Log(tuple(Row(f"c{i}", "t", i) for i in range(50)))
    snapshot = build(log.events())
    assert len(snapshot.pieces) > 1
    assert list(tmp_path.iterdir()) == []
    check(snapshot, log)


def test_an_error_of_the_source_comes_through() -> None:
    log = Log(tuple(Row("c", "t", i) for i in range(9)), cuts=(3, 6))
    events = log.events()

    def broken():
        yield next(events.batches)
        raise InvalidValue("The file ends in the middle of row 3.")

    with pytest.raises(InvalidValue, match="middle of row 3"):
        build(replace(events, batches=broken()))


@pytest.mark.parametrize(
    ("events", "bits"),
    [(0, 0), (10**6, 0), (10**6 + 1, 1), (4 * 10**6, 2), (10**8, 7), (10**12, 12)],
)
def test_partitions_have_about_a_million_events(events: int, bits: int) -> None:
    assert bits_for(events) == bits


def naive_hash(key: str | int) -> int:
    """The documented algorithm, step by step."""
    mask = 2**64 - 1
    if isinstance(key, int):
        x = (key + 0x9E3779B97F4A7C15) & mask
    else:
        x = 0xCBF29CE484222325
        for byte in key.encode():
            x = ((x ^ byte) * 0x100000001B3) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


@given(st.lists(st.text(st.characters(codec="utf-8"))), st.integers(0, 3))
def test_text_hashes_are_the_documented_ones(keys: list[str], skip: int) -> None:
    found = hash_keys(pa.array(keys, pa.string())[skip:])
    assert found.tolist() == [naive_hash(key) for key in keys[skip:]]


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integer_hashes_are_the_documented_ones(keys: list[int]) -> None:
    assert hash_keys(pa.array(keys, pa.int64())).tolist() == [naive_hash(key) for key in keys]


@pytest.mark.usefixtures("spilling")
def test_whoever_waits_hears_how_far_it_is() -> None:
    log = Log(tuple(Row(f"c{i}", "t", i) for i in range(60)), cuts=(10, 20, 30), about_rows=60)
    heard: list[tuple[int, int]] = []
    with watching(lambda done, of: heard.append((done, of))):
        build(log.events())
    reading = [done for done, of in heard if of == 60]
    assert reading == sorted(reading)
    assert reading[-1] == 60
    assert heard[-1][0] == heard[-1][1]

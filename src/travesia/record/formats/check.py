"""From a feed's columns to the columns of Events; rows that cannot be used are set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import InputError, UnreadableSource
from travesia.locale import N_, texts
from travesia.record.events import ARROW_TYPE, Column, SetAside
from travesia.record.formats.feeds import Chunk, Feed
from travesia.record.formats.files import clean
from travesia.record.formats.recognise import Role
from travesia.record.formats.times import Clock, Read
from travesia.record.formats.values import (
    Numbers,
    as_names,
    as_string,
    checked_text,
    inexact,
    is_missing,
    is_text,
)

_ = texts("record")

NO_CUSTOMER, NO_TOUCHPOINT = N_("no customer"), N_("no touchpoint")
NO_TIME, TIME_NOT_UNDERSTOOD = N_("no time"), N_("time not understood")
TIME_OUT_OF_RANGE = N_("time out of range")
CUSTOMER_NOT_UNDERSTOOD, NO_ORDER = N_("customer not a whole number"), N_("no order")
REASONS = (
    NO_CUSTOMER,
    CUSTOMER_NOT_UNDERSTOOD,
    NO_TOUCHPOINT,
    NO_TIME,
    TIME_NOT_UNDERSTOOD,
    TIME_OUT_OF_RANGE,
    NO_ORDER,
    N_("too few fields"),
    N_("too many fields"),
    N_("broken quotes"),
    N_("not JSON"),
    N_("not an object"),
)

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one feed's columns.

    Attributes:
        roles: the source's columns of each role; of several, the first that is filled in a row.
        customer_type: string or int64, the same for all feeds.
        further: the columns of Events besides, with the source's name of each.
        clocks: source column -> how its times are read.
        numbers: source column -> how its numbers are read.
        keep: (column, value): only rows with this lifecycle transition.
    """

    feed: Feed
    roles: Mapping[Role, tuple[str, ...]]
    customer_type: pa.DataType
    further: tuple[tuple[Column, str], ...]
    clocks: Mapping[str, Clock]
    numbers: Mapping[str, Numbers]
    keep: tuple[str, str] | None = None

    @property
    def columns(self) -> list[str]:
        """The source's columns that are read."""
        wanted = [name for names in self.roles.values() for name in names]
        wanted += [name for _column, name in self.further]
        return list(dict.fromkeys([*wanted, *([self.keep[0]] if self.keep else [])]))

    @property
    def names(self) -> list[str]:
        """The columns that are wanted as dictionaries."""
        wanted = [*self.roles["touchpoint"]] if len(self.roles["touchpoint"]) == 1 else []
        wanted += [name for column, name in self.further if column.kind == "text"]
        used = {*self.roles["customer"], *self.roles["time"], *(self.keep or ())[:1]}
        return [name for name in wanted if name not in used]


def customer_type_of(feed: Feed, columns: tuple[str, ...]) -> pa.DataType:
    """int64 where all identifiers are numbers that fit, else string."""
    kinds = [feed.type_of(column) for column in columns]
    fits = all(
        (pa.types.is_integer(kind) and kind != pa.uint64()) or pa.types.is_floating(kind)
        for kind in kinds
    )
    return pa.int64() if fits else pa.string()


@dataclass(slots=True)
class Kept:
    """How many events the lifecycle option kept."""

    kept: int = 0
    left: int = 0


@dataclass(slots=True)
class Checker:
    """Checks the chunks of one feed."""

    plan: Plan
    aside: SetAside
    kept: Kept = field(default_factory=Kept)
    words: dict[str, pa.Array] = field(default_factory=dict)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The feed's events, checked."""
        for chunk in self.plan.feed.read(self.plan.columns, self.aside, self.plan.names):
            self._check_text(chunk)
            try:
                batch = self._checked(self._of_lifecycle(chunk))
            except pa.ArrowException as error:
                raise UnreadableSource(
                    f"{self.plan.feed.name} holds cells that are not what their type says: "
                    f"{clean(error)}.",
                    "Mend or cast that column first.",
                ) from error
            if batch.num_rows:
                yield batch

    def _check_text(self, chunk: Chunk) -> None:
        if self.plan.feed.as_text:
            return  # every byte was verified when it was read
        later = self.plan.names  # verified name by name, which is less
        for name, values in zip(chunk.batch.schema.names, chunk.batch.columns, strict=True):
            if pa.types.is_dictionary(values.type):
                if _is_same(values.dictionary, self.words.get(name)):
                    continue
                self.words[name] = values.dictionary  # held, so that its place is not used again
            elif name in later:
                continue
            checked_text(values, name, self.plan.feed.name)

    def _checked(self, chunk: Chunk) -> pa.RecordBatch:
        sieve = Sieve(chunk, self.aside)
        made = {
            "customer": self._customer(chunk, sieve),
            "touchpoint": self._touchpoint(chunk, sieve),
            "time": self._time(chunk, sieve),
        }
        if "order" in self.plan.roles:
            made["order"] = self._order(chunk, sieve)
        for column, name in self.plan.further:
            made[column.name] = self._further(chunk, column, name)
        return sieve.through(pa.record_batch(list(made.values()), names=list(made)))

    def _of_lifecycle(self, chunk: Chunk) -> Chunk:
        """Only the wanted transition; a choice, so that the others are not set aside."""
        if self.plan.keep is None:
            return chunk
        column, value = self.plan.keep
        found = pc.utf8_lower(as_string(chunk.batch.column(column)))
        rows = np.flatnonzero(_mask(pc.fill_null(pc.equal(found, value.lower()), fill_value=False)))
        self.kept.kept += rows.size
        self.kept.left += chunk.batch.num_rows - rows.size
        show = chunk.show
        return Chunk(chunk.batch.take(pa.array(rows)), lambda row: show(int(rows[row])))

    def _customer(self, chunk: Chunk, sieve: Sieve) -> pa.Array:
        read = self._integers if self.plan.customer_type == pa.int64() else self._identifiers
        parts = [read(chunk.batch.column(name), sieve) for name in self.plan.roles["customer"]]
        found = parts[0] if len(parts) == 1 else pc.coalesce(*parts)
        if found.null_count:
            sieve.refuse(NO_CUSTOMER, _mask(pc.is_null(found)))
        return found

    def _identifiers(self, values: pa.Array, sieve: Sieve) -> pa.Array:
        del sieve
        text = as_string(values)
        if self.plan.feed.as_text:
            return _null_where(text, is_missing(text))
        return _null_where(text, pc.equal(pc.binary_length(text), 0)) if _has_empty(text) else text

    def _integers(self, values: pa.Array, sieve: Sieve) -> pa.Array:
        if not pa.types.is_floating(values.type):
            return pc.cast(values, pa.int64())
        numbers = pc.fill_null(values, np.nan).to_numpy(zero_copy_only=False).astype(np.float64)
        missing = np.isnan(numbers)
        wrong = ~missing & ~((numbers == np.floor(numbers)) & (np.abs(numbers) <= 2.0**53))
        sieve.refuse(CUSTOMER_NOT_UNDERSTOOD, wrong)
        whole = np.where(missing | wrong, 0, numbers).astype(np.int64)
        return pa.array(whole, mask=missing)

    def _touchpoint(self, chunk: Chunk, sieve: Sieve) -> pa.Array:
        parts = [chunk.batch.column(name) for name in self.plan.roles["touchpoint"]]
        if len(parts) > 1:
            texts_ = [as_string(part) for part in parts]
            parts = [pc.coalesce(*(_null_where(text, is_missing(text)) for text in texts_))]
        named = self._names(parts[0], self.plan.roles["touchpoint"][0])
        names = _without_empty(named, as_text=self.plan.feed.as_text)
        if names.null_count:
            sieve.refuse(NO_TOUCHPOINT, _mask(pc.is_null(names)))
        return names

    def _time(self, chunk: Chunk, sieve: Sieve) -> pa.Array:
        first, *rest = (
            self.plan.clocks[name].read(chunk.batch.column(name))
            for name in self.plan.roles["time"]
        )
        found = reduce(_else, rest, first)
        sieve.refuse(NO_TIME, found.missing)
        sieve.refuse(TIME_NOT_UNDERSTOOD, found.refused)
        sieve.refuse(TIME_OUT_OF_RANGE, found.far)
        return _stamps(found.times)

    def _order(self, chunk: Chunk, sieve: Sieve) -> pa.Array:
        (name,) = self.plan.roles["order"]
        values = chunk.batch.column(name)
        numbers = self.plan.numbers[name].read(values)
        if self.plan.numbers[name].rounded:
            raise _unordered(name, chunk, values)
        missing = pc.is_null(numbers, nan_is_null=True)
        sieve.refuse(NO_ORDER, _mask(missing))
        return numbers

    def _further(self, chunk: Chunk, column: Column, name: str) -> pa.Array:
        values = chunk.batch.column(name)
        if column.kind == "number":
            return self.plan.numbers[name].read(values)
        if column.kind == "text":
            return _without_empty(self._names(values, name), as_text=False)
        read = self.plan.clocks[name].read(values)
        gone = _or_none(read.refused, len(values)) | _or_none(read.far, len(values))
        self.plan.clocks[name].refused += int(gone.sum())
        gone = gone | _or_none(read.missing, len(values))
        return _null_where(_stamps(read.times), pa.array(gone))

    def _names(self, values: pa.Array, name: str) -> pa.DictionaryArray:
        names = _as_names(values)
        if not self.plan.feed.as_text and not pa.types.is_dictionary(values.type):
            checked_text(names.dictionary, name, self.plan.feed.name)
        return names


@dataclass(slots=True)
class Sieve:
    """Which rows of a chunk go through; each refused one counts under its first reason."""

    chunk: Chunk
    aside: SetAside
    kept: Mask | None = None

    def refuse(self, reason: str, bad: Mask | None) -> None:
        """Set rows aside that were still there."""
        if bad is None or not bad.any():
            return
        if self.kept is None:
            self.kept = np.ones(bad.size, np.bool_)
        rows = np.flatnonzero(bad & self.kept)
        self.kept[rows] = False
        self.aside.add(reason, rows.size, [self.chunk.show(int(row)) for row in rows[:5]])

    def through(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that went through."""
        return batch if self.kept is None else batch.filter(pa.array(self.kept))


def _is_same(one: pa.Array, other: pa.Array | None) -> bool:
    """Whether two arrays are the same memory."""
    if other is None or len(one) != len(other):
        return False
    places = [[part and part.address for part in array.buffers()] for array in (one, other)]
    return places[0] == places[1]


def _unordered(name: str, chunk: Chunk, values: pa.Array) -> InputError:
    bad = inexact(values)
    row = 0 if bad is None else int(np.argmax(bad))
    return InputError(
        f"{chunk.show(row)}: {values[row].as_py()} in column {name!r} is too large to order by: "
        "beyond 2^53 neighbours cannot be told apart.",
        "Number the events of equal times from 1, or subtract the smallest of these numbers.",
    )


def _else(first: Read, second: Read) -> Read:
    """Where the first time is missing, the second."""
    missing = _or_none(first.missing, first.times.size)

    def chosen(one: Mask | None, other: Mask | None) -> Mask:
        return _or_none(one, missing.size) | (missing & _or_none(other, missing.size))

    return Read(
        np.where(missing, second.times, first.times),
        missing & _or_none(second.missing, missing.size),
        chosen(first.refused, second.refused),
        chosen(first.far, second.far),
    )


def _as_names(values: pa.Array) -> pa.DictionaryArray:
    if is_text(values.type):
        return as_names(values)
    if pa.types.is_nested(values.type):
        raise InputError(
            f"A column of {values.type} cannot be told apart by name.",
            "Name a column of text or numbers.",
        )
    return pc.dictionary_encode(as_string(values))


def _without_empty(names: pa.DictionaryArray, *, as_text: bool) -> pa.DictionaryArray:
    """Names with null for the empty one, and in text files for the markers of nothing."""
    words = names.dictionary
    empty = is_missing(words) if as_text else pc.equal(pc.binary_length(words), 0)
    if not pc.any(empty, min_count=0).as_py():
        return names
    gone = pc.fill_null(pc.take(empty, names.indices), fill_value=False)
    indices = pc.if_else(gone, pa.scalar(None, pa.int32()), names.indices)
    return pa.DictionaryArray.from_arrays(indices, words)


def _has_empty(text: pa.StringArray) -> bool:
    _validity, offsets, _data = text.buffers()
    bounds = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    return bool((bounds[1:] == bounds[:-1]).any())


def _null_where(values: pa.Array, missing: pa.BooleanArray) -> pa.Array:
    return pc.if_else(missing, pa.scalar(None, values.type), values)


def _stamps(times: npt.NDArray[np.int64]) -> pa.Array:
    kind = ARROW_TYPE["time"]
    return pa.Array.from_buffers(
        kind, times.size, [None, pa.py_buffer(np.ascontiguousarray(times))]
    )


def _or_none(mask: Mask | None, size: int) -> Mask:
    return np.zeros(size, np.bool_) if mask is None else mask


def _mask(values: pa.BooleanArray) -> Mask:
    found: Mask = values.to_numpy(zero_copy_only=False)
    return found

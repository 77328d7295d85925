"""Deciding how a column writes its times, and reading it that way.

A column has one way, decided by evidence: the first values, and for days and months that could be
either, all values until one tells. What cannot be read that way is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.formats.values import as_string, is_missing, is_text
from travesia.record.formats.zones import to_utc

_ = texts("record")

Way = Literal["arrow", "ymd", "dmy", "mdy", "s", "ms", "us", "ns", "pattern"]
ORDERS: tuple[Way, ...] = ("ymd", "dmy", "mdy")
UNITS: dict[Way, float] = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}  # microseconds of one
# March 1973 to the end of 2199: no number is such a time in two units.
PLAUSIBLE = (1e14, 7.258e15)
WORDS: dict[Way, str] = {
    "arrow": N_("typed times"),
    "ymd": N_("ISO 8601 (year-month-day)"),
    "dmy": N_("day/month/year"),
    "mdy": N_("month/day/year"),
    "s": N_("seconds since 1970"),
    "ms": N_("milliseconds since 1970"),
    "us": N_("microseconds since 1970"),
    "ns": N_("nanoseconds since 1970"),
    "pattern": N_("as told"),
}
ALIASES: dict[str, Way] = {
    "iso": "ymd",
    "iso8601": "ymd",
    "y-m-d": "ymd",
    "d/m/y": "dmy",
    "m/d/y": "mdy",
    **{way: way for way in WORDS if way not in ("arrow", "pattern")},
}
SPELT: dict[Way, str] = {"ymd": "iso", "dmy": "d/m/y", "mdy": "m/d/y"}
# 0001-01-01 to 9999-12-31, what a datetime can hold
LEAST, MOST = -62135596800000000, 253402300799999999

FEW = 1 << 16  # values that Arrow reads sooner than the kernel, slower for each, is loaded

Micros = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Read:
    """Times in UTC microseconds; rows that have none hold 0. None means none.

    Attributes:
        missing: nothing is written.
        refused: what is written is no time.
        far: a time that no calendar holds, or that is in another unit than the others.
    """

    times: Micros
    missing: Mask | None = None
    refused: Mask | None = None
    far: Mask | None = None


@dataclass(slots=True)
class Clock:
    """Reads one column of one feed, and counts what it had to assume.

    Attributes:
        way: how the values are written.
        zone: where naive times were noted.
        pattern: of strptime, if the way is "pattern".
        sure: the values tell day from month.
        guarded: most of the first epochs are plausible, and so those of other units are refused.
        naive, skipped, twice: how many times had no zone, and of these how many the clocks
            skipped or showed twice.
        refused: values of a further column that are no times, and so count as missing.
    """

    way: Way
    zone: ZoneInfo
    pattern: str = ""
    sure: bool = True
    guarded: bool = False
    naive: int = field(default=0)
    skipped: int = field(default=0)
    twice: int = field(default=0)
    refused: int = field(default=0)

    def read(self, values: pa.Array) -> Read:
        """UTC microseconds of a column."""
        if pa.types.is_timestamp(values.type):
            return self._stamps(values)
        if pa.types.is_date(values.type):
            return self._stamps(pc.cast(values, pa.timestamp("us"), safe=False))
        if is_text(values.type) or self.way not in UNITS:
            return self._texts(values)
        return self._epochs(values)

    def reads(self, values: pa.Array) -> bool:
        """Whether there are times among the values, and nothing else."""
        found = replace(self).read(values)  # a copy: nothing is counted yet
        none = _either(found.refused, found.far)
        filled = found.missing is None or not found.missing.all()
        return filled and len(values) > 0 and (none is None or not none.any())

    def words(self) -> str:
        """The way in words."""
        return self.pattern or _(WORDS[self.way])

    @property
    def told(self) -> str | None:
        """The way as `time_format` takes it; None where the values' type says it."""
        return None if self.way == "arrow" else self.pattern or SPELT.get(self.way, self.way)

    def _stamps(self, values: pa.Array) -> Read:
        missing = _mask(pc.is_null(values)) if values.null_count else None
        times, far = _micros(values)
        if values.type.tz is None:
            times, also = _possible(self._localised(times))
            far = _either(far, also)
        return Read(times, missing, far=far)

    def _epochs(self, values: pa.Array) -> Read:
        missing = pc.is_null(values, nan_is_null=True)
        numbers = pc.fill_null(values, 0).to_numpy(zero_copy_only=False)
        return self._scaled(numbers, _mask(missing), np.zeros(len(values), np.bool_))

    def _texts(self, values: pa.Array) -> Read:
        text = as_string(values)
        missing = _mask(is_missing(text))
        if self.way in UNITS:
            return self._scaled(*_digits(text, missing))
        times, found = self._found(_null_where(text, missing))
        refused = (found == 0) & ~missing
        naive = found == 1
        if naive.any():
            times[naive] = self._localised(times[naive])
        times[found == 0] = 0
        times, far = _possible(times)
        return Read(times, missing, refused, far)

    def _found(self, text: pa.StringArray) -> tuple[Micros, npt.NDArray[np.int8]]:
        if self.way == "pattern":
            return _by_pattern(text, self.pattern)
        return _by_order(text, self.way)

    def _scaled(self, numbers: npt.NDArray[np.generic], missing: Mask, refused: Mask) -> Read:
        times, far = _scaled(numbers, UNITS[self.way])
        if self.guarded:
            far |= _foreign(numbers, self.way)
        refused, far = refused & ~missing, far & ~missing
        times[missing | refused | far] = 0
        return Read(times, *(mask if mask.any() else None for mask in (missing, refused, far)))

    def _localised(self, times: Micros) -> Micros:
        found = to_utc(times, self.zone)
        self.naive += times.size
        self.skipped += found.skipped
        self.twice += found.twice
        return found.times


def decide(
    sample: pa.Array,
    scan: Iterable[pa.Array],
    zone: ZoneInfo,
    told: str | None = None,
    before: str | None = None,
) -> Clock | None:
    """The way a column writes times, or None if its first values are no times at all.

    `told` is the way whatever the values are; `before`, the way of an earlier source, only where
    these values do not tell another.
    """
    if pa.types.is_temporal(sample.type):
        return Clock("arrow", zone) if _is_moment(sample.type) else None
    if told is not None:
        return _told(told, sample, zone)
    if before is None:
        return _decided(sample, scan, zone)
    usual = _told(before, sample, zone)
    if usual.way not in UNITS and usual.reads(sample):
        return usual
    found = _decided(sample, scan, zone)
    if found is None:
        return usual if usual.reads(sample) else None
    unsure = not found.sure and usual.way in ("dmy", "mdy")
    return replace(found, way=usual.way, sure=True) if unsure else found


def _decided(sample: pa.Array, scan: Iterable[pa.Array], zone: ZoneInfo) -> Clock | None:
    """By the values alone."""
    if is_text(sample.type):
        return _of_text(_first_filled(sample, scan), scan, zone)
    return _of_numbers(sample, zone)


def _first_filled(sample: pa.Array, scan: Iterable[pa.Array]) -> pa.StringArray:
    """The first values that are any; the column may begin empty."""
    for values in chain([sample], scan):
        text = as_string(values)
        if len(filled := text.filter(pc.invert(is_missing(text)))):
            return filled
    return pa.array([], pa.string())


def _is_moment(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def _told(told: str, sample: pa.Array, zone: ZoneInfo) -> Clock:
    if way := ALIASES.get(told.lower()):
        return Clock(way, zone, guarded=way in UNITS and _mostly(_numbers(sample), way))
    if "%" not in told:
        raise InvalidValue(
            f"There is no time format {told!r}.",
            'Use "iso", "d/m/y", "m/d/y", "s", "ms", "us", "ns", or a pattern like "%d.%m.%Y".',
        )
    return Clock("pattern", zone, told)


def _of_text(text: pa.StringArray, scan: Iterable[pa.Array], zone: ZoneInfo) -> Clock | None:
    if len(text) == 0:
        return Clock("ymd", zone)
    if _iso(text) is not None:
        return Clock("ymd", zone)
    counts = {way: _understood(text, way) for way in ORDERS}
    numbers = _numbers(text)
    best = max(ORDERS, key=lambda way: counts[way])
    if numbers.size > len(text) / 2 and counts["ymd"] <= len(text) / 2:
        return _of_epochs(numbers, zone)
    if counts[best] == 0:
        return None
    if best != "ymd" and counts["dmy"] == counts["mdy"]:
        return _by_evidence(scan, zone)
    return Clock(best, zone)


def _by_evidence(scan: Iterable[pa.Array], zone: ZoneInfo) -> Clock:
    """Day or month first, by the first values that tell; the day if none does."""
    for values in scan:
        text = as_string(values)
        day, month = _understood(text, "dmy"), _understood(text, "mdy")
        if day != month:
            return Clock("dmy" if day > month else "mdy", zone)
    return Clock("dmy", zone, sure=False)


def _of_numbers(sample: pa.Array, zone: ZoneInfo) -> Clock | None:
    numbers = _numbers(sample)
    if numbers.size == 0:
        return Clock("s", zone)
    likely = numbers[(numbers >= 19000101) & (numbers <= 21001231)]
    days = pa.array(likely.astype(np.int64)).cast(pa.string())
    if _understood(days, "ymd") > numbers.size / 2:
        return Clock("ymd", zone)
    return _of_epochs(numbers, zone)


def _numbers(values: pa.Array) -> npt.NDArray[np.float64]:
    """Those of some values that are numbers."""
    if is_text(values.type):
        text = as_string(values)
        numbers, missing, wrong = _digits(text, _mask(is_missing(text)))
        return numbers[~(missing | wrong)].astype(np.float64)
    numbers = values.drop_null().to_numpy(zero_copy_only=False).astype(np.float64)
    found: npt.NDArray[np.float64] = numbers[np.isfinite(numbers)]
    return found


def _of_epochs(numbers: npt.NDArray[np.float64], zone: ZoneInfo) -> Clock | None:
    """The unit in which most values are plausible, else by the size of a typical one.

    Before May 1970 it is some other number.
    """
    large = _large(numbers)
    if 2 * large.size < numbers.size or not large.size:
        return None
    if (large > 0).any():  # times before 1970 do not outvote those after it
        large = large[large > 0]
    counts = {way: int(_plausible(large, way).sum()) for way in UNITS}
    best = max(counts, key=lambda way: counts[way])
    if 2 * counts[best] >= large.size:
        return Clock(best, zone, guarded=True)
    typical = float(np.median(np.abs(large)))
    return Clock(next((way for way, us in UNITS.items() if typical * us < 1e16), "ns"), zone)


def _large(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Without those that stand for nothing, such as 0 and -1."""
    found: npt.NDArray[np.float64] = numbers[np.abs(numbers) >= 1e7]
    return found


def _mostly(numbers: npt.NDArray[np.float64], way: Way) -> bool:
    """Whether at least half of the epochs are plausible in this unit."""
    large = _large(numbers)
    return bool(0 < large.size <= 2 * _plausible(large, way).sum())


def _plausible(numbers: npt.NDArray[np.float64], way: Way) -> Mask:
    micros = np.abs(numbers) * UNITS[way]
    found: Mask = (micros >= PLAUSIBLE[0]) & (micros < PLAUSIBLE[1])
    return found


def _foreign(numbers: npt.NDArray[np.generic], way: Way) -> Mask:
    """Epochs after 2199 in this unit, or that are likelier ones of another."""
    as_float = numbers.astype(np.float64)
    micros = np.abs(as_float) * UNITS[way]
    if not micros.size or (micros.min() >= PLAUSIBLE[0] and micros.max() < PLAUSIBLE[1]):
        return np.zeros(micros.size, np.bool_)
    found = micros >= PLAUSIBLE[1]
    for other in UNITS:
        if other != way:
            found |= _plausible(as_float, other)
    return found


def _understood(text: pa.StringArray, way: Way) -> int:
    return int((_by_order(text, way)[1] > 0).sum())


def _by_order(text: pa.StringArray, way: Way) -> tuple[Micros, npt.NDArray[np.int8]]:
    if way == "ymd" and len(text) <= FEW and (iso := _iso(text)) is not None:
        return iso
    from travesia.record.formats.time_kernels import read_times

    micros, found = np.empty(len(text), np.int64), np.empty(len(text), np.int8)
    if len(text) == 0:
        return micros, found
    _validity, offsets, data = text.buffers()
    bounds = np.frombuffer(offsets, np.int32)[text.offset : text.offset + len(text) + 1]
    letters = np.frombuffer(data if data is not None else b"", np.uint8)
    for view in (bounds, letters):
        view.flags.writeable = False  # one compilation, whatever the buffers allow
    read_times(bounds, letters, ORDERS.index(way), micros, found)
    if text.null_count:
        found[_mask(pc.is_null(text))] = 0
    return micros, found


def _iso(text: pa.StringArray) -> tuple[Micros, npt.NDArray[np.int8]] | None:
    """Plain ISO 8601, by Arrow; None unless all are, and with a zone all or none."""
    for found, kind in ((1, pa.timestamp("us")), (2, pa.timestamp("us", "UTC"))):
        try:
            times = pc.cast(text, kind)
        except pa.ArrowInvalid:
            continue
        return _micros(times)[0].copy(), np.where(_mask(pc.is_valid(text)), found, 0).astype(
            np.int8
        )
    return None


def _by_pattern(text: pa.StringArray, pattern: str) -> tuple[Micros, npt.NDArray[np.int8]]:
    """By a strptime pattern, through DuckDB."""
    import duckdb

    table = pa.table({"text": text})
    with duckdb.connect() as connection:
        connection.register("cells", table)
        try:
            query = "SELECT epoch_us(try_strptime(text, ?)) AS us FROM cells"
            reader: pa.RecordBatchReader = connection.sql(query, params=[pattern]).to_arrow_reader()
            micros = reader.read_all().column("us").combine_chunks()
        except duckdb.Error as error:
            raise InvalidValue(
                f"time_format={pattern!r} cannot be used: {str(error).splitlines()[0]}",
                'Write it as strptime does, such as "%d.%m.%Y %H:%M".',
            ) from error
    zoned = 2 if "%z" in pattern or "%Z" in pattern else 1
    valid = _mask(pc.is_valid(micros))
    return pc.fill_null(micros, 0).to_numpy().copy(), np.where(valid, zoned, 0).astype(np.int8)


def _digits(text: pa.StringArray, missing: Mask) -> tuple[npt.NDArray[np.generic], Mask, Mask]:
    """Numbers written as text: exact integers where all are, (numbers, missing, wrong)."""
    sound = pc.match_substring_regex(text, r"^[+-]?\d{1,40}(\.\d*)?([eE]\+?\d{1,2})?$")
    wrong = ~_mask(pc.fill_null(sound, fill_value=False)) & ~missing
    kept = pc.if_else(sound, text, "0")
    try:
        numbers = pc.cast(kept, pa.int64())
    except pa.ArrowInvalid:
        numbers = pc.cast(kept, pa.float64())
    return pc.fill_null(numbers, 0).to_numpy(zero_copy_only=False), missing, wrong


def _scaled(numbers: npt.NDArray[np.generic], micros: float) -> tuple[Micros, Mask]:
    """Epochs into microseconds, and which of them no calendar holds."""
    as_float = numbers.astype(np.float64)
    outside = ~((as_float * micros >= LEAST) & (as_float * micros <= MOST))
    if numbers.dtype.kind in "iu":
        whole = np.where(outside, 0, numbers).astype(np.int64)
        return (whole * int(micros) if micros >= 1 else whole // 1000), outside
    return np.rint(np.where(outside, 0, as_float) * micros).astype(np.int64), outside


def _micros(values: pa.Array) -> tuple[Micros, Mask | None]:
    """The microseconds of Arrow timestamps, and which of them no calendar holds (as 0).

    Without a copy if they are microseconds already.
    """
    if values.null_count:
        values = pc.fill_null(values, pa.scalar(0, values.type))
    raw: Micros = values.view(pa.int64()).to_numpy()
    if values.type.unit == "ns":
        return raw // 1_000, None
    scale = {"s": 1_000_000, "ms": 1_000, "us": 1}[values.type.unit]
    raw, far = _possible(raw, scale)
    return raw if scale == 1 else raw * scale, far


def _possible(times: Micros, scale: int = 1) -> tuple[Micros, Mask | None]:
    """The times, with 0 for those before year 1 or after year 9999, and which those are.

    `scale` is how many microseconds one of them has: judged before it could overflow.
    """
    least, most = -(-LEAST // scale), MOST // scale
    if times.size == 0 or (times.min() >= least and times.max() <= most):
        return times, None
    outside = (times < least) | (times > most)
    return np.where(outside, 0, times), outside


def _either(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


def _null_where(text: pa.StringArray, missing: Mask) -> pa.StringArray:
    if not missing.any():
        return text
    return pc.if_else(pa.array(missing), pa.scalar(None, pa.string()), text)


def _mask(values: pa.BooleanArray) -> Mask:
    found: Mask = values.to_numpy(zero_copy_only=False)
    return found

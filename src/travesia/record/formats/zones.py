"""Local times into UTC, in any zone of the IANA database, daylight saving included.

The rule is Python's for `fold=0` (PEP 495): a time that happens twice is the first of the two; a
time that the clocks skipped is read with the offset from before the change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import numpy.typing as npt

from travesia.errors import UnknownName

SECOND = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)
MANY_YEARS = 100  # more than people's traces span: somebody wrote a date that means "never"
Micros = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Localised:
    """UTC times, and how many of them the clocks skipped or showed twice."""

    times: Micros
    skipped: int = 0
    twice: int = 0


def checked_zone(name: str) -> ZoneInfo:
    """A zone of the IANA database."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise UnknownName("time zone", str(name), sorted(available_timezones())) from None


def to_utc(local: Micros, zone: ZoneInfo) -> Localised:
    """Microseconds of the local clock since 1970 into microseconds of UTC."""
    if local.size == 0 or zone.key == "UTC":
        return Localised(local)
    first, last = _year(int(local.min())), _year(int(local.max()))
    if last - first > MANY_YEARS:
        return _by_years(local, zone)
    changes = _changes(zone, first, last)
    if changes.size == 0:
        return Localised(local - _offset(zone, datetime(max(first, 2), 1, 1, tzinfo=UTC)) * SECOND)
    instants, before, after = changes[:, 0], changes[:, 1], changes[:, 2]
    low = (instants + np.minimum(before, after)) * SECOND
    high = (instants + np.maximum(before, after)) * SECOND
    offsets = np.append(before[:1], after)
    last_change = np.searchsorted(high, local, side="right")
    times = local - offsets[last_change] * SECOND
    nearest = np.minimum(last_change, high.size - 1)
    inside = (local >= low[nearest]) & (local < high[nearest])
    ahead = after[nearest] > before[nearest]
    return Localised(times, int((inside & ahead).sum()), int((inside & ~ahead).sum()))


def _by_years(local: Micros, zone: ZoneInfo) -> Localised:
    """Year by year, so that 9999-12-31, which people write for "never", costs one year."""
    years = local.astype("M8[us]").astype("M8[Y]")
    times, skipped, twice = np.empty_like(local), 0, 0
    for year in np.unique(years):
        there = years == year
        found = to_utc(local[there], zone)
        times[there] = found.times
        skipped, twice = skipped + found.skipped, twice + found.twice
    return Localised(times, skipped, twice)


def _year(micros: int) -> int:
    return (EPOCH + timedelta(microseconds=micros)).year


@cache
def _changes(zone: ZoneInfo, first: int, last: int) -> npt.NDArray[np.int64]:
    """(instant, offset before, offset after) in seconds, of every change in these years."""
    found = [
        change
        for year in range(max(first - 1, 2), min(last + 1, 9999) + 1)
        for change in _of(zone, year)
    ]
    return np.array(found, np.int64).reshape(-1, 3)


@cache
def _of(zone: ZoneInfo, year: int) -> tuple[tuple[int, int, int], ...]:
    """The changes of one year, found by looking at each day and halving."""
    found = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    offset = _offset(zone, day)
    while day.year == year and day < LAST_DAY:
        tomorrow = day + timedelta(days=1)
        later = _offset(zone, tomorrow)
        if later != offset:
            found.append((_instant(zone, day, tomorrow, offset), offset, later))
        day, offset = tomorrow, later
    return tuple(found)


def _instant(zone: tzinfo, low: datetime, high: datetime, offset: int) -> int:
    """The first second with another offset."""
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=1) // 2)
        low, high = (middle, high) if _offset(zone, middle) == offset else (low, middle)
    return int((high - EPOCH).total_seconds())


def _offset(zone: tzinfo, instant: datetime) -> int:
    return round((instant.astimezone(zone).utcoffset() or timedelta(0)).total_seconds())

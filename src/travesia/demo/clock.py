"""Time as people live it: seasons, weekdays and hours in Madrid, given back as UTC.

Inside, a moment is an int64 of microseconds since 1970 UTC, and a wall-clock time is the same
count without its zone ("local").
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from travesia.demo.plan import FIRST_DAY, LAST_DAY, PERSONA_KEYS, SEASONS, ZONE

Times = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_EPOCH = date(1970, 1, 1)

# Weights of the 24 local hours.
PHONE_HOURS = (3, 2, 1, 1, 1, 1, 3, 7, 10, 8, 7, 7, 8, 9, 11, 10, 8, 8, 9, 11, 14, 18, 17, 9)
SHOP_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 13, 15, 11, 2, 0, 1, 9, 14, 15, 8, 0, 0, 0)
OFFICE_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 4, 12, 14, 13, 12, 9, 5, 6, 10, 10, 7, 3, 0, 0, 0, 0)
COURIER_HOURS = (0, 0, 0, 0, 0, 0, 0, 0, 3, 9, 13, 15, 15, 12, 6, 5, 8, 10, 9, 6, 3, 0, 0, 0)

# Weights of Monday to Sunday.
_SHOPPING_WEEK = np.array((1.0, 0.95, 0.95, 1.0, 0.9, 0.95, 1.25))
_OPENS, _CLOSES, _WAKES = 9, 19, 7
_LAST_STARTS = 4
"""No mission begins on the last days: the shop's next opening hour must still be in the year."""


def moment(day: date) -> int:
    """The moment at which this day begins in Madrid."""
    return int(utc(np.array([local_midnight(day)]))[0])


def local_midnight(day: date) -> int:
    """The wall-clock time at which this day begins."""
    return (day - _EPOCH).days * DAY


def utc(local: Times) -> Times:
    """Moments of wall-clock times; the hour that comes twice means its first turn.

    The hour that a spring night skips is read with the winter's offset, so 02:30 is 03:30.
    """
    changes, offsets = _offsets()
    walls = changes + np.maximum(offsets[:-1], offsets[1:])
    found: Times = local - offsets[np.searchsorted(walls, local, side="right")]
    return found


def local(moments: Times) -> Times:
    """Wall-clock times of moments."""
    changes, offsets = _offsets()
    found: Times = moments + offsets[np.searchsorted(changes, moments, side="right")]
    return found


@cache
def _offsets() -> tuple[Times, Times]:
    """Where the offset from UTC changes, and the offsets before, between and after."""
    zone = ZoneInfo(ZONE)
    start = datetime(FIRST_DAY.year - 1, 1, 1, tzinfo=UTC)
    hours = [
        start + timedelta(hours=hour) for hour in range((LAST_DAY.year - start.year + 1) * 8784)
    ]
    offset = [_microseconds(hour.astimezone(zone).utcoffset()) for hour in hours]
    turns = [at for at in range(1, len(hours)) if offset[at] != offset[at - 1]]
    changes = [_microseconds(hours[at] - datetime(1970, 1, 1, tzinfo=UTC)) for at in turns]
    values = [offset[0], *(offset[at] for at in turns)]
    return np.array(changes, np.int64), np.array(values, np.int64)


def _microseconds(span: timedelta | None) -> int:
    return (span or timedelta()) // timedelta(microseconds=1)


def at_hours(rng: np.random.Generator, local_day: Times, hours: tuple[int, ...]) -> Times:
    """Moments on these local days, at hours drawn by their weights."""
    weights = np.array(hours, float)
    hour = rng.choice(24, len(local_day), p=weights / weights.sum())
    within = rng.integers(0, HOUR // SECOND, len(local_day)) * SECOND
    return utc(local_day // DAY * DAY + hour * HOUR + within)


def working_day(local_day: Times, closed_from: int) -> Times:
    """The same local day, or the next Monday for weekdays from `closed_from` (5 is Saturday)."""
    weekday = _weekday(local_day)
    return np.where(weekday >= closed_from, local_day + (7 - weekday) * DAY, local_day)


def next_open(
    rng: np.random.Generator, moments: Times, hours: tuple[int, ...], closed_from: int
) -> Times:
    """A moment of the opening hours not before each of these: that day, or the next one open."""
    day = working_day(local(moments), closed_from)
    found = at_hours(rng, day, hours)
    missed = found < moments
    found[missed] = at_hours(rng, working_day(day[missed] + DAY, closed_from), hours)
    return found


def in_office(rng: np.random.Generator, moments: Times) -> Times:
    """The same moments; those at night or on a weekend wait for the next working morning."""
    wall = local(moments)
    hour, day = wall % DAY // HOUR, wall // DAY * DAY
    closed = (hour < _OPENS) | (hour >= _CLOSES) | (_weekday(wall) >= 5)
    morning = working_day(np.where(hour >= _CLOSES, day + DAY, day), 5)
    waited = _OPENS * HOUR + rng.integers(0, 7200, len(moments)) * SECOND
    return np.where(closed, utc(morning // DAY * DAY + waited), moments)


def awake(rng: np.random.Generator, moments: Times) -> Times:
    """The same moments; those in the small hours wait until people have had their coffee."""
    wall = local(moments)
    morning = wall // DAY * DAY + _WAKES * HOUR + rng.integers(0, 9000, len(moments)) * SECOND
    return np.where(wall % DAY < _WAKES * HOUR, utc(morning), moments)


def _weekday(local_day: Times) -> Times:
    found: Times = (local_day // DAY + 3) % 7  # 1970-01-01 was a Thursday
    return found


def later(
    rng: np.random.Generator, moments: Times, median_hours: Numbers | float, spread: float
) -> Times:
    """Moments a log-normal wait later."""
    wait = rng.lognormal(0.0, spread, len(moments)) * median_hours
    return moments + (wait * HOUR).astype(np.int64) // SECOND * SECOND


def mission_days(rng: np.random.Generator, persona: npt.NDArray[np.int64]) -> Times:
    """The local day on which a mission of each persona begins, by its seasons."""
    days = np.empty(len(persona), np.int64)
    for code, key in enumerate(PERSONA_KEYS):
        mine = np.flatnonzero(persona == code)
        weights = day_weights(key)
        weights[-_LAST_STARTS:] = 0
        days[mine] = rng.choice(len(weights), len(mine), p=weights / weights.sum())
    return local_midnight(FIRST_DAY) + days * DAY


def day_weights(persona: str) -> Numbers:
    """How readily a mission of this persona begins on each day of the year, ordinary being 1."""
    days = [FIRST_DAY + timedelta(days=one) for one in range((LAST_DAY - FIRST_DAY).days + 1)]
    season = np.array([_season(persona, day) for day in days])
    weekday = np.array([day.weekday() for day in days])
    found: Numbers = season * _SHOPPING_WEEK[weekday]
    return found


def _season(persona: str, day: date) -> float:
    month_day = (day.month, day.day)
    if persona == "gift_buyer" and (11, 22) <= month_day <= (12, 22):
        return SEASONS.christmas
    if persona == "bargain_hunter" and (1, 7) <= month_day <= (2, 8):
        return SEASONS.january_sales
    if persona == "bargain_hunter" and (11, 24) <= month_day <= (11, 30):
        return SEASONS.black_friday
    if persona in {"weekend_hiker", "lapsed_returner"} and (9, 10) <= month_day <= (11, 20):
        return SEASONS.autumn
    return SEASONS.august if day.month == 8 else 1.0

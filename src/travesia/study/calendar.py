"""Days, weeks and months of a zone's clocks, as instants: daylight saving included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.scope import microseconds, moment

Unit = Literal["day", "week", "month"]
Instants = npt.NDArray[np.int64]


class Calendar:
    """The days, weeks (from Monday) or months from one instant to another, both included.

    Attributes:
        bounds: where each begins and the last one ends, microseconds since 1970 UTC.
        dates: the first day of each.
    """

    def __init__(self, unit: Unit, since: int, until: int, zone: str) -> None:
        first = moment(since).astimezone(ZoneInfo(zone)).date()
        last = moment(until).astimezone(ZoneInfo(zone)).date()
        begins = list(_begins(unit, first, last))
        self.dates = begins[:-1]
        self.bounds: Instants = np.array([_midnight(day, zone) for day in begins], np.int64)

    def __len__(self) -> int:
        return len(self.dates)

    def places(self, times: Instants) -> npt.NDArray[np.intp]:
        """Which one each instant lies in."""
        return np.searchsorted(self.bounds, times, side="right") - 1

    def column(self) -> pa.Array:
        """The dates, as Arrow has them."""
        return pa.array(self.dates, pa.date32())


def _begins(unit: Unit, first: date, last: date) -> Iterator[date]:
    """The first days, up to the first one after the last day."""
    day = _begin(unit, first)
    while day <= last:
        yield day
        day = _next(unit, day)
    yield day


def _begin(unit: Unit, day: date) -> date:
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def _next(unit: Unit, day: date) -> date:
    if unit == "month":
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=7 if unit == "week" else 1)


def _midnight(day: date, zone: str) -> int:
    """When a day begins; where clocks skip midnight, the moment they do (PEP 495, fold=0)."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)), zone)

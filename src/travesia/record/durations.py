"""Durations with one canonical spelling: "30m", "12h", "7d", "2w"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from travesia.errors import InvalidValue

_UNITS = {
    "us": timedelta(microseconds=1),
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
LONGEST = timedelta(days=36525)
_SPELLING = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(us|ms|s|m|h|d|w)\s*")


def duration(value: Any) -> Any:
    """A timedelta from its spelling; anything else is returned as it is.

    Raises:
        InvalidValue: a text that is no duration, or a negative one.
    """
    if isinstance(value, str):
        found = _SPELLING.fullmatch(value)
        if not found:
            raise InvalidValue(
                f"{value!r} is not a duration.",
                "Write a number and a unit (s, m, h, d, w): 30m, 12h, 7d, 2w.",
            )
        number = float(found[1])
        unit = _UNITS[found[2]]
        value = number * unit if number <= LONGEST / unit else timedelta.max
    if isinstance(value, timedelta) and value < timedelta(0):
        raise InvalidValue(f"A duration of {value} is negative.", "Write it without the minus.")
    if isinstance(value, timedelta) and value > LONGEST:
        raise InvalidValue(
            "The duration is longer than a century.", "Leave it out to set no limit."
        )
    return value


def spelling(value: timedelta) -> str:
    """The canonical spelling: the largest unit up to a day that divides it (weeks are days)."""
    micro = value // timedelta(microseconds=1)
    for unit in ("d", "h", "m", "s", "ms"):
        whole, rest = divmod(micro, _UNITS[unit] // timedelta(microseconds=1))
        if not rest and (whole or unit == "ms"):
            return f"{whole}{unit}"
    return f"{micro}us"


def microseconds(value: timedelta) -> int:
    """A duration as whole microseconds."""
    return value // timedelta(microseconds=1)


Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(spelling, return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "format": "travesia-duration",
            "pattern": r"^\d+(\.\d+)?(us|ms|s|m|h|d|w)$",
            "examples": ["30m", "7d"],
        }
    ),
]

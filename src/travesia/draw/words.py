"""Numbers, shares, intervals, durations, dates and money in words, by CLDR through Babel.

The rules: grouping always on, so that columns align (es-ES 1.234); a true minus sign;
percentages with one decimal at most; intervals are 95 %; the current year is left out;
a number that is too thin is a dash, and the reason stands beside it.
Every function speaks the language of the context; `region` chooses another CLDR locale ("es_MX").
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise

from babel import Locale
from babel.dates import format_interval, format_skeleton, format_time, format_timedelta
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_decimal_symbol
from babel.units import format_unit

from travesia.locale import N_, Language, current_language, texts

_ = texts("draw")

DASH = "—"
MINUS = "−"
NBSP = "\u00a0"
_REGIONS: dict[Language, str] = {"es": "es_ES", "en": "en_GB"}


def locale(region: str = "") -> Locale:
    """The CLDR locale in use."""
    return Locale.parse(region or _REGIONS[current_language()])


def number(value: float, digits: int | None = None, region: str = "") -> str:
    """A number: whole where it is whole or large, else as many digits as say something.

    `digits` fixes the decimals, so that the numbers of one column align.
    """
    if not math.isfinite(value):
        return DASH
    shown = _useful_digits(value) if digits is None else digits
    return _figure(value, shown, region or _REGIONS[current_language()])


def share(value: float, region: str = "") -> str:
    """A part of the whole, given as 0 to 1: "28,8 %"; what is not quite none or all says so."""
    return percent_sign(share_figure(value, region), region)


def share_figure(value: float, region: str = "") -> str:
    """A share without its sign: "28,8", "0", "100", "< 0,1"."""
    if not math.isfinite(value):
        return DASH
    if value in (0, 1):
        return number(value * 100, 0, region)
    if 0 < value <= 0.0005:
        return f"<{NBSP}{number(0.1, 1, region)}"
    if 0.9995 <= value < 1:
        return f">{NBSP}{number(99.9, 1, region)}"
    return number(value * 100, 1, region)


def percent_sign(figure: str, region: str = "") -> str:
    """A figure with the sign as the locale writes it: "28,8 %", "28.8%"."""
    if figure == DASH:
        return figure
    gap = NBSP if locale(region).language == "es" else ""
    return f"{figure}{gap}%"


def points(value: float, region: str = "") -> str:
    """A difference of shares (0 to 1) in percentage points, with its sign: "+3,1 pp"."""
    return f"{signed(value * 100, 1, region)}{NBSP}{_('pp')}"


def signed(value: float, digits: int | None = None, region: str = "") -> str:
    """A number with its sign, plus included."""
    figure = number(value, digits, region)
    return figure if value < 0 or figure.strip("0.,") == "" else f"+{figure}"


def interval(low: float, high: float, digits: int | None = None, region: str = "") -> str:
    """An interval: "4,1–4,3", and "−1,7 a −1,3" where a sign would meet the dash."""
    if digits is None:
        digits = max(_useful_digits(low), _useful_digits(high))
    return _between(number(low, digits, region), number(high, digits, region))


def share_interval(low: float, high: float, region: str = "") -> str:
    """An interval of shares (0 to 1): "27,4–30,3 %"."""
    figures = (number(100 * one, _share_digits(one), region) for one in (low, high))
    return percent_sign(_between(*figures), region)


def times(value: float, region: str = "") -> str:
    """A ratio: "× 2,1"."""
    return f"×{NBSP}{number(value, 2 if abs(value) < 1 else 1, region)}"


def money(value: float, currency: str, region: str = "") -> str:
    """An amount: "1.164,90 €"; without cents from 1,000 on, where they say nothing."""
    where = locale(region)
    cents = abs(value) < 1000 and value != round(value)
    pattern = "#,##0.00\u00a0¤" if cents else "#,##0\u00a0¤"
    if where.language != "es":
        pattern = "¤#,##0.00" if cents else "¤#,##0"
    return _minus(format_currency(value, currency, pattern, locale=where, currency_digits=False))


def duration(length: timedelta | float, region: str = "") -> str:
    """A length of time (or seconds) in its two largest units: "3 h 20 min", "2 d 4 h", "38 s"."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    if not math.isfinite(seconds):
        return DASH
    if seconds < 0:
        return MINUS + duration(-seconds, region)
    if seconds < 9.95:
        return f"{number(seconds, 0 if seconds == round(seconds) else 1, region)}{NBSP}{_('s')}"
    for size, inner in pairwise(_UNITS):
        if seconds >= size * _KEPT:
            return _two_units(seconds, size, inner, region)
    return _counted(round(seconds), 1, region)


def duration_interval(low: float, high: float, region: str = "") -> str:
    """An interval of seconds, in one unit where one serves both: "4,1–4,3 d", "52 s a 3 min"."""
    size = next((one for one in _UNITS if low >= one * _KEPT), 1)
    if high >= 10 * size and size != _YEAR and high >= _larger(size):
        ends = (duration(low, region), duration(high, region))
        return _("{low} to {high}", low=ends[0], high=ends[1])
    figures = interval(round(low / size, 1), round(high / size, 1), None, region)
    return f"{figures}{NBSP}{_(_UNIT_WORDS[size][1])}"


def unit(value: float, name: str, digits: int | None = None, region: str = "") -> str:
    """A number with a CLDR unit written out: "4,2 días" for "day"."""
    shown = _useful_digits(value) if digits is None else digits
    pattern = "#,##0" + ("." + "0" * shown if shown else "")
    return _minus(format_unit(value, name, "long", pattern, locale(region)))


def day(moment: date, today: date | None = None, region: str = "") -> str:
    """A date, without the year when it is today's: "30 jun", "30 jun 2025"."""
    same = today is not None and moment.year == today.year
    return format_skeleton("MMMd" if same else "yMMMd", moment, locale=locale(region))


def clock(moment: datetime, region: str = "") -> str:
    """The time of the day: "08:10"."""
    return format_time(moment, "HH:mm", locale=locale(region))


def month(moment: date, today: date | None = None, region: str = "") -> str:
    """A month: "jun", "jun 2025"."""
    same = today is not None and moment.year == today.year
    return format_skeleton("MMM" if same else "yMMM", moment, locale=locale(region))


def period(start: date, end: date, today: date | None = None, region: str = "") -> str:
    """From the first to the last day: "ene–jun 2026" for whole months, "23 oct–19 nov" for days."""
    whole = start.day == 1 and (end + timedelta(days=1)).day == 1
    same_year = today is not None and start.year == end.year == today.year
    skeleton = ("" if same_year else "y") + "MMM" + ("" if whole else "d")
    if whole and (start.year, start.month) == (end.year, end.month):
        return format_skeleton(skeleton, start, locale=locale(region))
    found = format_interval(_day(start), _day(end), skeleton, locale=locale(region))
    return found.replace(" – ", "–").replace("\u2009", "")


def ago(length: timedelta, region: str = "") -> str:
    """How long ago: "hace 3 horas"."""
    return format_timedelta(-abs(length), add_direction=True, threshold=1.5, locale=locale(region))


def listed(items: list[str], region: str = "") -> str:
    """Words in a row: "web, correo y tienda"."""
    return format_list(items, locale=locale(region))


def decimal_mark(region: str = "") -> str:
    """The sign between whole and decimals."""
    return get_decimal_symbol(locale(region))


_MINUTE, _HOUR, _DAY, _MONTH, _YEAR = 60, 3600, 86400, 2629746, 31556952
_UNITS = (_YEAR, _MONTH, _DAY, _HOUR, _MINUTE, 1)
_UNIT_WORDS = {
    _YEAR: (N_("year"), N_("years")),
    _MONTH: (N_("month"), N_("months")),
    _DAY: (N_("d"), N_("d")),
    _HOUR: (N_("h"), N_("h")),
    _MINUTE: (N_("min"), N_("min")),
    1: (N_("s"), N_("s")),
}
_KEPT = 0.9999
"""59.999 s is a minute: it must not be shown as 60 s."""


def _two_units(seconds: float, size: int, inner: int, region: str) -> str:
    """The second unit is left out from ten of the first on, where it says nothing."""
    if size == _MONTH and seconds < 2 * _MONTH:
        size, inner = _DAY, _HOUR
    whole = round(seconds / size)
    if size not in (_YEAR, _DAY) and whole * size >= _larger(size) * _KEPT:
        return _counted(1, _larger(size), region)
    if whole >= 10:
        return _counted(whole, size, region)
    big, small = divmod(round(seconds / inner), round(size / inner))
    head = _counted(big, size, region)
    return f"{head} {_counted(small, inner, region)}" if small else head


def _counted(count: int, size: int, region: str) -> str:
    return f"{number(count, 0, region)}{NBSP}{_(_UNIT_WORDS[size][count != 1])}"


def _larger(size: int) -> int:
    return _UNITS[_UNITS.index(size) - 1]


@lru_cache(maxsize=8192)
def _figure(value: float, digits: int, region: str) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _minus(format_decimal(value, pattern, locale=region))


def _share_digits(value: float) -> int:
    """An end of an interval that rounds to none or all needs no decimal."""
    return 0 if round(value, 3) in (0, 1) else 1


def _useful_digits(value: float) -> int:
    size = abs(value)
    if value == round(value) or size >= 100:
        return 0
    return 1 if size >= 1 else 2


def _between(low: str, high: str) -> str:
    if low == high:
        return low
    if MINUS in low or MINUS in high:
        return _("{low} to {high}", low=low, high=high)
    return f"{low}–{high}"


def _minus(figure: str) -> str:
    """The true minus sign; what rounds to nothing has none."""
    nothing = not any(digit in figure for digit in "123456789")
    return figure.lstrip("-") if nothing else figure.replace("-", MINUS)


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment

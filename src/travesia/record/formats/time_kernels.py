"""Times as people and programs write them, into microseconds since 1970."""

# ruff: noqa: PLR0911 - a reader of small grammars leaves where the grammar does

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="assignment"

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled

YMD, DMY, MDY = 0, 1, 2
NOT_UNDERSTOOD, NAIVE, ZONED = 0, 1, 2

# First three letters of the months, in English and Spanish, as one number each.
_WORDS = "jan1ene1feb2mar3apr4abr4may5jun6jul7aug8ago8sep9set9oct10nov11dec12dic12"


def _months(words: str) -> np.ndarray:
    found, at = [], 0
    while at < len(words):
        letters, end = words[at : at + 3], at + 3
        while end < len(words) and words[end].isdigit():
            end += 1
        found.append(
            (
                ord(letters[0]) << 16 | ord(letters[1]) << 8 | ord(letters[2]),
                int(words[at + 3 : end]),
            )
        )
        at = end
    return np.array(found, np.int64)


MONTHS = _months(_WORDS)


@compiled
def _digit(c):
    return 48 <= c <= 57


@compiled
def _letter(c):
    return 97 <= (c | 32) <= 122


@compiled
def _number(data, i, end, most):
    """(value, position after it, digits) of the digits at i."""
    value, start = 0, i
    while i < end and i - start < most and _digit(data[i]):
        value = value * 10 + np.int64(data[i]) - 48
        i += 1
    return value, i, i - start


@compiled
def _month_word(data, i, end):
    """(month or 0, position after the word)."""
    start = i
    while i < end and _letter(data[i]):
        i += 1
    if i - start < 3:
        return 0, i
    key = (
        (np.int64(data[start]) | 32) << 16
        | (np.int64(data[start + 1]) | 32) << 8
        | (np.int64(data[start + 2]) | 32)
    )
    for k in range(MONTHS.shape[0]):
        if MONTHS[k, 0] == key:
            return MONTHS[k, 1], i
    return 0, i


@compiled
def _days(year, month, day):
    """Days since 1970-01-01, or the least int64 if there is no such day."""
    if year < 1 or month < 1 or month > 12 or day < 1:
        return np.iinfo(np.int64).min
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    last = 31
    if month == 2:
        last = 29 if leap else 28
    elif month in (4, 6, 9, 11):
        last = 30
    if day > last:
        return np.iinfo(np.int64).min
    # H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@compiled
def _date(data, i, end, order, part, size):
    """(days or the least int64, position after it); `part` and `size` are three places to work."""
    none = np.iinfo(np.int64).min
    if order == DMY and i < end and _letter(data[i]):  # "Mon, 22 Jul 2012"
        while i < end and _letter(data[i]):
            i += 1
        if i >= end or data[i] != 44:
            return none, i
        i += 1
        while i < end and data[i] == 32:
            i += 1
    size[:] = 0
    mark = 0
    for k in range(3):
        if i < end and _letter(data[i]):
            if k != (0 if order == MDY else 1):
                return none, i
            part[k], i = _month_word(data, i, end)
            if i < end and data[i] == 46:
                i += 1
        else:
            part[k], i, size[k] = _number(data, i, end, 8 if k == 0 else 4)
            if size[k] == 0:
                return none, i
        if k == 0 and size[0] == 8 and order == YMD:  # 20200131
            return _days(part[0] // 10000, part[0] // 100 % 100, part[0] % 100), i
        if k < 2:
            if i >= end:
                return none, i
            c = data[i]
            if c not in (47, 45, 46, 32, 44):
                return none, i
            if mark == 0:
                mark = c
            elif mark in (47, 45, 46) and c != mark:
                return none, i
            i += 1
            if c == 44 and i < end and data[i] == 32:
                i += 1
    if order == YMD:
        if size[0] != 4 or size[1] > 2 or size[2] > 2:
            return none, i
        return _days(part[0], part[1], part[2]), i
    year = part[2]
    if size[0] > 2 or size[1] > 2 or (size[2] != 4 and size[2] != 2):
        return none, i
    if size[2] == 2:
        year += 2000 if year < 69 else 1900  # as POSIX reads two digits
    if order == DMY:
        return _days(year, part[1], part[0]), i
    return _days(year, part[0], part[1]), i


@compiled
def _clock(data, i, end):
    """(microseconds of the day or -1, position after it)."""
    hour, after, digits = _number(data, i, end, 6)
    minute, second, fraction = 0, 0, 0
    if digits in (4, 6):  # 1015, 101530
        if digits == 6:
            second = hour % 100
            hour //= 100
        minute = hour % 100
        hour //= 100
        i = after
    elif digits == 2 and (after >= end or data[after] != 58):  # 10
        i = after
        if i < end and not (_letter(data[i]) or data[i] in (32, 43, 45)):
            return -1, i
    elif digits in (1, 2) and after < end and data[after] == 58:
        minute, i, digits = _number(data, after + 1, end, 2)
        if digits != 2:
            return -1, i
        if i < end and data[i] == 58:
            second, i, digits = _number(data, i + 1, end, 2)
            if digits != 2:
                return -1, i
    else:
        return -1, i
    if i < end and (data[i] == 46 or data[i] == 44):
        fraction, after, digits = _number(data, i + 1, end, 6)
        if digits == 0:
            return -1, i
        i = after
        while digits < 6:
            fraction *= 10
            digits += 1
        while i < end and _digit(data[i]):
            i += 1
    j = i
    while j < end and data[j] == 32:
        j += 1
    if j < end and ((data[j] | 32) == 97 or (data[j] | 32) == 112):  # am, p.m., a. m.
        noon = (data[j] | 32) == 112
        j += 1
        while j < end and (data[j] == 46 or data[j] == 32):
            j += 1
        if j >= end or (data[j] | 32) != 109 or hour < 1 or hour > 12:
            return -1, i
        i = j + 1
        if i < end and data[i] == 46:
            i += 1
        hour = hour % 12 + (12 if noon else 0)
    if hour > 23 or minute > 59 or second > 59:
        return -1, i
    return ((hour * 60 + minute) * 60 + second) * 1000000 + fraction, i


@compiled
def _offset(data, i, end):
    """(minutes east, position after it); 100000 if it is none."""
    if end - i == 1 and (data[i] | 32) == 122:
        return 0, end
    if end - i == 3:
        a, b, c = data[i] | 32, data[i + 1] | 32, data[i + 2] | 32
        if (a == 117 and b == 116 and c == 99) or (a == 103 and b == 109 and c == 116):
            return 0, end
    if data[i] != 43 and data[i] != 45:
        return 100000, i
    sign = 1 if data[i] == 43 else -1
    hours, j, digits = _number(data, i + 1, end, 2)
    if digits != 2 or hours > 23:
        return 100000, i
    minutes = 0
    if j < end:
        if data[j] == 58:
            j += 1
        minutes, j, digits = _number(data, j, end, 2)
        if digits != 2 or minutes > 59:
            return 100000, i
    return sign * (hours * 60 + minutes), j


@compiled
def read_times(offsets, data, order, micros, found):
    """Each string as a date, perhaps with a time of day and a zone.

    `found` gets NOT_UNDERSTOOD, NAIVE (`micros` is local) or ZONED (`micros` is UTC).
    """
    none = np.iinfo(np.int64).min
    part, size = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for row in range(found.size):
        i, end = offsets[row], offsets[row + 1]
        found[row], micros[row] = NOT_UNDERSTOOD, 0
        while i < end and data[i] == 32:
            i += 1
        while end > i and data[end - 1] == 32:
            end -= 1
        compact = end - i == 14
        days, j = _date(data, i, end, order, part, size)
        if compact and j - i == 8 and order == YMD:  # 20200131101530
            for k in range(j, end):
                compact = compact and _digit(data[k])
        else:
            compact = False
        if days == none:
            continue
        local, zone = days * 86400000000, NAIVE
        if j < end:
            if (data[j] | 32) == 116:
                j += 1
            elif not compact:
                after = j
                if data[after] == 44:
                    after += 1
                while after < end and data[after] == 32:
                    after += 1
                if after == j:
                    continue
                j = after
            of_day, j = _clock(data, j, end)
            if of_day < 0:
                continue
            local += of_day
            while j < end and data[j] == 32:
                j += 1
            if j < end:
                minutes, j = _offset(data, j, end)
                if minutes == 100000 or j != end:
                    continue
                local -= minutes * 60000000
                zone = ZONED
        found[row], micros[row] = zone, local

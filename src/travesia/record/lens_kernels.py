"""The loops of lenses: they move ranges, or write the positions of what stays."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def spread(start, stop, owner, values, length):
    """Repeat each owner's value over its interactions."""
    out = np.zeros(length, values.dtype)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            out[i] = values[owner[row]]
    return out


@compiled
def any_in_rows(start, stop, truth):
    """Whether any interaction of a row is true, a row."""
    out = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            if truth[i]:
                out[row] = True
                break
    return out


@compiled
def clip(start, stop, time, low, high):
    """The stretch of each row inside [low, high): times never decrease inside a row."""
    first = np.empty(start.size, np.int32)
    last = np.empty(start.size, np.int32)
    for row in range(start.size):
        i = start[row]
        j = stop[row]
        while i < j and time[i] < low:
            i += 1
        while j > i and time[j - 1] >= high:
            j -= 1
        first[row] = i
        last[row] = j
    return first, last


@compiled
def pick(start, stop, truth):
    """Positions of the interactions that are true, and the rows' new ranges over them."""
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row]
    picks = np.empty(total, np.int32)
    first = np.empty(start.size, np.int32)
    last = np.empty(start.size, np.int32)
    n = 0
    for row in range(start.size):
        first[row] = n
        for i in range(start[row], stop[row]):
            picks[n] = i
            n += truth[i]
        last[row] = n
    return picks[:n], first, last


@compiled
def pick_changes(start, stop, codes):
    """As `pick`, for the first interaction of each run of equal codes."""
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row]
    picks = np.empty(total, np.int32)
    first = np.empty(start.size, np.int32)
    last = np.empty(start.size, np.int32)
    n = 0
    for row in range(start.size):
        first[row] = n
        before = np.int64(-1)
        for i in range(start[row], stop[row]):
            code = np.int64(codes[i])
            picks[n] = i
            n += code != before
            before = code
        last[row] = n
    return picks[:n], first, last


@compiled
def split_at_gaps(start, stop, time, gap):
    """A new row wherever the pause before an interaction is longer than the gap.

    Where that is cannot be predicted: both ends of a cut are always written, and kept or not.
    """
    most = 1
    for row in range(start.size):
        most += stop[row] - start[row]
    first = np.empty(most, np.int32)
    last = np.empty(most, np.int32)
    source = np.empty(most, np.int32)
    n = 0
    for row in range(start.size):
        first[n] = start[row]
        source[n] = row
        for i in range(start[row] + 1, stop[row]):
            last[n] = i
            first[n + 1] = i
            source[n + 1] = row
            n += time[i] - time[i - 1] > gap
        last[n] = stop[row]
        n += 1
    return first[:n], last[:n], source[:n]


@compiled
def split_after(start, stop, codes, accepted):
    """A new row after each accepted interaction: cycles that end at a goal."""
    rows = 0
    for row in range(start.size):
        rows += 1
        for i in range(start[row], stop[row] - 1):
            rows += accepted[codes[i]]
    first = np.empty(rows, np.int32)
    last = np.empty(rows, np.int32)
    source = np.empty(rows, np.int32)
    n = 0
    for row in range(start.size):
        first[n] = start[row]
        source[n] = row
        for i in range(start[row], stop[row] - 1):
            if accepted[codes[i]]:
                last[n] = i + 1
                n += 1
                first[n] = i + 1
                source[n] = row
        last[n] = stop[row]
        n += 1
    return first, last, source


@compiled
def split_by_value(start, stop, values):
    """One row for each value inside a row, in order of the value's first interaction.

    Returns positions of the interactions ordered by (row, value, place) and the new rows' ranges.
    """
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row]
    picks = np.empty(total, np.int32)
    first = np.empty(total, np.int32)
    last = np.empty(total, np.int32)
    source = np.empty(total, np.int32)
    n = 0
    rows = 0
    for row in range(start.size):
        a = start[row]
        size = stop[row] - a
        order = np.argsort(values[a : a + size], kind="mergesort")
        begins = np.empty(size, np.int64)
        runs = 0
        for k in range(size):
            if k == 0 or values[a + order[k]] != values[a + order[k - 1]]:
                begins[runs] = k
                runs += 1
        # a stable sort leaves each run's first interaction at its head
        heads = order[begins[:runs]]
        for r in np.argsort(heads, kind="mergesort"):
            k = begins[r]
            end = begins[r + 1] if r + 1 < runs else size
            first[rows] = n
            source[rows] = row
            while k < end:
                picks[n] = a + order[k]
                n += 1
                k += 1
            last[rows] = n
            rows += 1
    return picks, first[:rows], last[:rows], source[:rows]


@compiled
def find_time(places, stop, time, after):
    """The first interaction at least `after` later than each place; `stop` where none is."""
    out = np.empty(places.size, np.int64)
    for row in range(places.size):
        i = places[row]
        if i >= 0:
            since = time[i] + after
            while i < stop[row] and time[i] < since:
                i += 1
        out[row] = i
    return out

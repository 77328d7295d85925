"""The loop of retention: who comes back in which period after the start."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def follow(start, stop, owner, codes, time, begins, returns, bounds, bracket_of, brackets):
    """Every owner that begins: the row and the interaction it begins at, and where it comes back.

    `bounds` are the instants at which periods begin; `bracket_of[n]` is the bracket of the n-th
    period after the start's (-1: none). Returns, an entry an owner: row, interaction, period of
    the start, the last period after it with a return (0: none), and whether each bracket has one.
    Rows of an owner stand together, in any order of time.
    """
    rows = np.empty(start.size, np.int64)
    places = np.empty(start.size, np.int64)
    periods = np.empty(start.size, np.int64)
    latest = np.zeros(start.size, np.int64)
    hits = np.zeros((start.size, brackets), np.bool_)
    n = 0
    row = 0
    while row < start.size:
        end = row
        first = -1
        at = -1
        while end < start.size and owner[end] == owner[row]:
            for i in range(start[end], stop[end]):
                if begins[codes[i]]:
                    if at < 0 or time[i] < time[at]:
                        first = end
                        at = i
                    break
            end += 1
        if at >= 0:
            home = np.searchsorted(bounds, time[at], side="right") - 1
            for one in range(row, end):
                period = home
                for i in range(start[one], stop[one]):
                    if time[i] < time[at] or not returns[codes[i]]:
                        continue
                    while period + 1 < bounds.size and time[i] >= bounds[period + 1]:
                        period += 1
                    later = period - home
                    latest[n] = max(latest[n], later)
                    if 0 < later < bracket_of.size and bracket_of[later] >= 0:
                        hits[n, bracket_of[later]] = True
            rows[n] = first
            places[n] = at
            periods[n] = home
            n += 1
        row = end
    return rows[:n], places[:n], periods[:n], latest[:n], hits[:n]

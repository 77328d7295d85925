"""The loop of patterns: one pass over the interactions of each row."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def find_pattern(
    begin,
    start,
    stop,
    codes,
    time,
    accepts,
    gap,
    sources,
    targets,
    least,
    most,
    first,
    last,
    wanted,
):
    """Where each row completes the pattern for the `wanted`th time, and how often until then.

    Rows are looked at from `begin` on (-1: not at all); `wanted` 0 counts every completion.
    Returns positions (-1 where there is none) and counts, an entry a row. Before a row's first
    interaction stands a virtual start, after its last a virtual end, at the same times; they
    complete at the interaction beside them.

    Active positions are flags. `since` is when a gap began: the earliest time where a lower bound
    leads out of it, else the latest, which is the most favourable one either way.
    """
    size = first.size
    earliest = np.zeros(size, np.bool_)
    for e in range(sources.size):
        if gap[sources[e]] and least[e] > 0:
            earliest[sources[e]] = True
    hits = np.full(start.size, -1, np.int32)
    counts = np.zeros(start.size, np.int32)
    now = np.zeros(size, np.bool_)
    was = np.zeros(size, np.bool_)
    since = np.zeros(size, np.int64)
    since_was = np.zeros(size, np.int64)
    virtual = accepts.shape[1] - 2
    for row in range(start.size):
        if begin[row] < 0:
            continue
        was[:] = False
        place = begin[row] - 1 if begin[row] == start[row] else begin[row]
        while place <= stop[row]:
            real = min(max(place, start[row]), stop[row] - 1)
            code = np.int64(codes[real])
            if place < start[row]:
                code = virtual
            elif place == stop[row]:
                code = virtual + 1
            at = time[real]
            then = time[max(place - 1, start[row])] if place > start[row] else at
            now[:] = False
            for e in range(sources.size):
                s = sources[e]
                t = targets[e]
                if not was[s] or not accepts[t, code]:
                    continue
                began = since_was[s] if gap[s] else then
                if not gap[t]:
                    if least[e] <= at - began <= most[e]:
                        now[t] = True
                elif not now[t]:
                    now[t] = True
                    since[t] = began
                elif earliest[t]:
                    since[t] = min(since[t], began)
                else:
                    since[t] = max(since[t], began)
            completed = False
            for p in range(size):
                now[p] |= first[p] and accepts[p, code]
                completed |= now[p] and last[p]
            if completed:
                counts[row] += 1
                if counts[row] == wanted[row]:
                    hits[row] = real
                    break
            was, now = now, was
            since, since_was = since_was, since
            place += 1
    return hits, counts


@compiled
def find_accepted(begin, stop, codes, accepted, nth):
    """The nth accepted interaction of each row from `begin` on (-1: not at all), -1 for none.

    Counts from the row's end when negative.
    """
    hits = np.full(begin.size, -1, np.int32)
    for row in range(begin.size):
        if begin[row] < 0:
            continue
        left = abs(nth)
        step = 1 if nth > 0 else -1
        i = np.int64(begin[row]) if nth > 0 else np.int64(stop[row]) - 1
        while begin[row] <= i < stop[row]:
            if accepted[codes[i]]:
                left -= 1
                if left == 0:
                    hits[row] = i
                    break
            i += step
    return hits


@compiled
def find_states(begin, start, stop, codes, class_of, table, accepting, wanted):
    """As `find_pattern`, for patterns without bounds: one look-up an interaction.

    Args:
        begin: from where on each row is looked at; -1 for not at all.
        start: where each row begins.
        stop: where each row ends.
        codes: touchpoints, flat.
        class_of: the class of a code; then of the virtual start and end.
        table: the next state, by state and class; rows begin in state 0.
        accepting: bool a state.
        wanted: which completion is meant, an entry a row; 0 counts every one.
    """
    hits = np.full(start.size, -1, np.int32)
    counts = np.zeros(start.size, np.int32)
    virtual = class_of.size - 2
    for row in range(start.size):
        first = begin[row]
        if first < 0:
            continue
        state = np.int64(0)
        found = 0
        goal = wanted[row]
        if first == start[row]:
            state = table[state, class_of[virtual]]
            if accepting[state]:
                found = 1
                if goal == 1:
                    hits[row] = first
        if found != goal or found == 0:
            for i in range(first, stop[row]):
                state = table[state, class_of[codes[i]]]
                if accepting[state]:
                    found += 1
                    if found == goal:
                        hits[row] = i
                        break
            if hits[row] < 0 and accepting[table[state, class_of[virtual + 1]]]:
                found += 1
                if found == goal:
                    hits[row] = stop[row] - 1
        counts[row] = found
    return hits, counts

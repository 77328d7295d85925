"""The loops of the funnel: how far the deciding attempt of each unit went."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled

NEVER = np.int64(-(2**62))


@compiled
def in_order(
    start,
    stop,
    codes,
    time,
    places,
    steps_of,
    first_of,
    kills,
    optional,
    involved,
    window,
    strict,
    first_only,
    detail,
):
    """Attempts at steps in their order.

    For each step the latest beginning of an attempt that has come so far is kept: with a window
    counted from the first step, the latest beginning can do all that an earlier one can. Steps
    are looked at from the last, so that one interaction serves one step of an attempt.

    Args:
        start: where each unit begins in the flat columns.
        stop: where each unit ends.
        codes: touchpoints, flat.
        time: microseconds, flat.
        places: what "next to each other" is counted in (empty: the flat positions themselves).
        steps_of: the steps of each code, from the last, one code's after the other's.
        first_of: where in `steps_of` each code's begin (one entry more than codes).
        kills: bool (steps, codes): ends attempts that stand at this step.
        optional: bool a step.
        involved: bool a code: any step or exclusion looks at it.
        window: microseconds from the first step.
        strict: nothing may stand between.
        first_only: only the first beginning counts.
        detail: also fill `passed` and `reached_at`.

    Returns:
        furthest: steps done by the deciding attempt (0: none began).
        began: its beginning, microseconds.
        alive: it could still go on.
        passed, reached_at: (units, steps) of it, or one row if not asked for.
    """
    steps = optional.size
    killing = kills.any()
    units = start.size
    furthest = np.zeros(units, np.int32)
    began = np.full(units, NEVER, np.int64)
    alive = np.zeros(units, np.bool_)
    passed = np.zeros((units if detail else 1, steps), np.bool_)
    reached_at = np.zeros((units if detail else 1, steps), np.int64)
    since = np.empty(steps, np.int64)
    place_of = np.empty(steps, np.int64)
    way_passed = np.zeros((steps, steps), np.bool_)
    way_times = np.zeros((steps, steps), np.int64)
    numbered = places.size > 0
    for unit in range(units):
        since[:] = NEVER
        started = False
        best = 0
        best_since = NEVER
        for i in range(start[unit], stop[unit]):
            code = np.int64(codes[i])
            if not involved[code]:
                continue
            now = time[i]
            place = np.int64(places[i]) if numbered else np.int64(i)
            begins = False
            for entry in range(first_of[code], first_of[code + 1]):
                k = steps_of[entry]
                if k == 0:
                    begins = True
                    break
                source = -1
                p = k - 1
                while True:
                    if (
                        since[p] != NEVER
                        and now - since[p] <= window
                        and (not strict or place_of[p] == place - 1)
                        and (source < 0 or since[p] > since[source])
                    ):
                        source = p
                    if p == 0 or not optional[p]:
                        break
                    p -= 1
                if source < 0 or (not strict and since[k] >= since[source]):
                    continue
                since[k] = since[source]
                place_of[k] = place
                if detail:
                    way_passed[k] = way_passed[source]
                    way_times[k] = way_times[source]
                    way_passed[k, k] = True
                    way_times[k, k] = now
                if k + 1 > best or (k + 1 == best and since[k] > best_since):
                    best = k + 1
                    best_since = since[k]
                    if detail:
                        passed[unit] = way_passed[k]
                        reached_at[unit] = way_times[k]
            if best == steps and steps > 1:
                break
            if killing:
                for p in range(steps - 1):
                    if kills[p, code]:
                        since[p] = NEVER
            if begins and not (first_only and started):
                started = True
                since[0] = now
                place_of[0] = place
                if detail:
                    way_passed[0] = False
                    way_passed[0, 0] = True
                    way_times[0, 0] = now
                if best <= 1:
                    best = 1
                    best_since = now
                    if detail:
                        passed[unit] = way_passed[0]
                        reached_at[unit] = way_times[0]
        furthest[unit] = best
        began[unit] = best_since
        if 0 < best < steps:
            last = np.int64(stop[unit] - 1)
            if numbered:
                last = np.int64(places[stop[unit] - 1])
            alive[unit] = since[best - 1] == best_since and (
                not strict or place_of[best - 1] == last
            )
    return furthest, began, alive, passed, reached_at


@compiled
def in_plain_order(start, stop, codes, time, slot_of, steps, window):
    """As `in_order`, for the usual funnel: the furthest step and its latest beginning.

    No touchpoint is two steps, none may be left out or ends an attempt, others may come between,
    and the best attempt decides. Nothing is branched on: which step comes next cannot be
    predicted. Slot 0 is always now, slot k + 1 the latest beginning of an attempt that has done
    step k; a code that is no step moves between two slots that nobody reads. `slot_of` is the
    slot a code moves from.
    """
    units = start.size
    furthest = np.zeros(units, np.int32)
    began = np.full(units, NEVER, np.int64)
    since = np.empty(steps + 3, np.int64)
    for unit in range(units):
        since[:] = NEVER
        for i in range(start[unit], stop[unit]):
            now = time[i]
            since[0] = now
            slot = slot_of[codes[i]]
            beginning = since[slot]
            reached = beginning if now - beginning <= window else NEVER
            since[slot + 1] = max(since[slot + 1], reached)
        best = steps
        while best > 0 and since[best] == NEVER:
            best -= 1
        furthest[unit] = best
        began[unit] = since[best] if best else NEVER
    return furthest, began


@compiled
def in_any_order(start, stop, codes, time, step_of, steps, window, first_only, detail):
    """Attempts at steps in any order: the most different ones inside one window.

    `step_of` is the step of a code, or -1. Returns as `in_order`; `passed` and `reached_at` are
    by number of steps done, not by step.
    """
    units = start.size
    furthest = np.zeros(units, np.int32)
    began = np.full(units, NEVER, np.int64)
    alive = np.zeros(units, np.bool_)
    passed = np.zeros((units if detail else 1, steps), np.bool_)
    reached_at = np.zeros((units if detail else 1, steps), np.int64)
    seen = np.empty(steps, np.int64)
    inside = np.empty(steps, np.int64)
    for unit in range(units):
        seen[:] = NEVER
        best = 0
        best_since = NEVER
        opening = NEVER
        for i in range(start[unit], stop[unit]):
            k = step_of[codes[i]]
            if k < 0:
                continue
            now = time[i]
            if opening == NEVER:
                opening = now
            if first_only:
                if now - opening > window:
                    break
                if seen[k] == NEVER:
                    seen[k] = now
            else:
                seen[k] = now
            n = 0
            since = now
            for p in range(steps):
                if seen[p] != NEVER and now - seen[p] <= window:
                    inside[n] = seen[p]
                    n += 1
                    since = min(since, seen[p])
            if n > best or (n == best and since > best_since):
                best = n
                best_since = since
                if detail:
                    inside[:n] = np.sort(inside[:n])
                    passed[unit, :] = False
                    for p in range(n):
                        passed[unit, p] = True
                        reached_at[unit, p] = inside[p]
            if best == steps:
                break
        furthest[unit] = best
        began[unit] = best_since
        alive[unit] = 0 < best < steps
    return furthest, began, alive, passed, reached_at


@compiled
def each_attempt(start, stop, codes, first_step):
    """One unit from each first step to the next; `closed` where another one follows."""
    units = 0
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            units += first_step[codes[i]]
    begin = np.empty(units, np.int32)
    end = np.empty(units, np.int32)
    source = np.empty(units, np.int32)
    closed = np.zeros(units, np.bool_)
    n = 0
    for row in range(start.size):
        open_unit = False
        for i in range(start[row], stop[row]):
            if first_step[codes[i]]:
                if open_unit:
                    end[n - 1] = i
                    closed[n - 1] = True
                begin[n] = i
                source[n] = row
                open_unit = True
                n += 1
        if open_unit:
            end[n - 1] = stop[row]
    return begin, end, source, closed


@compiled
def furthest_of_rows(source, rows, furthest, began):
    """The deciding unit of each row (the furthest, then the latest); -1 where there is none."""
    out = np.full(rows, -1, np.int64)
    for unit in range(source.size):
        row = source[unit]
        held = out[row]
        if (
            held < 0
            or furthest[unit] > furthest[held]
            or (furthest[unit] == furthest[held] and began[unit] > began[held])
        ):
            out[row] = unit
    return out


@compiled
def count_outcomes(owner, group, groups, furthest, opened, passed, by_passed, steps):
    """Units by group and step: reached, lost after it, open after it; and the sums of squares.

    `squares` holds, summed over owners with x units that reached the first step and y that
    reached the step: x*x (once, at step 0), x*y and y*y, for intervals that resample owners.
    """
    counts = np.zeros((groups, steps, 3), np.int64)
    squares = np.zeros((groups, steps, 3), np.int64)
    y = np.zeros(steps, np.int64)
    unit = 0
    while unit < owner.size:
        g = group[unit]
        key = owner[unit]
        y[:] = 0
        while unit < owner.size and owner[unit] == key and group[unit] == g:
            far = furthest[unit]
            for k in range(far):
                if not by_passed or passed[unit, k]:
                    y[k] += 1
            if 0 < far < steps:
                counts[g, far - 1, 2 if opened[unit] else 1] += 1
            unit += 1
        x = y[0]
        if x:
            for k in range(steps):
                counts[g, k, 0] += y[k]
                squares[g, k, 0] += x * x
                squares[g, k, 1] += x * y[k]
                squares[g, k, 2] += y[k] * y[k]
    return counts, squares

"""The loops of the questions about touchpoints and stages."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def count_contacts(start, stop, owner, group, touchpoint, goal, groups):
    """[group, touchpoint] -> interactions, customers, those who came again, who ended there.

    An owner's rows stand together; it counts once in a group. A row is cut after its first goal,
    and then ends nowhere.
    """
    names = goal.size
    counts = np.zeros((groups, names, 4), np.int64)
    met = np.full((groups, names), -1, np.int64)
    again = np.full((groups, names), -1, np.int64)
    ended = np.full((groups, names), -1, np.int64)
    for row in range(start.size):
        g, who = group[row], owner[row]
        for i in range(start[row], stop[row]):
            t = touchpoint[i]
            counts[g, t, 0] += 1
            if met[g, t] != who:
                met[g, t] = who
                counts[g, t, 1] += 1
            elif again[g, t] != who:
                again[g, t] = who
                counts[g, t, 2] += 1
            if goal[t]:
                break
        else:
            t = touchpoint[stop[row] - 1]
            if ended[g, t] != who:
                ended[g, t] = who
                counts[g, t, 3] += 1
    return counts


@compiled
def count_precedence(start, stop, group, touchpoint, groups, names):
    """[group, a, b] -> rows that first met a before b, met b newly right after a, went a to b."""
    counts = np.zeros((groups, names, names, 3), np.int64)
    met = np.full(names, -1, np.int64)
    moved = np.full((names, names), -1, np.int64)
    order = np.empty(names, np.int64)
    for row in range(start.size):
        g = group[row]
        known = 0
        last = -1
        for i in range(start[row], stop[row]):
            t = touchpoint[i]
            if met[t] != row:
                met[t] = row
                for k in range(known):
                    counts[g, order[k], t, 0] += 1
                if known:
                    counts[g, order[known - 1], t, 1] += 1
                order[known] = t
                known += 1
            if last >= 0 and last != t and moved[last, t] != row:
                moved[last, t] = row
                counts[g, last, t, 2] += 1
            last = t
    return counts


@compiled
def count_values(start, stop, owner, group, touchpoint, value, groups, names, values):
    """[group, touchpoint, value] -> interactions, and [group, touchpoint] -> customers.

    An owner's rows stand together; it counts once in a group.
    """
    counts = np.zeros((groups, names, values), np.int64)
    customers = np.zeros((groups, names), np.int64)
    met = np.full((groups, names), -1, np.int64)
    for row in range(start.size):
        g, who = group[row], owner[row]
        for i in range(start[row], stop[row]):
            t = touchpoint[i]
            counts[g, t, value[i]] += 1
            if met[g, t] != who:
                met[g, t] = who
                customers[g, t] += 1
    return counts, customers


@compiled
def count_exposed(
    start, stop, owner, group, touchpoint, time, goal, length, window, until, groups, strata
):
    """Who met what before the goal, by how much else they met.

    What a row met is what it met up to `window` after its first interaction (-1: up to its first
    goal). Rows that reached the goal inside the window, and rows whose window runs past `until`,
    are left out. Its length is how many interactions that count for it it met; a stratum is the
    number of bits of a length. Returns, as rows:
    met: [group, stratum, touchpoint, reached], by the length without the touchpoint's own;
    absent: the same of those that did not meet it; rows: [group] -> those that did not reach it,
    those that did, and the sum over owners of the squares of their rows; customers: [group,
    touchpoint] -> owners that met it (an owner's rows stand together).
    """
    names = goal.size
    met = np.zeros((groups, strata, names, 2), np.int64)
    absent = np.zeros((groups, strata, names, 2), np.int64)
    rows = np.zeros((groups, 3), np.int64)
    customers = np.zeros((groups, names), np.int64)
    met_last = np.full((groups, names), -1, np.int64)
    last = np.full(groups, -1, np.int64)
    own = np.zeros(groups, np.int64)
    by_length = np.zeros((groups, strata, 2), np.int64)
    times = np.zeros(names, np.int64)
    order = np.empty(names, np.int64)
    for row in range(start.size):
        g = group[row]
        known = 0
        size = 0
        reached = 0
        end = time[start[row]] + window
        if window >= 0 and end > until:
            continue
        early = False
        for i in range(start[row], stop[row]):
            t = touchpoint[i]
            if goal[t]:
                reached = 1
                early = window >= 0 and time[i] <= end
                break
            if window >= 0 and time[i] > end:
                continue
            if times[t] == 0:
                order[known] = t
                known += 1
            times[t] += 1
            size += length[t]
        if early:
            for k in range(known):
                times[order[k]] = 0
            continue
        rows[g, reached] += 1
        if last[g] != owner[row]:
            last[g] = owner[row]
            own[g] = 0
        rows[g, 2] += 2 * own[g] + 1
        own[g] += 1
        whole = 0
        left = size
        while left > 0 and whole < strata - 1:
            left >>= 1
            whole += 1
        by_length[g, whole, reached] += 1
        for k in range(known):
            t = order[k]
            left = size - times[t] * length[t]
            stratum = 0
            while left > 0 and stratum < strata - 1:
                left >>= 1
                stratum += 1
            met[g, stratum, t, reached] += 1
            if met_last[g, t] != owner[row]:
                met_last[g, t] = owner[row]
                customers[g, t] += 1
            absent[g, whole, t, reached] -= 1
            times[t] = 0
    for g in range(groups):
        for s in range(strata):
            for t in range(names):
                for r in range(2):
                    absent[g, s, t, r] += by_length[g, s, r]
    return met, absent, rows, customers


@compiled
def score_moments(start, stop, owner, group, touchpoint, score, groups, names):
    """[group, touchpoint] -> customers, answers, mean, and sums over customers about the mean.

    The sums are of n * n, n * s and s * s, where n are a customer's answers and s the sum of what
    they lie above the mean; kept about the mean, they do not cancel. Also least (negative) and
    most, -inf if none. An owner's rows stand together.
    """
    moments = np.zeros((groups, names, 6), np.float64)
    extremes = np.full((groups, names, 2), -np.inf)
    for row in range(start.size):
        g = group[row]
        for i in range(start[row], stop[row]):
            x = score[i]
            if not np.isnan(x):
                t = touchpoint[i]
                moments[g, t, 1] += 1
                moments[g, t, 2] += (x - moments[g, t, 2]) / moments[g, t, 1]
                extremes[g, t, 0] = max(extremes[g, t, 0], -x)
                extremes[g, t, 1] = max(extremes[g, t, 1], x)
    last = np.full((groups, names), -1, np.int64)
    answers = np.zeros((groups, names), np.float64)
    above = np.zeros((groups, names), np.float64)
    for row in range(start.size):
        g, who = group[row], owner[row]
        for i in range(start[row], stop[row]):
            x = score[i]
            if not np.isnan(x):
                t = touchpoint[i]
                if last[g, t] != who:
                    last[g, t] = who
                    moments[g, t, 0] += 1
                    answers[g, t] = 0
                    above[g, t] = 0
                # each sum grows by what the customer's own square or product grows by
                y = x - moments[g, t, 2]
                n, s = answers[g, t], above[g, t]
                moments[g, t, 3] += 2 * n + 1
                moments[g, t, 4] += n * y + s + y
                moments[g, t, 5] += (2 * s + y) * y
                answers[g, t] = n + 1
                above[g, t] = s + y
    return moments, extremes


@compiled
def stage_progress(start, stop, touchpoint, time, stage_of, stages):
    """What became of each row at each stage, from its first interaction there on.

    `stage_of` maps a touchpoint to its stage, -1 for none. Returns, shape (rows, stages): the
    time of the first interaction there and of the first one in any later stage after it
    (the least int64 for never); and bits: 1 came, 2 reached a later stage afterwards, 4 met an
    earlier stage afterwards, 8 left the stage and came again.
    """
    never = np.iinfo(np.int64).min
    came = np.full((start.size, stages), never, np.int64)
    on = np.full((start.size, stages), never, np.int64)
    bits = np.zeros((start.size, stages), np.uint8)
    for row in range(start.size):
        last = -1
        for i in range(start[row], stop[row]):
            s = stage_of[touchpoint[i]]
            if s < 0 or s == last:
                continue
            if bits[row, s] & 1:
                bits[row, s] |= 8
            else:
                bits[row, s] |= 1
                came[row, s] = time[i]
            for other in range(stages):
                if other < s and bits[row, other] & 1 and not bits[row, other] & 2:
                    bits[row, other] |= 2
                    on[row, other] = time[i]
                elif other > s and bits[row, other] & 1:
                    bits[row, other] |= 4
            last = s
    return came, on, bits


@compiled
def stage_moves(start, stop, touchpoint, time, stage_of, stages):
    """The first move of each row from one stage straight to another.

    Returns flat arrays: row, from * stages + to, and the time from the first interaction of that
    stay in the one stage to the first in the other.
    """
    size = 0
    for row in range(start.size):
        size += min(stop[row] - start[row] - 1, stages * (stages - 1))
    rows, cells = np.empty(size, np.int64), np.empty(size, np.int64)
    waits = np.empty(size, np.int64)
    moved = np.full((stages, stages), -1, np.int64)
    found = 0
    for row in range(start.size):
        last = -1
        since = 0
        for i in range(start[row], stop[row]):
            s = stage_of[touchpoint[i]]
            if s < 0 or s == last:
                continue
            if last >= 0 and moved[last, s] != row:
                moved[last, s] = row
                rows[found], cells[found] = row, last * stages + s
                waits[found] = time[i] - since
                found += 1
            last = s
            since = time[i]
    return rows[:found], cells[:found], waits[:found]


@compiled
def count_meetings(start, stop, touchpoint, wanted, goal):
    """How often rows meet what is wanted up to their first goal; which have none, and end so."""
    times = np.zeros(start.size, np.int64)
    last = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            times[row] += wanted[touchpoint[i]]
            if goal[touchpoint[i]]:
                break
        else:
            last[row] = wanted[touchpoint[stop[row] - 1]]
    return times, last


@compiled
def mark_before(start, stop, touchpoint, source, target):
    """Rows whose first source is before their first target."""
    marked = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        met = False
        for i in range(start[row], stop[row]):
            if touchpoint[i] == source:
                met = True
            elif touchpoint[i] == target:
                marked[row] = met
                break
    return marked


@compiled
def mark_pair(start, stop, touchpoint, value, wanted, wanted_value):
    """Rows with an interaction of this touchpoint and this value."""
    marked = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            if touchpoint[i] == wanted and value[i] == wanted_value:
                marked[row] = True
                break
    return marked


@compiled
def mark_score(start, stop, touchpoint, score, wanted):
    """Rows with a score at this touchpoint."""
    marked = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            if touchpoint[i] == wanted and not np.isnan(score[i]):
                marked[row] = True
                break
    return marked


@compiled
def mark_exposed(start, stop, touchpoint, time, goal, wanted, window, until):
    """Whether rows count, met the touchpoint, and reached the goal, as in `count_exposed`."""
    counts = np.ones(start.size, np.bool_)
    met = np.zeros(start.size, np.bool_)
    reached = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        end = time[start[row]] + window
        if window >= 0 and end > until:
            counts[row] = False
            continue
        for i in range(start[row], stop[row]):
            inside = window < 0 or time[i] <= end
            if goal[touchpoint[i]]:
                reached[row] = True
                counts[row] = window < 0 or not inside
                break
            if touchpoint[i] == wanted and inside:
                met[row] = True
    return counts, met, reached


@compiled
def count_stays(start, stop, owner, group, touchpoint, stage_of, groups, stages):
    """[group, from, to] -> customers that ever moved so, and [group, stage] -> those who came.

    An owner's rows stand together.
    """
    moves = np.zeros((groups, stages, stages), np.int64)
    came = np.zeros((groups, stages), np.int64)
    last_move = np.full((groups, stages, stages), -1, np.int64)
    last_stay = np.full((groups, stages), -1, np.int64)
    for row in range(start.size):
        g, who = group[row], owner[row]
        last = -1
        for i in range(start[row], stop[row]):
            s = stage_of[touchpoint[i]]
            if s < 0 or s == last:
                continue
            if last_stay[g, s] != who:
                last_stay[g, s] = who
                came[g, s] += 1
            if last >= 0 and last_move[g, last, s] != who:
                last_move[g, last, s] = who
                moves[g, last, s] += 1
            last = s
    return moves, came

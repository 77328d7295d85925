"""The loops of frequent sub-sequences: which of many a row contains."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numba as nb
import numpy as np

compiled = nb.njit(nogil=True, cache=True)


@compiled
def count_patterns(
    start,
    stop,
    owner,
    group,
    codes,
    time,
    goal,
    gap,
    adjacent,
    offsets,
    nodes,
    parent,
    leaf,
    leaves,
    groups,
):
    """Rows, keys and converted rows of every leaf of a tree of prefixes, by group.

    `nodes[offsets[c] : offsets[c + 1]]` are the tree's nodes of touchpoint c, the deepest first,
    so that no interaction serves twice. A row is looked at up to its first goal. Every node
    remembers the last interaction it was reached at: the one that leaves most room for the next,
    which may come `gap` later at most, or (`adjacent`) must be the next one.
    """
    counts = np.zeros((groups, leaves, 3), np.int64)
    totals = np.zeros((groups, 2), np.int64)
    reached_in = np.full(parent.size, -1, np.int64)
    reached_at = np.zeros(parent.size, np.int64)
    seen_in = np.full(leaves, -1, np.int64)
    seen_by = np.full((groups, leaves), -1, np.int32)
    free = not adjacent and gap == np.iinfo(np.int64).max
    for row in range(start.size):
        g = group[row]
        end = start[row]
        while end < stop[row] and not goal[codes[end]]:
            end += 1
        converted = end < stop[row]
        totals[g, 0] += 1
        totals[g, 1] += converted
        for i in range(start[row], end):
            c = codes[i]
            for k in range(offsets[c], offsets[c + 1]):
                node = nodes[k]
                if free and reached_in[node] == row:
                    continue
                before = parent[node]
                if before >= 0:
                    if reached_in[before] != row:
                        continue
                    j = reached_at[before]
                    if adjacent and j != i - 1:
                        continue
                    if time[i] - time[j] > gap:
                        continue
                reached_in[node] = row
                reached_at[node] = i
                one = leaf[node]
                if one >= 0 and seen_in[one] != row:
                    seen_in[one] = row
                    counts[g, one, 0] += 1
                    counts[g, one, 2] += converted
                    if seen_by[g, one] != owner[row]:
                        seen_by[g, one] = owner[row]
                        counts[g, one, 1] += 1
    return counts, totals


@compiled
def has_pattern(start, stop, codes, time, goal, gap, adjacent, pattern):
    """Whether a row contains the pattern before its first goal."""
    out = np.zeros(start.size, np.bool_)
    size = pattern.size
    at = np.empty(size, np.int64)
    for row in range(start.size):
        at[:] = -1
        for i in range(start[row], stop[row]):
            if goal[codes[i]]:
                break
            for step in range(size - 1, -1, -1):
                if codes[i] != pattern[step]:
                    continue
                if step > 0:
                    j = at[step - 1]
                    if j < 0 or (adjacent and j != i - 1) or time[i] - time[j] > gap:
                        continue
                at[step] = i
            if at[size - 1] >= 0:
                out[row] = True
                break
    return out

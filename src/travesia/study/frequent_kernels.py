"""The loops of frequent sub-sequences: which of many a row contains."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


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
    first,
    offsets,
    children,
    symbol,
    leaf,
    leaves,
    depth_of_leaves,
    groups,
):
    """Rows, keys and converted rows of every leaf of a tree of prefixes, by group; and of all.

    `first[c]` is the node of the prefix (c), -1 if there is none; `children[offsets[n] :
    offsets[n + 1]]` are the nodes one longer, by their touchpoints. A row is looked at up to its
    first goal, and the tree is walked down as far as the row has it: `ends` are the places where
    a prefix can end in it. The next interaction is judged by the latest end before it, which
    leaves most room: it may come `gap` later at most, or (`adjacent`) must be the next one.
    """
    counts = np.zeros((groups, leaves, 3), np.int64)
    totals = np.zeros((groups, 2), np.int64)
    seen_by = np.full((groups, leaves), -1, np.int32)
    longest = 0
    for row in range(start.size):
        longest = max(longest, stop[row] - start[row])
    present_in = np.full(first.size, -1, np.int64)
    met = np.zeros(first.size, np.int64)  # how often a touchpoint occurs in the row
    begin = np.zeros(first.size, np.int64)  # where its places begin
    places = np.empty(longest, np.int64)
    names = np.empty(longest, np.int64)
    ends = np.empty((depth_of_leaves + 1, longest), np.int64)
    ends_of = np.zeros(depth_of_leaves + 1, np.int64)
    node_at = np.zeros(depth_of_leaves + 1, np.int64)
    next_at = np.zeros(depth_of_leaves + 1, np.int64)
    free = not adjacent and gap == np.iinfo(np.int64).max
    for row in range(start.size):
        g = group[row]
        distinct = 0
        end = start[row]
        while end < stop[row] and not goal[codes[end]]:
            c = codes[end]
            if present_in[c] != row:
                present_in[c] = row
                met[c] = 0
                names[distinct] = c
                distinct += 1
            met[c] += 1
            end += 1
        converted = end < stop[row]
        totals[g, 0] += 1
        totals[g, 1] += converted
        at = 0
        for k in range(distinct):
            begin[names[k]] = at
            at += met[names[k]]
            met[names[k]] = 0
        for i in range(start[row], end):
            c = codes[i]
            places[begin[c] + met[c]] = i
            met[c] += 1
        for k in range(distinct):
            c = names[k]
            node = first[c]
            if node < 0:
                continue
            if leaf[node] >= 0:
                one = leaf[node]
                counts[g, one, 0] += 1
                counts[g, one, 2] += converted
                if seen_by[g, one] != owner[row]:
                    seen_by[g, one] = owner[row]
                    counts[g, one, 1] += 1
                continue
            ends_of[1] = 1 if free else met[c]
            for q in range(ends_of[1]):
                ends[1, q] = places[begin[c] + q]
            node_at[1] = node
            next_at[1] = 0
            depth = 1
            while depth > 0:
                low = offsets[node_at[depth]]
                high = offsets[node_at[depth] + 1]
                if 4 * distinct < high - low:
                    # look each touchpoint of the row up among the many children
                    if next_at[depth] == distinct:
                        depth -= 1
                        continue
                    c = names[next_at[depth]]
                    next_at[depth] += 1
                    while low < high:
                        middle = (low + high) // 2
                        if symbol[children[middle]] < c:
                            low = middle + 1
                        else:
                            high = middle
                    if low == offsets[node_at[depth] + 1] or symbol[children[low]] != c:
                        continue
                    child = children[low]
                else:
                    if next_at[depth] == high - low:
                        depth -= 1
                        continue
                    child = children[low + next_at[depth]]
                    next_at[depth] += 1
                    c = symbol[child]
                    if present_in[c] != row:
                        continue
                one = leaf[child]
                found = 0
                if places[begin[c] + met[c] - 1] <= ends[depth, 0]:
                    continue
                if free and one >= 0:
                    found = 1
                elif adjacent:
                    for q in range(ends_of[depth]):
                        i = ends[depth, q] + 1
                        if i < end and codes[i] == c and time[i] - time[i - 1] <= gap:
                            ends[depth + 1, found] = i
                            found += 1
                else:
                    before = 0
                    for q in range(begin[c], begin[c] + met[c]):
                        i = places[q]
                        while before < ends_of[depth] and ends[depth, before] < i:
                            before += 1
                        if before == 0 or time[i] - time[ends[depth, before - 1]] > gap:
                            continue
                        ends[depth + 1, found] = i
                        found += 1
                        if free or one >= 0:
                            break
                if found == 0:
                    continue
                if one < 0:
                    depth += 1
                    ends_of[depth] = found
                    node_at[depth] = child
                    next_at[depth] = 0
                    continue
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

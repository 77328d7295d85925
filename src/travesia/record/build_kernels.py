"""The loops that turn events into rows: hashing, interning, scattering, sorting, merging.

They know numbers and bytes, not customers. Text is (offsets int64, data uint8), as in Arrow.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="assignment, call-overload, operator"
from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled

RUN = 24  # rows up to this length are sorted by insertion, longer ones by merging such runs


@compiled
def mix(x):
    """The finaliser of splitmix64: every bit of the input moves every bit of the output."""
    x ^= x >> np.uint64(30)
    x *= np.uint64(0xBF58476D1CE4E5B9)
    x ^= x >> np.uint64(27)
    x *= np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return x


@compiled
def hash_numbers(values, out):
    """splitmix64 of each int64, taken as uint64."""
    for i in range(values.size):
        out[i] = mix(np.uint64(values[i]) + np.uint64(0x9E3779B97F4A7C15))


@compiled
def hash_texts(offsets, data, out):
    """FNV-1a (64 bits) of each text's bytes, finished by `mix`."""
    for i in range(out.size):
        x = np.uint64(0xCBF29CE484222325)
        for j in range(offsets[i], offsets[i + 1]):
            x = (x ^ np.uint64(data[j])) * np.uint64(0x100000001B3)
        out[i] = mix(x)


@compiled
def rehash(hashes, count, table):
    """Enter the first `count` hashes, all of different keys, into an empty table (-1)."""
    mask = np.uint64(table.size - 1)
    for i in range(count):
        slot = np.int64(hashes[i] & mask)
        while table[slot] >= 0:
            slot = (slot + 1) & np.int64(mask)
        table[slot] = i


@compiled
def intern_numbers(hashes, values, start, table, known, known_hashes, count, out):
    """Number the values in order of first appearance; stop where the tables are full.

    Returns (the first row not done, how many values are known).
    """
    mask = np.uint64(table.size - 1)
    for i in range(start, values.size):
        slot = np.int64(hashes[i] & mask)
        while True:
            found = table[slot]
            if found < 0:
                if 2 * count >= table.size or count == known.size:
                    return i, count
                known[count] = values[i]
                known_hashes[count] = hashes[i]
                table[slot] = count
                out[i] = count
                count += 1
                break
            if known[found] == values[i]:
                out[i] = found
                break
            slot = (slot + 1) & np.int64(mask)
    return values.size, count


@compiled
def intern_texts(
    hashes, offsets, data, start, table, known_hashes, known_offsets, known_data, count, out
):
    """As `intern_numbers`, for texts: equal hashes are told apart by their bytes."""
    mask = np.uint64(table.size - 1)
    for i in range(start, hashes.size):
        begin = offsets[i]
        length = offsets[i + 1] - begin
        slot = np.int64(hashes[i] & mask)
        while True:
            found = table[slot]
            if found < 0:
                end = known_offsets[count] + length
                if 2 * count >= table.size or count == known_hashes.size or end > known_data.size:
                    return i, count
                for j in range(length):
                    known_data[known_offsets[count] + j] = data[begin + j]
                known_hashes[count] = hashes[i]
                table[slot] = count
                out[i] = count
                count += 1
                known_offsets[count] = end
                break
            if known_hashes[found] == hashes[i]:
                other = known_offsets[found]
                same = known_offsets[found + 1] - other == length
                j = 0
                while same and j < length:
                    same = known_data[other + j] == data[begin + j]
                    j += 1
                if same:
                    out[i] = found
                    break
            slot = (slot + 1) & np.int64(mask)
    return hashes.size, count


@compiled
def local_codes(indices, code_of, used, base, out):
    """Codes from `base` on, in order of first appearance; a negative index becomes 0 (missing).

    `code_of` is -1 an entry of the dictionary; `used` receives the entries that appear. Returns
    how many those are.
    """
    count = 0
    for i in range(indices.size):
        index = indices[i]
        if index < 0:
            out[i] = 0
            continue
        code = code_of[index]
        if code < 0:
            code = count
            code_of[index] = code
            used[count] = index
            count += 1
        out[i] = base + code
    return count


@compiled
def partition(hashes, bits, cuts, position):
    """Where each row goes when rows are put in order of partition, keeping their order inside.

    `cuts` (zeros, one more than partitions) receives where each partition starts.
    """
    shift = np.uint64(64 - bits)
    for i in range(hashes.size):
        cuts[np.int64(hashes[i] >> shift) + 1] += 1
    for p in range(1, cuts.size):
        cuts[p] += cuts[p - 1]
    cursor = cuts[:-1].copy()
    for i in range(hashes.size):
        p = np.int64(hashes[i] >> shift)
        position[i] = cursor[p]
        cursor[p] += 1


@compiled
def scatter(source, position, out):
    """out[position[i]] = source[i]."""
    for i in range(source.size):
        out[position[i]] = source[i]


@compiled
def scatter_texts(offsets, data, position, out_offsets, out_data):
    """`scatter` for texts; `out_offsets` comes in as zeros."""
    for i in range(position.size):
        out_offsets[position[i] + 1] = offsets[i + 1] - offsets[i]
    for i in range(position.size):
        out_offsets[i + 1] += out_offsets[i]
    for i in range(position.size):
        to = out_offsets[position[i]]
        for j in range(offsets[i], offsets[i + 1]):
            out_data[to] = data[j]
            to += 1


@compiled
def arrange(ids, order, offsets):
    """Counting sort: each row's place when rows stand by owner, and owners in this order.

    `ids` comes in as the owner of each row and goes out as its position; `offsets` comes in as
    zeros and goes out as the start of each owner, in order.
    """
    start = np.zeros(order.size, np.int32)
    for i in range(ids.size):
        start[ids[i]] += 1
    for rank in range(order.size):
        owner = order[rank]
        offsets[rank + 1] = offsets[rank] + start[owner]
        start[owner] = offsets[rank]
    for i in range(ids.size):
        owner = ids[i]
        ids[i] = start[owner]
        start[owner] += 1


@compiled
def later(time, order, other_time, other_order):
    """Whether (time, order) comes after the other; a missing order (NaN) comes last."""
    if time != other_time:
        return time > other_time
    if np.isnan(other_order):
        return False
    return np.isnan(order) or order > other_order


@compiled
def sort_rows(offsets, time, order, source):
    """Sort each row stably by (time, order), in place; `order` is empty where there is none.

    `source` (0, 1, 2, ...) is moved along, so that further columns can follow. Returns whether
    anything moved: inputs in order of time cost one look.
    """
    ordered = order.size > 0
    a = 0.0
    b = 0.0
    moved = False
    for row in range(offsets.size - 1):
        begin = np.int64(offsets[row])
        end = np.int64(offsets[row + 1])
        tidy = True
        for i in range(begin + 1, end):
            if ordered:
                a = order[i - 1]
                b = order[i]
            if later(time[i - 1], a, time[i], b):
                tidy = False
                break
        if tidy:
            continue
        moved = True
        for first in range(begin, end, RUN):
            for i in range(first + 1, min(first + RUN, end)):
                t = time[i]
                s = source[i]
                if ordered:
                    b = order[i]
                j = i - 1
                while j >= first:
                    if ordered:
                        a = order[j]
                    if not later(time[j], a, t, b):
                        break
                    time[j + 1] = time[j]
                    source[j + 1] = source[j]
                    if ordered:
                        order[j + 1] = order[j]
                    j -= 1
                time[j + 1] = t
                source[j + 1] = s
                if ordered:
                    order[j + 1] = b
        if end - begin <= RUN:
            continue
        left_time = np.empty(end - begin, time.dtype)
        left_source = np.empty(end - begin, source.dtype)
        left_order = np.empty(end - begin if ordered else 0, order.dtype)
        width = RUN
        while width < end - begin:
            for low in range(begin, end - width, 2 * width):
                middle = low + width
                high = min(middle + width, end)
                if ordered:
                    a = order[middle - 1]
                    b = order[middle]
                if not later(time[middle - 1], a, time[middle], b):
                    continue
                left_time[:width] = time[low:middle]
                left_source[:width] = source[low:middle]
                if ordered:
                    left_order[:width] = order[low:middle]
                i = 0
                j = middle
                k = low
                while i < width:
                    right = False
                    if j < high:
                        if ordered:
                            a = left_order[i]
                            b = order[j]
                        right = later(left_time[i], a, time[j], b)
                    if right:
                        time[k] = time[j]
                        source[k] = source[j]
                        if ordered:
                            order[k] = order[j]
                        j += 1
                    else:
                        time[k] = left_time[i]
                        source[k] = left_source[i]
                        if ordered:
                            order[k] = left_order[i]
                        i += 1
                    k += 1
            width *= 2
    return moved


@compiled
def merge_rows(old, new, time, order, source):
    """Merge pairs of stretches, each in order already; the old one first on ties.

    `old` and `new` are (n, 2) starts and stops over the same flat `time` and `order`; `source`
    receives, for each place of the merged rows, where it comes from.
    """
    ordered = order.size > 0
    a = 0.0
    b = 0.0
    k = 0
    for row in range(old.shape[0]):
        i = old[row, 0]
        j = new[row, 0]
        while i < old[row, 1] or j < new[row, 1]:
            take_new = i >= old[row, 1]
            if not take_new and j < new[row, 1]:
                if ordered:
                    a = order[i]
                    b = order[j]
                take_new = later(time[i], a, time[j], b)
            if take_new:
                source[k] = j
                j += 1
            else:
                source[k] = i
                i += 1
            k += 1


@compiled
def spread_ranges(start, stop, out):
    """All positions of all ranges, one after another."""
    k = 0
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            out[k] = i
            k += 1


@compiled
def last_known(offsets, known, out):
    """The last place of each row where the value is known, or -1."""
    for row in range(offsets.size - 1):
        i = offsets[row + 1] - 1
        while i >= offsets[row] and not known[i]:
            i -= 1
        out[row] = i if i >= offsets[row] else -1

"""The events of an XES log: one pass over its bytes, without a tree and without a call a tag."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators
# mypy: disable-error-code="assignment"
# ruff: noqa: PLR0911 - what is not well-formed is reported where it is seen

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled

# What is wrong, if anything.
SOUND, MALFORMED, MISMATCHED, OWN_ENTITIES, NO_LOG, TOO_MANY_KEYS = range(6)
TEXT, NUMBER, TIME = 1, 2, 4  # bits of what a key was seen to hold
DEEPEST = 256
SEED, PRIME = np.uint64(1469598103934665603), np.uint64(1099511628211)


def name_hash(name: bytes) -> int:
    """FNV-1a, as the kernel hashes names."""
    found = int(SEED)
    for letter in name:
        found = ((found ^ letter) * int(PRIME)) % 2**64
    return found


LOG, TRACE, EVENT, INT, FLOAT, DATE = (
    np.uint64(name_hash(name)) for name in (b"log", b"trace", b"event", b"int", b"float", b"date")
)
CASE = np.uint64(name_hash(b"case:"))  # a trace's key goes on from here


@compiled
def _hash(data, start, stop, found):
    for i in range(start, stop):
        found = (found ^ np.uint64(data[i])) * PRIME
    return found


@compiled
def _space(c):
    return c in (32, 10, 13, 9)


@compiled
def _name_end(data, i):
    """(end of the name at i, start of it after its prefix)."""
    local = i
    while i < data.size:
        c = data[i]
        if _space(c) or c in (47, 62, 61, 60, 34, 39):
            break
        if c == 58:
            local = i + 1
        i += 1
    return i, local


@compiled
def _after(data, i, first, second, third):
    """The position after three given bytes, or -1; -1 as a byte stands for any."""
    while i + 2 < data.size:
        if (
            data[i + 2] == third
            and (second < 0 or data[i + 1] == second)
            and (first < 0 or data[i] == first)
        ):
            return i + 3
        i += 1
    return -1


@compiled
def _after_markup(data, i):
    """The position after the comment, CDATA, instruction or DOCTYPE at i; -1 unfinished, -2 own."""
    n = data.size
    if data[i + 1] == 63:  # <? ... ?>
        return _after(data, i, -1, 63, 62)
    if i + 4 > n:
        return -1
    if data[i + 2] == 45 and data[i + 3] == 45:  # <!-- ... -->
        return _after(data, i + 4, 45, 45, 62)
    if data[i + 2] == 91:  # <![CDATA[ ... ]]>
        return _after(data, i + 3, 93, 93, 62)
    while i < n:  # <!DOCTYPE ...>
        if data[i] == 91:
            return -2
        if data[i] == 62:
            return i + 1
        i += 1
    return -1


@compiled
def _key(table, hashes, wanted):
    """Where a hash stands in the open table: (slot of the table, id or -1)."""
    at = np.int64(wanted & np.uint64(table.size - 1))
    while table[at] >= 0:
        if hashes[table[at]] == wanted:
            return at, np.int64(table[at])
        at = (at + 1) & (table.size - 1)
    return at, np.int64(-1)


@compiled
def cut_events(data, depth, table, hashes, seen, places, keys, starts, sizes):
    """Find the wanted attributes of all events of whole traces.

    Keys 0 .. starts.shape[1]-1 are wanted; others are only noted: `hashes[key]`, `seen[key]` (bits
    of TEXT, NUMBER, TIME) and `places[key]` (start, stop, whether of a trace) of its first name.
    `starts[event, key]` and `sizes` get the value's place; a start of -1 means there is none.
    `depth` is 0 before the log, 1 in it. Gives (events, bytes used, depth, keys, what is wrong,
    where).
    """
    n, wanted = data.size, starts.shape[1]
    used, done, row, used_depth = 0, 0, 0, depth
    names = np.zeros(DEEPEST, np.uint64)
    names[1] = LOG
    case_starts, case_sizes = np.full(wanted, -1, np.int64), np.zeros(wanted, np.int64)
    in_trace, in_event, first = False, False, 0
    i = 0
    while i < n:
        if data[i] != 60:
            i += 1
            continue
        if i + 2 >= n:
            break
        opened, c = i, data[i + 1]
        if c in (33, 63):
            i = _after_markup(data, i)
            if i == -2:
                return done, used, used_depth, keys, OWN_ENTITIES, opened
            if i < 0:
                break
            if depth == 0:
                used = i
            continue
        closes, ends = c == 47, False
        i, local = _name_end(data, i + (2 if closes else 1))
        if i >= n:
            break
        if i == local:
            return done, used, used_depth, keys, MALFORMED, opened
        tag = _hash(data, local, i, SEED)
        key_start, key_stop, value_start, value_stop = -1, -1, -1, -1
        while i < n and data[i] != 62:  # the attributes
            c = data[i]
            if _space(c):
                i += 1
            elif c == 47 and not closes:
                ends = True
                i += 1
            else:
                start = i
                i, local = _name_end(data, i)
                stop = i
                while i < n and _space(data[i]):
                    i += 1
                if i >= n:
                    break
                if data[i] != 61 or stop == start or ends or closes:
                    return done, used, used_depth, keys, MALFORMED, opened
                i += 1
                while i < n and _space(data[i]):
                    i += 1
                if i >= n:
                    break
                mark = data[i]
                if mark not in (34, 39):
                    return done, used, used_depth, keys, MALFORMED, opened
                i += 1
                begin = i
                while i < n and data[i] != mark:
                    if data[i] == 60:
                        return done, used, used_depth, keys, MALFORMED, opened
                    i += 1
                if stop - start == 3 and data[start] == 107 and data[start + 2] == 121:
                    key_start, key_stop = begin, i
                elif stop - start == 5 and data[start] == 118 and data[start + 4] == 101:
                    value_start, value_stop = begin, i
                i += 1
        if i >= n:
            break
        i += 1
        if not closes:
            depth += 1
            if depth >= DEEPEST:
                return done, used, used_depth, keys, MALFORMED, opened
            names[depth] = tag
            if depth == 1 and tag != LOG:
                return done, used, used_depth, keys, NO_LOG, opened
            if depth == 2 and tag == TRACE:
                in_trace, first = True, row
                case_starts[:] = -1
            elif depth == 3 and in_trace and tag == EVENT:
                in_event = True
            elif key_start >= 0 and value_start >= 0:
                of_case = depth == 3 and in_trace
                if of_case or (depth == 4 and in_event):
                    name = _hash(data, key_start, key_stop, CASE if of_case else SEED)
                    at, key = _key(table, hashes, name)
                    if key < 0:
                        if keys == hashes.size:
                            return done, used, used_depth, keys, TOO_MANY_KEYS, opened
                        key, hashes[keys], table[at] = keys, name, keys
                        places[key, 0], places[key, 1] = key_start, key_stop
                        places[key, 2] = of_case
                        keys += 1
                    if tag in (INT, FLOAT):
                        seen[key] |= NUMBER
                    elif tag == DATE:
                        seen[key] |= TIME
                    else:
                        seen[key] |= TEXT
                    if key < wanted:
                        if of_case:
                            case_starts[key], case_sizes[key] = (
                                value_start,
                                value_stop - value_start,
                            )
                        else:
                            starts[row, key], sizes[row, key] = (
                                value_start,
                                value_stop - value_start,
                            )
        if closes or ends:
            if closes and (depth == 0 or names[depth] != tag):
                return done, used, used_depth, keys, MISMATCHED, opened
            if depth == 3 and in_event:
                in_event = False
                row += 1
            elif depth == 2:
                for key in range(wanted):
                    if in_trace and case_starts[key] >= 0:
                        for event in range(first, row):
                            starts[event, key], sizes[event, key] = (
                                case_starts[key],
                                case_sizes[key],
                            )
                in_trace = False
            depth -= 1
        if depth <= 1:
            used, done, used_depth = i, row, depth
    return done, used, used_depth, keys, SOUND, used


@compiled
def gather(data, starts, sizes, offsets, letters):
    """Copy values one behind the other; line ends and tabs become spaces, as XML has it."""
    at = 0
    for row in range(starts.size):
        offsets[row] = at
        if starts[row] >= 0:
            for i in range(starts[row], starts[row] + sizes[row]):
                c = data[i]
                letters[at] = 32 if c in (9, 10, 13) else c
                at += 1
    offsets[starts.size] = at

"""The loops of the description: how often, by how many, when and where in the journey."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def bin_of(position):
    """The bin of a position from 1: itself below 128, then 64 bins an octave."""
    shift = 0
    while position >> shift >= 128:
        shift += 1
    if shift == 0:
        return position
    return 128 + (shift - 1) * 64 + (position >> shift) - 64


@compiled
def describe(start, stop, owner, group, codes, time, size, groups, width):
    """Interactions and keys, first and last time, and bins of positions, of every touchpoint.

    Shapes (groups, size, 2), (groups, size, 2) and (groups, size, width); times are kept as their
    maxima, the first one negated. An owner's rows stand together.
    """
    counts = np.zeros((groups, size, 2), np.int64)
    times = np.full((groups, size, 2), np.iinfo(np.int64).min)
    positions = np.zeros((groups, size, width), np.int64)
    last = np.full((groups, size), -1, np.int32)
    for row in range(start.size):
        g = group[row]
        for i in range(start[row], stop[row]):
            code = codes[i]
            counts[g, code, 0] += 1
            if last[g, code] != owner[row]:
                last[g, code] = owner[row]
                counts[g, code, 1] += 1
            times[g, code, 0] = max(times[g, code, 0], -time[i])
            times[g, code, 1] = max(times[g, code, 1], time[i])
            if width:
                positions[g, code, bin_of(i - start[row] + 1)] += 1
    return counts, times, positions


@compiled
def list_positions(start, stop, group, codes, size, width):
    """`(group * size + code) * width + bin` of every interaction."""
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row]
    out = np.empty(total, np.int64)
    n = 0
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            cell = np.int64(group[row]) * size + codes[i]
            out[n] = cell * width + bin_of(i - start[row] + 1)
            n += 1
    return out


@compiled
def has_touchpoint(start, stop, codes, code):
    """Whether a row has it."""
    out = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            if codes[i] == code:
                out[row] = True
                break
    return out

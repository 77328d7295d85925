"""The loop of the step matrix: who stands where at each step."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def count_steps(start, stop, group, codes, place, first, steps, size, groups):
    """Rows of every cell, shape (groups, steps, size + 2).

    Step k of a row stands at `place + first + k`. The last two nodes are before the row's start
    and after its end.
    """
    counts = np.zeros((groups, steps, size + 2), np.int64)
    for row in range(start.size):
        g = group[row]
        at = np.int64(place[row]) + first
        for step in range(steps):
            if at < start[row]:
                counts[g, step, size] += 1
            elif at >= stop[row]:
                counts[g, step, size + 1] += 1
            else:
                counts[g, step, codes[at]] += 1
            at += 1
    return counts

"""The loops that all passes share."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def count_rows(start, stop, owner, group, groups):
    """Keys, rows and interactions of each group, shape (groups, 3).

    A key with rows in several groups counts in each; an owner's rows stand together.
    """
    counts = np.zeros((groups, 3), np.int64)
    last = np.full(groups, -1, np.int32)
    for row in range(start.size):
        g = group[row]
        if last[g] != owner[row]:
            last[g] = owner[row]
            counts[g, 0] += 1
        counts[g, 1] += 1
        counts[g, 2] += stop[row] - start[row]
    return counts


@compiled
def gather(values, picks):
    """The values at these positions."""
    out = np.empty(picks.size, values.dtype)
    for i in range(picks.size):
        out[i] = values[picks[i]]
    return out

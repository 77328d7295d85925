"""The loop of paths: each row's hash."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def hash_paths(start, stop, codes, salts, accepted, most):
    """Of each row: the hash of its path, where the path ends, where its goal stands (-1: nowhere).

    A path ends before the first goal, and after `most` interactions. The hash is a polynomial of
    the touchpoints' salts, then splitmix64's finaliser.
    """
    hashes = np.empty(start.size, np.uint64)
    ends = np.empty(start.size, np.int32)
    goals = np.full(start.size, -1, np.int32)
    for row in range(start.size):
        h = np.uint64(0x632BE59BD9B4E019)
        end = min(np.int64(stop[row]), np.int64(start[row]) + most)
        i = np.int64(start[row])
        while i < stop[row] and not accepted[codes[i]]:
            if i < end:
                h = h * np.uint64(0x9E3779B97F4A7C15) + salts[codes[i]]
            i += 1
        if i < stop[row]:
            goals[row] = i
        ends[row] = min(i, end)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        hashes[row] = h ^ (h >> np.uint64(31))
    return hashes, ends, goals

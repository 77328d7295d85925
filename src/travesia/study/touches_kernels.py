"""The loop of touches: what stands before the goal."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def before_goal(start, stop, codes, accepted, channel, channels):
    """Of each row: where its first goal stands (-1: nowhere), and channels met before it.

    Without a goal all its interactions count. Channel code 0 is a missing one; with no
    `channels` none are counted.
    """
    goal = np.full(start.size, -1, np.int32)
    distinct = np.zeros(start.size, np.int32)
    met = np.full(channels, -1, np.int32)
    for row in range(start.size):
        for i in range(start[row], stop[row]):
            if accepted[codes[i]]:
                goal[row] = i
                break
            if channels and channel[i] and met[channel[i]] != row:
                met[channel[i]] = row
                distinct[row] += 1
    return goal, distinct

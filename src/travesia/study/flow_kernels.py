"""The loops of the flow: which touchpoint directly follows which."""
# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

import numpy as np

from travesia.engines.compiling import compiled


@compiled
def count_edges(start, stop, owner, group, codes, size, groups):
    """Transitions and keys of every edge, and keys of every node.

    Nodes are the `size` touchpoints, then the start and the end. Returns counts of shape
    (groups, nodes, nodes, 2) and (groups, nodes). A key counts once an edge: the edge remembers
    the last key that took it (an owner's rows stand together). Tables are flat here: one index
    a transition, and the two counts of an edge side by side in one cache line.
    """
    nodes = size + 2
    cells = nodes * nodes
    edges = np.zeros(groups * cells * 2, np.int64)
    keys = np.zeros(groups * nodes, np.int64)
    last_edge = np.full(groups * cells, -1, np.int32)
    last_node = np.full(groups * nodes, -1, np.int32)
    for row in range(start.size):
        g = np.int64(group[row])
        key = owner[row]
        first_cell = g * cells
        first_node = g * nodes
        x = np.int64(size)
        if last_node[first_node + x] != key:
            last_node[first_node + x] = key
            keys[first_node + x] += 1
            keys[first_node + x + 1] += 1  # who starts also ends
        for i in range(start[row], stop[row]):
            y = np.int64(codes[i])
            cell = first_cell + x * nodes + y
            # added, not branched on: whether it is fresh cannot be predicted
            edges[2 * cell] += 1
            edges[2 * cell + 1] += last_edge[cell] != key
            last_edge[cell] = key
            keys[first_node + y] += last_node[first_node + y] != key
            last_node[first_node + y] = key
            x = y
        cell = first_cell + x * nodes + size + 1
        edges[2 * cell] += 1
        edges[2 * cell + 1] += last_edge[cell] != key
        last_edge[cell] = key
    return edges.reshape((groups, nodes, nodes, 2)), keys.reshape((groups, nodes))


@compiled
def gather_edges(start, stop, group, codes, time, size):
    """Group, edge (source * nodes + target) and duration of every transition between two."""
    nodes = size + 2
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row] - 1
    groups = np.empty(total, np.int64)
    edges = np.empty(total, np.int64)
    lengths = np.empty(total, np.int64)
    n = 0
    for row in range(start.size):
        for i in range(start[row] + 1, stop[row]):
            groups[n] = group[row]
            edges[n] = np.int64(codes[i - 1]) * nodes + codes[i]
            lengths[n] = time[i] - time[i - 1]
            n += 1
    return groups, edges, lengths


@compiled
def list_edges(start, stop, owner, group, codes, size):
    """Group, source, target and key of every transition, the start's and the end's included."""
    total = 0
    for row in range(start.size):
        total += stop[row] - start[row] + 1
    out = np.empty((4, total), np.int64)
    n = 0
    for row in range(start.size):
        x = np.int64(size)
        for i in range(start[row], stop[row] + 1):
            y = np.int64(codes[i]) if i < stop[row] else np.int64(size + 1)
            out[0, n] = group[row]
            out[1, n] = x
            out[2, n] = y
            out[3, n] = owner[row]
            n += 1
            x = y
    return out


@compiled
def has_edge(start, stop, codes, size, source, target):
    """Whether a row takes an edge; -1 is any source or any target."""
    out = np.zeros(start.size, np.bool_)
    for row in range(start.size):
        x = np.int64(size)
        for i in range(start[row], stop[row] + 1):
            y = np.int64(codes[i]) if i < stop[row] else np.int64(size + 1)
            if source in (-1, x) and target in (-1, y):
                out[row] = True
                break
            x = y
    return out

"""Where nodes stand from left to right: in the order customers first meet them, cut into columns.

With stages, their order is given and columns are cut inside each stage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from travesia.study.figures.flow_graph import Graph
from travesia.study.flow import START

Weights = npt.NDArray[np.float64]
Cut = tuple[float, list[list[int]]]

MOST_COLUMNS = 9
SAME_COLUMN = 2.5
"""What a move inside a column costs; one column further costs 1."""
CROWD, ROOM = 0.02, 5
"""What each node beyond `ROOM` in a column costs, squared, as a share of all moves."""
LEAST_GAIN = 0.03
"""A further column must save so much of all moves: columns are narrower the more there are."""


def columns(graph: Graph, stages: Sequence[str] = ()) -> list[list[str]]:
    """The nodes' keys by column, from left to right; within a column in order."""
    keys = list(graph.nodes)
    weights = _weights(graph, keys)
    order = _least_back(_by_level(graph, keys, weights), _order_weights(graph, keys, weights))
    cuts = [_cuts(group, weights) for group in _by_stage(graph, keys, order, stages)]
    counts = _shared(cuts, LEAST_GAIN * float(weights.sum()))
    return [
        [keys[i] for i in column]
        for found, count in zip(cuts, counts, strict=True)
        for column in found[count - 1][1]
    ]


def _weights(graph: Graph, keys: Sequence[str]) -> Weights:
    place = {key: i for i, key in enumerate(keys)}
    weights = np.zeros((len(keys), len(keys)))
    for one in graph.edges:
        if one.source in place and one.target in place:
            weights[place[one.source], place[one.target]] = one.customers
    return weights


def _order_weights(graph: Graph, keys: Sequence[str], moves: Weights) -> Weights:
    """What the order should not contradict: first meetings, where they are known, else moves."""
    if not graph.before:
        return moves
    return np.array([[graph.before.get((a, b), 0) for b in keys] for a in keys], np.float64)


def _by_level(graph: Graph, keys: Sequence[str], weights: Weights) -> list[int]:
    """Nodes by trophic level: where each stands one step after what leads to it, on average.

    Least squares over moves of (level of target - level of source - 1), as MacKay, Johnson and
    Sansom (2020), eq. 2.6; the start is a node too, which fixes the levels.
    """
    size = len(keys) + 1
    full = np.zeros((size, size))
    full[1:, 1:] = weights
    place = {key: i + 1 for i, key in enumerate(keys)}
    for one in graph.out_of(START):
        if one.target in place:
            full[0, place[one.target]] = one.customers
    into, out = full.sum(0), full.sum(1)
    laplacian = np.diag(into + out) - full - full.T
    levels = np.linalg.lstsq(laplacian, into - out, rcond=None)[0][1:]
    return sorted(range(len(keys)), key=lambda i: (round(float(levels[i]), 9), i))


def _least_back(order: list[int], weights: Weights) -> list[int]:
    """Move single nodes while that contradicts fewer customers."""
    found = list(order)
    for _ in range(len(found)):
        before = list(found)
        for node in before:
            found = _best_place(found, node, weights)
        if found == before:
            break
    return found


def _best_place(order: list[int], node: int, weights: Weights) -> list[int]:
    rest = [one for one in order if one != node]
    # cost of standing before everything, then what changes when it passes each other one
    gains = [weights[other, node] - weights[node, other] for other in rest]
    worth = np.concatenate([[0.0], np.cumsum(gains)])
    here = order.index(node)
    best = int(np.argmax(worth))
    if worth[best] <= worth[here]:
        return order
    return [*rest[:best], node, *rest[best:]]


def _by_stage(
    graph: Graph, keys: Sequence[str], order: Sequence[int], stages: Sequence[str]
) -> list[list[int]]:
    """The order, one list a stage; nodes without a stage join the one before them."""
    if not stages:
        return [list(order)] if order else []
    groups: dict[str, list[int]] = {stage: [] for stage in stages}
    last = stages[0]
    for i in order:
        last = graph.nodes[keys[i]].stage or last
        groups[last].append(i)
    return [group for group in groups.values() if group]


def _shared(cuts: Sequence[Sequence[Cut]], least: float) -> list[int]:
    """How many columns each group gets: one each, others where they help most, and enough."""
    counts = [1] * len(cuts)
    for _ in range(MOST_COLUMNS - len(cuts)):
        gains = [_gain(found, count) for found, count in zip(cuts, counts, strict=True)]
        if not gains or max(gains)[0] <= least:
            break
        best = gains.index(max(gains))
        counts[best] += gains[best][1]
        if sum(counts) > MOST_COLUMNS:
            counts[best] -= gains[best][1]
            break
    return counts


def _gain(found: Sequence[Cut], count: int) -> tuple[float, int]:
    """What further columns save at best, for each of them, and how many those are."""
    now = found[count - 1][0]
    gains = [((now - cost) / more, more) for more, (cost, _) in enumerate(found[count:], 1)]
    return max(gains, default=(0.0, 0))


def _cuts(order: Sequence[int], weights: Weights) -> list[Cut]:
    """The cheapest cut of an ordered list into one column, into two, and so on."""
    size = len(order)
    held = weights[np.ix_(order, order)]
    both = held + held.T
    total = float(weights.sum()) or 1.0
    crossing = [float(both[:i, i:].sum()) for i in range(size + 1)]
    # best[end]: number of columns -> (cost, where they are cut)
    best: list[dict[int, tuple[float, tuple[int, ...]]]] = [{0: (0.0, (0,))}]
    for end in range(1, size + 1):
        found: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start in range(end):
            step = crossing[start] + _inside(both, start, end, total)
            for count, (cost, cuts) in best[start].items():
                new = (cost + step, (*cuts, end))
                found[count + 1] = min(found.get(count + 1, new), new)
        best.append({count: one for count, one in found.items() if count <= MOST_COLUMNS})
    return [
        (cost, [list(order[a:b]) for a, b in pairwise(cuts)])
        for _, (cost, cuts) in sorted(best[size].items())
    ]


def _inside(both: Weights, start: int, end: int, total: float) -> float:
    """What it costs to put the nodes start..end into one column."""
    crowd = max(end - start - ROOM, 0) ** 2
    moves = float(both[start:end, start:end].sum()) / 2
    return SAME_COLUMN * moves + CROWD * total * crowd


def column_stages(graph: Graph, placed: Sequence[Sequence[str]]) -> list[str | None]:
    """The stage of each column: that of its first node which has one."""
    nodes: Mapping[str, object] = graph.nodes
    found = []
    for column in placed:
        stages = (graph.nodes[key].stage for key in column if key in nodes)
        found.append(next((one for one in stages if one), None))
    return found

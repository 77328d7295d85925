"""Mining stages: where touchpoints stand in journeys, and where journeys can best be cut.

The order of touchpoints is the one that contradicts the fewest journeys: a pair is contradicted
by each journey that met the later one first (the linear ordering problem). The cut into stages
then looks at what journeys meet next for the first time: going on to the next stage is what
stages are for, staying inside one or skipping one is worth nothing, and going back counts against
the cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from travesia.errors import InvalidValue

Counts = npt.NDArray[np.int64]

LEAST, MOST = 3, 7
NEXT, INSIDE, BACK = 1.0, 0.0, -1.0
"""What a move is worth to a cut; skipping a stage is worth nothing. So a boundary pays off where
moves run forward more often than back, unless it makes others skip a stage."""
CLOSE = 0.01
"""Fewer stages are taken when they are worth as much, but for this share of all moves."""


@dataclass(frozen=True, slots=True)
class Passages:
    """What is known of how touchpoints follow each other.

    Attributes:
        names: touchpoints, most customers first.
        customers: how many met each.
        first: [a, b] journeys whose first `a` came before their first `b`.
        moves: [a, b] journeys whose next new touchpoint after their first `a` was `b`. Coming
            back for another round does not count, so that regulars do not blur the stages.
    """

    names: tuple[str, ...]
    customers: Counts
    first: Counts
    moves: Counts


@dataclass(frozen=True)
class StagePlan:
    """Touchpoints in order, cut into stages.

    Attributes:
        stages: names of touchpoints; first stage first, touchpoints in their order.
        passages: what it was found from.
    """

    stages: tuple[tuple[str, ...], ...]
    passages: Passages

    @property
    def order(self) -> tuple[str, ...]:
        """All touchpoints in order."""
        return tuple(name for stage in self.stages for name in stage)

    @cached_property
    def backward(self) -> float | None:
        """The share of journeys' first meetings that contradict the stages; None without any.

        Of all pairs of touchpoints in different stages that a journey met both of, those whose
        later one was met first. Near one half, the data have no order to speak of. Coming back
        for another round contradicts nothing.
        """
        place = {name: at for at, stage in enumerate(self.stages) for name in stage}
        at = np.array([place[name] for name in self.passages.names], np.int64)
        back = int(self.passages.first[at[:, None] > at[None, :]].sum())
        forward = int(self.passages.first[at[:, None] < at[None, :]].sum())
        return back / (back + forward) if back + forward else None


def mine(passages: Passages, stages: int | None = None) -> StagePlan:
    """Order the touchpoints and cut them into stages (3 to 7 unless a number is given).

    The same passages always gives the same plan.
    """
    if not passages.names:
        return StagePlan((), passages)
    order = best_order(passages.first)
    moves = passages.moves[np.ix_(order, order)]
    bounds = best_cut(moves, *_allowed(len(order), stages))
    names = [passages.names[place] for place in order]
    cut = tuple(tuple(names[start:stop]) for start, stop in pairwise(bounds))
    return StagePlan(cut, passages)


def best_order(first: Counts) -> npt.NDArray[np.intp]:
    """The order of touchpoints that contradicts the fewest journeys.

    Starts from the share of pairs in which a touchpoint came first, then moves one touchpoint at
    a time to where it contradicts least, until no move helps: a local optimum, the standard
    heuristic of the linear ordering problem (Martí & Reinelt 2011, section 2.3).
    """
    net = first - first.T
    both = first + first.T
    ahead = np.divide(
        first.sum(axis=1), both.sum(axis=1), out=np.full(len(first), 0.5), where=both.sum(1) > 0
    )
    order = np.argsort(-ahead, kind="stable")
    improving = True
    while improving:
        improving = False
        for touchpoint in range(len(order)):
            order, moved = _reinserted(order, touchpoint, net)
            improving = improving or moved
    return order


def _reinserted(
    order: npt.NDArray[np.intp], touchpoint: int, net: Counts
) -> tuple[npt.NDArray[np.intp], bool]:
    """The order with one touchpoint at its best place, and whether that is better than before."""
    here = int(np.flatnonzero(order == touchpoint)[0])
    others = np.delete(order, here)
    # standing at place p, it is ahead of others[p:] and behind others[:p]
    ahead = net[touchpoint, others]
    gain = ahead.sum() - 2 * np.concatenate([[0], np.cumsum(ahead)])
    best = int(np.argmax(gain))
    if gain[best] <= gain[here]:
        return order, False
    return np.insert(others, best, touchpoint), True


def best_cut(moves: Counts, least: int, most: int) -> list[int]:
    """Boundaries [0, ..., k] of the contiguous stages worth most; `moves` is in order.

    Exact, by dynamic programming over the last stage's range.
    """
    size = len(moves)
    if size == 0:
        return [0]
    plans = _plans(moves.astype(np.float64), most)
    worth = {count: plans[count][0] for count in range(least, most + 1) if count in plans}
    enough = max(worth.values()) - CLOSE * moves.sum()
    return plans[min(count for count, value in worth.items() if value >= enough)][1]


def _plans(moves: npt.NDArray[np.float64], most: int) -> dict[int, tuple[float, list[int]]]:
    """Number of stages -> (worth, boundaries) of the best cut into so many."""
    size = len(moves)
    forward = _corner_sums(np.triu(moves, 1))
    backward = _corner_sums(np.tril(moves, -1))
    inside = np.full((size, size + 1), -np.inf)
    for start in range(size):
        for stop in range(start + 1, size + 1):
            square = _sum(forward, start, stop, start, stop) + _sum(
                backward, start, stop, start, stop
            )
            # back moves inside a stage do not run back between stages: BACK is charged to all
            # of them once, below, and given back here
            back = _sum(backward, start, stop, start, stop)
            inside[start, stop] = INSIDE * square - BACK * back
    everything_back = BACK * float(np.tril(moves, -1).sum())
    best: dict[int, npt.NDArray[np.float64]] = {1: np.full((size, size + 1), -np.inf)}
    best[1][0] = inside[0]
    origin: dict[int, npt.NDArray[np.int64]] = {}
    plans = {1: (float(inside[0, size]) + everything_back, [0, size])}
    for count in range(2, min(most, size) + 1):
        best[count], origin[count] = _one_more(best[count - 1], inside, forward)
        start = int(np.argmax(best[count][:, size]))
        worth = float(best[count][start, size]) + everything_back
        plans[count] = (worth, _boundaries(origin, count, start, size))
    return plans


def _one_more(
    before: npt.NDArray[np.float64],
    inside: npt.NDArray[np.float64],
    forward: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """One stage more than `before`, with `before[start, stop]` the worth of plans ending so.

    Returns the same worth with the stage added, and where the stage before it starts.
    """
    size = len(inside)
    worth = np.full_like(inside, -np.inf)
    origin = np.zeros(inside.shape, dtype=np.int64)
    for start in range(1, size):
        previous = np.arange(start)
        for stop in range(start + 1, size + 1):
            onward = (
                forward[start, stop]
                - forward[start, start]
                - forward[previous, stop]
                + forward[previous, start]
            )
            values = before[previous, start] + NEXT * onward
            chosen = int(np.argmax(values))
            worth[start, stop] = values[chosen] + inside[start, stop]
            origin[start, stop] = chosen
    return worth, origin


def _boundaries(
    origin: dict[int, npt.NDArray[np.int64]], count: int, start: int, stop: int
) -> list[int]:
    bounds = [stop, start]
    for number in range(count, 1, -1):
        start, stop = int(origin[number][start, stop]), start
        bounds.append(start)
    return bounds[::-1]


def _corner_sums(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """[i, j] -> the sum of matrix[:i, :j]."""
    sums = np.zeros((len(matrix) + 1, len(matrix) + 1))
    sums[1:, 1:] = matrix.cumsum(axis=0).cumsum(axis=1)
    return sums


def _sum(corners: npt.NDArray[np.float64], top: int, bottom: int, left: int, right: int) -> float:
    return float(
        corners[bottom, right] - corners[top, right] - corners[bottom, left] + corners[top, left]
    )


def _allowed(touchpoints: int, stages: int | None) -> tuple[int, int]:
    if stages is None:
        return min(LEAST, touchpoints), min(MOST, touchpoints)
    if not 1 <= stages <= touchpoints:
        raise InvalidValue(
            f"{touchpoints} touchpoints cannot be cut into {stages} stages.",
            f"Ask for 1 to {touchpoints}.",
        )
    return stages, stages


def leaders(stage: Sequence[str], customers: dict[str, int], most: int = 3) -> tuple[str, ...]:
    """The touchpoints that a stage's steps are named for, in order: its most met ones.

    A touchpoint that meets less than a quarter of the customers of the stage's largest is no step
    of its own.
    """
    enough = max((customers[name] for name in stage), default=0) / 4
    ranked = sorted(stage, key=lambda name: -customers[name])[:most]
    return tuple(name for name in stage if name in ranked and customers[name] >= enough)

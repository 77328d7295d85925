"""Where it hurts and where it counts, as the data have it: candidates for a person to judge.

Every rule is stated here and nowhere else. A candidate names the cell that it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Cause = Literal["drop-off", "bottleneck", "loop", "repeat", "low score", "goes without the goal"]
Row = Mapping[str, Any]

FEW = 30
"""Fewer customers than this are no evidence."""
LOST = 0.05
"""Drop-off: at least so large a share of those who came (its lower bound) went no further."""
WAITED = 0.10
"""Bottleneck: a move that takes at least so large a share of all the time spent on moves."""
TURNED_BACK = 0.05
"""Loop: at least so large a share of those who came (its lower bound) went straight back."""
REPEATED = 0.25
"""Repeat: at least so large a share (its lower bound) of a service contact's customers returned."""
SWAYED = 0.10
"""Moment of truth: the interval of the goal's ratio stays so far from 1, and p is under 0.05."""
LOW, HIGH = 0.0, 0.5
"""Scores: a valence whose interval lies below 0 hurts, one above 0.5 delights."""
SEVERITY = ((0.30, 5), (0.15, 4), (0.07, 3), (0.03, 2))
"""Share of all customers (of bottlenecks: of all the time) from which a pain is so severe."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something that may be a pain point.

    Attributes:
        touchpoint: where it is felt (of drop-offs and scores, the step); `towards`: the other end
            of a move.
        share, low, high, part, whole: the share of those there that it happens to.
        weight: the share of all customers (bottlenecks: of all the time) that it concerns.
        question, cell: where the evidence stands: the map's question and the row.
    """

    cause: Cause
    touchpoint: str
    weight: float
    question: str
    cell: Mapping[str, Any]
    towards: str = ""
    share: float | None = None
    part: int = 0
    whole: int = 0
    seconds: float | None = None

    @property
    def severity(self) -> int:
        """1 to 5, by whom (or how much time) it concerns."""
        return next((level for least, level in SEVERITY if self.weight >= least), 1)


def drop_offs(steps: Iterable[Row], ends: set[str]) -> list[Candidate]:
    """Steps that many never go on from, and should: not the goal's, nor one after it."""
    return [
        Candidate(
            "drop-off",
            row["stage"],
            row["left"] / row["customers"],
            "steps",
            {"stage": row["stage"]},
            share=row["share_left"],
            part=row["left"],
            whole=row["came"],
        )
        for row in steps
        if row["stage"] not in ends and row["left"] >= FEW and (row["low_left"] or 0) >= LOST
    ]


def bottlenecks(
    moves: Iterable[Row],
    order: Mapping[str, int],
    awaited: Callable[[str], bool],
    goals: Iterable[str],
) -> list[Candidate]:
    """Moves on to something customers wait for that take a large part of all such time.

    A move's part is its customers times its median time. From the goal nobody waits.
    """
    onward = [
        (row, row["moved"] * row["median_time"].total_seconds())
        for row in moves
        if order[row["target"]] > order[row["source"]]
        and awaited(row["target"])
        and row["source"] not in goals
        and row["median_time"] is not None
    ]
    whole = sum(time for _, time in onward)
    return [
        Candidate(
            "bottleneck",
            row["source"],
            time / whole,
            "moves",
            {"source": row["source"], "target": row["target"]},
            towards=row["target"],
            share=row["share"],
            part=row["moved"],
            whole=row["came"],
            seconds=row["median_time"].total_seconds(),
        )
        for row, time in onward
        if whole > 0 and time / whole >= WAITED and row["moved"] >= FEW
    ]


def loops(
    moves: Iterable[Row],
    order: Mapping[str, int],
    service: Callable[[str], bool],
    customers: int,
) -> list[Candidate]:
    """Moves from a service contact straight back to an earlier one: rework.

    Elsewhere people come back because they want to.
    """
    return [
        Candidate(
            "loop",
            row["source"],
            row["moved"] / customers,
            "moves",
            {"source": row["source"], "target": row["target"]},
            towards=row["target"],
            share=row["share"],
            part=row["moved"],
            whole=row["came"],
        )
        for row in moves
        if order[row["target"]] < order[row["source"]]
        and service(row["source"])
        and service(row["target"])
        and row["moved"] >= FEW
        and (row["low"] or 0) >= TURNED_BACK
    ]


def repeats(contacts: Iterable[Row], service: Callable[[str], bool]) -> list[Candidate]:
    """Service contacts that people must come to again."""
    return [
        Candidate(
            "repeat",
            row["touchpoint"],
            row["again"] / row["customers"],
            "contacts",
            {"touchpoint": row["touchpoint"]},
            share=row["share_again"],
            part=row["again"],
            whole=row["met"],
        )
        for row in contacts
        if service(row["touchpoint"])
        and row["again"] >= FEW
        and (row["low_again"] or 0) >= REPEATED
    ]


def low_scores(scores: Iterable[Row], customers: int) -> list[Candidate]:
    """Touchpoints that customers score low."""
    return [
        Candidate(
            "low score",
            row["touchpoint"],
            row["customers"] / customers,
            "scores",
            {"touchpoint": row["touchpoint"]},
            whole=row["customers"],
        )
        for row in scores
        if row["valence_high"] is not None and row["valence_high"] < LOW and row["customers"] >= FEW
    ]


def high_scores(scores: Iterable[Row]) -> list[Row]:
    """Rows of touchpoints that customers score high, best first."""
    liked = [
        row
        for row in scores
        if row["valence_low"] is not None and row["valence_low"] > HIGH and row["customers"] >= FEW
    ]
    return sorted(liked, key=lambda row: -row["valence"])


def swaying(influence: Iterable[Row], most: int = 4) -> list[Row]:
    """Rows of touchpoints that go with the goal, or against it: the surest first."""
    found = [
        row
        for row in influence
        if row["ratio"] is not None
        and not row["structural"]
        and row["p_value"] < 0.05
        and (row["low"] > 1 + SWAYED or row["high"] < 1 - SWAYED)
    ]
    return sorted(found, key=lambda row: (row["p_value"], -abs(row["ratio"] - 1)))[:most]


def against_the_goal(influence: Iterable[Row], customers: int) -> list[Candidate]:
    """Touchpoints whose customers reach the goal less often."""
    return [
        Candidate(
            "goes without the goal",
            row["touchpoint"],
            row["customers"] / customers,
            "influence",
            {"touchpoint": row["touchpoint"]},
            whole=row["customers"],
        )
        for row in swaying(influence)
        if row["ratio"] < 1
    ]


def worst(candidates: Sequence[Candidate], most: int = 8, of_a_cause: int = 3) -> list[Candidate]:
    """The heaviest candidates: one a touchpoint and cause, not too many of a cause nor in all."""
    kept: list[Candidate] = []
    ranked = sorted(candidates, key=lambda one: (-one.severity, -one.weight, one.touchpoint))
    for one in ranked:
        same = [other for other in kept if other.cause == one.cause]
        double = any(other.touchpoint == one.touchpoint for other in same)
        if len(kept) < most and len(same) < of_a_cause and not double:
            kept.append(one)
    return kept

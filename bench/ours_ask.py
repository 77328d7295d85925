"""Travesía: open saved journeys and ask every question. Argument: directory."""

from __future__ import annotations

import sys
from typing import Any

import pyarrow.compute as pc
from measure import STEPS, WINDOW_DAYS, measured

import travesia as tv
from travesia.study.retention import Retention


def main(directory: str) -> None:
    journeys = measured("open", lambda: tv.open(directory), lambda found: found.customers)
    window = f"{WINDOW_DAYS}d"
    questions: dict[str, tuple[Any, Any]] = {
        "flow": (tv.Flow(times=False), transitions),
        "flow with times": (tv.Flow(), transitions),
        "step matrix, 10 steps": (tv.StepMatrix(10), None),
        "funnel, 3 steps, 7 days": (tv.Funnel(STEPS, within=window, times=False), reached),
        "funnel, 3 steps, no window": (tv.Funnel(STEPS, times=False), reached),
        "funnel with times": (tv.Funnel(STEPS, within=window), reached),
        "describe": (tv.Describe(), None),
        "paths": (tv.Paths(), None),
        "touches": (tv.Touches(STEPS[2]), None),
        "retention": (Retention(), None),
    }
    for task, (question, check) in questions.items():
        ask(task, journeys, question, check)
    country = journeys.sample(0.5)
    ask("flow of half the customers", country, tv.Flow(times=False), None)
    year = journeys.when("2025-03", "2025-09")
    ask("flow of six months", year, tv.Flow(times=False), None)
    some = journeys.what(tv.col("touchpoint").isin(journeys.touchpoints[8:]))
    ask("flow of some touchpoints", some, tv.Flow(times=False), None)
    ask(
        "flow of those who match a => b",
        journeys.matching(f"{STEPS[0]} => {STEPS[2]}"),
        tv.Flow(times=False),
        None,
    )
    ask("flow after collapse", journeys.collapse(), tv.Flow(times=False), None)
    ask("flow of visits (pause of a day)", journeys.split(gap="1d"), tv.Flow(times=False), None)
    flow = journeys.ask(tv.Flow(times=False))
    measured(
        "the customers behind an edge",
        lambda: flow.customers(source=STEPS[0], target=STEPS[1]),
        lambda found: found.num_rows,
        repeats=3,
    )


def ask(task: str, journeys: Any, question: Any, check: Any) -> None:
    measured(task, lambda: journeys.ask(question), check, repeats=3)


def transitions(answer: Any) -> int:
    """Transitions between touchpoints, the start and the end left out."""
    table = answer.table
    inner = pc.and_(
        pc.not_equal(table["source"], "(start)"), pc.not_equal(table["target"], "(end)")
    )
    return int(pc.sum(table.filter(inner)["transitions"]).as_py())


def reached(answer: Any) -> int:
    """Customers who reached the last step."""
    return int(answer.table["reached"][-1].as_py())


main(*sys.argv[1:])

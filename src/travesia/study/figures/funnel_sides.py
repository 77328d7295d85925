"""What a funnel's drawing shows: the steps of one group, or of two side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from travesia.draw import words
from travesia.record.lenses import Lens, chain_text
from travesia.study import intervals
from travesia.study.figures import cells
from travesia.study.question import Answer

LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Standing:
    """One group at one step; shares are of those who reached the first step."""

    reached: int
    lost: int
    open: int
    share: float | None
    low: float | None
    high: float | None
    median: timedelta | None
    cell: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Share of A minus share of B, with its interval; `sure` after correction."""

    value: float
    low: float
    high: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step, with a standing for each group."""

    number: int
    touchpoint: str
    optional: bool
    sides: tuple[Standing, ...]
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Funnels:
    """A funnel of one group (`names` is empty) or of two, A and B."""

    steps: tuple[Step, ...]
    names: tuple[str, ...] = ()
    least: int = 0
    fixed: Mapping[str, Any] = field(default_factory=dict)


def funnels(answer: Answer) -> list[tuple[str | None, Funnels]]:
    """The funnel, the two compared, or one for each value of the column it was asked `by`."""
    tables = [(value, table.to_pylist()) for value, table in cells.strata(answer)]
    if answer.question.by and len(tables) == 2:
        names = tuple(str(value) for value, _ in tables)
        sides = [rows for _, rows in tables]
        return [(None, _joined(answer, names, sides, _differences(*sides)))]
    return [(value, _joined(answer, (), [rows], {})) for value, rows in tables]


def compared(answer: Answer) -> Funnels:
    """The two funnels behind a comparison, with its differences."""
    asked: Any = answer.question
    groups = [answer.journeys.through(asked.a), answer.journeys.through(asked.b)]
    both = [group.ask(asked.of) for group in groups]
    found = {}
    for row in answer.to_pylist():
        if row["measure"] == "share_of_all" and row["difference"] is not None:
            bounds = (row["low"], row["high"])
            if None not in bounds:
                found[int(row["cell"])] = Difference(
                    row["difference"], *bounds, sure=bool(row["different"])
                )
    names = tuple(group_name(lenses) for lenses in (asked.a, asked.b))
    tables = [one.to_pylist() for one in both]
    return _joined(both[0], names, tables, found, [{"side": "a"}, {"side": "b"}])


def group_name(lenses: Sequence[Lens]) -> str:
    """What a compared group is called: the value it was chosen by, else its lenses."""
    written = chain_text(lenses)
    plain = re.fullmatch(r"who\((\w+) == '([^']*)'\)", written)
    return plain[2] if plain else written or words.DASH


def _joined(
    answer: Answer,
    names: tuple[str, ...],
    sides: Sequence[Sequence[Mapping[str, Any]]],
    differences: Mapping[int, Difference],
    sides_named: Sequence[dict[str, Any]] = (),
) -> Funnels:
    asked: Any = answer.question
    marks: Sequence[dict[str, Any]] = sides_named or [{} for _ in sides]
    steps = tuple(
        Step(
            rows[0]["step"],
            rows[0]["touchpoint"],
            rows[0]["step"] in asked.optional,
            tuple(_standing(row, answer, side) for side, row in zip(marks, rows, strict=True)),
            differences.get(rows[0]["step"]),
        )
        for rows in zip(*sides, strict=True)
    )
    return Funnels(steps, names, asked.min_customers)


def _standing(row: Mapping[str, Any], answer: Answer, side: Mapping[str, Any]) -> Standing:
    return Standing(
        row["reached"],
        row["lost"],
        row["open"],
        row["share_of_all"],
        row["low"],
        row["high"],
        row["median_time"],
        {**side, **cells.cell(row, answer)},
    )


def _differences(
    one: Sequence[Mapping[str, Any]], other: Sequence[Mapping[str, Any]]
) -> dict[int, Difference]:
    """Newcombe's intervals, and the score test corrected for the number of steps."""
    pairs = [
        (a, b)
        for a, b in zip(one, other, strict=True)
        if a["share_of_all"] is not None and b["share_of_all"] is not None and a["step"] > 1
    ]
    if not pairs:
        return {}
    columns = [
        [side[name] for side in group]
        for group in zip(*pairs, strict=True)
        for name in ("reached", "entered")
    ]
    low, high = intervals.newcombe(*columns)
    p = intervals.corrected(intervals.two_proportions(*columns))
    return {
        a["step"]: Difference(
            a["share_of_all"] - b["share_of_all"], float(low[i]), float(high[i]), p[i] < LEVEL
        )
        for i, (a, b) in enumerate(pairs)
    }

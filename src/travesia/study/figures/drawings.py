"""Which question has which drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from travesia.study.figures.flow_drawing import flow
from travesia.study.figures.frame import Frame
from travesia.study.figures.funnel_drawing import funnel, funnel_comparison
from travesia.study.figures.matrix_drawing import retention, step_matrix
from travesia.study.figures.table_drawing import table
from travesia.study.question import Answer

DRAWINGS: dict[str, Callable[[Answer], Frame]] = {
    "flow": flow,
    "funnel": funnel,
    "step_matrix": step_matrix,
    "retention": retention,
}


def drawn(answer: Answer, stages: Mapping[str, str] | None = None) -> Frame:
    """The drawing of an answer; an empty one says that nothing was found."""
    asked: Any = answer.question
    if not answer.table.num_rows:
        return table(answer)
    if asked.kind == "flow":
        return flow(answer, stages=stages)
    if asked.kind == "compare" and asked.of.kind == "funnel":
        return funnel_comparison(answer)
    return DRAWINGS.get(asked.kind, table)(answer)

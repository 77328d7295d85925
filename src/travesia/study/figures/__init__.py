"""Every answer as a picture: a Plotly figure, or a drawing of our own for notebooks and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from travesia.study.question import Answer


def drawing(answer: Answer) -> str:
    """The answer as HTML that stands alone: its drawing, its note, its table."""
    from travesia.study.figures.flow_drawing import flow

    return flow(answer)

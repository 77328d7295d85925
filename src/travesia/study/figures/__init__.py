"""Every answer as a picture: a Plotly figure, or a drawing of our own for notebooks and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plotly.graph_objects import Figure

    from travesia.draw.tokens import Theme
    from travesia.study.question import Answer


def figure(answer: Answer, theme: Theme = "light") -> Figure:
    """The answer as a Plotly figure; every question has one."""
    from travesia.study.figures.charts import figure as charted

    return charted(answer, theme)


def drawing(answer: Answer, *, stages: Mapping[str, str] | None = None) -> str:
    """The answer as HTML that stands alone: its drawing, its note, its table.

    Args:
        answer: what to draw; questions without a drawing of their own become a table with bars.
        stages: touchpoint -> stage, in the stages' order, for a flow.
    """
    from travesia.study.figures.drawings import drawn

    return drawn(answer, stages).fragment()


__all__ = ["drawing", "figure"]

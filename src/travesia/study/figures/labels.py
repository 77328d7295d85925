"""The labels of an answer's columns, which are texts of the questions' room."""

from __future__ import annotations

from travesia.locale import texts
from travesia.study.question import Measure

_ = texts("study")


def said(measure: Measure) -> str:
    """The label of a column, in the current language."""
    return _(measure.text) if measure.text else measure.name

"""Which column holds customers' scores, and on what scale: checked, never assumed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from travesia.errors import UnknownName

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

Scale = tuple[float, float]

SCALES: tuple[Scale, ...] = ((1, 5), (0, 5), (1, 7), (1, 10), (0, 10), (0, 100))
"""Scales in use, narrowest first: the first that holds all scores of a touchpoint is its own.
An NPS asked on 0 to 10 has zeros among a few hundred answers; from 1 to 10 it is none."""
VALENCE: Scale = (-2, 2)
_VALENCE_NAMES = re.compile(r"(?i)(^|[^a-z])(valence|valencia|sentiment|sentimiento)([^a-z]|$)")
_SCORE_NAMES = re.compile(
    r"(?i)(^|[^a-z])(score|rating|stars?|nps|csat|ces|satisfaction|satisfaccion|"
    r"valoracion|puntuacion|nota|estrellas)([^a-z]|$)"
)


@dataclass(frozen=True, slots=True)
class Scored:
    """The column with scores.

    Attributes:
        scales: touchpoint -> its scale; those whose scores fit no scale are left out.
        answers: touchpoint -> how many scores it has.
    """

    column: str
    scales: dict[str, Scale]
    answers: dict[str, int]


def scored(journeys: Journeys, named: str | None = None) -> Scored | None:
    """The column with scores and each touchpoint's scale; None where there are no scores.

    A column of valences (-2 to +2) is preferred to one of scores.

    Raises:
        UnknownName: the column named does not exist or holds no numbers.
    """
    from travesia.study.scores import Scores

    attributes = journeys.scope.attributes
    numbers = [
        name
        for name, kind in journeys.columns.items()
        if kind == "number" and name not in attributes
    ]
    if named is not None and named not in numbers:
        raise UnknownName("number column", named, numbers)
    found = named or _likely(numbers)
    if found is None:
        return None
    rows = journeys.ask(Scores(found)).to_pylist()
    fitting = {row["touchpoint"]: scale_of(found, row["least"], row["most"]) for row in rows}
    scales = {name: scale for name, scale in fitting.items() if scale is not None}
    answers = {row["touchpoint"]: row["answers"] for row in rows}
    return Scored(found, scales, answers) if scales else None


def _likely(numbers: list[str]) -> str | None:
    for names in (_VALENCE_NAMES, _SCORE_NAMES):
        for column in numbers:
            if names.search(column):
                return column
    return None


def scale_of(column: str, least: float, most: float) -> Scale | None:
    """The narrowest scale in use that holds scores from the least to the most."""
    if _VALENCE_NAMES.search(column):
        return VALENCE if VALENCE[0] <= least and most <= VALENCE[1] else None
    return next((scale for scale in SCALES if scale[0] <= least and most <= scale[1]), None)

"""Scores: how customers rate each touchpoint, on a scale that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import field_validator

from travesia.engines.blocks import Block
from travesia.engines.partials import Partial, Peak, Tally
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.study.dense import check_size
from travesia.study.intervals import ratio
from travesia.study.question import Answer, Measure, Question, option, question

_ = texts("study")


@question
class Scores(Question):
    """How customers rate each touchpoint: the mean of a score column where it has a value.

    With the `scale` given, `valence` puts the mean on -2 to +2 (the middle of the scale is 0),
    unless some score of the touchpoint is off the scale. The interval is the normal one of a
    mean, and needs two answers.
    """

    kind = "scores"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("answers", "count", N_("Answers")),
        Measure("mean", "number", N_("Mean score"), low="low", high="high"),
        Measure("least", "number", N_("Least")),
        Measure("most", "number", N_("Most")),
        Measure("valence", "number", N_("Valence"), low="valence_low", high="valence_high"),
    )
    cell_fields: ClassVar[Mapping[str, str]] = {"touchpoint": "a touchpoint with a score"}

    column: str = option(N_("number column with the score"))
    scale: tuple[float, float] | None = option(N_("least and most of the scale"), default=None)

    @field_validator("scale")
    @classmethod
    def _ascends(cls, scale: tuple[float, float] | None) -> tuple[float, float] | None:
        if scale is not None and scale[0] >= scale[1]:
            raise InvalidValue(f"The scale {scale} does not ascend.", "Write it as (0, 10).")
        return scale

    def fold(self, scope: Scope) -> Fold:
        """Sum scores by touchpoint.

        Raises:
            InvalidValue: the column holds no numbers, or describes customers.
        """
        if scope.kind(self.column) != "number" or self.column in scope.attributes:
            raise InvalidValue(
                f"Column {self.column!r} is no number of the interactions.",
                "Name the column that holds the score.",
            )
        check_size(scope, self.by, len(scope.touchpoints) * 5)
        return SumScores(self.column, len(scope.touchpoints))

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a touchpoint with answers, in order of their codes."""
        sums, extremes = partials[0]["sums"], partials[0]["extremes"]
        seen = np.flatnonzero(sums[:, 0])
        answers, total, squares = (sums[seen, place] for place in range(3))
        mean = ratio(total, answers)
        # rounding may leave a tiny negative sum of squares
        spread = np.sqrt(np.maximum(squares - answers * mean**2, 0) / np.maximum(answers - 1, 1))
        half = np.where(answers > 1, 1.959963984540054 * spread / np.sqrt(answers), np.nan)
        low, high = mean - half, mean + half
        found: dict[str, Any] = {
            "touchpoint": scope.touchpoints.names.cast(pa.string()).take(pa.array(seen)),
            "answers": answers.astype(np.int64),
            "mean": mean,
            "low": _known(low),
            "high": _known(high),
            "least": -extremes[seen, 0],
            "most": extremes[seen, 1],
        }
        on_scale = self._on_scale(found["least"], found["most"])
        for name, values in (("valence", mean), ("valence_low", low), ("valence_high", high)):
            found[name] = _known(np.where(on_scale, self._valence(values), np.nan))
        return pa.table(found)

    def _on_scale(
        self, least: npt.NDArray[np.float64], most: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.bool_]:
        if self.scale is None:
            return np.zeros(least.shape, bool)
        return np.asarray((least >= self.scale[0]) & (most <= self.scale[1]))

    def _valence(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self.scale is None:
            return values
        low, high = self.scale
        return np.clip((values - (low + high) / 2) * 4 / (high - low), -2, 2)

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who gave a score there."""
        return GaveScore(self.column, scope.touchpoints.code(str(cell["touchpoint"])))

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """Whether some scores are off the scale."""
        if self.scale is None:
            return ()
        low, high = self.scale
        off = [
            row["touchpoint"]
            for row in answer.to_pylist()
            if row["least"] < low or row["most"] > high
        ]
        if not off:
            return (_("Scores are on the scale {low:g} to {high:g}.", low=low, high=high),)
        return (
            _(
                "Scores of {names} leave the scale {low:g} to {high:g}; no valence is given there.",
                names=", ".join(off),
                low=low,
                high=high,
            ),
        )


@dataclass(frozen=True, slots=True)
class SumScores:
    """Sums scores by touchpoint."""

    column: str
    names: int

    def observe(self, block: Block) -> Partial:
        """`sums` (answers, sum, sum of squares) and `extremes` (minus the least, the most)."""
        from travesia.study.contact_kernels import sum_scores

        sums, extremes = sum_scores(
            block.start,
            block.stop,
            block.group,
            block.touchpoint,
            block.columns[self.column],
            block.groups,
            self.names,
        )
        return Partial({"sums": Tally(sums), "extremes": Peak(extremes)})


@dataclass(frozen=True, slots=True)
class GaveScore:
    """Rows with a score at a touchpoint."""

    column: str
    touchpoint: int

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        from travesia.study.contact_kernels import mark_score

        found: npt.NDArray[np.bool_] = mark_score(
            block.start,
            block.stop,
            block.touchpoint,
            block.columns[self.column],
            self.touchpoint,
        )
        return found


def _known(values: npt.NDArray[np.float64]) -> pa.Array:
    return pa.array(values, pa.float64(), mask=np.isnan(values))

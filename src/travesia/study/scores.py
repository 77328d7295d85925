"""Scores: how customers rate each touchpoint, on a scale that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import field_validator

from travesia.engines.blocks import Block
from travesia.engines.partials import Groups, Partial, Peak
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.study import shares
from travesia.study.dense import check_size
from travesia.study.intervals import LEVEL
from travesia.study.question import Answer, Measure, Question, option, question

_ = texts("study")

Floats = npt.NDArray[np.float64]


@question
class Scores(Question):
    """How customers rate each touchpoint: the mean of a score column where it has a value.

    With the `scale` given, `valence` puts the mean on -2 to +2 (the middle of the scale is 0),
    unless some score of the touchpoint is off the scale. The interval is Student's, with the
    variance between customers: the answers of one are not independent. It needs two customers,
    and answers that differ.
    """

    kind = "scores"
    measures = (
        Measure("touchpoint", "label", N_("Touchpoint"), cell=True),
        Measure("answers", "count", N_("Answers")),
        Measure("customers", "count", N_("Customers")),
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
        """Sum scores by touchpoint and customer.

        Raises:
            InvalidValue: the column holds no numbers, or describes customers.
        """
        if scope.kind(self.column) != "number" or self.column in scope.attributes:
            raise InvalidValue(
                f"Column {self.column!r} is no number of the interactions.",
                "Name the column that holds the score.",
            )
        check_size(scope, self.by, len(scope.touchpoints) * 8)
        return SumScores(self.column, len(scope.touchpoints))

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a touchpoint with answers, in order of their codes."""
        moments, extremes = partials[0]["moments"], partials[0]["extremes"]
        seen = np.flatnonzero(moments[:, 0])
        customers, answers, mean = (moments[seen, place] for place in range(3))
        least, most = -extremes[seen, 0], extremes[seen, 1]
        half = _half_width(moments[seen], np.maximum(np.abs(least), np.abs(most)))
        low, high = mean - half, mean + half
        thin = customers < self.min_customers
        found: dict[str, Any] = {
            "touchpoint": scope.touchpoints.names.cast(pa.string()).take(pa.array(seen)),
            "answers": answers.astype(np.int64),
            "customers": customers.astype(np.int64),
            "mean": shares.column(mean, thin),
            "low": shares.column(low, thin),
            "high": shares.column(high, thin),
            "least": shares.column(least, thin),
            "most": shares.column(most, thin),
        }
        off = thin | ~self._on_scale(least, most)
        for name, values in (("valence", mean), ("valence_low", low), ("valence_high", high)):
            found[name] = shares.column(self._valence(values), off)
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
        return GaveScore(self.column, scope.touchpoints.code(self.cell_value(cell, "touchpoint")))

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """Whether some scores are off the scale."""
        if self.scale is None:
            return ()
        low, high = self.scale
        off = [
            row["touchpoint"]
            for row in answer.to_pylist()
            if row["least"] is not None and (row["least"] < low or row["most"] > high)
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
class Moments:
    """Answers by customer: [group, touchpoint, one of] the columns of `score_moments`.

    Adding moves both sums to the mean they have together (Chan, Golub and LeVeque 1983).
    """

    values: Floats

    def __add__(self, other: Moments) -> Moments:
        return Moments(_together(self.values, other.values))

    def of(self, groups: Groups) -> Floats:
        """Shape (touchpoints, 6)."""
        return reduce(_together, self.values[groups], np.zeros(self.values.shape[1:]))


def _together(one: Floats, other: Floats) -> Floats:
    found = one + other
    answers = found[..., 1]
    part = np.divide(other[..., 1], answers, out=np.zeros_like(answers), where=answers > 0)
    found[..., 2] = one[..., 2] + (other[..., 2] - one[..., 2]) * part
    found[..., 3:] = _about(one, found[..., 2]) + _about(other, found[..., 2])
    return found


def _about(moments: Floats, mean: Floats) -> Floats:
    """The sums over customers of n * n, n * s and s * s, with s above another mean."""
    away = mean - moments[..., 2]
    nn, ns, ss = (moments[..., place] for place in (3, 4, 5))
    return np.stack([nn, ns - away * nn, ss - 2 * away * ns + away**2 * nn], axis=-1)


@dataclass(frozen=True, slots=True)
class SumScores:
    """Sums scores by touchpoint."""

    column: str
    names: int

    def observe(self, block: Block) -> Partial:
        """`moments` and `extremes` (minus the least, the most), by touchpoint."""
        from travesia.study.contact_kernels import score_moments

        moments, extremes = score_moments(
            block.start,
            block.stop,
            block.owner,
            block.group,
            block.touchpoint,
            block.columns[self.column],
            block.groups,
            self.names,
        )
        return Partial({"moments": Moments(moments), "extremes": Peak(extremes)})


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


def _half_width(moments: Floats, size: Floats) -> Floats:
    """Half the interval of a mean of clustered answers; NaN of one customer or without spread.

    The mean is a ratio of sums over customers, so its variance is that of their residuals
    (Cochran 1977, section 9A.4). `size` are the largest scores: what is tiny beside them is
    rounding, and no spread.
    """
    from scipy.stats import t

    customers, answers, squares = moments[:, 0], moments[:, 1], moments[:, 5]
    free = np.where(customers > 1, customers - 1, np.nan)
    error = np.sqrt(customers / free * squares) / answers
    error[~(error > 1e-13 * size)] = np.nan
    half: Floats = t.ppf(0.5 + LEVEL / 2, free) * error
    return half

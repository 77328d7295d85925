"""Compare: any question of two groups, one minus the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import BeforeValidator, PlainSerializer, SkipValidation, WithJsonSchema

from travesia.engines.blocks import Block
from travesia.engines.counting import JOURNEYS
from travesia.engines.groups import Grouping
from travesia.engines.partials import Part, Partial, Tally
from travesia.engines.passes import Fold, Grouped
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.lens_text import parse_chain
from travesia.record.lenses import CHAIN, Lens, Step, chain_text
from travesia.study import intervals
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.within import AnyQuestion

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

REPLICATES = 40
"""Groups of customers for the jackknife; their number is the degrees of freedom plus one."""

JACKKNIFED = ("share", "duration", "number")

_ = texts("study")


def _chain(value: Any) -> Any:
    return parse_chain(value) if isinstance(value, str) else CHAIN.validate_python(value)


Lenses = Annotated[
    SkipValidation[tuple[Lens, ...]],
    BeforeValidator(_chain),
    PlainSerializer(chain_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "travesia-lenses"}),
]


@question
class Compare(Question):
    """A question asked of two groups of the same journeys, and a minus b.

    Shares of customers are compared by Newcombe's interval and the pooled score test; medians,
    means and other
    numbers by a jackknife over 40 groups of customers; so are shares of
    transitions, which of one customer are not independent. p-values of one measure are a family,
    corrected after Benjamini and Hochberg; `different` says whether the corrected one is under
    5 %. Counts are not compared: groups differ in size. Groups should not share customers; the
    note says how many they share.
    """

    kind = "compare"
    measures = (
        Measure("cell", "label", N_("Cell"), cell=True),
        Measure("measure", "label", N_("Measure"), cell=True),
        Measure("a", "number", N_("A")),
        Measure("b", "number", N_("B")),
        Measure("difference", "number", N_("A minus B"), low="low", high="high"),
        Measure("p_value", "p_value", N_("Corrected p-value")),
        Measure("different", "label", N_("Different")),
        Measure("n_a", "count", N_("Of, in A")),
        Measure("n_b", "count", N_("Of, in B")),
    )

    of: AnyQuestion = option(N_("the question asked of both groups"))
    a: Lenses = option(N_("lenses of the first group"))
    b: Lenses = option(N_("lenses of the second group"))

    def __post_init__(self) -> None:
        """Refuse breakdowns, which would hide which groups are compared.

        Raises:
            InvalidValue: the question or the comparison is broken down by a column.
        """
        if self.by or self.of.by:
            raise InvalidValue(
                "A comparison is of two groups and cannot be broken down further.",
                "Leave `by` out, and choose each group with lenses.",
            )
        if not any(_comparable(measure) for measure in self.of.measures):
            raise InvalidValue(
                f"Answers to {self.of.kind!r} have counts alone, which two groups of different "
                "sizes cannot be compared by.",
                "Compare a question with shares, times or means, such as Flow or Funnel.",
            )

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """The question's passes, of both groups at once."""
        sides = tuple(
            _side(lenses, scope, self.of, [_of_side(one, name) for one in done])
            for name, lenses in (("a", self.a), ("b", self.b))
        )
        return None if all(side.fold is None for side in sides) else BothSides(*sides)

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> pa.Table:
        """A row a cell of the question's answer and measure of it."""
        sides = [
            _Side.of(self.of, _scope(lenses, scope), [_of_side(one, name) for one in partials])
            for name, lenses in (("a", self.a), ("b", self.b))
        ]
        rows: list[dict[str, Any]] = []
        for measure in self.of.measures:
            if measure.of is not None:
                rows += _corrected(_shares(measure, *sides))
            elif _comparable(measure):
                rows += _corrected(_numbers(measure, *sides))
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """Who A and B are, and how many customers are both."""
        said = [
            _(
                "A is {a}; B is {b}.",
                a=chain_text(self.a) or _("everybody"),
                b=chain_text(self.b) or _("everybody"),
            ),
            _("p-values are corrected for the number of comparisons (Benjamini-Hochberg)."),
        ]
        both = answer.facts.get("both", 0)
        if both:
            said.append(
                _.plural(
                    "{n} customer is in both groups: intervals are too wide or narrow.",
                    "{n} customers are in both groups: intervals are too wide or narrow.",
                    both,
                )
            )
        return tuple(said)

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`both`: customers in both groups; `a`, `b`: journeys of each."""
        del scope
        sizes = {
            name: int(_of_side(partials[0], name)[JOURNEYS].of(np.arange(REPLICATES)))
            for name in "ab"
        }
        return {"both": int(partials[0]["both"]), **sizes}


SCHEMA = pa.schema(
    {
        "cell": pa.string(),
        "measure": pa.string(),
        "a": pa.float64(),
        "b": pa.float64(),
        "difference": pa.float64(),
        "low": pa.float64(),
        "high": pa.float64(),
        "p_value": pa.float64(),
        "different": pa.bool_(),
        "n_a": pa.int64(),
        "n_b": pa.int64(),
    }
)


def compare(question: Question, a: Journeys, b: Journeys) -> Answer:
    """Ask a question of two groups of the same journeys, and take one from the other.

    Raises:
        InvalidValue: the journeys are not of the same data.
    """
    if a.snapshot is not b.snapshot:
        raise InvalidValue(
            "The two groups are not of the same data.",
            "Choose both with lenses from the same journeys.",
        )
    shared = 0
    for one, other in zip(a.lenses, b.lenses, strict=False):
        if one != other:
            break
        shared += 1
    asked = Compare(of=question, a=a.lenses[shared:], b=b.lenses[shared:])
    return a.with_lenses(a.lenses[:shared]).ask(asked)


@dataclass(frozen=True, slots=True)
class Whole:
    """A part that keeps its own group axis inside another."""

    part: Any

    def __add__(self, other: Whole) -> Whole:
        return Whole(self.part + other.part)

    def of(self, groups: npt.NDArray[np.intp]) -> Any:
        """The part itself, group axis and all."""
        del groups
        return self.part


@dataclass(frozen=True, slots=True)
class SideFold:
    """One group's lenses and its pass, if it has one left."""

    steps: tuple[Step, ...]
    fold: Fold | None

    def look(self, block: Block) -> Block:
        """The block through the group's lenses."""
        for step in self.steps:
            block = step(block)
        return block


@dataclass(frozen=True, slots=True)
class BothSides:
    """A pass of the same question over two groups."""

    a: SideFold
    b: SideFold

    def observe(self, block: Block) -> Partial:
        """The parts of each group, by replicate; and the owners in both."""
        parts: dict[str, Part] = {}
        seen = [self.a.look(block), self.b.look(block)]
        for name, side, rows in zip("ab", (self.a, self.b), seen, strict=True):
            if side.fold is not None:
                found = Grouped(side.fold, Grouping(replicates=REPLICATES)).observe(rows)
                parts |= {f"{name}.{part}": Whole(value) for part, value in found.parts.items()}
        both = np.intersect1d(seen[0].owner, seen[1].owner).size
        return Partial({**parts, "both": Tally(np.full(block.groups, both, np.int64))})


@dataclass(frozen=True, slots=True)
class _Side:
    """One group's answer, and the same leaving each replicate out."""

    question: Question
    table: dict[str, dict[str, Any]]
    without: tuple[dict[str, dict[str, Any]], ...]

    @classmethod
    def of(cls, asked: Question, scope: Scope, partials: Sequence[Partial]) -> _Side:
        def rows(groups: npt.NDArray[np.intp]) -> dict[str, dict[str, Any]]:
            table = asked.table(scope, partials, groups)
            return {_cell(asked, row): row for row in table.to_pylist()}

        every = np.arange(REPLICATES)
        needed = any(one.of is None and one.role in JACKKNIFED for one in asked.measures)
        without = tuple(rows(np.delete(every, one)) for one in every) if needed else ()
        return cls(asked, rows(every), without)

    def number(self, cell: str, measure: str) -> float:
        """A cell's value; NaN where there is none."""
        return _float(self.table.get(cell, {}).get(measure))

    def variance(self, cell: str, measure: str) -> float:
        """Grouped jackknife variance: (R - 1) / R times the sum of squares about the mean."""
        left = np.array([_float(rows.get(cell, {}).get(measure)) for rows in self.without])
        if np.isnan(left).any():
            return float("nan")
        size = left.size
        return float((size - 1) / size * ((left - left.mean()) ** 2).sum())


def _side(lenses: Sequence[Lens], scope: Scope, asked: Question, done: list[Partial]) -> SideFold:
    steps: list[Step] = []
    for lens in lenses:
        steps.append(lens.bind(scope))
        scope = lens.scope(scope)
    return SideFold(tuple(steps), asked.passes(scope, done))


def _scope(lenses: Sequence[Lens], scope: Scope) -> Scope:
    for lens in lenses:
        scope = lens.scope(scope)
    return scope


def _of_side(partial: Mapping[str, Any], name: str) -> Partial:
    """The parts of one group, out of the prefixed ones."""
    prefix = f"{name}."
    return Partial(
        {
            part[len(prefix) :]: value.part if isinstance(value, Whole) else value
            for part, value in partial.items()
            if part.startswith(prefix)
        }
    )


def _cells(a: _Side, b: _Side) -> Iterator[str]:
    yield from dict.fromkeys([*a.table, *b.table])


def _shares(measure: Measure, a: _Side, b: _Side) -> list[dict[str, Any]]:
    part, whole = measure.of or ("", "")
    rows = []
    for cell in _cells(a, b):
        k1, n1, k2, n2 = (side.number(cell, name) for side in (a, b) for name in (part, whole))
        if np.isnan([k1, n1, k2, n2]).any() or not n1 or not n2:
            continue
        if k1 == n1 and k2 == n2:
            continue  # the first step of a funnel: all of all, on both sides by definition
        low, high = intervals.newcombe(k1, n1, k2, n2)
        rows.append(
            {
                "cell": cell,
                "measure": measure.name,
                "a": k1 / n1,
                "b": k2 / n2,
                "difference": k1 / n1 - k2 / n2,
                "low": float(low),
                "high": float(high),
                "p_value": float(intervals.two_proportions(k1, n1, k2, n2)),
                "n_a": int(n1),
                "n_b": int(n2),
            }
        )
    return rows


def _numbers(measure: Measure, a: _Side, b: _Side) -> list[dict[str, Any]]:
    from scipy.stats import t

    rows = []
    for cell in _cells(a, b):
        one, other = a.number(cell, measure.name), b.number(cell, measure.name)
        variance = a.variance(cell, measure.name) + b.variance(cell, measure.name)
        if np.isnan([one, other, variance]).any():
            continue
        error = np.sqrt(variance)
        half = float(t.ppf(1 - (1 - intervals.LEVEL) / 2, REPLICATES - 1)) * error
        difference = one - other
        p = float(2 * t.sf(abs(difference) / error, REPLICATES - 1)) if error > 0 else 1.0
        rows.append(
            {
                "cell": cell,
                "measure": measure.name,
                "a": one,
                "b": other,
                "difference": difference,
                "low": difference - half,
                "high": difference + half,
                "p_value": p if error > 0 or not difference else 0.0,
                "n_a": None,
                "n_b": None,
            }
        )
    return rows


def _corrected(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    p_values = intervals.corrected([row["p_value"] for row in rows])
    return [
        {**row, "p_value": float(p), "different": bool(p < 1 - intervals.LEVEL)}
        for row, p in zip(rows, p_values, strict=True)
    ]


def _cell(asked: Question, row: Mapping[str, Any]) -> str:
    """What names a row: the values of its cell columns."""
    parts = [row[one.name] for one in asked.measures if one.cell]
    return " | ".join(
        " > ".join(map(str, part)) if isinstance(part, list) else str(part) for part in parts
    )


def _comparable(measure: Measure) -> bool:
    return measure.of is not None or measure.role in JACKKNIFED


def _float(value: Any) -> float:
    """A number; durations in seconds; NaN for nothing."""
    if value is None:
        return float("nan")
    return float(value.total_seconds()) if hasattr(value, "total_seconds") else float(value)

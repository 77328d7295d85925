"""Compare: any question of two groups, one minus the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from travesia.engines.passes import Fold, Grouped, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue
from travesia.locale import N_, texts
from travesia.record.lens_text import parse_chain
from travesia.record.lenses import CHAIN, Lens, Step, chain_text
from travesia.study.question import Answer, Measure, Question, option, question
from travesia.study.sides import REPLICATES, Side, Sides, comparable, corrected
from travesia.study.within import AnyQuestion

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

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

    Shares of customers are compared by Newcombe's interval and the pooled score test. Medians,
    means, and shares of what a customer has several of (transitions, attempts, journeys after a
    split) are compared by a jackknife over 40 groups of customers; with customers in fewer than
    ten of them, or where nothing varies between them, there is no interval and no p-value. p-values
    of one measure are a family, corrected after Benjamini and Hochberg; `different` says whether
    the corrected one is under 5 %. A cell that only one group lists is compared with nobody there,
    as long as the other's denominator is known; the note counts the rest. Times are in seconds.
    Counts are not compared: groups differ in size. Groups should not share customers; the note
    says how many they share.
    """

    kind = "compare"
    measures = (
        Measure("cell", "label", N_("Cell"), cell=True),
        Measure("measure", "label", N_("Measure"), cell=True),
        Measure("unit", "label", N_("Unit")),
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
        if not any(comparable(measure) for measure in self.of.measures):
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
        families = self._sides(scope, partials).compared()
        rows = [row for family in families for row in corrected(family)]
        return pa.Table.from_pylist(rows, schema=SCHEMA)

    def _sides(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> Sides:
        return Sides(
            *(
                Side(self.of, _scope(lenses, scope), [_of_side(one, name) for one in partials])
                for name, lenses in (("a", self.a), ("b", self.b))
            )
        )

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
        alone = answer.facts.get("alone", 0)
        if alone:
            said.append(
                _.plural(
                    "{n} value is left out: one group has nothing to compare it with.",
                    "{n} values are left out: one group has nothing to compare them with.",
                    alone,
                )
            )
        return tuple(said)

    def times_from(self, scope: Scope) -> float:
        """As the question asked of both."""
        return self.of.times_from(scope)

    @property
    def cell_fields(self) -> Mapping[str, str]:  # type: ignore[override]
        """The group, and what names a cell of the question asked of both."""
        return {"group": "a or b", **self.of.cell_fields}

    @property
    def cell_types(self) -> Mapping[str, type]:  # type: ignore[override]
        """Those of the question asked of both."""
        return self.of.cell_types

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who is behind a cell of one group's answer.

        Raises:
            InvalidValue: it does not say of which group.
        """
        group = cell.get("group")
        if group not in ("a", "b"):
            raise InvalidValue("Which of the two groups?", 'Name it: group="a" or group="b".')
        lenses = self.a if group == "a" else self.b
        inner = {name: value for name, value in cell.items() if name != "group"}
        return InGroup(_side_steps(lenses, scope), self.of.marker(_scope(lenses, scope), inner))

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`both`: customers in both groups; `a`, `b`: journeys of each.

        `alone`: values of one group that there is nothing in the other to compare with.
        """
        sizes = {
            name: int(_of_side(partials[0], name)[JOURNEYS].of(np.arange(REPLICATES)))
            for name in "ab"
        }
        alone = self._sides(scope, partials).alone()
        return {"both": int(partials[0]["both"]), **sizes, "alone": alone}


SCHEMA = pa.schema(
    {
        "cell": pa.string(),
        "measure": pa.string(),
        "unit": pa.string(),
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
class InGroup:
    """Rows of the customers whom a marker chooses among those of one group."""

    steps: tuple[Step, ...]
    inner: Marker

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth a row."""
        seen = block
        for step in self.steps:
            seen = step(seen)
        owners = np.zeros(len(block.owners.keys), bool)
        owners[seen.owner[self.inner.mark(seen)]] = True
        chosen: npt.NDArray[np.bool_] = owners[block.owner]
        return chosen


def _side(lenses: Sequence[Lens], scope: Scope, asked: Question, done: list[Partial]) -> SideFold:
    return SideFold(_side_steps(lenses, scope), asked.passes(_scope(lenses, scope), done))


def _side_steps(lenses: Sequence[Lens], scope: Scope) -> tuple[Step, ...]:
    steps: list[Step] = []
    for lens in lenses:
        steps.append(lens.bind(scope))
        scope = lens.scope(scope)
    return tuple(steps)


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

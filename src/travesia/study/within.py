"""A cell of an answer as a condition: who is in it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PlainSerializer, SkipValidation, WithJsonSchema

from travesia.engines.blocks import Block
from travesia.engines.groups import grouping
from travesia.engines.passes import Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue, UnknownName
from travesia.record.conditions import Condition, Test, Truth
from travesia.study.question import Question, from_json, make, question_type


def _question(value: Any) -> Question:
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("{") else {"question": value}
    found = from_json(value) if isinstance(value, Mapping) else value
    if not isinstance(found, Question):
        raise InvalidValue(f"{found!r} is not a question.", "Pass one such as tv.Flow().")
    return found


AnyQuestion = Annotated[
    SkipValidation[Question],
    BeforeValidator(_question),
    PlainSerializer(lambda asked: asked.to_json(), return_type=dict),
    WithJsonSchema({"type": "object", "required": ["question"]}),
]


class Within(Condition, ops=("within",)):
    """Customers in one cell of an answer: `tv.Within(tv.Funnel([...]), step=2, outcome="lost")`.

    The question is asked of the journeys as they are where the condition stands in the chain.
    """

    op: Literal["within"] = "within"
    question: AnyQuestion
    cell: dict[str, Any] = Field(default_factory=dict)

    def __init__(self, question: Any = None, /, **cell: Any) -> None:
        """Take the cell as keywords (or, from JSON, as `cell`)."""
        given = cell if question is None else {"question": question, "cell": cell}
        super().__init__(**given)

    def bind(self, scope: Scope) -> Test:
        """Look names up."""
        return RowTest(self.row_marker(scope))

    def row_marker(self, scope: Scope) -> Marker:
        """Who is in the cell, decided for each row.

        Raises:
            UnknownName: the answer has no such cell.
            InvalidValue: a field holds a value of another type.
        """
        asked = self.question
        known = [*asked.cell_fields, *([asked.by] if asked.by else [])]
        for name in self.cell:
            if name not in known:
                raise UnknownName("cell field", name, known, f"answers to {asked.kind!r}")
        stratum = self.cell.get(asked.by) if asked.by else None
        cell = {
            name: _as_meant(asked, name, value)
            for name, value in self.cell.items()
            if name != asked.by and value is not None
        }
        inner = asked.marker(scope, cell)
        if asked.by is None or stratum is None:
            return inner
        return InStratum(asked.by, str(stratum), scope, inner)

    def text(self) -> str:
        """The text form, which Python understands too."""
        cell = "".join(f", {name}={value!r}" for name, value in self.cell.items())
        return f"tv.Within(tv.{self.question}{cell})"

    def __hash__(self) -> int:
        return hash((self.op, self.question, str(sorted(self.cell.items()))))


def _as_meant(asked: Question, name: str, value: Any) -> Any:
    """A field's value in its own type.

    Raises:
        InvalidValue: it is of another.
    """
    meant = asked.cell_types.get(name, str)
    if meant is bool and isinstance(value, (bool, np.bool_)):
        return bool(value)
    if meant is int and _is_whole(value):
        return int(value)
    if meant is list and not isinstance(value, str) and isinstance(value, Iterable):
        return [str(one) for one in value]
    if meant is str:
        return value
    raise InvalidValue(
        f"{value!r} is no value for {name!r}: {asked.cell_fields[name]}.",
        f"Write {name}={_EXAMPLES[meant]}, without quotes around it.",
    )


_EXAMPLES = {bool: "True or False", int: "2", list: '["visit", "cart"]'}


def _is_whole(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and value == value // 1


@dataclass(frozen=True, slots=True)
class InStratum:
    """Rows of one stratum that a marker chooses."""

    by: str
    value: str
    scope: Scope
    inner: Marker

    def mark(self, block: Block) -> Truth:
        """One truth a row."""
        placed = grouping(self.scope, self.by).place(block)
        chosen: Truth = placed.group == self.scope.vocabulary(self.by).code(self.value)
        return chosen & self.inner.mark(placed)


@dataclass(frozen=True, slots=True)
class RowTest(Test):
    """A marker as a test of customers: any of their rows is marked."""

    marker: Marker
    interactions: bool = True
    rows: bool = True

    def of_interactions(self, block: Block) -> Truth:
        """Never asked: `what` refuses it.

        Raises:
            InvalidValue: always.
        """
        del block
        raise InvalidValue("A cell chooses customers, not interactions.", "Use who() with it.")

    def of_owners(self, block: Block) -> Truth:
        """One truth an owner."""
        owners = np.zeros(len(block.owners.keys), bool)
        owners[block.owner[self.marker.mark(block)]] = True
        return owners


def parse_within(node: ast.expr, text: str) -> Within:
    """`Within(Funnel(...), step=2)` in the text form of a condition.

    Raises:
        InvalidValue: it cannot be read.
    """
    match node:
        case ast.Call(args=[ast.Call() as asked], keywords=cell):
            kind = asked.func.attr if isinstance(asked.func, ast.Attribute) else ""
            kind = asked.func.id if isinstance(asked.func, ast.Name) else kind
            options = {str(one.arg): _literal(one.value, text) for one in asked.keywords}
            found = make(question_type(_snake(kind)), options)
            return Within(found, **{str(one.arg): _literal(one.value, text) for one in cell})
        case _:
            raise InvalidValue(
                f"Cannot read {text!r}.", "Write Within(Funnel(steps=['a', 'b']), step=2)."
            )


def _literal(node: ast.expr, text: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise InvalidValue(f"Cannot read {text!r}.", "Use plain values in it.") from None


def _snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")

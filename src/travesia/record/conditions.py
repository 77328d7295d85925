"""Conditions on interactions and customers: values with a Python, a text and a JSON form.

    tv.col("value") > 100
    (tv.col("country") == "ES") & ~tv.col("channel").isin(["store", "phone"])
    "value > 100 and not channel in ['store', 'phone']"
    {"op": ">", "column": "value", "value": 100}

A missing value satisfies no comparison, not even `!=`; ask for it with `col(x).missing()`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import translate
from importlib import import_module
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, BeforeValidator, ConfigDict, SerializeAsAny

from travesia.engines.blocks import Block
from travesia.engines.scope import KEY, Scope, microseconds
from travesia.errors import InvalidValue, UnknownName
from travesia.record.refusals import refusing

Truth = npt.NDArray[np.bool_]
Scalar = bool | int | float | str
MISSING_TIME = np.iinfo(np.int64).min


class Test(ABC):
    """A condition bound to a scope: names have become codes."""

    interactions: bool
    """Whether it looks at interactions (otherwise at customers alone)."""
    rows: bool = False
    """Whether it is decided for whole rows, so that it cannot choose single interactions."""

    @abstractmethod
    def of_interactions(self, block: Block) -> Truth:
        """One truth an interaction of the flat columns."""

    @abstractmethod
    def of_owners(self, block: Block) -> Truth:
        """One truth an owner: of the owner itself, or whether any of its interactions satisfies."""


class Condition(BaseModel):
    """A statement that is true or false of an interaction or a customer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kinds: ClassVar[dict[str, type[Condition]]] = {}
    elsewhere: ClassVar[dict[str, str]] = {"within": "travesia.study.within"}

    def __init_subclass__(cls, ops: Iterable[str] = (), **settings: Any) -> None:
        super().__init_subclass__(**settings)
        Condition.kinds.update(dict.fromkeys(ops, cls))

    def bind(self, scope: Scope) -> Test:
        """Look names up, once."""
        raise NotImplementedError

    def text(self) -> str:
        """The text form, which `parse` reads and Python understands."""
        raise NotImplementedError

    def __and__(self, other: Condition) -> Condition:
        return All(conditions=(self, other))

    def __or__(self, other: Condition) -> Condition:
        return Any_(conditions=(self, other))

    def __invert__(self) -> Condition:
        return Not(condition=self)

    def __bool__(self) -> bool:
        raise InvalidValue(
            "A condition has no truth of its own; it was used with `and`, `or` or `not`.",
            "Write & | ~ between conditions, each in parentheses.",
        )


def parsed(value: Any) -> Any:
    """A condition from its JSON or text form (for pydantic)."""
    if isinstance(value, str):
        from travesia.record.condition_text import parse

        return parse(value)
    if not isinstance(value, Mapping):
        return value
    op = value.get("op")
    if op in Condition.elsewhere and op not in Condition.kinds:
        import_module(Condition.elsewhere[op])
    if op not in Condition.kinds:
        raise UnknownName("condition", str(op), Condition.kinds)
    return Condition.kinds[op].model_validate(value)


AnyCondition = Annotated[SerializeAsAny[Condition], BeforeValidator(parsed)]

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "missing"]
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Comparison(
    Condition, ops=("==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "missing")
):
    """A column against a value; "in" against several, "like" against a pattern of * and ?."""

    op: Operator
    column: str
    value: Scalar | tuple[Scalar, ...] = ()

    def bind(self, scope: Scope) -> Test:
        """Look the column and the values up.

        Raises:
            UnknownName: there is no such column, or no interaction ever had the value.
            InvalidValue: the operator does not go with what the column holds.
        """
        kind = scope.kind(self.column)
        makers = {"text": self._of_text, "number": self._of_number, "time": self._of_time}
        accept = self._of_key() if kind == "key" else makers[kind](scope)
        on_customer = kind == "key" or self.column in scope.attributes
        return ColumnTest(self.column, accept, interactions=not on_customer)

    def text(self) -> str:
        """The text form."""
        plain = self.column.isidentifier() and self.column not in {"and", "or", "not", "in"}
        column = self.column if plain else f"col({self.column!r})"
        if self.op == "missing":
            return f"missing({column})"
        if self.op == "like":
            return f"like({column}, {self.value!r})"
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        return f"{column} {self.op} {value!r}"

    @property
    def _values(self) -> tuple[Scalar, ...]:
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def _of_text(self, scope: Scope) -> Callable[[Any], Truth]:
        vocabulary = scope.vocabulary(self.column)
        accepted = np.zeros(len(vocabulary), bool)
        if self.op == "missing":
            accepted = _equal_to(vocabulary.names, "")
        elif self.op == "like":
            accepted = _like(vocabulary.names, str(self.value))
        elif self.op in ("==", "in", "!=", "not in"):
            accepted[vocabulary.codes(map(_as_text, self._values))] = True
            if self.op in ("!=", "not in"):
                accepted = ~accepted & ~_equal_to(vocabulary.names, "")
        else:
            raise self._misfit("text", "== != in like")
        return Lookup(accepted)

    def _of_number(self, scope: Scope) -> Callable[[Any], Truth]:
        del scope
        if self.op == "like" or any(isinstance(one, str) for one in self._values):
            raise self._misfit("a number", "== != < <= > >= in, with numbers")
        values = np.array([float(one) for one in self._values], np.float64)
        return Numbers(self.op, values)

    def _of_time(self, scope: Scope) -> Callable[[Any], Truth]:
        if self.op == "like" or not all(isinstance(one, str) for one in self._values):
            raise self._misfit("a time", '== != < <= > >= in, with dates such as "2026-01-31"')
        values = [microseconds(str(one), scope.zone) for one in self._values]
        return Times(self.op, np.array(values, np.int64))

    def _of_key(self) -> Callable[[Any], Truth]:
        if self.op not in ("==", "!=", "in", "not in", "like"):
            raise self._misfit("customers", "== != in like")
        return Keys(self.op, self._values)

    def _misfit(self, holds: str, fitting: str) -> InvalidValue:
        return InvalidValue(
            f"{self.text()!r}: column {self.column!r} holds {holds}.", f"Use {fitting}."
        )


class All(Condition, ops=("and",)):
    """True where all of them are."""

    op: Literal["and"] = "and"
    conditions: tuple[AnyCondition, ...]

    def bind(self, scope: Scope) -> Test:
        """Bind every one."""
        return Junction(np.logical_and, tuple(one.bind(scope) for one in self.conditions))

    def text(self) -> str:
        """The text form."""
        return " and ".join(_nested(one) for one in self.conditions)


class Any_(Condition, ops=("or",)):  # noqa: N801 - `Any` is typing's
    """True where at least one of them is."""

    op: Literal["or"] = "or"
    conditions: tuple[AnyCondition, ...]

    def bind(self, scope: Scope) -> Test:
        """Bind every one."""
        return Junction(np.logical_or, tuple(one.bind(scope) for one in self.conditions))

    def text(self) -> str:
        """The text form."""
        return " or ".join(_nested(one) for one in self.conditions)


class Not(Condition, ops=("not",)):
    """True where it is false."""

    op: Literal["not"] = "not"
    condition: AnyCondition

    def bind(self, scope: Scope) -> Test:
        """Bind it."""
        return Negation(self.condition.bind(scope))

    def text(self) -> str:
        """The text form."""
        return f"not {_nested(self.condition)}"


@dataclass(frozen=True, slots=True)
class col:  # noqa: N801 - reads as a word in a condition: col("value") > 100
    """A column in a condition."""

    name: str

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return self._against("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return self._against("!=", other)

    def __lt__(self, other: Scalar) -> Condition:
        return self._against("<", other)

    def __le__(self, other: Scalar) -> Condition:
        return self._against("<=", other)

    def __gt__(self, other: Scalar) -> Condition:
        return self._against(">", other)

    def __ge__(self, other: Scalar) -> Condition:
        return self._against(">=", other)

    __hash__ = None  # type: ignore[assignment]

    def isin(self, values: Iterable[Scalar]) -> Condition:
        """True where the column has one of these values."""
        return self._against("in", tuple(values))

    def like(self, pattern: str) -> Condition:
        """True where the text fits a pattern of `*` (anything) and `?` (one character)."""
        return self._against("like", pattern)

    def missing(self) -> Condition:
        """True where there is no value."""
        return Comparison(op="missing", column=self.name)

    def _against(self, op: Operator, value: Any) -> Condition:
        if value is None and op in ("==", "!="):
            return self.missing() if op == "==" else ~self.missing()
        with refusing(f"the condition on {self.name!r}"):
            return Comparison(op=op, column=self.name, value=_plain(value))


def equalities(equal: Mapping[str, Scalar | Iterable[Scalar]]) -> tuple[Condition, ...]:
    """Keyword arguments as conditions: `country="ES"`, `channel=["web", "app"]`."""
    return tuple(
        col(name).isin(value)
        if isinstance(value, list | tuple | set | frozenset)
        else col(name) == value
        for name, value in equal.items()
    )


def joined(conditions: Iterable[Condition]) -> Condition:
    """All of them together.

    Raises:
        InvalidValue: there is none.
    """
    several = tuple(conditions)
    if not several:
        raise InvalidValue(
            "No condition was given.", 'Write country="ES" or tv.col("value") > 100.'
        )
    return several[0] if len(several) == 1 else All(conditions=several)


# Tests: conditions whose names have become codes


@dataclass(frozen=True, slots=True)
class ColumnTest(Test):
    """One column's values against what is accepted."""

    column: str
    accept: Callable[[Any], Truth]
    interactions: bool

    def of_interactions(self, block: Block) -> Truth:
        """One truth an interaction; a customer's is repeated for each of its own."""
        if self.interactions:
            return self.accept(block.columns[self.column])
        from travesia.record.lens_kernels import spread

        size = block.touchpoint.size
        found: Truth = spread(block.start, block.stop, block.owner, self.of_owners(block), size)
        return found

    def of_owners(self, block: Block) -> Truth:
        """One truth an owner."""
        if self.interactions:
            return any_interaction(block, self.of_interactions(block))
        if self.column == KEY:
            return self.accept(block.owners.keys)
        return self.accept(block.owners.attribute(self.column))


@dataclass(frozen=True, slots=True)
class Junction(Test):
    """Several tests joined by and / or."""

    join: np.ufunc
    tests: tuple[Test, ...]

    @property
    def interactions(self) -> bool:  # type: ignore[override]
        """Whether any of them looks at interactions."""
        return any(test.interactions for test in self.tests)

    @property
    def rows(self) -> bool:  # type: ignore[override]
        """Whether any of them is decided for whole rows."""
        return any(test.rows for test in self.tests)

    def of_interactions(self, block: Block) -> Truth:
        """All (or any) of them, of the same interaction."""
        truth: Truth = self.join.reduce([test.of_interactions(block) for test in self.tests])
        return truth

    def of_owners(self, block: Block) -> Truth:
        """Of the same interaction where interactions alone decide, else of the customer."""
        if self.interactions and not self.rows:
            return any_interaction(block, self.of_interactions(block))
        truth: Truth = self.join.reduce([test.of_owners(block) for test in self.tests])
        return truth


@dataclass(frozen=True, slots=True)
class Negation(Test):
    """The opposite of a test."""

    test: Test

    @property
    def interactions(self) -> bool:  # type: ignore[override]
        """Whether it looks at interactions."""
        return self.test.interactions

    @property
    def rows(self) -> bool:  # type: ignore[override]
        """Whether it is decided for whole rows."""
        return self.test.rows

    def of_interactions(self, block: Block) -> Truth:
        """False becomes true."""
        return ~self.test.of_interactions(block)

    def of_owners(self, block: Block) -> Truth:
        """Of customers: none of their interactions satisfies the test."""
        return ~self.test.of_owners(block)


@dataclass(frozen=True, slots=True)
class Lookup:
    """Codes against a table of accepted ones."""

    accepted: Truth

    def __call__(self, codes: npt.NDArray[np.integer[Any]]) -> Truth:
        """One truth a code."""
        found: Truth = self.accepted[codes]
        return found


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers against numbers; NaN is missing."""

    op: str
    values: npt.NDArray[np.float64]

    def __call__(self, numbers: npt.NDArray[np.float64]) -> Truth:
        """One truth a number."""
        missing = np.isnan(numbers)
        if self.op == "missing":
            return missing
        return _compared(self.op, numbers, self.values) & ~missing


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds against microseconds; the least int64 is missing."""

    op: str
    values: npt.NDArray[np.int64]

    def __call__(self, times: npt.NDArray[np.int64]) -> Truth:
        """One truth a time."""
        missing: Truth = times == MISSING_TIME
        if self.op == "missing":
            return missing
        return _compared(self.op, times, self.values) & ~missing


@dataclass(frozen=True, slots=True)
class Keys:
    """Customers against customers."""

    op: str
    values: tuple[Scalar, ...]

    def __call__(self, keys: pa.Array) -> Truth:
        """One truth a customer."""
        if self.op == "like":
            return _like(keys.cast(pa.string()), str(self.values[0]))
        wanted = pa.array([str(one) for one in self.values], pa.string())
        found: Truth = pc.is_in(keys.cast(pa.string()), wanted).to_numpy(zero_copy_only=False)
        return ~found if self.op in ("!=", "not in") else found


def _plain(value: Any) -> Any:
    """Dates as ISO texts, which conditions hold; NumPy's scalars as Python's."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    if isinstance(value, np.generic):
        value = value.item()
    return value.isoformat() if isinstance(value, date) else value


def any_interaction(block: Block, truth: Truth) -> Truth:
    """One truth an owner: whether any of its interactions is true."""
    from travesia.record.lens_kernels import any_in_rows

    rows = any_in_rows(block.start, block.stop, truth)
    owners = np.zeros(len(block.owners.keys), bool)
    owners[block.owner[rows]] = True
    return owners


def _compared(op: str, numbers: npt.NDArray[Any], values: npt.NDArray[Any]) -> Truth:
    if op in ("in", "not in"):
        return np.isin(numbers, values, invert=op == "not in")
    truth: Truth = _COMPARE[op](numbers, values[0])
    return truth


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _equal_to(names: pa.Array, value: str) -> Truth:
    truth: Truth = pc.equal(names, value).to_numpy(zero_copy_only=False)
    return truth


def _like(names: pa.Array, pattern: str) -> Truth:
    fits = re.compile(translate(pattern)).match
    return np.array([fits(name) is not None for name in names.to_pylist()], bool)


def _nested(condition: Condition) -> str:
    text = condition.text()
    return f"({text})" if isinstance(condition, All | Any_ | Not) else text

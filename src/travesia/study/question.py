"""Questions and answers: one definition gives Python, command line, JSON schema and form.

A question is a frozen value. It says which passes it needs (`fold`), and what the partials amount
to (`conclude`); everything else - strata, sharing of passes, engines, denominators, drilling down
to customers, drawing - is the same for all of them and stands here.

    @tv.question
    class Length(tv.Question):
        \"\"\"How long journeys are.\"\"\"

        kind = "length"
        at_least: int = tv.option("shortest journey counted", default=1)

        def fold(self, scope): return CountLengths(self.at_least)
        def conclude(self, scope, partial): return {"interactions": ..., "journeys": ...}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import wraps
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar, dataclass_transform

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pydantic
from pydantic import ConfigDict, Field, TypeAdapter

from travesia.engines.counting import CUSTOMERS, EVERYBODY, Totals
from travesia.engines.groups import Grouping
from travesia.engines.partials import Partial
from travesia.engines.passes import Fold, Marker
from travesia.engines.scope import Scope
from travesia.errors import InvalidValue, UnknownName
from travesia.locale import N_, texts
from travesia.record.durations import spelling
from travesia.record.refusals import refusing

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

    from travesia.record.journeys import Journeys

_ = texts("study")

Unit = Literal["customers", "journeys", "interactions"]
Role = Literal["label", "count", "share", "time", "duration", "number", "path", "p_value"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of an answer.

    Attributes:
        name: the column.
        role: what it holds, which decides how it is written.
        text: its label (English; translated where it is shown).
        cell: it is part of what names a cell (`answer.customers(step=2)`).
        of: for a share, the columns of its numerator and denominator.
        low, high: for an estimate, the columns of its interval.
        counts: for a share, what it counts: customers are independent of each other, journeys
            while each customer makes one, interactions never.
        per: for a share, the cell columns that its denominator depends on, () where it is that
            of the whole answer: a cell that is not listed then has nobody, of a known number.
    """

    name: str
    role: Role
    text: str
    cell: bool = False
    of: tuple[str, str] | None = None
    low: str | None = None
    high: str | None = None
    counts: Unit = "journeys"
    per: tuple[str, ...] | None = None

    @property
    def label(self) -> str:
        """Its label in the current language."""
        return _(self.text)

    @property
    def columns(self) -> tuple[str, ...]:
        """The column, its denominator's and its interval's."""
        others = (*(self.of or ()), self.low, self.high)
        return (self.name, *(one for one in others if one is not None))


@pydantic.dataclasses.dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Question:
    """What all questions share.

    Attributes:
        by: a customer's attribute or a text column of interactions (its value at the journey's
            first interaction); one answer for each of its values.
        min_customers: shares of fewer customers than this are left out as too thin.
    """

    kind: ClassVar[str]
    measures: ClassVar[tuple[Measure, ...]] = ()
    cell_fields: ClassVar[Mapping[str, str]] = {}
    """What `customers(...)` takes, and what each means."""
    cell_types: ClassVar[Mapping[str, type]] = {}
    """Those of them that are no text: bool, int, or list (of texts)."""

    by: str | None = Field(
        default=None, kw_only=True, description=N_("one answer for each value of this column")
    )
    min_customers: int = Field(
        default=0,
        ge=0,
        kw_only=True,
        description=N_("shares of fewer customers than this are too thin to show"),
    )

    # What a question defines

    def fold(self, scope: Scope) -> Fold:
        """The only pass, for questions that need one; names become codes here."""
        raise NotImplementedError

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """The next pass, given the partials of the passes done; None when there is none."""
        return self.fold(scope) if not done else None

    def conclude(self, scope: Scope, *partials: Mapping[str, Any]) -> Mapping[str, Any] | pa.Table:
        """The columns of the answer, from the partials of one group (no group axis any more)."""
        raise NotImplementedError

    def marker(self, scope: Scope, cell: Mapping[str, Any]) -> Marker:
        """Who is behind a cell of the answer."""
        del scope, cell
        raise InvalidValue(
            f"{type(self).__name__} cannot name the customers behind a cell.",
            "Define marker(scope, cell) in the question.",
        )

    def cell_value(self, cell: Mapping[str, Any], name: str) -> str:
        """A field that a cell of this question must have.

        Raises:
            InvalidValue: it is missing.
        """
        if cell.get(name) is None:
            raise InvalidValue(
                f"Which cell? {name!r} is missing.",
                f"A cell is named by {_fields(self.cell_fields)}.",
            )
        return str(cell[name])

    def facts(self, scope: Scope, partials: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Numbers about the whole that are in no row of the table."""
        del scope, partials
        return {}

    def counted(self, measure: Measure) -> Unit:
        """What a share counts, for questions where an option decides it."""
        return measure.counts

    def by_definition(self, measure: Measure, cell: Mapping[str, Any]) -> bool:
        """Whether a cell's value is the same in any data, so that comparing it says nothing."""
        del measure, cell
        return False

    def unlisted(
        self, measure: Measure, rows: Sequence[Mapping[str, Any]]
    ) -> Callable[[Mapping[str, Any]], tuple[float, float] | None]:
        """For cells that are in none of the rows: a share's numerator and denominator.

        Those of None are not known.
        """
        if measure.of is None or measure.per is None:
            return lambda _cell: None
        per, whole = measure.per, measure.of[1]
        known = {tuple(row[name] for name in per): row[whole] for row in rows}

        def found(cell: Mapping[str, Any]) -> tuple[float, float] | None:
            of = known.get(tuple(cell[name] for name in per))
            return None if of is None else (0.0, float(of))

        return found

    def times_from(self, scope: Scope) -> float:
        """The share of the customers that times are taken from; the note says so below 1."""
        del scope
        return 1.0

    def remark(self, answer: Answer) -> tuple[str, ...]:
        """Sentences for the note, in the current language, beyond the ones all answers have."""
        del answer
        return ()

    # What all questions have

    def answer(self, journeys: Journeys, grouping: Grouping, partials: Sequence[Partial]) -> Answer:
        """The answer that the partials amount to."""
        scope = journeys.scope
        totals = Totals.of(partials[0], grouping)
        tables = [
            _labelled(grouping, stratum, self.table(scope, partials, grouping.of(stratum)))
            for stratum in range(len(grouping.names))
            if grouping.by is None or totals.journeys_of(grouping.of(stratum))
        ]
        empty = np.arange(0, dtype=np.intp)
        table = (
            pa.concat_tables(tables)
            if tables
            else _labelled(grouping, 0, self.table(scope, partials, empty).slice(0, 0))
        )
        every = np.arange(grouping.groups)
        whole = [partial.of(every) for partial in partials]
        # of all groups together: a customer with journeys in several is one
        facts = self.facts(scope, [{**one, CUSTOMERS: one[EVERYBODY]} for one in whole])
        return Answer(self, journeys, table, totals, MappingProxyType(dict(facts)))

    def table(
        self, scope: Scope, partials: Sequence[Partial], groups: np.ndarray[Any, Any]
    ) -> pa.Table:
        """The answer's table for some groups of the group axis together."""
        found = self.conclude(scope, *(partial.of(groups) for partial in partials))
        return found if isinstance(found, pa.Table) else pa.table(dict(found))

    def to_json(self) -> dict[str, Any]:
        """The question as JSON: its kind, and the options that are not the default."""
        options: dict[str, Any] = _adapter(type(self)).dump_python(
            self, mode="json", exclude_defaults=True
        )
        return {"question": self.kind, **options}

    def __str__(self) -> str:
        """The Python that makes it."""
        written = self.to_json()
        parts = [f"{name}={value!r}" for name, value in written.items() if name != "question"]
        return f"{type(self).__name__}({', '.join(parts)})"


# The built-in questions, by kind; others join when their class is made
HOMES: dict[str, str] = {
    "describe": "Describe",
    "flow": "Flow",
    "step_matrix": "StepMatrix",
    "paths": "Paths",
    "funnel": "Funnel",
    "touches": "Touches",
    "retention": "Retention",
    "frequent": "Frequent",
    "compare": "Compare",
    "contacts": "Contacts",
    "influence": "Influence",
    "mix": "Mix",
    "precedence": "Precedence",
    "scores": "Scores",
    "stage_flow": "StageFlow",
    "stage_links": "StageLinks",
}
_made: dict[str, type[Question]] = {}
_adapters: dict[type[Question], TypeAdapter[Any]] = {}

Kind = TypeVar("Kind", bound=type)


def _told(make_it: Any, kind: Any) -> Any:
    """The constructor with errors that help; and no breakdown by what the answer has already."""

    @wraps(make_it)
    def told(self: Any, *given: Any, **options: Any) -> None:
        with refusing(kind.__name__, [one.name for one in fields(kind)]):
            make_it(self, *given, **options)
        taken = {name for one in kind.measures for name in one.columns}
        if self.by in taken:
            raise InvalidValue(
                f"Answers to {kind.kind!r} have a column {self.by!r} of their own.",
                "Break them down by another column, or read this one under another name.",
            )

    return told


def without_names(scope: Scope, *names: str) -> None:
    """Refuse touchpoints that are called like the nodes an answer adds.

    Raises:
        InvalidValue: there is one.
    """
    for name in names:
        if pc.index(scope.touchpoints.names, pa.scalar(name, pa.string())).as_py() >= 0:
            raise InvalidValue(
                f"A touchpoint is called {name!r}, which the answer calls a node of its own.",
                f"Rename it first: journeys.group({{{name!r}: 'another name'}}).",
            )


def option(description: str, default: Any = ..., **limits: Any) -> Any:
    """A question's option: its label (English), its default, and limits such as ge=1."""
    return Field(default, description=description, **limits)


@dataclass_transform(frozen_default=True, field_specifiers=(Field, option))
def question(cls: Kind) -> Kind:
    """Make a class a question: a frozen pydantic dataclass, known by its `kind`.

    Raises:
        InvalidValue: it has no kind of its own.
    """
    if "kind" not in cls.__dict__:
        raise InvalidValue(
            f"{cls.__name__} has no kind.", 'Give it one in lower case: kind = "length".'
        )
    made: Any = pydantic.dataclasses.dataclass(
        frozen=True, config=ConfigDict(extra="forbid"), repr=False
    )(cls)
    made.__repr__ = Question.__str__
    made.__init__ = _told(made.__init__, made)
    _made[made.kind] = made
    return made  # type: ignore[no-any-return]


def kinds() -> tuple[str, ...]:
    """The kinds of all questions there are."""
    return tuple(dict.fromkeys([*HOMES, *_made]))


def question_type(kind: str) -> type[Question]:
    """The class of a kind of question.

    Raises:
        UnknownName: there is no such kind.
    """
    if kind not in _made and kind in HOMES:
        import_module(f"travesia.study.{kind}")
    if kind not in _made:
        raise UnknownName("question", kind, kinds())
    return _made[kind]


def summary(kind: type[Question]) -> str:
    """What a kind of question asks, in a sentence of the current language."""
    return _((kind.__doc__ or kind.__name__).strip().split("\n")[0])


def option_label(kind: type[Question], name: str) -> str:
    """What an option of a question means, in the current language."""
    (field,) = (one for one in fields(kind) if one.name == name)
    return _(getattr(field.default, "description", None) or name)


def from_json(given: Mapping[str, Any]) -> Question:
    """A question from its JSON.

    Raises:
        UnknownName: there is no such kind of question, or no such option.
        InvalidValue: an option has an impossible value.
    """
    if "question" not in given:
        raise InvalidValue(
            f"{dict(given)!r} does not say which question it is.",
            'Add "question": one of ' + ", ".join(kinds()) + ".",
        )
    options = {name: value for name, value in given.items() if name != "question"}
    return make(question_type(str(given["question"])), options)


def make(kind: type[Question], options: Mapping[str, Any]) -> Question:
    """A question of a class from its options, with errors that help.

    Raises:
        UnknownName: there is no such option.
        InvalidValue: an option is missing or has an impossible value.
    """
    known = [one.name for one in fields(kind)]
    for name in options:
        if name not in known:
            raise UnknownName("option", name, known, f"the question {kind.kind!r}")
    with refusing(kind.__name__, known):
        made: Question = _adapter(kind).validate_python(dict(options))
    return made


def schema(kind: type[Question]) -> dict[str, Any]:
    """The JSON schema of a question, with the kind that from_json needs."""
    found = _adapter(kind).json_schema()
    found["properties"] = {"question": {"const": kind.kind}, **found.get("properties", {})}
    found["required"] = ["question", *found.get("required", [])]
    for one in fields(kind):
        usual = getattr(one.default, "default", None)
        if isinstance(usual, timedelta):  # pydantic would write it as ISO 8601, and we do not
            found["properties"][one.name]["default"] = spelling(usual)
    found["description"] = (kind.__doc__ or "").strip().split("\n")[0]
    return found


def _adapter(kind: type[Question]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def _fields(meant: Mapping[str, str]) -> str:
    """The fields of a cell and what each is: `step (a step, from 1)`."""
    return ", ".join(f"{name} ({text})" for name, text in meant.items())


def _labelled(grouping: Grouping, stratum: int, table: pa.Table) -> pa.Table:
    if grouping.by is None:
        return table
    names = pa.array([grouping.names[stratum]] * table.num_rows, pa.string())
    return table.add_column(0, grouping.by, names)


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """The answer to a question: a table, what it was counted over, and who is behind it.

    Attributes:
        question: what was asked.
        journeys: whom it was asked of, at that moment: drilling down later shows the same.
        table: an Arrow table; shares are 0 to 1, durations and times are typed.
        totals: customers, journeys and interactions that were looked at.
        facts: numbers about the whole that are in no row; read-only.
    """

    question: Question
    journeys: Journeys
    table: pa.Table
    totals: Totals
    facts: Mapping[str, Any]

    def to_pandas(self) -> pd.DataFrame:
        """The table as a pandas data frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def to_polars(self) -> pl.DataFrame:
        """The table as a Polars data frame."""
        import polars as pl

        frame = pl.from_arrow(self.table)
        if not isinstance(frame, pl.DataFrame):
            raise TypeError("a table gives a data frame")
        return frame

    def to_pylist(self) -> list[dict[str, Any]]:
        """The table's rows as dictionaries."""
        rows: list[dict[str, Any]] = self.table.to_pylist()
        return rows

    def customers(self, **cell: Any) -> pa.Table:
        """Who is behind a cell, on the answer's own snapshot and lenses.

        Returns:
            `customer`, `start`, `end`, `interactions`: a row a journey.

        Raises:
            UnknownName: the answer has no such cell.
        """
        from travesia.study.within import Within

        return self.journeys.marked(Within(self.question, **cell).row_marker(self.journeys.scope))

    def plot(self) -> Any:
        """The answer as a Plotly figure."""
        from travesia.study.figures import figure

        return figure(self)

    def drawing(self) -> str:
        """The answer as SVG, where the question has a drawing of its own; else as a table."""
        from travesia.study.figures import drawing

        found: str = drawing(self)
        return found

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The columns, described; the one answered `by` first."""
        by = self.question.by
        first = (Measure(by, "label", by, cell=True),) if by else ()
        return (*first, *self.question.measures)

    @property
    def note(self) -> str:
        """Denominators, period, order, zone, lenses and what was set aside, in words."""
        from travesia.study.notes import note

        return note(self)

    def _repr_html_(self) -> str:
        return self.drawing()

    def __repr__(self) -> str:
        return f"<Answer to {self.question}: {self.table.num_rows} rows. {self.note}>"


__all__ = [
    "HOMES",
    "Answer",
    "Measure",
    "Question",
    "from_json",
    "kinds",
    "make",
    "option",
    "option_label",
    "question",
    "question_type",
    "schema",
    "summary",
]

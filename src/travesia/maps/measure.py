"""Measuring a map: every binding answered from the journeys, beside the document, never in it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from travesia.errors import InvalidValue, UnknownName
from travesia.maps.document import Binding, Glimpse, JourneyMap, Measured, Measurement, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from travesia.engines.passes import Marker
    from travesia.record.journeys import Journeys
    from travesia.study.question import Answer

GLIMPSES = 5
"""How many of the customers behind a number are kept with it."""

_METHODS: dict[Unit, str] = {
    "share": "Wilson",
    "duration": "order statistics",
    "ratio": "Greenland-Robins",
    "valence": "Student",
    "score": "Student",
}


def measure(journey_map: JourneyMap, journeys: Journeys, glimpses: int = GLIMPSES) -> Measurement:
    """The value of every binding of the map, as the journeys stand now.

    Questions with the same lenses share their passes over the data. A binding whose touchpoint,
    stage or column the data no longer have is measured as nothing, with the reason "gone".

    Args:
        journey_map: the map; it is not changed.
        journeys: what to measure it on; the map's own lenses come on top.
        glimpses: how many of the customers behind each number to name (0 for none).
    """
    from travesia.maps.spread import spread_of, use_questions
    from travesia.maps.table_view import stage_table

    seen = looked(journeys, journey_map.lenses)
    bindings = list(journey_map.every_binding())
    bound = {one.question for one in bindings}
    use = use_questions(journey_map)
    names = {name: _name_of(stored, name, journey_map.questions) for name, stored in use.items()}
    questions = journey_map.questions | {names[name]: use[name] for name in use}
    every = ask_all(seen, questions, bound | set(names.values()))
    rows = {name: every[known].rows for name, known in names.items() if known in every}
    answers = {name: found for name, found in every.items() if name in bound}
    found = {one.id: _measured(one, answers.get(one.question)) for one in bindings}
    if glimpses:
        found = _with_customers(bindings, found, answers, glimpses)
    return Measurement(
        map=journey_map.id,
        snapshot=seen.scope.snapshot,
        measured_at=dt.datetime.now(dt.UTC),
        since=seen.since,
        until=seen.until,
        zone=seen.scope.zone,
        customers=seen.customers,
        journeys=seen.rows,
        interactions=seen.events,
        lenses=journey_map.lenses,
        questions={name: journey_map.questions[name] for name in sorted(answers)},
        notes={name: answer.answer.note for name, answer in sorted(answers.items())},
        values=found,
        spread=spread_of(journey_map, rows) if use else None,
        table=stage_table(journey_map, journeys) if use else None,
    )


def _name_of(wanted: Any, name: str, questions: Mapping[str, Any]) -> str:
    """The name of an equal question of the map, which is then asked once; else another name."""
    same = json.dumps(wanted, sort_keys=True)
    known = (one for one, stored in questions.items() if json.dumps(stored, sort_keys=True) == same)
    return next(known, f"({name})")


def looked(journeys: Journeys, lenses: Iterable[Any]) -> Journeys:
    """The journeys through stored lenses; a `group` forgets the touchpoints that are gone."""
    for lens in lenses:
        if isinstance(lens, Mapping) and lens.get("lens") == "group":
            journeys = _grouped(journeys, lens)
        else:
            journeys = journeys.through([lens])
    return journeys


def _grouped(journeys: Journeys, lens: Mapping[str, Any]) -> Journeys:
    known = journeys.touchpoints
    mapping = {name: lens["mapping"][name] for name in known if name in lens["mapping"]}
    others = lens.get("others")
    if not mapping and others is not None:
        mapping = dict.fromkeys(known, others)
    return journeys.group(mapping, others=others) if mapping else journeys


@dataclass(frozen=True)
class Rows:
    """An answer with its rows found by the values of some columns."""

    answer: Answer
    rows: list[dict[str, Any]]
    index: dict[tuple[str, ...], dict[tuple[Any, ...], dict[str, Any]]] = field(
        default_factory=dict
    )

    def find(self, where: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row with these values; None when there is none."""
        columns = tuple(sorted(where))
        if columns not in self.index:
            self.index[columns] = {}
            for row in reversed(self.rows):
                self.index[columns][tuple(_frozen(row.get(one)) for one in columns)] = row
        return self.index[columns].get(tuple(_frozen(where[one]) for one in columns))


def _frozen(value: Any) -> Any:
    """A path as a key: lists cannot be one."""
    return tuple(value) if isinstance(value, list) else value


def ask_all(seen: Journeys, questions: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Rows]:
    """The answers to stored questions by name, without those about things that are gone."""
    from travesia.study.question import from_json

    by_lenses: dict[str, list[str]] = {}
    for name in sorted(wanted):
        stored = _stored(name, questions[name])
        by_lenses.setdefault(json.dumps(stored.get("lenses", []), sort_keys=True), []).append(name)
    answers: dict[str, Rows] = {}
    for lenses, names in by_lenses.items():
        asked = {name: from_json(_stored(name, questions[name])["question"]) for name in names}
        answers |= _asked_together(seen, json.loads(lenses), asked)
    return answers


def _asked_together(seen: Journeys, lenses: Any, asked: Mapping[str, Any]) -> dict[str, Rows]:
    inside = looked(seen, lenses)
    known = set(inside.touchpoints)
    try:
        found = inside.ask([_of_known(question, known) for question in asked.values()])
    except UnknownName:
        if len(asked) == 1:
            return {}
        one_by_one = ({name: question} for name, question in asked.items())
        return {
            name: rows
            for each in one_by_one
            for name, rows in _asked_together(seen, lenses, each).items()
        }
    return {
        name: Rows(answer, answer.to_pylist()) for name, answer in zip(asked, found, strict=True)
    }


def _of_known(question: Any, known: set[str]) -> Any:
    """A question about stages without the touchpoints that are gone; others as they are."""
    if not hasattr(question, "stages"):
        return question
    stages = tuple(
        (name, tuple(one for one in touchpoints if one in known))
        for name, touchpoints in question.stages
    )
    return replace(question, stages=stages)


def _stored(name: str, stored: Any) -> Mapping[str, Any]:
    if not isinstance(stored, Mapping) or "question" not in stored:
        raise InvalidValue(
            f"The map's question {name!r} is no stored question.",
            'Write it as {"lenses": [...], "question": {"question": "flow"}}.',
        )
    return stored


def _measured(binding: Binding, rows: Rows | None) -> Measured:
    empty = Measured(value=None, unit=binding.unit, question=binding.question, reason="gone")
    row = rows.find(binding.pick.where) if rows is not None else None
    if row is None:
        return empty
    pick = binding.pick
    if pick.value not in row:
        raise UnknownName("column", pick.value, row, f"the answer to {binding.question!r}")
    value = plain(row[pick.value])
    low, high = (plain(row.get(name)) if name else None for name in (pick.low, pick.high))
    numerator, denominator = (_count(row, name) for name in (pick.numerator, pick.denominator))
    counted = _count(row, pick.n) if pick.n else denominator
    return Measured(
        value=value,
        unit=binding.unit,
        n=counted if counted is not None else numerator,
        numerator=numerator,
        denominator=denominator,
        low=low if high is not None else None,
        high=high if low is not None else None,
        method=_METHODS.get(binding.unit, "") if low is not None else "",
        question=binding.question,
        cell=dict(pick.where) if pick.customers is None else pick.customers,
        reason="" if value is not None else "no data" if not counted else "thin",
    )


def plain(value: Any) -> float | None:
    """A number as documents keep it: durations in seconds, missing as None."""
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if value is None or value != value:  # noqa: PLR0124 - NaN is the one value unlike itself
        return None
    return float(value)


def _count(row: Mapping[str, Any], column: str) -> int | None:
    value = row.get(column) if column else None
    return None if value is None else int(value)


def _with_customers(
    bindings: list[Binding],
    found: dict[str, Measured],
    answers: Mapping[str, Rows],
    most: int,
) -> dict[str, Measured]:
    """The values with the first customers behind each, in one look through the journeys."""
    wanted: dict[tuple[str, str], list[str]] = {}
    for binding in bindings:
        measured = found[binding.id]
        if measured.reason != "gone" and measured.cell:
            cell = json.dumps(measured.cell, sort_keys=True)
            wanted.setdefault((binding.question, cell), []).append(binding.id)
    for (question, cell), glimpses in _glimpses(answers, list(wanted), most).items():
        for binding_id in wanted[question, cell]:
            found[binding_id] = found[binding_id].model_copy(update={"first_customers": glimpses})
    return found


def _glimpses(
    answers: Mapping[str, Rows], cells: list[tuple[str, str]], most: int
) -> dict[tuple[str, str], tuple[Glimpse, ...]]:
    """The first customers of each cell (question, JSON of the cell).

    Blocks are looked at only until every cell has enough customers.
    """
    from travesia.study.within import Within

    by_journeys: dict[int, dict[tuple[str, str], Marker]] = {}
    seen: dict[int, Journeys] = {}
    for name, cell in cells:
        answer = answers[name].answer
        seen[id(answer.journeys)] = answer.journeys
        within = Within(answer.question, **json.loads(cell))
        try:
            marker = within.row_marker(answer.journeys.scope)
        except InvalidValue:  # a question that does not name its customers
            continue
        by_journeys.setdefault(id(answer.journeys), {})[name, cell] = marker
    found: dict[tuple[str, str], tuple[Glimpse, ...]] = {}
    for place, markers in by_journeys.items():
        found |= _first(seen[place], markers, most)
    return found


def _first(
    journeys: Journeys, markers: dict[tuple[str, str], Marker], most: int
) -> dict[tuple[str, str], tuple[Glimpse, ...]]:
    import numpy as np

    from travesia.record.journeys import Marked

    found: dict[tuple[str, str], tuple[Glimpse, ...]] = dict.fromkeys(markers, ())
    sources: list[Callable[[], Any]] = list(journeys.sources)
    for source in sources:
        missing = [cell for cell, known in found.items() if len(known) < most]
        block = source() if missing else None
        if block is None or not block.rows:
            continue
        for cell in missing:
            rows = np.flatnonzero(markers[cell].mark(block))[: most - len(found[cell])]
            few = Marked(_These(rows))(block).to_pylist()
            found[cell] += tuple(
                Glimpse(
                    customer=str(row["customer"]),
                    first=row["start"],
                    last=row["end"],
                    interactions=row["interactions"],
                )
                for row in few
            )
    return found


@dataclass(frozen=True)
class _These:
    """Marks the rows at these positions."""

    rows: Any

    def mark(self, block: Any) -> Any:
        """One truth a row."""
        import numpy as np

        marked = np.zeros(block.rows, bool)
        marked[self.rows] = True
        return marked

"""The map as a document: what people (or the data) say, apart from what is measured.

    JourneyMap                          written, kept, versioned
      stages -> links (next, skip, back)
      steps (each in a stage)           the columns of the drawing
      lanes (each with a role)          its rows
      cells (step x lane) -> items      actions, touchpoints, emotions, pains, metrics, ...
      questions (by name)               stored once, asked together
      bindings (on map, stages, links, steps, items)   which number of which answer
    Measurement                         binding id -> Measured; made anew at every measuring

A binding's id joins the two, so measuring never touches what was written. An assumption is not
stored: it is an item with no evidence and no measured value.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, SerializerFunctionWrapHandler, model_serializer
from pydantic import model_validator as validates

from travesia.locale.text import NOTHING, Text
from travesia.maps.overview import Spread, StageTable
from travesia.record.documents import Document
from travesia.record.touchpoints import (
    OneToFive,
    Owner,
    Part,
    Process,
    Touchpoint,
    Value,
    without_double_id,
)

Role = Literal[
    "storyboard", "action", "touchpoint", "thought", "emotion", "pain", "gain",
    "moment_of_truth", "metric", "frontstage", "backstage", "support", "owner", "process",
    "opportunity", "evidence", "custom",
]  # fmt: skip
Unit = Literal["count", "share", "duration", "ratio", "valence", "score", "money", "number"]
"""share: 0 to 1. duration: seconds. ratio: 1 means no difference. valence: -2 to +2."""

Measure = Literal[
    "customers",  # how many came here (map, stage, link, touchpoint)
    "reach",  # the share of all customers of the map that came here
    "interactions",  # how many times
    "goal",  # map: the share of customers that reached the goal
    "goes_on",  # stage: the share that reached a later stage; touchpoint: any later touchpoint
    "leaves",  # the rest: goes_on + leaves = 1
    "comes_back",  # stage: the share that went back to an earlier stage from here
    "moves",  # link: the share of the customers of its stage that took it
    "time_on",  # stage, link: median time until the later stage is reached
    "duration",  # step: median time spent before the next step
    "repeats",  # the share that came here more than once
    "channel",  # touchpoint: the share of its interactions on the channel named by the label
    "valence",  # emotion: the mean score on the scale -2 to +2
    "influence",  # moment of truth: goal share of those who met it over those who did not
    "affected",  # pain, gain: the share of customers it happened to
    "wait",  # pain: the median time it takes
    "value",  # metric
]


class Pick(Value):
    """Which number of an answer: the row, by the values of some columns, and its columns.

    `low` and `high` name the interval's columns, `numerator` and `denominator` the counts behind
    the number, `n` how many customers it rests on; empty where the answer has none.
    `customers` is what `Answer.customers` takes to name the people behind it; None means the
    row's own values.
    """

    where: dict[str, JsonValue] = Field(default_factory=dict)
    value: str
    low: str = ""
    high: str = ""
    numerator: str = ""
    denominator: str = ""
    n: str = ""
    customers: dict[str, JsonValue] | None = None


class Binding(Value):
    """A number of the map, bound to live data.

    Attributes:
        id: unique in the map; its value stands under this id in a `Measurement`.
        question: the name of one of the map's questions.
        definition: one sentence that says what the number is, with its denominator.
        target: where the number should be; `thresholds` part attention from good.
        better: which direction is better, if either is.
        freshness: the age at which it counts as stale ("7d"), "" for never.
    """

    id: str
    measure: Measure
    question: str
    pick: Pick
    unit: Unit
    label: Text = NOTHING
    definition: Text = NOTHING
    target: float | None = None
    thresholds: tuple[float, ...] = ()
    better: Literal["up", "down"] | None = None
    freshness: str = ""


class Bound(Part):
    """A part with numbers."""

    bindings: tuple[Binding, ...] = ()

    def binding(self, measure: Measure) -> Binding | None:
        """Its first binding of this measure."""
        return next((one for one in self.bindings if one.measure == measure), None)


class Persona(Part):
    """An archetype of a segment's customers."""

    name: str
    portrait: str = ""
    headline: Text = NOTHING
    segment: str = ""
    background: Text = NOTHING
    education: Text = NOTHING
    role: Text = NOTHING
    income: Text = NOTHING
    needs: tuple[Text, ...] = ()
    goals: tuple[Text, ...] = ()
    challenges: tuple[Text, ...] = ()
    motivations: tuple[Text, ...] = ()
    likes: tuple[Text, ...] = ()
    dislikes: tuple[Text, ...] = ()
    tone: Text = NOTHING
    channels: tuple[str, ...] = ()


class Segment(Part):
    """A measured group: the customers that a chain of lenses keeps (as its JSON)."""

    name: Text
    description: Text = NOTHING
    lenses: tuple[JsonValue, ...] = ()


class Link(Bound):
    """A way out of a stage: to the next, past some (skip), or back to an earlier one (a loop)."""

    to: str
    kind: Literal["next", "skip", "back"]


class Stage(Bound):
    """A phase of the journey.

    Attributes:
        goal: the customer's.
        weight: its importance to the company, 1 to 5.
        touchpoints: keys of the map's touchpoints that belong to it.
        links: the ways out; those of kind "back" are the stages it may loop to.
    """

    key: str
    name: Text
    goal: Text = NOTHING
    weight: OneToFive | None = None
    entry: Text = NOTHING
    exit: Text = NOTHING
    touchpoints: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


class Step(Bound):
    """A column of the map, inside a stage. `duration` ("8m", "1d") is what people say it takes."""

    key: str
    name: Text
    stage: str
    optional: bool = False
    branch: str = ""
    duration: str = ""


class Lane(Part):
    """A row of the map. The role drives the drawing; the label may say anything."""

    key: str
    role: Role
    label: Text = NOTHING
    hint: Text = NOTHING


class Item(Bound):
    """What stands in a cell. `kind` tells which; it is always written out."""

    @model_serializer(mode="wrap")
    def _with_kind(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {"kind": getattr(self, "kind", ""), **without_double_id(serialize(self))}


class Action(Item):
    """What the customer does."""

    kind: Literal["action"] = "action"
    text: Text


class Contact(Item):
    """A touchpoint of the map's catalogue, met in this step."""

    kind: Literal["contact"] = "contact"
    touchpoint: str


class Thought(Item):
    """What the customer thinks; `verbatim` when these are a customer's own words."""

    kind: Literal["thought"] = "thought"
    text: Text
    verbatim: bool = False
    source: Text = NOTHING


class Emotion(Item):
    """How the customer feels, as written; a measured valence stands in the measurement."""

    kind: Literal["emotion"] = "emotion"
    valence: Annotated[float, Field(ge=-2, le=2)] | None = None
    intensity: Annotated[float, Field(ge=0, le=1)] | None = None
    word: Text = NOTHING
    verbatim: Text = NOTHING
    source: Literal["self-report", "survey", "text", "proxy", "assumed"] = "assumed"
    persona: str = ""


class PainPoint(Item):
    """Where it hurts.

    Attributes:
        effect: "blocks" holds the customer up, "pushes" moves them to act.
        cause: bottleneck, drop-off, loop, rework, or words of one's own.
        touchpoint, stage: keys of what it is about, if any.
        help: how we help.
    """

    kind: Literal["pain"] = "pain"
    title: Text
    detail: Text = NOTHING
    effect: Literal["pushes", "blocks"] = "blocks"
    cause: str = ""
    touchpoint: str = ""
    stage: str = ""
    severity: OneToFive | None = None
    frequency: Text = NOTHING
    reach: Annotated[float, Field(ge=0, le=1)] | None = None
    monthly_cost: float | None = None
    help: Text = NOTHING


class Gain(Item):
    """What delights."""

    kind: Literal["gain"] = "gain"
    title: Text
    detail: Text = NOTHING
    touchpoint: str = ""
    severity: OneToFive | None = None
    reach: Annotated[float, Field(ge=0, le=1)] | None = None


class MomentOfTruth(Item):
    """Where opinion is made: declared by people, or found by its influence on the goal."""

    kind: Literal["moment_of_truth"] = "moment_of_truth"
    title: Text
    detail: Text = NOTHING
    touchpoint: str = ""
    declared: bool = True


class Metric(Item):
    """A number to watch; its binding says where it comes from."""

    kind: Literal["metric"] = "metric"
    title: Text
    definition: Text = NOTHING
    unit: Unit = "number"
    better: Literal["up", "down"] | None = None
    target: float | None = None
    grain: Literal["day", "week", "month", "quarter", "year"] | None = None


class Work(Item):
    """What the company does there, before or behind the line of visibility."""

    kind: Literal["work"] = "work"
    text: Text
    processes: tuple[Process, ...] = ()
    systems: tuple[str, ...] = ()


class Opportunity(Item):
    """An improvement worth doing.

    Attributes:
        reach: customers a month; `confidence`: 0 to 1; `effort`: person-months.
        expected, realised: the effect hoped for and the one that came.
        pain: the id of the pain point it answers.
    """

    kind: Literal["opportunity"] = "opportunity"
    title: Text
    detail: Text = NOTHING
    reach: Annotated[float, Field(ge=0)] | None = None
    impact: Annotated[float, Field(ge=0)] | None = None
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    effort: Annotated[float, Field(gt=0)] | None = None
    customer_value: OneToFive | None = None
    business_value: OneToFive | None = None
    expected: Text = NOTHING
    realised: Text = NOTHING
    pain: str = ""

    @property
    def rice(self) -> float | None:
        """Reach x impact x confidence / effort, or None while one of them is missing."""
        parts = (self.reach, self.impact, self.confidence, self.effort)
        if any(part is None for part in parts):
            return None
        reach, impact, confidence, effort = (float(part) for part in parts if part is not None)
        return reach * impact * confidence / effort


class Note(Item):
    """Anything else: a picture of the storyboard, evidence, a lane of one's own."""

    kind: Literal["note"] = "note"
    text: Text = NOTHING
    image: str = ""
    link: str = ""


AnyItem = Annotated[
    Action
    | Contact
    | Thought
    | Emotion
    | PainPoint
    | Gain
    | MomentOfTruth
    | Metric
    | Work
    | Opportunity
    | Note,
    Field(discriminator="kind"),
]


class Cell(Part):
    """Step x lane. `span` counts the steps it covers, to the right."""

    step: str
    lane: str
    span: Annotated[int, Field(ge=1)] = 1
    items: tuple[AnyItem, ...] = ()


class Swot(Part):
    """Strengths, weaknesses, opportunities and threats of the map, a stage or a touchpoint."""

    about: str = ""
    strengths: tuple[Note, ...] = ()
    weaknesses: tuple[Note, ...] = ()
    opportunities: tuple[Note, ...] = ()
    threats: tuple[Note, ...] = ()


class Scope(Value):
    """What the map is about. `end` is exclusive."""

    start: dt.date | None = None
    end: dt.date | None = None
    brand: str = ""
    country: str = ""
    product: str = ""
    campaign: str = ""


class Frame(Value):
    """Whose journey it is: persona (its key), the situation and the customer's story."""

    persona: str = ""
    scenario: Text = NOTHING
    story: Text = NOTHING


class JourneyMap(Bound, Document):
    """A journey map.

    Attributes:
        goal: what the customer wants; `goal_touchpoints` are the contacts that mean it is reached.
        baseline: the id of the as-is map that a to-be map starts from.
        lenses: applied to the journeys before every question of the map (their JSON).
        questions: name -> stored question `{"lenses": [...], "question": {...}}`.
        touchpoints: the part of the catalogue that the map uses.
        channels: key -> name, of the touchpoints' channels.
        review: when it must be looked at again.
        notes: what a reader must know of how it came about.
    """

    _called = "map"

    title: Text
    perspective: Literal["customer", "employee", "citizen", "patient"] = "customer"
    goal: Text = NOTHING
    goal_touchpoints: tuple[str, ...] = ()
    trigger: Text = NOTHING
    scope: Scope = Scope()
    state: Literal["as-is", "to-be"] = "as-is"
    baseline: str = ""
    version: str = ""
    approval: Literal["draft", "in review", "approved", "archived"] = "draft"
    review: dt.date | None = None
    frame: Frame = Frame()
    personas: tuple[Persona, ...] = ()
    segments: tuple[Segment, ...] = ()
    lenses: tuple[JsonValue, ...] = ()
    questions: dict[str, JsonValue] = Field(default_factory=dict)
    touchpoints: tuple[Touchpoint, ...] = ()
    channels: dict[str, Text] = Field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    steps: tuple[Step, ...] = ()
    lanes: tuple[Lane, ...] = ()
    cells: tuple[Cell, ...] = ()
    swot: tuple[Swot, ...] = ()
    notes: tuple[Text, ...] = ()

    def touchpoint(self, key: str) -> Touchpoint:
        """The touchpoint of this key; one that the catalogue lacks has only its key."""
        return next((one for one in self.touchpoints if one.key == key), Touchpoint(key=key))

    def steps_of(self, stage: str) -> tuple[Step, ...]:
        """The steps of a stage, in order."""
        return tuple(step for step in self.steps if step.stage == stage)

    def lane(self, role: Role) -> Lane | None:
        """The first lane of this role."""
        return next((lane for lane in self.lanes if lane.role == role), None)

    def cell(self, step: str, lane: str) -> Cell | None:
        """The cell of a step in a lane, if anything stands there."""
        return next((one for one in self.cells if (one.step, one.lane) == (step, lane)), None)

    def contents(self, *kinds: type[Item]) -> Iterator[tuple[Cell, Item]]:
        """All items (of these kinds), with their cells, in the order of the cells."""
        for cell in self.cells:
            for item in cell.items:
                if not kinds or isinstance(item, kinds):
                    yield cell, item

    def every_binding(self) -> Iterator[Binding]:
        """All bindings: of the map, its stages and their links, its steps, its items."""
        yield from self.bindings
        for stage in self.stages:
            yield from stage.bindings
            for link in stage.links:
                yield from link.bindings
        for step in self.steps:
            yield from step.bindings
        for _, item in self.contents():
            yield from item.bindings

    @property
    def pains(self) -> tuple[tuple[Cell, PainPoint], ...]:
        """The pain points, worst first: by severity, then reach, then the order of the map."""
        found = [(cell, item) for cell, item in self.contents() if isinstance(item, PainPoint)]
        return tuple(sorted(found, key=lambda one: (-(one[1].severity or 0), -(one[1].reach or 0))))

    @property
    def opportunities(self) -> tuple[tuple[Cell, Opportunity], ...]:
        """The opportunities, best first: by RICE, then by the pain they answer, the worst first."""
        found = [(cell, item) for cell, item in self.contents() if isinstance(item, Opportunity)]
        place = {pain.id: at for at, (_, pain) in enumerate(self.pains)}
        last = len(place)
        return tuple(
            sorted(found, key=lambda one: (-(one[1].rice or 0), place.get(one[1].pain, last)))
        )

    @validates(mode="after")
    def _holds_together(self) -> JourneyMap:
        stages = _unique("stage", (stage.key for stage in self.stages))
        steps = _unique("step", (step.key for step in self.steps))
        lanes = _unique("lane", (lane.key for lane in self.lanes))
        _unique("binding", (binding.id for binding in self.every_binding()))
        _unique("item", (item.id for _, item in self.contents()))
        _unique("cell", (f"{cell.step} x {cell.lane}" for cell in self.cells))
        _known("stage", stages, (step.stage for step in self.steps))
        _known("stage", stages, (link.to for stage in self.stages for link in stage.links))
        _known("step", steps, (cell.step for cell in self.cells))
        _known("lane", lanes, (cell.lane for cell in self.cells))
        asked = (binding.question for binding in self.every_binding())
        _known("question", set(self.questions), asked)
        return self


class Glimpse(Value):
    """One of the customers behind a number: who, and when they were first and last seen."""

    customer: str
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    interactions: int | None = None


class Measured(Value):
    """The value of a binding.

    Attributes:
        value: None when it cannot be told; then `reason` says why.
        numerator, denominator: the counts behind a share; `n` is how many customers any number
            rests on.
        low, high: the interval at `level`, by `method`.
        cell: what `Answer.customers` takes to name the people behind it.
        first_customers: the first of them, in the order of the journeys.
        reason: a code: "no data", "thin", "no interval", "gone" (the map asks for a row that the
            answer no longer has).
    """

    value: float | None
    unit: Unit
    n: int | None = None
    numerator: int | None = None
    denominator: int | None = None
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    method: str = ""
    question: str = ""
    cell: dict[str, JsonValue] = Field(default_factory=dict)
    first_customers: tuple[Glimpse, ...] = ()
    reason: str = ""


class Measurement(Document):
    """The numbers of a map at one moment.

    Attributes:
        map: the id of the map that was measured.
        snapshot: the number of the snapshot of the journeys.
        measured_at: when it was measured; `since`, `until`: the first and last time in the data.
        zone: the zone in which days were counted.
        customers, journeys, interactions: how many, after the map's lenses.
        questions: name -> stored question, as asked (a copy, so that this stands alone).
        notes: name -> the note of its answer: denominators, order, what was set aside.
        values: binding id -> value.
        spread: how touchpoints spread over the stages, and how much each is used.
        table: the classic table, stages by segments. Both only where stages part the touchpoints.
    """

    _called = "measurement"

    map: str
    snapshot: int
    measured_at: dt.datetime
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    zone: str = "UTC"
    customers: int = 0
    journeys: int = 0
    interactions: int = 0
    lenses: tuple[JsonValue, ...] = ()
    questions: dict[str, JsonValue] = Field(default_factory=dict)
    notes: dict[str, str] = Field(default_factory=dict)
    values: dict[str, Measured] = Field(default_factory=dict)
    spread: Spread | None = None
    table: StageTable | None = None

    def of(self, part: Bound, measure: Measure) -> Measured | None:
        """The value of a part's binding of this measure; None when it has none."""
        binding = part.binding(measure)
        return self.values.get(binding.id) if binding else None


def _unique(what: str, names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"two {what}s are called {name!r}")
        seen.add(name)
    return seen


def _known(what: str, known: set[str], named: Iterable[str]) -> None:
    for name in named:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r} in the map")


__all__ = [
    "Action", "AnyItem", "Binding", "Bound", "Cell", "Contact", "Emotion", "Frame", "Gain",
    "Glimpse", "Item", "JourneyMap", "Lane", "Link", "Measure", "Measured", "Measurement",
    "Metric", "MomentOfTruth", "Note", "Opportunity", "Owner", "PainPoint", "Persona", "Pick",
    "Role", "Scope", "Segment", "Stage", "Step", "Swot", "Thought", "Unit", "Work",
]  # fmt: skip

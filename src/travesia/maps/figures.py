"""The numbers of a map in words: what each says, of whom, how sure, and what is behind it.

A `Figure` joins a binding with its measured value and with the part of the map it is about. The
drawing, the table, the narrative and the drawer all take their words from here, so they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from travesia.draw import words
from travesia.locale import N_, texts
from travesia.maps.document import (
    Binding,
    Bound,
    Contact,
    Emotion,
    Gain,
    Item,
    JourneyMap,
    Link,
    Measure,
    Measured,
    Measurement,
    PainPoint,
    Step,
    Unit,
)

_ = texts("page")

_TITLES: dict[Measure, str] = {
    "customers": N_("Customers: {part}"),
    "reach": N_("Reach: {part}"),
    "interactions": N_("Interactions: {part}"),
    "goal": N_("Reach the goal"),
    "goes_on": N_("Go on after {part}"),
    "leaves": N_("Leave at {part}"),
    "comes_back": N_("Turn back from {part}"),
    "moves": N_("Move: {part}"),
    "time_on": N_("Time until they go on from {part}"),
    "duration": N_("Time at {part}"),
    "repeats": N_("Come more than once: {part}"),
    "channel": N_("Channel: {part}"),
    "valence": N_("Emotion: {part}"),
    "influence": N_("Influence on the goal: {part}"),
    "affected": "{part}",
    "wait": N_("Wait: {part}"),
    "value": "{part}",
}

_DEFINITIONS: dict[Measure, str] = {
    "customers": N_("How many customers came to {part}."),
    "reach": N_("Of all customers of the map, the share that came to {part}."),
    "interactions": N_("How many times customers came to {part}."),
    "goal": N_("Of all customers of the map, the share that reached the goal."),
    "goes_on": N_(
        "Of the customers who came to {part}, the share that went on to something later."
    ),
    "leaves": N_("Of the customers who came to {part}, the share that did not go on."),
    "comes_back": N_("Of the customers who came to {part}, the share that went back from there."),
    "moves": N_("Of the customers of the first stage, the share that took this way."),
    "time_on": N_("Half of those who went on from {part} took longer than this, half less."),
    "duration": N_("Half of the customers spent longer than this before the next step, half less."),
    "repeats": N_("Of the customers who came to {part}, the share that came more than once."),
    "channel": N_("Of the interactions of {part}, the share on this channel."),
    "valence": N_("The mean of what customers said of {part}, from −2 to +2."),
    "influence": N_(
        "The goal's share among those who met {part}, over the share among those who did not. "
        "It goes with the goal; only an experiment shows that it causes it."
    ),
    "affected": N_("The share of the customers there to whom it happened."),
    "wait": N_("Half of the customers waited longer than this, half less."),
    "value": N_("A metric of the map: {part}."),
}

# who the counts behind a share are: those counted, and those it is a share of
_COUNTED: dict[Measure, tuple[str, str]] = {
    "reach": (N_("came to {part}"), N_("customers of the map")),
    "goal": (N_("reached the goal"), N_("customers of the map")),
    "goes_on": (N_("went on"), N_("came to {part}")),
    "leaves": (N_("did not go on"), N_("came to {part}")),
    "comes_back": (N_("went back"), N_("came to {part}")),
    "moves": (N_("took this way"), N_("came to the first stage")),
    "repeats": (N_("came more than once"), N_("came to {part}")),
    "channel": (N_("on this channel"), N_("interactions")),
    "affected": (N_("were affected"), N_("came this far")),
}
_ANYBODY = (N_("counted"), N_("in all"))

_REASONS = {
    "no data": N_("nobody measures this yet"),
    "thin": N_("too few data"),
    "no interval": N_("the interval cannot be told"),
    "gone": N_("the data no longer have this"),
}

_METHODS = {
    "order statistics": N_("order statistics"),
    "Student": N_("Student's t, between customers"),
    "bootstrap": N_("bootstrap over customers"),
}


@dataclass(frozen=True)
class Figure:
    """One number of the map.

    Attributes:
        part: the name of what it is about ("Checkout").
        place: where that stands ("Buy, step 7: Pays"), for the drawer's first line.
        group: which figures belong to the same part; they are listed together.
        measured: None when the measurement does not know the binding.
        name: what the number is called where its part has a name of its own (a pain's title).
    """

    binding: Binding
    part: str
    place: str
    group: str
    measured: Measured | None
    name: str = ""

    @property
    def id(self) -> str:
        """The binding's id: the same in drawing, drawer and address."""
        return self.binding.id

    @property
    def value(self) -> float | None:
        """The number itself, if there is one."""
        return self.measured.value if self.measured else None

    @property
    def text(self) -> str:
        """The number with its unit, or a dash."""
        return words.DASH if self.value is None else spoken(self.value, self.binding.unit)

    @property
    def title(self) -> str:
        """What the number is called."""
        label = self.binding.label.pick()
        if self.name:
            return self.name
        if not label:
            return self._filled(_TITLES[self.binding.measure])
        whole = self.group == "map" or label == self.part
        return label if whole else f"{label}: {self.part}"

    @property
    def definition(self) -> str:
        """What the number is, in one sentence, with its denominator."""
        return self.binding.definition.pick() or self._filled(_DEFINITIONS[self.binding.measure])

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return self.measured.low if self.measured else None

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return self.measured.high if self.measured else None

    @property
    def interval(self) -> str:
        """The interval with its unit, or nothing."""
        if self.low is None or self.high is None:
            return ""
        return spoken_interval(self.low, self.high, self.binding.unit)

    @property
    def n(self) -> int | None:
        """How many customers (or answers) it rests on."""
        if self.measured is None:
            return None
        return self.measured.denominator or self.measured.n

    @property
    def method(self) -> str:
        """How the interval was found, in words."""
        name = self.measured.method if self.measured else ""
        return _(_METHODS[name]) if name in _METHODS else name

    @property
    def basis(self) -> str:
        """How many it rests on ("n 3.894"), or nothing."""
        return "" if self.n is None else f"n{words.NBSP}{words.number(self.n, 0)}"

    @property
    def reason(self) -> str:
        """Why there is no number."""
        if self.measured is None:
            return _("not measured yet")
        return _(_REASONS.get(self.measured.reason, self.measured.reason))

    @property
    def counts(self) -> tuple[tuple[str, str], tuple[str, str]] | None:
        """The counts behind a share, each with who they are: counted, then counted among."""
        found = self.measured
        if found is None or found.numerator is None or not found.denominator:
            return None
        counted, among = _COUNTED.get(self.binding.measure, _ANYBODY)
        return (
            (words.number(found.numerator, 0), self._filled(counted)),
            (words.number(found.denominator, 0), self._filled(among)),
        )

    @property
    def numerator(self) -> int:
        """How many were counted; none where that is not known."""
        return (self.measured.numerator if self.measured else None) or 0

    @property
    def sentence(self) -> str:
        """For a reader of the table: value, interval, n; or why there is none."""
        if self.value is None:
            return self.reason
        interval = f"({self.interval})" if self.interval else ""
        head = " ".join(one for one in (self.text, interval) if one)
        return ", ".join(one for one in (head, self.basis) if one)

    def _filled(self, template: str) -> str:
        text = _(template) if template != "{part}" else template
        return text.replace("{part}", self.part)


class Figures:
    """All numbers of a map, by binding."""

    def __init__(self, drawn: JourneyMap, measurement: Measurement | None) -> None:
        values = measurement.values if measurement else {}
        self._by_id = {
            binding.id: Figure(binding, part, place, group, values.get(binding.id), name)
            for part, place, group, owner, name in _parts(drawn)
            for binding in owner.bindings
        }

    def __iter__(self) -> Iterator[Figure]:
        return iter(self._by_id.values())

    def of(self, part: Bound, measure: Measure) -> Figure | None:
        """The number of this measure that a part has."""
        binding = part.binding(measure)
        return self._by_id[binding.id] if binding else None

    def value(self, part: Bound, measure: Measure) -> float | None:
        """Its value, where there is one."""
        figure = self.of(part, measure)
        return figure.value if figure else None


def spoken(value: float, unit: Unit) -> str:
    """A value with its unit, in words."""
    return _SPOKEN[unit](value)


def spoken_interval(low: float, high: float, unit: Unit) -> str:
    """An interval with its unit, in words."""
    if unit == "share":
        return words.share_interval(low, high)
    if unit == "duration":
        return words.duration_interval(low, high)
    if unit == "valence":
        return words.interval(low, high, 1)
    return words.interval(low, high)


def item_title(drawn: JourneyMap, item: Item) -> str:
    """What an item is called."""
    if isinstance(item, Contact):
        return drawn.touchpoint(item.touchpoint).label.pick()
    if isinstance(item, Emotion):
        return item.word.pick()
    for name in ("title", "text"):
        text = getattr(item, name, None)
        if text:
            return str(text)
    return ""


def place_of(drawn: JourneyMap, step: Step) -> str:
    """Where a step stands: "Buy, step 7: Pays"."""
    stage = next(one for one in drawn.stages if one.key == step.stage)
    number = drawn.steps.index(step) + 1
    return _("{stage}, step {number}: {step}", stage=stage.name, number=number, step=step.name)


_SPOKEN: dict[Unit, Callable[[float], str]] = {
    "count": lambda value: words.number(value, 0),
    "share": words.share,
    "duration": words.duration,
    "ratio": words.times,
    "valence": lambda value: words.signed(value, 1),
    "score": words.number,
    "money": words.number,
    "number": words.number,
}


def _parts(drawn: JourneyMap) -> Iterator[tuple[str, str, str, Bound, str]]:
    """(name, place, group, part, the numbers' own name) of everything that has numbers."""
    yield drawn.title.pick(), _("The whole map"), "map", drawn, ""
    names = {stage.key: stage.name.pick() for stage in drawn.stages}
    for stage in drawn.stages:
        name, group = names[stage.key], f"stage {stage.key}"
        yield name, _("Stage"), group, stage, ""
        for link in stage.links:
            yield _link_name(name, link, names), _("Between stages"), group, link, ""
    places = {step.key: place_of(drawn, step) for step in drawn.steps}
    for step in drawn.steps:
        yield step.name.pick(), places[step.key], f"step {step.key}", step, ""
    step_names = {step.key: step.name.pick() for step in drawn.steps}
    for cell, item in drawn.contents():
        title = item_title(drawn, item)
        about = _about(drawn, item) or title or step_names[cell.step]
        name = title if isinstance(item, PainPoint | Gain) else ""
        yield about, places[cell.step], f"item {item.id}", item, name


def _about(drawn: JourneyMap, item: Item) -> str:
    """The touchpoint that a pain, gain or moment of truth is about."""
    key = getattr(item, "touchpoint", "")
    return drawn.touchpoint(key).label.pick() if key else ""


def _link_name(source: str, link: Link, names: dict[str, str]) -> str:
    return f"{source} → {names[link.to]}"

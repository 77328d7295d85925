"""The plan of a draft: which touchpoints are drawn, in which stages and steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from travesia.locale import N_
from travesia.locale.text import NOTHING, Text
from travesia.maps.stages import Passages, StagePlan, best_order, leaders, mine
from travesia.maps.wording import both
from travesia.record.proposals import Proposals, nearest_common
from travesia.record.touchpoints import Origin, Touchpoint

if TYPE_CHECKING:
    from travesia.record.catalogue import Catalogue
    from travesia.record.journeys import Journeys

OTHERS = "(others)"
MOST = 24
"""Touchpoints drawn without a catalogue; the rest are one, "(others)"."""
RARE = 0.01
"""Those that a smaller share of customers meets are left to the others, if five remain."""
MOST_OF_CATALOGUE = 60
MIXED = 0.25
"""Mined stages that more of customers' first meetings contradict have hardly any order."""
GOALS = ("ecommerce", "renewal", "resolution")
"""Entries of the library that are taken for the goal where none is named, in this order."""
NO_GOAL = re.compile(
    r"(?i)cancel|churn|refund|return|fail|error|abandon|unsubscri|anula|baja|reembols|devol"
)
"""What is never taken for a goal, however much it looks like one."""


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage and the touchpoints in it that the data show, in order."""

    key: str
    name: Text
    names: tuple[str, ...]
    goal: Text = NOTHING
    weight: float | None = None
    origin: Origin = "mined"


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A column of the map: touchpoints that stand together, named for the one most met."""

    key: str
    name: Text
    stage: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What a drafted map consists of.

    Attributes:
        journeys: with the map's lenses.
        lenses: those lenses, as JSON.
        customers: touchpoint -> how many met it.
        channel_rows: how touchpoints spread over channels (rows of `Mix`), if they do.
        ordered: customers meet mined stages in this order often enough to speak of one.
        unseen: touchpoints of the catalogue that no event shows.
    """

    journeys: Journeys
    lenses: tuple[Any, ...]
    stages: tuple[PlannedStage, ...]
    steps: tuple[PlannedStep, ...]
    touchpoints: tuple[Touchpoint, ...]
    channels: Mapping[str, Text]
    customers: Mapping[str, int]
    goals: tuple[str, ...]
    notes: tuple[Text, ...]
    has_channels: bool
    ordered: bool = True
    unseen: tuple[Touchpoint, ...] = ()

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All touchpoints drawn, in order."""
        return tuple(name for stage in self.stages for name in stage.names)

    @cached_property
    def places(self) -> dict[str, int]:
        """Touchpoint -> its place in the order."""
        return {name: place for place, name in enumerate(self.order)}

    @cached_property
    def after_goal(self) -> frozenset[str]:
        """The stages after the last one with a goal in it; none without a goal."""
        with_goal = [
            place for place, stage in enumerate(self.stages) if set(stage.names) & set(self.goals)
        ]
        later = self.stages[max(with_goal) + 1 :] if with_goal else ()
        return frozenset(stage.key for stage in later)

    @cached_property
    def ends(self) -> frozenset[str]:
        """Touchpoints where a journey may well end: goals, and what comes after the first of them.

        Without a goal, those of the last stage.
        """
        if not self.goals:
            return frozenset(self.stages[-1].names)
        first = min(self.places[goal] for goal in self.goals)
        return frozenset(self.order[first:])

    def step(self, key: str) -> PlannedStep:
        """The step of this key."""
        return next(step for step in self.steps if step.key == key)

    def step_of(self, name: str) -> str:
        """The step that a touchpoint stands in."""
        return next(step.key for step in self.steps if name in step.names)

    def touchpoint(self, name: str) -> Touchpoint:
        """What is known of a touchpoint."""
        return next(one for one in self.touchpoints if one.key == name)

    def name(self, name: str) -> Text:
        """What a touchpoint is called."""
        return self.touchpoint(name).label

    def unseen_at(self, key: str) -> list[Touchpoint]:
        """The touchpoints of a step's stage that no event shows, at its first step."""
        stage = self.step(key).stage
        first = next(step.key for step in self.steps if step.stage == stage)
        return [one for one in self.unseen if one.stage == stage] if key == first else []


def plan_of(
    journeys: Journeys,
    catalogue: Catalogue | None,
    goal: str | Sequence[str] | None,
    stages: int | None,
) -> Plan:
    """Choose the touchpoints, put them in order, and cut them into stages and steps."""
    named = catalogue.over(journeys) if catalogue else journeys
    customers = _customers(named)
    goals, guessed = _goals(named, journeys, catalogue, goal, customers)
    kept = _kept(customers, named.customers, set(catalogue.keys) if catalogue else set(), goals)
    looked = named
    if len(kept) < len(customers):
        looked = named.group({name: name for name in kept}, others=OTHERS)
    passages = _passages(looked, kept, customers)
    known = _known(kept, catalogue)
    found = _staged(passages, catalogue, known, stages)
    listed = catalogue.touchpoints if catalogue and catalogue.stages else ()
    unseen = tuple(one for one in listed if one.key not in customers)
    channels = _Channels.of(looked, known, catalogue)
    mined = StagePlan(tuple(stage.names for stage in found if stage.origin == "mined"), passages)
    ordered = not mined.stages or (mined.backward or 0) <= MIXED
    return Plan(
        journeys=looked,
        lenses=tuple(looked.to_json()[len(journeys.lenses) :]),
        stages=found,
        steps=_steps(found, known, customers, unseen),
        touchpoints=(*channels.touchpoints(found), *unseen),
        channels=channels.names,
        customers=customers,
        goals=goals,
        notes=(
            *_folded(customers, kept),
            *_guess(goals if guessed else (), known),
            *_mixed(ordered),
        ),
        has_channels=channels.measured,
        ordered=ordered,
        unseen=unseen,
    )


def _staged(
    passages: Passages,
    catalogue: Catalogue | None,
    known: Mapping[str, Touchpoint],
    stages: int | None,
) -> tuple[PlannedStage, ...]:
    if catalogue and catalogue.stages:
        return _by_catalogue(passages, catalogue, known)
    customers = dict(zip(passages.names, passages.customers.tolist(), strict=True))
    return _mined(mine(passages, stages).stages, known, customers)


# Which touchpoints


def _customers(journeys: Journeys) -> dict[str, int]:
    """Touchpoint -> customers, most first; equal ones by name."""
    from travesia.study.contacts import Contacts

    rows = journeys.ask(Contacts()).to_pylist()
    ranked = sorted(rows, key=lambda row: (-row["met"], row["touchpoint"]))
    return {row["touchpoint"]: row["met"] for row in ranked}


def _kept(
    customers: Mapping[str, int], everybody: int, catalogued: set[str], goals: Sequence[str]
) -> list[str]:
    """The touchpoints drawn, most met first."""
    certain = [name for name in customers if name in catalogued or name in goals]
    others = [name for name in customers if name not in certain]
    common = [name for name in others if customers[name] >= RARE * everybody]
    room = max(MOST - len(certain), 0)
    least = max(5 - len(certain), 0)
    chosen = {*certain[:MOST_OF_CATALOGUE], *(common if len(common) >= least else others)[:room]}
    return [name for name in customers if name in chosen]


def _goals(
    named: Journeys,
    journeys: Journeys,
    catalogue: Catalogue | None,
    goal: str | Sequence[str] | None,
    customers: Mapping[str, int],
) -> tuple[tuple[str, ...], bool]:
    """The goals under the names of the map, and whether they were guessed."""
    if goal is None:
        guess = _guessed(customers, named.customers, catalogue)
        return ((guess,) if guess else ()), guess is not None
    from travesia.record.lenses import names_of

    asked = [goal] if isinstance(goal, str) else list(goal)
    known = named.scope.touchpoints
    raw = journeys.scope.touchpoints.listed
    given = [part for one in asked for part in _parts(one, {*raw, *known.listed})]
    renamed = catalogue.mapping(raw) if catalogue and not catalogue.columns else {}
    found = [renamed.get(name, name) for name in given]
    return tuple(dict.fromkeys(one for name in found for one in names_of(name, known))), False


def _parts(goal: str, known: set[str]) -> list[str]:
    if goal.strip() in known:
        return [goal.strip()]
    return [part.strip() for part in goal.split("|")]


def _guessed(
    customers: Mapping[str, int], everybody: int, catalogue: Catalogue | None
) -> str | None:
    """The most met touchpoint that looks like a purchase, a renewal or a solved case."""
    common = {
        name: nearest_common(name)
        for name, met in customers.items()
        if met >= RARE * everybody and not NO_GOAL.search(name)
    }
    if catalogue:
        for one in catalogue.touchpoints:
            if one.key in common:
                spoken = (one.key, one.name.en, one.name.es, one.name.any)
                alike = (nearest_common(text) for text in spoken if text)
                common[one.key] = next((key for key in alike if key in GOALS), None)
    for wanted in GOALS:
        found = next((name for name, key in common.items() if key == wanted), None)
        if found is not None:
            return found
    return None


def _known(kept: Sequence[str], catalogue: Catalogue | None) -> dict[str, Touchpoint]:
    """Touchpoint -> what the catalogue, or else the library, knows of it."""
    from travesia.record.catalogue import Catalogue

    listed = {one.key: one for one in catalogue.touchpoints} if catalogue else {}
    like = catalogue or Catalogue.library().model_copy(update={"touchpoints": ()})
    propose = Proposals(like).propose
    return {name: listed.get(name) or _as(propose(name), name) for name in kept}


def _as(proposal: Touchpoint, name: str) -> Touchpoint:
    return proposal.model_copy(update={"key": name, "id": name})


def _passages(journeys: Journeys, kept: Sequence[str], customers: Mapping[str, int]) -> Passages:
    from travesia.study.precedence import Precedence

    place = {name: at for at, name in enumerate(kept)}
    first = np.zeros((len(kept), len(kept)), np.int64)
    moves = np.zeros_like(first)
    for row in journeys.ask(Precedence()).to_pylist():
        if row["source"] in place and row["target"] in place:
            at = place[row["source"]], place[row["target"]]
            first[at], moves[at] = row["before"], row["next_new"]
    met = np.array([customers[name] for name in kept], np.int64)
    return Passages(tuple(kept), met, first, moves)


# In which stages and steps


def _mined(
    stages: Sequence[Sequence[str]], known: Mapping[str, Touchpoint], customers: Mapping[str, int]
) -> tuple[PlannedStage, ...]:
    found = []
    for number, names in enumerate(stages, 1):
        leader = max(names, key=lambda name: customers[name])
        found.append(PlannedStage(f"stage_{number}", known[leader].label, tuple(names)))
    return tuple(found)


def _by_catalogue(
    passages: Passages, catalogue: Catalogue, known: Mapping[str, Touchpoint]
) -> tuple[PlannedStage, ...]:
    """The catalogue's stages; touchpoints without one go where their neighbours in time are."""
    order = [passages.names[at] for at in best_order(passages.first)]
    keys = [stage.key for stage in catalogue.stages]
    placed = {name: known[name].stage for name in order if known[name].stage in keys}
    middle = {
        key: float(np.mean([order.index(name) for name in placed if placed[name] == key]))
        for key in keys
        if key in placed.values()
    }
    for at, name in enumerate(order):
        if name not in placed:
            near = sorted(middle, key=lambda key: abs(middle[key] - at))
            placed[name] = near[0] if near else keys[0]
    listed = {one.stage for one in catalogue.touchpoints}
    return tuple(
        PlannedStage(
            stage.key,
            stage.label,
            tuple(name for name in order if placed[name] == stage.key),
            stage.goal,
            stage.weight,
            "import",
        )
        for stage in catalogue.stages
        if stage.key in listed or stage.key in placed.values()
    )


def _steps(
    stages: Sequence[PlannedStage],
    known: Mapping[str, Touchpoint],
    customers: Mapping[str, int],
    unseen: Sequence[Touchpoint],
) -> tuple[PlannedStep, ...]:
    steps = []
    for stage in stages:
        groups = _groups(stage.names, dict(customers))
        for number, (leader, names) in enumerate(groups, 1):
            label = known[leader].label
            steps.append(PlannedStep(f"{stage.key}_{number}", label, stage.key, names))
        hidden = [one for one in unseen if one.stage == stage.key]
        if not groups and hidden:
            steps.append(PlannedStep(f"{stage.key}_1", hidden[0].label, stage.key, ()))
    return tuple(steps)


def _groups(names: Sequence[str], customers: dict[str, int]) -> list[tuple[str, tuple[str, ...]]]:
    """A stage's touchpoints in contiguous steps, each with its leader.

    Those between two leaders go with the earlier one; those before the first, with it.
    """
    leading = leaders(names, customers)
    found: list[tuple[str, list[str]]] = []
    waiting: list[str] = []
    for name in names:
        if name in leading:
            found.append((name, [*waiting, name]))
            waiting = []
        elif found:
            found[-1][1].append(name)
        else:
            waiting.append(name)
    return [(leader, tuple(members)) for leader, members in found]


# On which channels


@dataclass(frozen=True)
class _Channels:
    """Channels of touchpoints: the catalogue's, else the data's most frequent, else guessed."""

    known: Mapping[str, Touchpoint]
    most_frequent: Mapping[str, str]
    names: Mapping[str, Text]
    measured: bool

    @classmethod
    def of(
        cls, journeys: Journeys, known: Mapping[str, Touchpoint], catalogue: Catalogue | None
    ) -> _Channels:
        from travesia.record.catalogue import Catalogue

        frequent = _frequent_channels(journeys)
        listed = catalogue.channels if catalogue else ()
        names = {one.key: one.label for one in (*Catalogue.library().channels, *listed)}
        used = {*frequent.values(), *(one.channel for one in known.values())} - {""}
        used |= {one.channel for one in catalogue.touchpoints} - {""} if catalogue else set()
        return cls(
            known,
            frequent,
            {key: names.get(key, Text(any=key)) for key in sorted(used)},
            measured=bool(frequent),
        )

    def touchpoints(self, stages: Sequence[PlannedStage]) -> list[Touchpoint]:
        """What is known of each touchpoint, with its stage and channel on this map."""
        found = []
        for stage in stages:
            for name in stage.names:
                one = self.known[name]
                measured = self.most_frequent.get(name, "")
                # a channel guessed from a name would stand on the map like a fact
                channel = measured if one.origin == "mined" else (one.channel or measured)
                found.append(one.model_copy(update={"stage": stage.key, "channel": channel}))
        return found


def _frequent_channels(journeys: Journeys) -> dict[str, str]:
    from travesia.engines.scope import MOST_GROUPS
    from travesia.study.mix import Mix

    scope = journeys.scope
    usable = scope.columns.get("channel") == "text" and "channel" not in scope.attributes
    if not usable or len(scope.vocabulary("channel")) > MOST_GROUPS:
        return {}
    frequent: dict[str, str] = {}
    for row in journeys.ask(Mix()).to_pylist():
        if row["value"]:
            frequent.setdefault(row["touchpoint"], row["value"])
    return frequent


# What the reader must know


def _folded(customers: Mapping[str, int], kept: Sequence[str]) -> list[Text]:
    rest = len(customers) - len(kept)
    if not rest:
        return []
    if rest == 1:
        return [both(N_("One touchpoint that fewer customers meet is folded into others."))]
    many = N_("{n} touchpoints that fewer customers meet are folded into others.")
    return [both(many, n=f"{rest}")]


def _guess(goals: Sequence[str], known: Mapping[str, Touchpoint]) -> list[Text]:
    said = N_("The goal, {goal}, was guessed from its name.")
    return [both(said, goal=known[goal].label) for goal in goals]


def _mixed(ordered: bool) -> list[Text]:
    said = N_(
        "Customers meet these stages in almost any order: read little into the order of this map."
    )
    return [] if ordered else [both(said)]

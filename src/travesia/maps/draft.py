"""Drafting a map from data: the first as-is map of any journeys, with every number bound.

The draft is a document like any other: edit it, keep it, measure it again. Its authored texts
hold no numbers; those stand in the measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from travesia.errors import InvalidValue
from travesia.locale import N_
from travesia.locale.text import NOTHING, Text
from travesia.maps import bindings
from travesia.maps.document import (
    Binding,
    Cell,
    Contact,
    Emotion,
    Item,
    JourneyMap,
    Lane,
    Link,
    Metric,
    Stage,
    Step,
)
from travesia.maps.findings import Findings
from travesia.maps.measure import ask_all
from travesia.maps.planning import OTHERS, Plan, plan_of
from travesia.maps.scales import Scale, Scored, scored
from travesia.maps.wording import both
from travesia.record.durations import duration
from travesia.record.proposals import key_of

if TYPE_CHECKING:
    from travesia.record.catalogue import Catalogue
    from travesia.record.journeys import Journeys

LEAST_LINK = 0.01
"""Ways out of a stage that fewer of its customers take are not drawn."""
MOST_CHANNELS = 4
ROUND_TIMES = (
    "1m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "3d", "7d", "14d", "30d",
    "60d", "90d", "180d",
)  # fmt: skip
"""Landmarks for influences; the longest within the median time to the goal is taken."""


def draft(
    journeys: Journeys,
    catalogue: Catalogue | None = None,
    *,
    goal: str | Sequence[str] | None = None,
    title: Text | str | None = None,
    key: str = "",
    stages: int | None = None,
    score: str | None = None,
) -> JourneyMap:
    """A first as-is map of these journeys.

    Args:
        journeys: as they should be looked at; their lenses are not part of the map.
        catalogue: names, channels, owners and stages of touchpoints; mined without one.
        goal: the touchpoints that mean the customer's goal is reached; guessed from their names
            where not given (the map's notes say so).
        title: what the map is called.
        key: the map's key; made from the title where not given.
        stages: how many stages to mine (3 to 7 by default).
        score: the number column with customers' scores; found by its name where not given.

    Raises:
        InvalidValue: there are no interactions to draw.
        UnknownName: a goal or score column that does not exist.
    """
    if not journeys.events:
        raise InvalidValue("There are no interactions to draw a map of.", "Widen the lenses.")
    plan = plan_of(journeys, catalogue, goal, stages)
    return _Draft(plan, _title(title), key, scored(plan.journeys, score)).map


def _title(title: Text | str | None) -> Text:
    if title is None:
        return both(N_("The customers' journey"))
    return title if isinstance(title, Text) else Text(any=title)


@dataclass(frozen=True)
class _Draft:
    """A map in the making: the plan (what stands where), and the answers it is written from."""

    plan: Plan
    title: Text
    key: str
    score: Scored | None

    @property
    def map(self) -> JourneyMap:
        """The whole document."""
        found = self.findings
        return JourneyMap(
            key=self.key or key_of(self.title.pick("en")),
            origin="mined",
            title=self.title,
            goal=self._goal_text,
            goal_touchpoints=self.plan.goals,
            lenses=tuple(self.plan.lenses),
            questions=self.questions,
            touchpoints=self.plan.touchpoints,
            channels=dict(self.plan.channels),
            bindings=tuple(self._of_map()),
            stages=tuple(self._stage(place) for place in range(len(self.plan.stages))),
            steps=tuple(self._step(step.key) for step in self.plan.steps),
            lanes=tuple(self._lanes(found)),
            cells=tuple(self._cells(found)),
            notes=self.plan.notes,
        )

    # What is asked

    @cached_property
    def questions(self) -> dict[str, Any]:
        """The map's questions by name."""
        stages = [[stage.key, list(stage.names)] for stage in self.plan.stages]
        steps = [[step.key, list(step.names)] for step in self.plan.steps]
        moves = [[name, [name]] for name in self.plan.order]
        asked: dict[str, Any] = {
            "contacts": {"question": "contacts"},
            "stages": {"question": "stage_flow", "stages": stages},
            "links": {"question": "stage_links", "stages": stages},
            "steps": {"question": "stage_flow", "stages": steps},
            "moves": {"question": "stage_links", "stages": moves},
        }
        if self.plan.goals:
            goal = " | ".join(self.plan.goals)
            reached = [["goal", list(self.plan.goals)]]
            asked["goal"] = {"question": "stage_flow", "stages": reached}
            asked["gave_up"] = {"question": "contacts", "until": goal}
            asked["influence"] = {"question": "influence", "goal": goal, "after": self._landmark}
        if self.plan.has_channels:
            asked["channels"] = {"question": "mix"}
        stored = {name: {"lenses": [], "question": question} for name, question in asked.items()}
        return stored | self._score_questions

    @cached_property
    def _landmark(self) -> str:
        """When influences are compared: about the median time to the goal, in a round figure."""
        from travesia.study.stage_flow import StageFlow

        before = tuple(name for name in self.plan.order if name not in self.plan.goals)
        stages = (("before", before), ("goal", self.plan.goals))
        usual = self.plan.journeys.ask(StageFlow(stages)).to_pylist()[0]["median_time"]
        rounds = [one for one in ROUND_TIMES if usual is not None and duration(one) <= usual]
        return rounds[-1] if rounds else ROUND_TIMES[0]

    @cached_property
    def _scales(self) -> dict[str, Scale]:
        """Step -> the scale on which it has most answers."""
        found: dict[str, Scale] = {}
        if self.score is None:
            return found
        for step in self.plan.steps:
            answers: dict[Scale, int] = {}
            for name in step.names:
                if name in self.score.scales:
                    scale = self.score.scales[name]
                    answers[scale] = answers.get(scale, 0) + self.score.answers[name]
            if answers:
                found[step.key] = max(answers, key=lambda scale: (answers[scale], scale))
        return found

    @cached_property
    def _score_questions(self) -> dict[str, Any]:
        """For each scale, the scores by step of the touchpoints that use it."""
        found: dict[str, Any] = {}
        if self.score is None:
            return found
        for scale in sorted(set(self._scales.values())):
            by_step = {
                name: step.key
                for step in self.plan.steps
                for name in step.names
                if self._scales.get(step.key) == self.score.scales.get(name) == scale
            }
            found[_scores_on(scale)] = {
                "lenses": [{"lens": "group", "mapping": by_step, "others": OTHERS}],
                "question": {
                    "question": "scores",
                    "column": self.score.column,
                    "scale": list(scale),
                },
            }
        return found

    @cached_property
    def answers(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of every answer."""
        found = ask_all(self.plan.journeys, self.questions, self.questions)
        return {name: rows.rows for name, rows in found.items()}

    @cached_property
    def findings(self) -> Findings:
        """Pains, gains, moments of truth and opportunities, by step."""
        asked = {step: _scores_on(scale) for step, scale in self._scales.items()}
        return Findings(self.plan, self.answers, asked)

    @property
    def _gave_up(self) -> str:
        return "gave_up" if self.plan.goals else "contacts"

    # The parts

    def _of_map(self) -> list[Binding]:
        found = []
        if self.plan.goals:
            goal = bindings.share(
                "map.goal", "goal", "goal", "", ("came", "customers"), stage="goal"
            )
            label = both("{goal}", goal=self.plan.name(self.plan.goals[0]))
            found.append(bindings.called(goal, label))
        return found

    @property
    def _goal_text(self) -> Text:
        if not self.plan.goals:
            return NOTHING
        return both(N_("Get to: {goal}"), goal=self.plan.name(self.plan.goals[0]))

    def _stage(self, place: int) -> Stage:
        stage = self.plan.stages[place]
        return Stage(
            key=stage.key,
            origin=stage.origin,
            name=stage.name,
            goal=stage.goal,
            weight=stage.weight,
            touchpoints=stage.names,
            bindings=bindings.of_stage(stage.key, last=place == len(self.plan.stages) - 1),
            links=tuple(
                Link(
                    id=f"{row['source']}>{row['target']}",
                    origin="mined",
                    to=row["target"],
                    kind=row["move"],
                    bindings=bindings.of_link(row["source"], row["target"]),
                )
                for row in self.answers["links"]
                if row["source"] == stage.key and (row["share"] or 0) >= LEAST_LINK
            ),
        )

    def _step(self, key: str) -> Step:
        step = self.plan.step(key)
        asked = bindings.time(f"{key}.duration", "duration", "steps", "went_on", stage=key)
        last = key == self.plan.steps[-1].key
        return Step(
            key=key,
            origin="mined",
            name=step.name,
            stage=step.stage,
            bindings=() if last else (bindings.behind(asked, outcome="went on"),),
        )

    def _lanes(self, found: Findings) -> list[Lane]:
        lanes = [Lane(key="touchpoints", role="touchpoint", origin="mined")]
        if self._scales:
            lanes.append(Lane(key="emotion", role="emotion", origin="mined"))
        lanes.append(Lane(key="pains", role="pain", origin="mined"))
        if any(found.moments(step.key) for step in self.plan.steps):
            lanes.append(Lane(key="moments", role="moment_of_truth", origin="mined"))
        lanes.append(Lane(key="metrics", role="metric", origin="mined"))
        if any(found.work(step.key) for step in self.plan.steps):
            lanes.append(Lane(key="backstage", role="backstage", origin="mined"))
        lanes.append(Lane(key="opportunities", role="opportunity", origin="mined"))
        return lanes

    def _cells(self, found: Findings) -> list[Cell]:
        cells = []
        for step in self.plan.steps:
            items: dict[str, Sequence[Item]] = {
                "touchpoints": self._contacts(step.key),
                "emotion": self._emotion(step.key),
                "pains": [*found.pains(step.key), *found.gains(step.key)],
                "moments": found.moments(step.key),
                "metrics": self._metrics(step.key),
                "backstage": found.work(step.key),
                "opportunities": found.opportunities(step.key),
            }
            cells += [
                Cell(
                    id=f"{step.key}.{lane}",
                    origin="mined",
                    step=step.key,
                    lane=lane,
                    items=tuple(here),
                )
                for lane, here in items.items()
                if here
            ]
        return cells

    def _contacts(self, key: str) -> list[Contact]:
        step = self.plan.step(key)
        after_goal = step.stage in self.plan.after_goal
        gave_up = "contacts" if after_goal else self._gave_up
        met = {row["touchpoint"] for row in self.answers[gave_up]}
        seen = [
            Contact(
                id=f"{key}.contact.{name}",
                origin="mined",
                touchpoint=name,
                bindings=bindings.of_contact(
                    key, name, gave_up if name in met else "contacts", self._channels(name)
                ),
            )
            for name in sorted(step.names, key=lambda name: -self.plan.customers[name])
        ]
        unseen = [
            Contact(id=f"{key}.contact.{one.key}", touchpoint=one.key)
            for one in self.plan.unseen_at(key)
        ]
        return [*seen, *unseen]

    def _channels(self, name: str) -> tuple[Text, ...]:
        rows = [row for row in self.answers.get("channels", []) if row["touchpoint"] == name]
        named = [row["value"] for row in rows if row["value"]]
        return tuple(Text(any=value) for value in named[:MOST_CHANNELS]) if len(named) > 1 else ()

    def _emotion(self, key: str) -> list[Emotion]:
        if key not in self._scales:
            return []
        valence = bindings.number(
            f"{key}.valence",
            "valence",
            _scores_on(self._scales[key]),
            ("valence", "valence", "valence_low", "valence_high", "customers"),
            touchpoint=key,
        )
        return [Emotion(id=f"{key}.emotion", origin="mined", source="survey", bindings=(valence,))]

    def _metrics(self, key: str) -> list[Metric]:
        last = key == self.plan.steps[-1].key
        suffix, part, cell = ("_again", "again", "again") if last else ("_on", "went_on", "went on")
        title = both(N_("Come again")) if last else both(N_("Go on to a later step"))
        value = bindings.share(f"{key}.metric", "value", "steps", suffix, (part, "came"), stage=key)
        better: Literal["up"] | None = None if last else "up"
        return [
            Metric(
                id=f"{key}.metric",
                origin="mined",
                title=title,
                unit="share",
                better=better,
                bindings=(bindings.behind(value, outcome=cell, better=better),),
            )
        ]


def _scores_on(scale: Scale) -> str:
    return f"scores {scale[0]:g} to {scale[1]:g}"

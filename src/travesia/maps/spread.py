"""How touchpoints spread over the stages, and which are met too much or too little.

The rules, as stated:

- A stage has too many touchpoints when its share of them is at least 1.5 times its share of the
  stages' weights, too few when it is at most two thirds of it, if by one touchpoint or more; and
  it is a gap when it has none. Without weights, stages weigh alike.
- A touchpoint is over-used when at least half of its stage's customers meet it, those who do reach
  the goal less often (the whole interval of the ratio is under 1), and the company could do less
  of it (it, or nobody known, starts the contact).
- It is under-used when less than a fifth of its stage's customers meet it, and those who do reach
  the goal more often (the whole interval is over 1), unless it is a step on the way to it.
- It is unseen when the map has it and the data do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from travesia.errors import InvalidValue
from travesia.maps.document import JourneyMap, Stage
from travesia.maps.measure import ask_all, looked
from travesia.maps.overview import Balance, Spread, StageSpread, TouchpointUse, Use
from travesia.record.touchpoints import Touchpoint

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

MANY, FEW = 1.5, 2 / 3
OFTEN, SELDOM = 0.5, 0.2
MOST_STAGES = 60


def spread(journey_map: JourneyMap, journeys: Journeys) -> Spread:
    """How the map's touchpoints spread over its stages, measured on these journeys.

    Raises:
        InvalidValue: the map has no stages, or a touchpoint stands in two of them.
    """
    asked = use_questions(journey_map)
    if not asked:
        raise InvalidValue(
            "The map has no stages that its touchpoints spread over.",
            "Give it 1 to 60 stages, and each touchpoint one of them.",
        )
    answers = ask_all(looked(journeys, journey_map.lenses), asked, asked)
    return spread_of(journey_map, {name: found.rows for name, found in answers.items()})


def use_questions(journey_map: JourneyMap) -> dict[str, Any]:
    """The stored questions that tell the use; none where stages do not part the touchpoints."""
    stages = [[stage.key, list(_of(journey_map, stage))] for stage in journey_map.stages]
    placed = [key for _, keys in stages for key in keys]
    if not 1 <= len(stages) <= MOST_STAGES or len(set(placed)) < len(placed):
        return {}
    asked: dict[str, Any] = {
        "contacts": {"lenses": [], "question": {"question": "contacts"}},
        "stages": {"lenses": [], "question": {"question": "stage_flow", "stages": stages}},
    }
    known = journey_map.questions.get("influence")
    if isinstance(known, Mapping) and _asks(known, "influence"):
        asked["influence"] = known
    elif journey_map.goal_touchpoints:
        goal = " | ".join(journey_map.goal_touchpoints)
        asked["influence"] = {"lenses": [], "question": {"question": "influence", "goal": goal}}
    return asked


def _asks(stored: Mapping[str, Any], kind: str) -> bool:
    question = stored.get("question")
    return isinstance(question, Mapping) and question.get("question") == kind


def spread_of(journey_map: JourneyMap, rows: Mapping[str, list[dict[str, Any]]]) -> Spread:
    """The spread that the rows of its questions amount to."""
    met = {row["touchpoint"]: row for row in rows["contacts"]}
    came = {row["stage"]: row["came"] for row in rows["stages"]}
    influence = {row["touchpoint"]: row for row in rows.get("influence", [])}
    placed = [(stage, key) for stage in journey_map.stages for key in _of(journey_map, stage)]
    uses = tuple(
        _use(
            journey_map.touchpoint(key).model_copy(update={"stage": stage.key}),
            met.get(key, {}),
            came[stage.key],
            influence.get(key, {}),
        )
        for stage, key in placed
    )
    return Spread(stages=_stages(journey_map, uses, met), touchpoints=uses)


def _of(journey_map: JourneyMap, stage: Stage) -> tuple[str, ...]:
    """A stage's touchpoints: those it names, and those that name it."""
    named = [one.key for one in journey_map.touchpoints if one.stage == stage.key]
    return tuple(dict.fromkeys([*stage.touchpoints, *named]))


def _use(
    touchpoint: Touchpoint, row: dict[str, Any], came: int, influence: dict[str, Any]
) -> TouchpointUse:
    met = row.get("met", 0)
    share = met / came if came else None
    low, high = influence.get("low"), influence.get("high")
    use: Use = "fair"
    if not met:
        use = "unseen"
    elif share is not None and low is not None and high is not None:
        if share >= OFTEN and high < 1 and touchpoint.initiator in {None, "company"}:
            use = "over-used"
        elif share < SELDOM and low > 1 and not influence["structural"]:
            use = "under-used"
    return TouchpointUse(
        key=touchpoint.key,
        name=touchpoint.label,
        stage=touchpoint.stage,
        met=met,
        came=came,
        share=share,
        ratio=influence.get("ratio"),
        low=low,
        high=high,
        use=use,
    )


def _stages(
    journey_map: JourneyMap, uses: tuple[TouchpointUse, ...], met: dict[str, dict[str, Any]]
) -> tuple[StageSpread, ...]:
    known = [stage.weight for stage in journey_map.stages if stage.weight is not None]
    usual = sum(known) / len(known) if known else 1.0
    weights = {stage.key: stage.weight or usual for stage in journey_map.stages}
    seen = [one for one in uses if one.met]
    every = sum(met[one.key]["interactions"] for one in seen)
    found = []
    for stage in journey_map.stages:
        own = [one for one in seen if one.stage == stage.key]
        interactions = sum(met[one.key]["interactions"] for one in own)
        weight = weights[stage.key] / sum(weights.values())
        found.append(
            StageSpread(
                key=stage.key,
                name=stage.name,
                touchpoints=len(own),
                interactions=interactions,
                touchpoint_share=len(own) / len(seen) if seen else 0.0,
                interaction_share=interactions / every if every else 0.0,
                weight_share=weight,
                balance=_balance(len(own), weight * len(seen)),
            )
        )
    return tuple(found)


def _balance(touchpoints: int, fair: float) -> Balance:
    if not touchpoints:
        return "gap"
    if touchpoints >= MANY * fair and touchpoints - fair >= 1:
        return "too many"
    if touchpoints <= FEW * fair and fair - touchpoints >= 1:
        return "too few"
    return "balanced"

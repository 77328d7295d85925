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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from travesia.locale.text import Text
from travesia.maps.document import JourneyMap, Stage
from travesia.maps.measure import ask_all, looked
from travesia.record.touchpoints import Touchpoint

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

Balance = Literal["balanced", "too many", "too few", "gap"]
Use = Literal["fair", "over-used", "under-used", "unseen"]

MANY, FEW = 1.5, 2 / 3
OFTEN, SELDOM = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class StageSpread:
    """A stage's part of the touchpoints, beside its part of the weights."""

    key: str
    name: Text
    touchpoints: int
    interactions: int
    touchpoint_share: float
    interaction_share: float
    weight_share: float
    balance: Balance


@dataclass(frozen=True, slots=True)
class TouchpointUse:
    """How much a touchpoint is met in its stage, and whether that fits what goes with it.

    Attributes:
        share: of the customers that came to its stage, those who met it.
        ratio, low, high: how often those who met it reach the goal, over those who did not.
    """

    key: str
    name: Text
    stage: str
    met: int
    came: int
    share: float | None
    ratio: float | None
    low: float | None
    high: float | None
    use: Use


@dataclass(frozen=True, slots=True)
class Spread:
    """Stages in order, and their touchpoints."""

    stages: tuple[StageSpread, ...]
    touchpoints: tuple[TouchpointUse, ...]

    def used(self, use: Use) -> tuple[TouchpointUse, ...]:
        """The touchpoints of one verdict."""
        return tuple(one for one in self.touchpoints if one.use == use)


def spread(journey_map: JourneyMap, journeys: Journeys) -> Spread:
    """How the map's touchpoints spread over its stages, measured on these journeys."""
    rows = _asked(journey_map, journeys)
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
    return Spread(_stages(journey_map, uses, met), uses)


def _asked(journey_map: JourneyMap, journeys: Journeys) -> dict[str, list[dict[str, Any]]]:
    seen = looked(journeys, journey_map.lenses)
    known = set(seen.touchpoints)
    stages = [
        [stage.key, [key for key in _of(journey_map, stage) if key in known]]
        for stage in journey_map.stages
    ]
    asked: dict[str, Any] = {
        "contacts": {"question": {"question": "contacts"}},
        "stages": {"question": {"question": "stage_flow", "stages": stages}},
    }
    if "influence" in journey_map.questions:
        asked["influence"] = journey_map.questions["influence"]
    elif journey_map.goal_touchpoints:
        goal = " | ".join(journey_map.goal_touchpoints)
        asked["influence"] = {"question": {"question": "influence", "goal": goal}}
    return {name: found.rows for name, found in ask_all(seen, asked, asked).items()}


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
        touchpoint.key,
        touchpoint.label,
        touchpoint.stage,
        met,
        came,
        share,
        influence.get("ratio"),
        low,
        high,
        use,
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
                stage.key,
                stage.name,
                len(own),
                interactions,
                len(own) / len(seen) if seen else 0.0,
                interactions / every if every else 0.0,
                weight,
                _balance(len(own), weight * len(seen)),
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

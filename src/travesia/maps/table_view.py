"""The classic table: stages as columns, segments as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from travesia.errors import UnknownName
from travesia.locale import N_
from travesia.locale.text import Text
from travesia.maps.document import JourneyMap, Segment
from travesia.maps.measure import looked
from travesia.maps.overview import StageCell, StageTable
from travesia.maps.wording import both

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys
    from travesia.study.question import Question


def stage_table(
    journey_map: JourneyMap, journeys: Journeys, by: str | None = None, most: int = 3
) -> StageTable:
    """Stages by segments: all customers, then each value of a column, or the map's segments.

    Args:
        journey_map: its stages are the columns.
        journeys: what to measure on.
        by: a text column or attribute whose values are the segments; without it, the segments
            that the map describes by lenses.
        most: how many touchpoints a cell names.

    Raises:
        UnknownName: there is no such column.
    """
    seen = looked(journeys, journey_map.lenses)
    maker = _Maker(journey_map, set(seen.touchpoints), most)
    rows = [(both(N_("All customers")), maker.cells(*maker.asked(seen)))]
    if by is not None:
        stages, contacts = maker.asked(seen, by=by)
        for value in dict.fromkeys(row[by] for row in stages):
            own = [[row for row in one if row[by] == value] for one in (stages, contacts)]
            rows.append((_called(value), maker.cells(*own)))
    else:
        rows += [(one.name, maker.inside(seen, one)) for one in journey_map.segments]
    header = tuple(stage.name for stage in journey_map.stages)
    return StageTable(header=header, rows=tuple(rows))


Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Maker:
    journey_map: JourneyMap
    known: set[str]
    most: int

    def asked(self, journeys: Journeys, by: str | None = None) -> tuple[Rows, Rows]:
        """The rows of the stages and of the touchpoints."""
        from travesia.study.contacts import Contacts
        from travesia.study.stage_flow import StageFlow

        stages = tuple((stage.key, self._names(stage.touchpoints)) for stage in self._stages)
        asked: list[Question] = [StageFlow(stages, by=by), Contacts(by=by)]
        found = journeys.ask(asked)
        return found[0].to_pylist(), found[1].to_pylist()

    def inside(self, seen: Journeys, segment: Segment) -> tuple[StageCell, ...]:
        """The cells of a segment; nobody where its lenses name what the data no longer have."""
        try:
            return self.cells(*self.asked(looked(seen, segment.lenses)))
        except UnknownName:
            nobody = StageCell(came=0, share=None, share_on=None, touchpoints=(), unmet=())
            return tuple(nobody for _ in self._stages)

    def cells(self, stages: Rows, contacts: Rows) -> tuple[StageCell, ...]:
        """One segment's cells."""
        flow = {row["stage"]: row for row in stages}
        met = {row["touchpoint"]: row["share"] or 0.0 for row in contacts}
        return tuple(self._cell(stage.touchpoints, flow[stage.key], met) for stage in self._stages)

    def _cell(
        self, names: tuple[str, ...], row: Mapping[str, Any], met: Mapping[str, float]
    ) -> StageCell:
        seen = self._names(names)
        ranked = sorted((name for name in seen if name in met), key=lambda name: -met[name])
        label = self.journey_map.touchpoint
        return StageCell(
            came=row["came"],
            share=row["share"],
            share_on=row["share_on"],
            touchpoints=tuple((label(name).label, met[name]) for name in ranked[: self.most]),
            unmet=tuple(label(name).label for name in seen if name not in met),
        )

    @property
    def _stages(self) -> Any:
        return self.journey_map.stages

    def _names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self.known)


def _called(value: str) -> Text:
    return Text(any=value) if value else both(N_("Not known"))

"""The classic table: stages as columns, segments as rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from travesia.draw import words
from travesia.locale import N_, texts
from travesia.locale.text import Text
from travesia.maps.document import JourneyMap
from travesia.maps.measure import looked
from travesia.maps.wording import both

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys
    from travesia.study.question import Question

_ = texts("maps")


@dataclass(frozen=True, slots=True)
class StageCell:
    """One segment in one stage.

    Attributes:
        came, share: how many of the segment's customers came to the stage.
        share_on: the share of those that went on to a later stage.
        touchpoints: the most met ones, with the share of the segment that met each.
        unmet: touchpoints of the stage that nobody in the segment met, but others did.
    """

    came: int
    share: float | None
    share_on: float | None
    touchpoints: tuple[tuple[Text, float], ...]
    unmet: tuple[Text, ...]

    def lines(self, *, last: bool) -> list[str]:
        """The cell in words, in the context's language."""
        if not self.came:
            return [words.DASH]
        came = _("{n} customers", n=words.number(self.came))
        if self.share is not None:
            came += f" ({words.share(self.share)})"
        found = [came]
        if not last and self.share_on is not None:
            found.append(_("{share} go on", share=words.share(self.share_on)))
        found += [f"{name.pick()} {words.share(share)}" for name, share in self.touchpoints]
        if self.unmet:
            found.append(_("never: {names}", names=", ".join(one.pick() for one in self.unmet)))
        return found


@dataclass(frozen=True, slots=True)
class TableView:
    """The table: `header` are the stages, `rows` the segments with a cell for each stage."""

    header: tuple[Text, ...]
    rows: tuple[tuple[Text, tuple[StageCell, ...]], ...]

    def texts(self) -> list[list[str]]:
        """Header and rows as texts, lines parted by line ends, in the context's language."""
        head = [_("Segment"), *(name.pick() for name in self.header)]
        last = len(self.header) - 1
        body = [
            [
                name.pick(),
                *("\n".join(cell.lines(last=at == last)) for at, cell in enumerate(cells)),
            ]
            for name, cells in self.rows
        ]
        return [head, *body]

    def to_markdown(self) -> str:
        """The table as Markdown."""
        lines = [
            [text.replace("|", r"\|").replace("\n", "<br>") for text in row] for row in self.texts()
        ]
        rule = ["---"] * len(lines[0])
        return (
            "\n".join("| " + " | ".join(row) + " |" for row in (lines[0], rule, *lines[1:])) + "\n"
        )


def table_view(
    journey_map: JourneyMap, journeys: Journeys, by: str | None = None, most: int = 3
) -> TableView:
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
        for segment in journey_map.segments:
            inside = looked(seen, segment.lenses)
            rows.append((segment.name, maker.cells(*maker.asked(inside))))
    return TableView(tuple(stage.name for stage in journey_map.stages), tuple(rows))


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
            row["came"],
            row["share"],
            row["share_on"],
            tuple((label(name).label, met[name]) for name in ranked[: self.most]),
            tuple(label(name).label for name in seen if name not in met),
        )

    @property
    def _stages(self) -> Any:
        return self.journey_map.stages

    def _names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self.known)


def _called(value: str) -> Text:
    return Text(any=value) if value else both(N_("Not known"))

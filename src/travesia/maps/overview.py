"""What a measurement says of the whole map: how touchpoints are used, and the classic table."""

from __future__ import annotations

from typing import Literal

from travesia.draw import words
from travesia.locale import texts
from travesia.locale.text import Text
from travesia.record.touchpoints import Value

_ = texts("maps")

Balance = Literal["balanced", "too many", "too few", "gap"]
Use = Literal["fair", "over-used", "under-used", "unseen"]


class StageSpread(Value):
    """A stage's part of the touchpoints, beside its part of the weights."""

    key: str
    name: Text
    touchpoints: int
    interactions: int
    touchpoint_share: float
    interaction_share: float
    weight_share: float
    balance: Balance


class TouchpointUse(Value):
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


class Spread(Value):
    """Stages in order, and their touchpoints."""

    stages: tuple[StageSpread, ...]
    touchpoints: tuple[TouchpointUse, ...]

    def used(self, use: Use) -> tuple[TouchpointUse, ...]:
        """The touchpoints of one verdict."""
        return tuple(one for one in self.touchpoints if one.use == use)


class StageCell(Value):
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
        came = _.plural("{n} customer", "{n} customers", self.came)
        if self.share is not None:
            came += f" ({words.share(self.share)})"
        found = [came]
        if not last and self.share_on is not None:
            found.append(_("{share} go on", share=words.share(self.share_on)))
        found += [f"{name.pick()} {words.share(share)}" for name, share in self.touchpoints]
        if self.unmet:
            found.append(_("never: {names}", names=", ".join(one.pick() for one in self.unmet)))
        return found


class StageTable(Value):
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

"""The numbers of a drafted map: which question each comes from, and which of its columns."""

from __future__ import annotations

from typing import Any, Literal

from travesia.locale.text import NOTHING, Text
from travesia.maps.document import Binding, Measure, Pick, Unit

Better = Literal["up", "down"] | None


def share(
    name: str, measure: Measure, question: str, suffix: str, counts: tuple[str, str], **where: Any
) -> Binding:
    """A share with its interval: columns `share`, `low` and `high` with a suffix."""
    part, whole = counts
    pick = Pick(
        where=where,
        value=f"share{suffix}",
        low=f"low{suffix}",
        high=f"high{suffix}",
        numerator=part,
        denominator=whole,
    )
    return Binding(id=name, measure=measure, question=question, pick=pick, unit="share")


def count(name: str, measure: Measure, question: str, column: str, **where: Any) -> Binding:
    """How many."""
    pick = Pick(where=where, value=column, n=column)
    return Binding(id=name, measure=measure, question=question, pick=pick, unit="count")


def number(
    name: str,
    measure: Measure,
    question: str,
    columns: tuple[Unit, str, str, str, str],
    **where: Any,
) -> Binding:
    """A number: its unit, and the columns of value, interval (low, high) and of how many."""
    unit, value, low, high, n = columns
    pick = Pick(where=where, value=value, low=low, high=high, n=n)
    return Binding(id=name, measure=measure, question=question, pick=pick, unit=unit)


def time(name: str, measure: Measure, question: str, n: str, **where: Any) -> Binding:
    """A median time with the order statistics that enclose it."""
    columns: tuple[Unit, str, str, str, str] = (
        "duration", "median_time", "low_time", "high_time", n
    )  # fmt: skip
    return number(name, measure, question, columns, **where)


def of_stage(stage: str, *, last: bool = False) -> tuple[Binding, ...]:
    """Who comes to a stage, goes on, leaves, comes back, comes again; how long it takes.

    Nobody goes on from the last stage, so nobody leaves it early.
    """
    asked, where = "stages", {"stage": stage}

    def part(measure: Measure, column: str, suffix: str, better: Better = None) -> Binding:
        found = share(f"{stage}.{measure}", measure, asked, suffix, (column, "came"), **where)
        return behind(found, outcome=column.replace("_", " "), better=better)

    found = (
        count(f"{stage}.customers", "customers", asked, "came", **where),
        share(f"{stage}.reach", "reach", asked, "", ("came", "customers"), **where),
        part("comes_back", "came_back", "_back"),
        part("repeats", "again", "_again"),
    )
    if last:
        return found
    wait = time(f"{stage}.time_on", "time_on", asked, "went_on", **where)
    return (
        *found,
        part("goes_on", "went_on", "_on", better="up"),
        part("leaves", "left", "_left", better="down"),
        behind(wait, outcome="went on"),
    )


def of_link(source: str, target: str) -> tuple[Binding, ...]:
    """The share of a stage's customers that takes a way out of it, and how long it takes."""
    name, where = f"{source}>{target}", {"source": source, "target": target}
    return (
        share(f"{name}.moves", "moves", "links", "", ("moved", "came"), **where),
        time(f"{name}.time_on", "time_on", "links", "moved", **where),
    )


def of_contact(
    step: str, touchpoint: str, gave_up: str, channels: tuple[Text, ...] = ()
) -> tuple[Binding, ...]:
    """Whom a touchpoint meets, how often, who comes again, who gives up there, on what channels.

    `gave_up` is the question that says where journeys end.
    """
    name, asked, where = f"{step}.{touchpoint}", "contacts", {"touchpoint": touchpoint}
    return (
        share(f"{name}.reach", "reach", asked, "", ("met", "customers"), **where),
        count(f"{name}.customers", "customers", asked, "met", **where),
        count(f"{name}.interactions", "interactions", asked, "interactions", **where),
        behind(share(f"{name}.again", "repeats", asked, "_again", ("again", "met"), **where),
               outcome="again"),
        behind(share(f"{name}.leaves", "leaves", gave_up, "_last", ("last", "met"), **where),
               outcome="last", better="down"),
        *(_channel(name, touchpoint, channel) for channel in channels),
    )  # fmt: skip


def _channel(name: str, touchpoint: str, channel: Text) -> Binding:
    pick = Pick(
        where={"touchpoint": touchpoint, "value": channel.any},
        value="share",
        numerator="interactions",
        denominator="of",
    )
    return Binding(
        id=f"{name}.channel.{channel.any or 'none'}",
        measure="channel",
        question="channels",
        pick=pick,
        unit="share",
        label=channel,
    )


def behind(binding: Binding, better: Better = None, **cell: Any) -> Binding:
    """The binding with the part of the row's customers that it counts."""
    pick = binding.pick.model_copy(update={"customers": {**binding.pick.where, **cell}})
    return binding.model_copy(update={"pick": pick, "better": better})


def called(binding: Binding, label: Text, definition: Text = NOTHING) -> Binding:
    """The binding with its name, and a sentence that says what it is."""
    return binding.model_copy(update={"label": label, "definition": definition})

"""From a source and what was wished to Events: open, recognise, plan, check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

import pyarrow as pa

from travesia.errors import InputError, InvalidValue, UnknownName
from travesia.locale import N_, texts
from travesia.record.events import Column, ColumnKind, Events, SetAside
from travesia.record.formats.check import Checker, Plan, customer_type_of
from travesia.record.formats.feeds import Feed, clipped, unusable
from travesia.record.formats.recognise import ROLES, Found, Role, recognise
from travesia.record.formats.sources import Options, open_feeds
from travesia.record.formats.times import ORDERS, Clock, decide
from travesia.record.formats.values import Numbers, decimal_mark, inexact, is_text
from travesia.record.formats.zones import checked_zone

_ = texts("record")

ROLE_WORDS: dict[Role, str] = {
    "customer": N_("customer"),
    "touchpoint": N_("touchpoint"),
    "time": N_("time"),
    "order": N_("order"),
    "channel": N_("channel"),
    "value": N_("value"),
}
UNSURE = N_(' (no day above 12 tells day from month: time_format="m/d/y" reads the month first)')
ALL_OTHERS = ("*",)
LIFECYCLES = ("lifecycle:transition", "lifecycle_transition", "lifecycle")
# Names that the columns of Events and of journeys have for themselves.
TAKEN = ("customer", "touchpoint", "time", "order", "channel", "value", "hash", "key")


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for besides the source."""

    named: Mapping[str, tuple[str, ...]]
    dimensions: tuple[str, ...]
    attributes: tuple[str, ...]
    timezone: str
    lifecycle: str | None
    before: Mapping[str, str]
    kinds: Mapping[str, ColumnKind]


def opened(source: Any, wishes: Wishes, options: Options) -> Events:
    """A source as checked events."""
    zone = checked_zone(wishes.timezone)
    feeds = open_feeds(source, options)
    found = _roles(feeds, wishes)
    further = _further(feeds, wishes, found)
    before = wishes.before.get("time_format")
    clocks = _clocks(feeds, found, further, zone, (options.time_format, before))
    customer_type = _customer_type(feeds, found)
    plans = [
        Plan(
            feed,
            {
                role: _existing(feed, one.columns)
                for role, one in found.items()
                if role not in EXTRA
            },
            customer_type,
            further,
            clocks[number],
            _numbers(feed, found, further),
            _lifecycle(feed, wishes),
        )
        for number, feed in enumerate(feeds)
    ]
    said = [
        *_of_formats(feeds),
        *_of_columns(feeds, found, further),
        *_of_left_out(feeds, wishes),
        *_of_times(plans, wishes),
    ]
    aside = SetAside()
    return Events(
        customer_type=customer_type,
        columns=tuple(column for column, _name in further),
        batches=_batches(plans, aside, said, wishes),
        set_aside=aside,
        said=said,
        ordered="order" in found,
        about_rows=_about(feeds),
        zone=wishes.timezone,
        read_as=_read_as(found, clocks),
    )


EXTRA: tuple[Role, ...] = ("channel", "value")  # roles that become further columns


def _batches(
    plans: list[Plan], aside: SetAside, said: list[tuple[str, str]], wishes: Wishes
) -> Iterator[pa.RecordBatch]:
    kept, left = 0, 0
    for plan in plans:
        checker = Checker(plan, aside)
        yield from checker.batches()
        kept, left = kept + checker.kept.kept, left + checker.kept.left
        said.extend(plan.feed.late)
    if wishes.lifecycle is not None:
        said.append((_("lifecycle"), _kept(wishes.lifecycle, kept, left)))
    said.extend(_of_reading(plans))


# Columns.


def _roles(feeds: list[Feed], wishes: Wishes) -> dict[Role, Found]:
    """The columns of each role, which every feed must have."""
    first = feeds[0]
    again = _again(feeds, wishes)
    named = cast("dict[Role, tuple[str, ...]]", again | dict(wishes.named))
    # "channel" and "value" may mean the roles, whatever their columns are called here
    asked = [n for n in (*wishes.dimensions, *wishes.attributes) if n not in ("*", *EXTRA)]
    for feed in feeds:
        for name in (*(one for names in named.values() for one in names), *asked):
            _kind(feed, name)
    # A column asked for under its own name is not taken for something else.
    usual = {name: kind for name, kind in first.kinds.items() if name not in asked or name in TAKEN}
    is_time = partial(_is_time, first)
    found = recognise(usual, named, is_time, first.name, first.left_out)
    for feed in feeds:
        for one in found.values():
            if not any(name in feed.kinds for name in one.columns):
                _kind(feed, one.columns[0])
        for name in {*wishes.dimensions} & {*EXTRA} - {*found}:
            _kind(feed, name)
    found |= {role: replace(found[role], how=_("as before")) for role in again}
    order = found["order"].columns[0] if "order" in found else None
    if "order" not in named and order and any(_holds_ids(feed, order) for feed in feeds):
        del found["order"]
    return found


def _again(feeds: list[Feed], wishes: Wishes) -> dict[Role, tuple[str, ...]]:
    """The columns of an earlier source, for roles that were not named and where all have them."""
    taken = {name for names in wishes.named.values() for name in names}
    return {
        role: (wishes.before[role],)
        for role in ROLES
        if role in wishes.before
        and role not in wishes.named
        and wishes.before[role] not in taken
        and all(wishes.before[role] in feed.kinds for feed in feeds)
    }


def _read_as(found: Mapping[Role, Found], clocks: list[dict[str, Clock]]) -> dict[str, str]:
    """What later sources of the same journeys should be read by, as far as it is one thing."""
    made: dict[str, str] = {
        role: one.columns[0] for role, one in found.items() if len(one.columns) == 1
    }
    told = {one[name].told for one in clocks for name in found["time"].columns if name in one}
    if len(told) == 1 and (one := told.pop()) is not None:
        made["time_format"] = one
    return made


def _further(
    feeds: list[Feed], wishes: Wishes, found: Mapping[Role, Found]
) -> tuple[tuple[Column, str], ...]:
    """Channel and value, then dimensions, then attributes, with the source's name of each."""
    made: dict[str, tuple[Column, str]] = {}
    for role, kind in (("channel", "text"), ("value", "number")):
        if one := found.get(cast("Role", role)):
            made[role] = (Column(role, cast("ColumnKind", kind)), one.columns[0])
    attributes = _attributes(feeds, wishes, found)
    for name in _dimensions(feeds, wishes, found, attributes):
        if name not in made or (made[name][1] != name and name in feeds[0].kinds):
            _add(made, feeds, name, wishes.kinds, attribute=False)
    for name in attributes:
        _add(made, feeds, name, wishes.kinds, attribute=True)
    return tuple(made.values())


def _add(
    made: dict[str, tuple[Column, str]],
    feeds: list[Feed],
    name: str,
    before: Mapping[str, ColumnKind],
    *,
    attribute: bool,
) -> None:
    called = name
    while called in made or (called in TAKEN and called not in ("channel", "value")):
        called += "_"
    kinds: set[ColumnKind] = {
        "text" if _holds_ids(feed, name) else _kind(feed, name) for feed in feeds
    }
    kind = kinds.pop() if len(kinds) == 1 else "text"
    if "text" in (kind, before.get(called)):  # what is not sure to be something else
        kind = before.get(called, kind)
    made[called] = (Column(called, kind, attribute), name)


def _dimensions(
    feeds: list[Feed], wishes: Wishes, found: Mapping[Role, Found], attributes: tuple[str, ...]
) -> tuple[str, ...]:
    if wishes.dimensions != ALL_OTHERS:
        return tuple(dict.fromkeys(wishes.dimensions))
    used = {name for one in found.values() for name in one.columns} | set(attributes)
    return tuple(
        name
        for name in feeds[0].kinds
        if name not in used and all(name in feed.kinds for feed in feeds)
    )


def _attributes(feeds: list[Feed], wishes: Wishes, found: Mapping[Role, Found]) -> tuple[str, ...]:
    if wishes.attributes:
        return tuple(dict.fromkeys(wishes.attributes))
    used = {name for one in found.values() for name in one.columns} | set(wishes.dimensions)
    shared = (n for n in feeds[0].attributes if all(n in feed.kinds for feed in feeds))
    return tuple(name for name in shared if name not in used)


def _holds_ids(feed: Feed, name: str) -> bool:
    """Whether a column is of whole numbers that float64 would round, and so mix up."""
    kind = feed.type_of(name)
    if not (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
        return False
    return any(inexact(values) is not None for values in feed.extremes(name))


def _kind(feed: Feed, name: str) -> ColumnKind:
    kind = feed.find(name)
    if kind is not None:
        return kind
    if why := feed.left_out.get(name):
        raise unusable(feed.name, name, why)
    if parts := [one for one in feed.kinds if one.startswith(f"{name}.")]:
        raise InputError(
            f"{feed.name}: column {name!r} holds several columns.",
            f"Name them, such as {parts[0]!r}.",
        )
    raise UnknownName("column", name, feed.kinds, feed.name)


def _existing(feed: Feed, names: tuple[str, ...]) -> tuple[str, ...]:
    return names if len(names) == 1 else tuple(name for name in names if name in feed.kinds)


def _customer_type(feeds: list[Feed], found: Mapping[Role, Found]) -> pa.DataType:
    names = found["customer"].columns
    types = {customer_type_of(feed, _existing(feed, names)) for feed in feeds}
    return types.pop() if len(types) == 1 else pa.string()


def _lifecycle(feed: Feed, wishes: Wishes) -> tuple[str, str] | None:
    if wishes.lifecycle is None:
        return None
    column = next((name for name in LIFECYCLES if name in feed.kinds), None)
    if column is None:
        raise InvalidValue(
            f"lifecycle= means nothing for {feed.name}: it has no column of transitions.",
            "Leave it out, or call the column 'lifecycle:transition'.",
        )
    return column, wishes.lifecycle


def _about(feeds: list[Feed]) -> int | None:
    rows = [feed.about_rows for feed in feeds]
    return None if None in rows else sum(one for one in rows if one is not None)


# Times and numbers.


def _is_time(feed: Feed, name: str) -> bool:
    """Whether all first values of a column are dates; epochs could be any numbers."""
    if feed.kinds[name] != "text":
        return feed.kinds[name] == "time"
    sample = feed.sample(name)
    clock = decide(sample, [sample], ZoneInfo("UTC")) if is_text(sample.type) else None
    if clock is None or clock.way not in ORDERS:
        return False
    read = clock.read(sample)
    empty = read.missing is not None and bool(read.missing.all())
    return not empty and (read.refused is None or not read.refused.any())


def _clocks(
    feeds: list[Feed],
    found: Mapping[Role, Found],
    further: tuple[tuple[Column, str], ...],
    zone: ZoneInfo,
    formats: tuple[str | None, str | None],
) -> list[dict[str, Clock]]:
    """How each feed's times are read; one that could be day or month first follows the others."""
    times = found["time"].columns
    clocks = [
        {
            **{name: _clock(feed, name, zone, (None, None)) for name in _times_of(further)},
            **{name: _clock(feed, name, zone, formats) for name in _existing(feed, times)},
        }
        for feed in feeds
    ]
    for name in {name for one in clocks for name in one}:
        sure = [one[name] for one in clocks if name in one and one[name].sure]
        ways = {clock.way for clock in sure} & {"dmy", "mdy"}
        for one in clocks:
            if name in one and not one[name].sure and len(ways) == 1:
                one[name] = replace(one[name], way=next(iter(ways)), sure=True)
    return clocks


def _clock(feed: Feed, name: str, zone: ZoneInfo, formats: tuple[str | None, str | None]) -> Clock:
    sample = feed.sample(name)
    clock = decide(sample, feed.scan(name), zone, *formats)
    if clock is None:
        filled = (one for one in sample.drop_null().to_pylist() if one != "")
        shown = [repr(clipped(str(one), 40)) for one in islice(filled, 3)]
        raise InputError(
            f"{feed.name}: column {name!r} holds no times, but {', '.join(shown)}.",
            'Name another (time="..."), or say how they are written, such as '
            'time_format="%d.%m.%Y" or time_format="s" for seconds since 1970.',
        )
    return clock


def _times_of(further: tuple[tuple[Column, str], ...]) -> list[str]:
    return [name for column, name in further if column.kind == "time"]


def _numbers(
    feed: Feed, found: Mapping[Role, Found], further: tuple[tuple[Column, str], ...]
) -> dict[str, Numbers]:
    names = [name for column, name in further if column.kind == "number"]
    if order := found.get("order"):
        names.append(order.columns[0])
    return {name: _reader(feed, name) for name in names}


def _reader(feed: Feed, name: str) -> Numbers:
    sample = feed.sample(name)
    return Numbers(decimal_mark(sample)) if is_text(sample.type) else Numbers()


# What is said.


def _of_formats(feeds: list[Feed]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pair for feed in feeds for pair in feed.said))


def _of_columns(
    feeds: list[Feed], found: Mapping[Role, Found], further: tuple[tuple[Column, str], ...]
) -> Iterator[tuple[str, str]]:
    for role in (role for role in ROLES if role in found):
        one = found[role]
        columns = _(" or else ").join(repr(name) for name in one.columns)
        said = _("column {columns}, {how}", columns=columns, how=one.how)
        if one.others:
            others = ", ".join(repr(name) for name in one.others)
            said += _("; could also be {others}", others=others)
        yield _(ROLE_WORDS[role]), said
    for column, name in further:
        if column.name != name and column.name not in EXTRA:
            yield column.name, _("column {name}, renamed", name=repr(name))
        if column.kind == "text" and any(_holds_ids(feed, name) for feed in feeds):
            yield column.name, _("whole numbers beyond 2^53 are kept as text")


def _of_left_out(feeds: list[Feed], wishes: Wishes) -> Iterator[tuple[str, str]]:
    """The columns that "*" could not mean."""
    if wishes.dimensions == ALL_OTHERS:
        every = {name: why for feed in feeds for name, why in feed.left_out.items()}
        for name, why in every.items():
            yield name, _("left out: {why}", why=_(why))


def _of_times(plans: list[Plan], wishes: Wishes) -> Iterator[tuple[str, str]]:
    said = dict.fromkeys(
        clock.words() + ("" if clock.sure else _(UNSURE))
        for plan in plans
        for name, clock in plan.clocks.items()
        if name in plan.roles["time"]
    )
    yield _("time format"), "; ".join(said)
    if wishes.lifecycle is None and (transitions := _transitions(plans)):
        shown = ", ".join(transitions)
        yield _("lifecycle"), _("all transitions are kept: {shown}", shown=shown)


def _transitions(plans: list[Plan]) -> list[str]:
    """The transitions among the first events, if there are several."""
    found: set[str] = set()
    for plan in plans:
        column = next((name for name in LIFECYCLES if name in plan.feed.kinds), None)
        if column is not None and is_text(plan.feed.type_of(column)):
            found |= {one for one in plan.feed.sample(column).to_pylist() if one}
    return sorted(found) if len(found) > 1 else []


def _kept(lifecycle: str, kept: int, left: int) -> str:
    return _.plural(
        "only {lifecycle}: {kept:,} of {n} event",
        "only {lifecycle}: {kept:,} of {n} events",
        kept + left,
        lifecycle=repr(lifecycle),
        kept=kept,
    )


def _of_reading(plans: list[Plan]) -> Iterator[tuple[str, str]]:
    """What only reading to the end could tell."""
    clocks = [clock for plan in plans for clock in plan.clocks.values()]
    zone = plans[0].clocks[plans[0].roles["time"][0]].zone.key
    if naive := sum(clock.naive for clock in clocks):
        yield (
            _("time zone"),
            _.plural(
                "{n} time without a zone is read in {zone}",
                "{n} times without a zone are read in {zone}",
                naive,
                zone=zone,
            ),
        )
    if skipped := sum(clock.skipped for clock in clocks):
        yield (
            _("time zone"),
            _.plural(
                "{n} time falls in an hour that the clocks skipped: read as before it",
                "{n} times fall in an hour that the clocks skipped: read as before it",
                skipped,
            ),
        )
    if twice := sum(clock.twice for clock in clocks):
        yield (
            _("time zone"),
            _.plural(
                "{n} time falls in an hour that happened twice: read as the first",
                "{n} times fall in an hour that happened twice: read as the first",
                twice,
            ),
        )
    for plan in plans:
        for column, name in plan.further:
            yield from _misread(plan, column, name)


def _misread(plan: Plan, column: Column, name: str) -> Iterator[tuple[str, str]]:
    numbers, clock = plan.numbers.get(name), plan.clocks.get(name)
    if numbers is not None and numbers.refused:
        yield (
            column.name,
            _.plural(
                "{n} cell is no number and counts as missing: {example}",
                "{n} cells are no numbers and count as missing, such as {example}",
                numbers.refused,
                example=repr(numbers.example),
            ),
        )
    if numbers is not None and numbers.rounded:
        said = _.plural(
            "{n} whole number beyond 2^53 is rounded",
            "{n} whole numbers beyond 2^53 are rounded",
            numbers.rounded,
        )
        yield column.name, said
    if clock is not None and clock.refused:
        said = _.plural(
            "{n} cell is no time and counts as missing",
            "{n} cells are no times and count as missing",
            clock.refused,
        )
        yield column.name, said

"""What every command that reads has in common: the source, its columns, and the lenses."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from travesia.cli.parameters import parameter, shaped
from travesia.cli.waiting import working
from travesia.errors import InvalidValue
from travesia.locale import N_, texts

if TYPE_CHECKING:
    from travesia.record.catalogue import Catalogue
    from travesia.record.journeys import Journeys

_ = texts("cli")

# option -> what tv.read calls it, and its help
COLUMNS: dict[str, tuple[str, str]] = {
    "customer": ("customer", N_("column of the customer's id")),
    "touchpoint": ("touchpoint", N_("column of what happened")),
    "time": ("time", N_("column of when")),
    "order_column": ("order", N_("column that orders equal times")),
    "channel": ("channel", N_("column of the medium")),
    "value": ("value", N_("column of what it was worth")),
    "timezone": ("timezone", N_("zone of times without one, and of days")),
    "delimiter": ("delimiter", N_("between fields of a CSV")),
    "encoding": ("encoding", N_("of a text file")),
    "time_format": ("time_format", N_("how times are written")),
    "lifecycle": ("lifecycle", N_("keep only this transition of a XES log")),
}
SEVERAL: dict[str, tuple[str, str]] = {
    "dimension": ("dimensions", N_("further column of interactions (repeatable; * for all)")),
    "attribute": ("attributes", N_("column that describes the customer (repeatable)")),
}
LENSES: dict[str, tuple[str, str]] = {
    "who": ("CONDITION", N_("keep customers: country=ES, or value > 100 and channel == 'web'")),
    "what": ("CONDITION", N_("keep interactions: channel=web")),
    "when": ("FROM..TO", N_("keep a period: 2026-01..2026-06")),
    "matching": ("PATTERN", N_("keep journeys that contain it: cart => purchase")),
    "between": ("A..B", N_("keep the first stretch from A to B")),
    "split": ("HOW", N_("gap=30m, after=purchase or by=order_id")),
    "group": ("NEW=OLD,OLD", N_("merge touchpoints under a new name (repeatable)")),
    "sample": ("SHARE", N_("keep a share of the customers: 0.1")),
    "through": ("LENSES", N_("a whole chain: who(country == 'ES').collapse()")),
}

Options = Mapping[str, Any]


class LookingCommand(TyperCommand):
    """A command whose lenses act in the order they are written on the command line."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember the order of the lenses, then parse as ever."""
        values, _rest, order = self.make_parser(ctx).parse_args(args=list(args))
        lenses: list[tuple[str, str]] = []
        taken: dict[str, int] = {}
        for option in order:
            name = option.name or ""
            if name == "collapse" and values.get(name):
                lenses.append((name, ""))
            elif name in LENSES and name not in taken:
                taken[name] = 0
            if name in LENSES:
                given = values[name]
                lenses.append((name, given[taken[name]]))
                taken[name] += 1
        ctx.meta["travesia.lenses"] = lenses
        return super().parse_args(ctx, args)


def looking(
    command: Callable[..., None], *more: inspect.Parameter, first: Sequence[inspect.Parameter] = ()
) -> Callable[..., None]:
    """A command that reads a source through lenses: `first` options before those, `more` after."""
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    source = Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help=_("files of events, or saved journeys")),
    ]
    return shaped(
        command,
        [
            inspect.Parameter("ctx", place, annotation=typer.Context),
            inspect.Parameter("source", place, annotation=source),
            *first,
            *_reading_parameters(),
            *more,
        ],
    )


def _reading_parameters() -> list[inspect.Parameter]:
    """The columns of a source, and the lenses."""
    looks = _("Lenses, in the order written")
    reads = _("Reading the source")
    return [
        *(
            parameter(name, str | None, default=None, text=_(help_), panel=reads)
            for name, (_to, help_) in COLUMNS.items()
        ),
        *(
            parameter(name, list[str], default=[], text=_(help_), panel=reads)
            for name, (_to, help_) in SEVERAL.items()
        ),
        *(
            parameter(name, list[str], default=[], text=_(help_), panel=looks, metavar=metavar)
            for name, (metavar, help_) in LENSES.items()
        ),
        parameter(
            "collapse",
            bool,
            "--collapse",
            default=False,
            text=_("keep one of each run of equals"),
            panel=looks,
        ),
    ]


def journeys_from(
    source: Sequence[str],
    options: Options,
    lenses: Sequence[tuple[str, str]],
    catalogue: Catalogue | None = None,
) -> Journeys:
    """The journeys of a command line: read or opened, and seen through its lenses.

    A catalogue that looks at more than names recognises events while they are read.
    """
    from travesia.record.journeys import open_journeys, read

    with working(_("Reading {source}", source=", ".join(source))):
        if len(source) == 1 and Path(source[0]).is_dir():
            journeys = open_journeys(source[0])
        else:
            names = named(options)
            if catalogue is not None and catalogue.columns:
                names["catalogue"] = catalogue
            journeys = read(list(source) if len(source) > 1 else source[0], **names)
    for lens, written in lenses:
        journeys = looked(journeys, lens, written)
    return journeys


def apart(out: Path | None, source: Sequence[str]) -> None:
    """Refuse to write over what is read.

    Raises:
        InvalidValue: the output is one of the sources.
    """
    if out is not None and out.exists():
        for one in source:
            if Path(one).exists() and out.samefile(one):
                raise InvalidValue(
                    f"{str(out)!r} is the source; writing there would destroy it.",
                    "Name another file after -o.",
                )


def named(options: Options) -> dict[str, Any]:
    """The options of `tv.read` that were given."""
    one = {to: options[name] for name, (to, _help) in COLUMNS.items() if options.get(name)}
    several: dict[str, Any] = {
        to: tuple(options[name]) for name, (to, _help) in SEVERAL.items() if options.get(name)
    }
    if "*" in several.get("dimensions", ()):
        several["dimensions"] = "*"
    return {**one, **several}


def looked(journeys: Journeys, lens: str, written: str) -> Journeys:
    """The journeys through one more lens, as the command line writes it."""
    looks: dict[str, Callable[[], Journeys]] = {
        "who": lambda: _chosen(journeys, lens, written),
        "what": lambda: _chosen(journeys, lens, written),
        "when": lambda: journeys.when(*(end or None for end in _ends(lens, written))),
        "matching": lambda: journeys.matching(written),
        "between": lambda: journeys.between(*_ends(lens, written)),
        "split": lambda: journeys.split(**_way(written)),
        "collapse": journeys.collapse,
        "group": lambda: journeys.group(_merged(written)),
        "sample": lambda: journeys.sample(_share(written)),
        "through": lambda: journeys.through(written),
    }
    return looks[lens]()


def _ends(lens: str, written: str) -> tuple[str, str]:
    first, dots, last = written.partition("..")
    if not dots:
        raise InvalidValue(
            f"--{lens} {written!r} has no .. in it.",
            "Write --when 2026-01..2026-06 or --between cart..purchase.",
        )
    return first.strip(), last.strip()


def _way(written: str) -> dict[str, Any]:
    how, _equals, value = written.partition("=")
    if how not in ("gap", "after", "by"):
        raise InvalidValue(
            f"--split {written!r} says neither gap, after nor by.",
            "Write --split gap=30m, --split after=purchase or --split by=order_id.",
        )
    return {how: value}


def _merged(written: str) -> dict[str, str]:
    new, equals, old = written.partition("=")
    if not equals:
        raise InvalidValue(
            f"--group {written!r} does not say what becomes what.",
            "Write --group help=chat,phone.",
        )
    return {one.strip(): new.strip() for one in old.split(",")}


def _chosen(journeys: Journeys, lens: str, written: str) -> Journeys:
    plain = re.fullmatch(r"\s*([\w.:-]+)\s*=(?!=)\s*(.*?)\s*", written)
    if plain:
        equal = {plain[1]: plain[2]}
        return journeys.who(**equal) if lens == "who" else journeys.what(**equal)
    return journeys.who(written) if lens == "who" else journeys.what(written)


def _share(written: str) -> float:
    try:
        share = float(written)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise InvalidValue(
            f"--sample {written!r} is not a share.", "Write a number up to 1: --sample 0.1."
        )
    return share

"""`travesia catalog`: the library of touchpoints, and what a catalogue catches of a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import typer

from travesia.cli.parameters import parameter, shaped
from travesia.cli.reading import LookingCommand, journeys_from, looking
from travesia.cli.showing import write
from travesia.draw import words
from travesia.locale import texts

_ = texts("cli")

Preset = Literal["lifecycle", "lifecycle_six", "funnel", "purchase", "acdp"]


def add_to(app: typer.Typer) -> None:
    """Add `catalog library` and `catalog coverage`."""
    group = typer.Typer(
        name="catalog",
        help=_("The touchpoint catalogue: the library of common ones, and what it catches."),
        no_args_is_help=True,
    )
    group.command("library", help=_("Print the library of common touchpoints as a catalogue."))(
        shaped(
            _library,
            [
                parameter("stages", Preset, default="purchase", text=_("which stages it has")),
                parameter(
                    "out",
                    Path | None,
                    "--out",
                    "-o",
                    default=None,
                    text=_("write to this file"),
                ),
            ],
        )
    )
    group.command(
        "coverage",
        cls=LookingCommand,
        help=_("Say which events no touchpoint catches, and which touchpoints were never seen."),
    )(looking(_coverage, parameter("catalogue", Path, text=_("the catalogue (YAML or JSON)"))))
    app.add_typer(group)


def _library(*, stages: Preset, out: Path | None) -> None:
    from travesia.record.catalogue import Catalogue

    write(Catalogue.library(stages).to_yaml(), out)


def _coverage(ctx: typer.Context, source: list[str], **options: Any) -> None:
    from travesia.record.catalogue import Catalogue
    from travesia.study.describe import Describe

    catalogue = Catalogue.load(options["catalogue"])
    journeys = journeys_from(source, options, ctx.meta["travesia.lenses"], catalogue)
    counts = {
        row["touchpoint"]: (row["interactions"], row["customers"])
        for row in journeys.ask(Describe()).to_pylist()
    }
    found = catalogue.coverage(counts)
    share = words.share(found.share) if found.share is not None else words.DASH
    typer.echo(_("{share} of the interactions are of touchpoints in the catalogue.", share=share))
    for one in found.unmatched:
        typer.echo(
            _.plural(
                "not in it: {name} ({n} interaction); proposed: {proposal}, stage {stage}",
                "not in it: {name} ({n} interactions); proposed: {proposal}, stage {stage}",
                one.interactions,
                name=one.name,
                proposal=one.proposal.key,
                stage=one.proposal.stage or words.DASH,
            )
        )
    for touchpoint in found.unseen:
        typer.echo(_("never seen: {name}", name=touchpoint.key))

"""`travesia convert`: events from one form into another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from travesia.cli.parameters import parameter
from travesia.cli.reading import LookingCommand, apart, journeys_from, looking
from travesia.cli.waiting import working
from travesia.errors import InvalidValue, UnknownFormat
from travesia.locale import texts

_ = texts("cli")


def add_to(app: typer.Typer) -> None:
    """Add `convert`."""
    app.command(
        "convert",
        cls=LookingCommand,
        help=_("Save events as journeys, or write journeys as a file."),
    )(
        looking(
            _converted,
            parameter(
                "out",
                Path,
                "--out",
                "-o",
                text=_("a directory to save journeys in; or .parquet, .arrow"),
            ),
            parameter(
                "replace",
                bool,
                "--replace",
                default=False,
                text=_("replace journeys saved there"),
            ),
        )
    )


def _converted(ctx: typer.Context, source: list[str], **options: Any) -> None:
    out: Path = options["out"]
    apart(out, source)
    if not out.suffix and out.is_dir() and any(out.iterdir()) and not options["replace"]:
        raise InvalidValue(
            f"There is something in {str(out)!r} already.",
            "Name another directory, or say --replace.",
        )
    journeys = journeys_from(source, options, ctx.meta["travesia.lenses"])
    with working(_("Writing {path}", path=out)):
        if not out.suffix:
            journeys.save(out)
        else:
            _written(journeys.to_arrow(), out)
    typer.echo(_("Written to {path}", path=out), err=True)


def _written(table: Any, out: Path) -> None:
    from pyarrow import feather, parquet

    if out.suffix == ".parquet":
        parquet.write_table(table, out)
    elif out.suffix in (".arrow", ".feather"):
        feather.write_feather(table, out, compression="uncompressed")
    else:
        raise UnknownFormat(
            f"Nothing here writes {out.suffix!r} files.",
            "Name a directory, or a .parquet or .arrow file.",
        )

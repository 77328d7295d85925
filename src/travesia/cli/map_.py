"""`travesia map`: from any event file to a measured journey map."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from travesia.cli.parameters import parameter
from travesia.cli.reading import LookingCommand, Options, apart, journeys_from, looking
from travesia.cli.showing import write
from travesia.cli.waiting import working
from travesia.locale import current_language, texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from travesia.maps.document import JourneyMap
    from travesia.record.catalogue import Catalogue
    from travesia.record.journeys import Journeys

_ = texts("cli")


def add_to(app: typer.Typer) -> None:
    """Add `map`."""
    panel = _("The map")
    app.command(
        "map", cls=LookingCommand, help=_("Draft a journey map from events, measured in one go.")
    )(
        looking(
            _mapped,
            parameter(
                "out",
                Path,
                "--out",
                "-o",
                default=Path("map.html"),
                text=_("where to: .html, .json or .yaml"),
                panel=panel,
            ),
            parameter(
                "catalogue",
                Path | None,
                default=None,
                text=_("a touchpoint catalogue (YAML or JSON)"),
                panel=panel,
            ),
            parameter(
                "goal",
                str | None,
                default=None,
                text=_("the touchpoint that is the outcome wanted"),
                panel=panel,
            ),
            parameter("title", str | None, default=None, text=_("the map's title"), panel=panel),
            parameter(
                "edited",
                Path | None,
                "--map",
                default=None,
                text=_("measure this map (YAML or JSON) instead of drafting one"),
                panel=panel,
            ),
        )
    )


def _mapped(ctx: typer.Context, source: list[str], **options: Any) -> None:
    from travesia.record.catalogue import Catalogue

    apart(options["out"], source)
    catalogue = Catalogue.load(options["catalogue"]) if options["catalogue"] else None
    journeys = journeys_from(source, options, ctx.meta["travesia.lenses"], catalogue)
    with working(_("Drawing the map")):
        text = _written(_map(journeys, catalogue, source, options), journeys, options["out"])
    write(text, options["out"])


def _map(
    journeys: Journeys, catalogue: Catalogue | None, source: Sequence[str], options: Options
) -> JourneyMap:
    """The map that somebody edited, or else one drafted from the journeys."""
    from travesia.maps.document import JourneyMap
    from travesia.maps.draft import draft

    if options["edited"]:
        return JourneyMap.load(options["edited"])
    title = options["title"] or Path(source[0]).name.partition(".")[0].replace("_", " ")
    return draft(journeys, catalogue=catalogue, goal=options["goal"], title=title)


def _written(drawn: JourneyMap, journeys: Journeys, out: Path) -> str:
    from travesia.maps.measure import measure
    from travesia.maps.page import render

    if out.suffix == ".json":
        return drawn.to_json()
    if out.suffix in (".yaml", ".yml"):
        return drawn.to_yaml()
    return render(drawn, measure(drawn, journeys), current_language())

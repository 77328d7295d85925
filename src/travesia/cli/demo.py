"""`travesia demo`: a company whose truth is known, measured and drawn."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from travesia.cli.parameters import parameter, shaped
from travesia.cli.waiting import working
from travesia.draw import words
from travesia.locale import current_language, texts

if TYPE_CHECKING:
    from travesia.demo import Aurora, Finding
    from travesia.record.journeys import Journeys

_ = texts("cli")

CUSTOMERS = 20_000
"""What the truths' ranges were made for; a smaller company has wider ones."""


def add_to(app: typer.Typer) -> None:
    """Add `demo`."""
    app.command(
        "demo",
        help=_("Build Aurora, a company whose truth is known, and show its measured map."),
    )(
        shaped(
            _demo,
            [
                parameter(
                    "out",
                    Path,
                    "--out",
                    "-o",
                    default=Path("demo"),
                    text=_("the directory of its files"),
                ),
                parameter(
                    "customers",
                    int,
                    default=CUSTOMERS,
                    text=_("how many customers it has"),
                    min=1,
                ),
                parameter("seed", int, default=1, text=_("another number gives another company")),
                parameter(
                    "open_map",
                    bool,
                    "--open/--no-open",
                    default=True,
                    text=_("show the map in a browser"),
                ),
            ],
        )
    )


def _demo(*, out: Path, customers: int, seed: int, open_map: bool) -> None:
    from travesia.demo import aurora

    with working(_("Building Aurora")):
        company = aurora(customers, seed)
        company.write(out)
        journeys = company.journeys()
        journeys.save(out / "journeys")
    with working(_("Measuring and drawing its map")):
        page = _map(company, journeys, out / "map.html")
    _summary(company, journeys, out, page)
    if open_map and _has_browser():
        typer.launch(page.resolve().as_uri())


def _map(company: Aurora, journeys: Journeys, page: Path) -> Path:
    from travesia.maps.measure import measure
    from travesia.maps.page import render

    drawn = company.map(journeys)
    page.write_text(render(drawn, measure(drawn, journeys), current_language()), encoding="utf-8")
    return page


def _summary(company: Aurora, journeys: Journeys, out: Path, page: Path) -> None:
    zone = ZoneInfo(journeys.scope.zone)
    typer.echo(
        _(
            "Aurora: {customers}, {events}, {since} to {until}.",
            customers=_.plural("{n} customer", "{n} customers", journeys.customers),
            events=_.plural("{n} event", "{n} events", journeys.events),
            since=words.day(journeys.since.astimezone(zone)),
            until=words.day(journeys.until.astimezone(zone)),
        )
    )
    typer.echo(_("What was planted in it, and what asking finds:"))
    if journeys.customers < CUSTOMERS:
        usual = words.number(CUSTOMERS)
        typer.echo(_("(the ranges are for {n} customers; fewer vary more)", n=usual))
    for truth in company.truths:
        typer.echo(f"\n  {truth.name}")
        for finding in truth.findings:
            typer.echo(f"    {_found(finding, journeys)}")
    typer.echo("\n" + _("How it was made: {path}", path=(out / "truths.md").resolve()))
    typer.echo(_("Its files: {path}", path=out.resolve()))
    typer.echo(_("Its living map: {path}", path=page.resolve()))


def _found(finding: Finding, journeys: Journeys) -> str:
    number = finding.answer(journeys)
    bounds = words.interval(finding.low, finding.high)
    verdict = _("as planted") if finding.low <= number <= finding.high else _("not as planted")
    return _(
        "{what}: {number} ({bounds} expected: {verdict})",
        what=finding.shown,
        number=words.number(number),
        bounds=bounds,
        verdict=verdict,
    )


def _has_browser() -> bool:
    shown = sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    return shown and sys.stdout.isatty()

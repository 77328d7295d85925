"""`travesia describe`: what a source holds, and what was recognised in it."""

from __future__ import annotations

from typing import Any

import typer

from travesia.cli.questions import output_parameters
from travesia.cli.reading import LookingCommand, apart, journeys_from, looking
from travesia.cli.showing import Format, chosen, show
from travesia.cli.waiting import working
from travesia.locale import texts

_ = texts("cli")


def add_to(app: typer.Typer) -> None:
    """Add `describe`."""
    app.command("describe", cls=LookingCommand, help=_("Say what a source of events holds."))(
        looking(_described, *output_parameters())
    )


def _described(ctx: typer.Context, source: list[str], **options: Any) -> None:
    from travesia.study.describe import Describe

    apart(options["out"], source)
    journeys = journeys_from(source, options, ctx.meta["travesia.lenses"])
    form = chosen(options["format"], options["out"])
    if form is Format.TABLE:
        for what, how in journeys.said:
            typer.echo(f"{what}: {how}", err=True)
        for reason, count in journeys.set_aside.counts.items():
            examples = "; ".join(journeys.set_aside.examples.get(reason, [])[:2])
            line = _.plural(
                "{n} row set aside, {reason}: {examples}",
                "{n} rows set aside, {reason}: {examples}",
                count,
                reason=reason,
                examples=examples,
            )
            typer.echo(line, err=True)
    with working(_("Asking")):
        answer = journeys.ask(Describe())
    show(answer, form, options["out"], options["limit"] or None)

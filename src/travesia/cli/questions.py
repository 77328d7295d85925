"""`travesia ask`: a command for every question, made from the question's own fields."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer
from typer.core import TyperGroup

from travesia.cli.helping import in_words
from travesia.cli.parameters import NEEDED, parameter
from travesia.cli.reading import LookingCommand, apart, journeys_from, looking
from travesia.cli.showing import Format, chosen, show
from travesia.cli.waiting import working
from travesia.locale import texts

if TYPE_CHECKING:
    from travesia.study.question import Question

_ = texts("cli")

ROWS = 40
SHARED = ("by", "min_customers")


class Questions(TyperGroup):
    """The questions there are; each is loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Every kind, as a command."""
        del ctx
        from travesia.study.question import kinds

        return [_command_name(kind) for kind in kinds()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of one kind."""
        from travesia.study.question import kinds, question_type

        kind = cmd_name.replace("-", "_")
        if kind not in kinds():
            return super().get_command(ctx, cmd_name)
        return question_command(question_type(kind))


def add_to(app: typer.Typer) -> None:
    """Add `ask`."""
    asking = typer.Typer(
        cls=Questions,
        name="ask",
        help=_("Ask a question of journeys: travesia ask flow events.csv"),
        no_args_is_help=True,
    )
    asking.callback()(_nothing)
    app.add_typer(asking)


def question_command(kind: type[Question]) -> Any:
    """The command that asks one kind of question."""
    single = typer.Typer(add_completion=False)
    from travesia.study.question import summary

    single.command(_command_name(kind.kind), cls=LookingCommand, help=summary(kind))(_asking(kind))
    return in_words(typer.main.get_command(single))


def output_parameters() -> list[inspect.Parameter]:
    """--format, --out and --limit."""
    shown = _("The answer")
    return [
        parameter(
            "format",
            Format | None,
            default=None,
            text=_("how to write it; else as the file's name says"),
            panel=shown,
        ),
        parameter(
            "out",
            Path | None,
            "--out",
            "-o",
            default=None,
            text=_("write to this file"),
            panel=shown,
        ),
        parameter(
            "limit", int, default=ROWS, text=_("most rows shown; 0 for all"), panel=shown, min=0
        ),
    ]


def _asking(kind: type[Question]) -> Callable[..., None]:
    names = [one.name for one in fields(kind)]

    def ask(ctx: typer.Context, source: list[str], **options: Any) -> None:
        from travesia.study.question import make

        given = {
            name: _several(options[name])
            for name in names
            if options[name] is not None and options[name] != []
        }
        apart(options["out"], source)
        question = make(kind, given)
        journeys = journeys_from(source, options, ctx.meta["travesia.lenses"])
        with working(_("Asking")):
            answer = journeys.ask(question)
        out, limit = options["out"], options["limit"] or None
        form = chosen(options["format"], out)
        show(answer, form, out, limit if form is Format.TABLE else None)

    return looking(ask, *output_parameters(), first=_field_parameters(kind))


def _field_parameters(kind: type[Question]) -> list[inspect.Parameter]:
    """An option for each field, typed as its JSON schema says."""
    from travesia.study.question import option_label, schema

    found = schema(kind)
    names = [name for name in found["properties"] if name not in ("question", *SHARED)]
    return [
        _field_parameter(
            name, option_label(kind, name), found["properties"][name], name in found["required"]
        )
        for name in (*names, *SHARED)
    ]


def _field_parameter(
    name: str, text: str, described: Mapping[str, Any], required: bool
) -> inspect.Parameter:
    kind = _plain(described)
    default = described.get("default")
    if kind == list[str]:
        default = [str(one) for one in default or ()]
    elif required:
        default = NEEDED
    elif default is None:
        kind |= None
    return parameter(name, kind, default=default, text=text, panel=_("The question"))


def _plain(described: Mapping[str, Any]) -> Any:
    """The type an option is typed as; the question itself checks what it means."""
    choices = [one for one in described.get("anyOf", ()) if one.get("type") != "null"]
    if choices:
        return _plain(choices[0]) if len(choices) == 1 else str
    if "enum" in described:
        return Literal[tuple(described["enum"])]
    kinds = {"array": list[str], "integer": int, "number": float, "boolean": bool}
    return kinds.get(str(described.get("type")), str)


def _several(value: Any) -> Any:
    """Steps may be written in one: "visit -> cart -> purchase"."""
    if isinstance(value, list) and len(value) == 1 and " -> " in value[0]:
        return [one.strip() for one in value[0].split(" -> ")]
    return value


def _command_name(kind: str) -> str:
    return kind.replace("_", "-")


def _nothing() -> None:
    """A group needs a callback to stay a group."""

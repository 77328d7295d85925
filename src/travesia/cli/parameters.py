"""Options of commands that are made, not written: their help is in the language of the moment."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import typer

NEEDED = inspect.Parameter.empty
"""The default of an option that has none."""


def parameter(
    name: str,
    kind: Any,
    *written: str,
    default: Any = NEEDED,
    text: str,
    panel: str | None = None,
    **limits: Any,
) -> inspect.Parameter:
    """An option of a command.

    Args:
        name: what the command's function calls it.
        kind: the type it is read as.
        *written: how it is typed; else --name with hyphens.
        default: what it is when left out.
        text: its help.
        panel: the heading it stands under.
        **limits: what else typer's options take, such as min=0.
    """
    spelt = written or ("--" + name.replace("_", "-"),)
    made = typer.Option(*spelt, help=text, rich_help_panel=panel, **limits)
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, made]
    )


def shaped(
    command: Callable[..., None], parameters: Iterable[inspect.Parameter]
) -> Callable[..., None]:
    """The function with these parameters, which is where typer reads a command's options."""
    command.__dict__["__signature__"] = inspect.Signature(list(parameters))
    return command

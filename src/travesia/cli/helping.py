"""The words of help that come with typer, in the current language."""

from __future__ import annotations

from functools import partial
from typing import Any

import typer

from travesia.locale import texts

_ = texts("cli")


class _Context(typer.Context):
    """A context whose usage line begins in the current language."""

    def make_formatter(self) -> Any:
        formatter = super().make_formatter()
        # typer keeps the formatter's class to itself, so its method is replaced, not overridden
        write = partial(formatter.write_usage, prefix=_("Usage: "))
        formatter.write_usage = write  # type: ignore[method-assign]
        return formatter


def in_words(command: Any) -> Any:
    """This command and those below it, with their help in the current language."""
    _speak(command)
    return command


def _speak(command: Any) -> None:
    command.context_class = _Context
    said = {
        "help": _("show this help"),
        "install_completion": _("teach your shell to complete names"),
        "show_completion": _("show what would teach it, to copy or change it"),
    }
    for option in (*command.params, command.get_help_option(_Context(command))):
        if option is not None and option.name in said:
            option.help = said[option.name]
    for below in getattr(command, "commands", {}).values():
        _speak(below)

"""The application: its commands, its global options, and the edge where errors become two lines."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Sequence

import typer

from travesia.cli.helping import in_words
from travesia.cli.parameters import parameter, shaped
from travesia.errors import TravesiaError
from travesia.locale import LANGUAGES, texts

_ = texts("cli")

REFUSED = 1
MISSPOKEN = 2
INTERRUPTED = 130


def run(words: Sequence[str]) -> int:
    """Run one command line; gives the exit code."""
    try:
        command = in_words(typer.main.get_command(application()))
        code = command(args=list(words), standalone_mode=False)
    except typer.TyperException as error:
        return _misspoken(error)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo(_("Interrupted."), err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has enough; what is left must not complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (TravesiaError, UnicodeEncodeError, OSError) as error:
        return _refused(error, words)
    return code if isinstance(code, int) else 0


def application() -> typer.Typer:
    """All commands, with their help in the current language."""
    from travesia.cli import catalog, convert, demo, describe, map_, questions

    _speak_help()
    app = typer.Typer(
        name="travesia",
        help=_("Customer journeys, measured: ask them questions, draw them as a map."),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(shaped(_globals, _global_options()))
    for commands in (demo, describe, questions, map_, catalog, convert):
        commands.add_to(app)
    return app


def _versioned(wanted: bool) -> None:
    """Print the version and be done, without a command."""
    if wanted:
        from travesia import __version__

        typer.echo(__version__)
        raise typer.Exit


def _speak_help() -> None:
    """Have the headings of help in the current language: typer keeps them in its module."""
    from typer import rich_utils

    rich_utils.OPTIONS_PANEL_TITLE = _("Options")
    rich_utils.ARGUMENTS_PANEL_TITLE = _("Arguments")
    rich_utils.COMMANDS_PANEL_TITLE = _("Commands")
    rich_utils.REQUIRED_LONG_STRING = _("[required]")
    rich_utils.DEFAULT_STRING = _("[default: {}]")


def _global_options() -> list[inspect.Parameter]:
    """--lang, --debug and --version."""
    return [
        parameter("lang", str | None, default=None, text="es | en", metavar="LANG"),
        parameter("debug", bool, "--debug", default=False, text=_("show where an error arose")),
        parameter(
            "version",
            bool,
            "--version",
            default=False,
            text=_("print the version"),
            is_eager=True,
            callback=_versioned,
        ),
    ]


def _globals(*, lang: str | None, debug: bool, version: bool) -> None:
    del debug, version  # read where errors end; answered before any command is looked for
    if lang is not None and lang not in LANGUAGES:
        raise typer.BadParameter(_("There is no language {lang!r}: es or en.", lang=lang))


def _misspoken(error: typer.TyperException) -> int:
    """A command line that cannot be meant, in two lines like every error."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "travesia"
    typer.echo(_("Error: {error}", error=error.format_message()), err=True)
    typer.echo(_("See {path} --help.", path=path), err=True)
    return MISSPOKEN


def _unwritable(error: OSError) -> TravesiaError:
    where = error.filename or _("the output")
    return TravesiaError(
        f"Cannot use {where}: {error.strerror or error}.",
        "Choose another place with -o, or make room there.",
    )


def _unspeakable(error: UnicodeEncodeError) -> TravesiaError:
    return TravesiaError(
        f"The encoding {error.encoding} has no sign for {error.object[error.start]!r}.",
        "Set PYTHONIOENCODING=utf-8, or write to a file with -o.",
    )


def _refused(error: TravesiaError | UnicodeEncodeError | OSError, words: Sequence[str]) -> int:
    if "--debug" in words:
        traceback.print_exception(error)
        return REFUSED
    if isinstance(error, UnicodeEncodeError):
        error = _unspeakable(error)
    elif isinstance(error, OSError):
        error = _unwritable(error)
    typer.echo(_("Error: {error}", error=error), err=True)
    return REFUSED

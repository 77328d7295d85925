"""The command line: questions, maps and catalogues from a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from travesia.locale import LANGUAGES, Language, set_language


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `travesia` and leave with its exit code.

    Exit codes: 0 done; 1 refused, with two lines that say why and how to mend it; 2 not a
    command; 130 interrupted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    chosen = spoken(words)
    if chosen is not None:
        set_language(chosen)
    from travesia.cli.run import run

    sys.exit(run(words))


def spoken(words: Sequence[str]) -> Language | None:
    """The language that --lang asks for: help is written in it too, so it is looked for first."""
    for place, word in enumerate(words):
        name, _, value = word.partition("=")
        if name == "--lang":
            wanted = value or (words[place + 1] if place + 1 < len(words) else "")
            return next((one for one in LANGUAGES if one == wanted), None)
    return None


def __getattr__(name: str) -> Any:
    """`app`: the Typer application, in the current language."""
    if name != "app":
        raise AttributeError(f"module 'travesia.cli' has no attribute {name!r}")
    from travesia.cli.run import application

    return application()

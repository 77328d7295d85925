"""Spanish and English texts of the Python side.

English is the source: `_ = texts("study")` gives the translator of one room, whose Spanish
stands in `es/study.po`. The language is chosen per context (a request, a command, a notebook),
never globally stored: `with language("es"): ...` or `set_language("es")`.
"""

from __future__ import annotations

import gettext
import io
import locale as system_locale
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any, Literal

from travesia.errors import UnknownName

Language = Literal["es", "en"]
LANGUAGES: tuple[Language, ...] = ("es", "en")

_current: ContextVar[Language | None] = ContextVar("language", default=None)


def current_language() -> Language:
    """The language of this context: as set, else the system's, else English."""
    return _current.get() or _system_language()


def set_language(language: str) -> None:
    """Speak this language ("es" or "en") in this context from now on."""
    _current.set(_checked(language))


@contextmanager
def language(language: str) -> Iterator[None]:
    """Speak this language ("es" or "en") inside the block."""
    token = _current.set(_checked(language))
    try:
        yield
    finally:
        _current.reset(token)


class Texts:
    """The translator of one room: `_("Of {n:,} customers", n=3)` formats after translating."""

    def __init__(self, room: str) -> None:
        self.room = room

    def __call__(self, message: str, /, **values: object) -> str:
        """This text in the language of the context, with its values."""
        if current_language() == "en":
            return message.format(**values) if values else message
        found = _catalogue(self.room).gettext(message)
        return _Spanish().format(found, **values) if values else found

    def plural(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The text for this count: `_.plural("{n} customer", "{n} customers", 1)`.

        `{n}` is the count, grouped as the language does, unless it is given as another value.
        """
        # only a whole one is one: "1 customer", but "1.5 customers" and "0 customers"
        form = 1 if count == 1 else 2
        if current_language() == "en":
            return (one if form == 1 else many).format(**{"n": f"{count:,}", **values})
        found = _catalogue(self.room).ngettext(one, many, form)
        spanish = _Spanish()
        return spanish.format(found, **{"n": spanish.format_field(count, ","), **values})


def texts(room: str) -> Texts:
    """The translator of one room, whose Spanish stands in `es/<room>.po`."""
    return Texts(room)


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for "mark, translate later"
    """Mark a text that is translated where it is shown."""
    return message


class _Spanish(Formatter):
    """Writes numbers that have a format as Spanish does: 1.234,5 and 28,8 %."""

    _SIGNS = str.maketrans({",": ".", ".": ",", "%": "\u00a0%"})

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        number = isinstance(value, int | float) and format_spec
        return text.translate(self._SIGNS) if number else text


def _checked(name: str) -> Language:
    for known in LANGUAGES:
        if name == known:
            return known
    raise UnknownName("language", name, LANGUAGES)


@cache
def _system_language() -> Language:
    name = system_locale.getlocale()[0] or ""
    return "es" if name.lower().startswith(("es", "spanish")) else "en"


@cache
def _catalogue(room: str) -> gettext.NullTranslations:
    """Spanish of one room: the compiled file of a wheel, else the source compiled here."""
    folder = files(__package__) / "es"
    compiled, source = folder / f"{room}.mo", folder / f"{room}.po"
    if compiled.is_file():
        with compiled.open("rb") as file:
            return gettext.GNUTranslations(file)
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    buffer = io.BytesIO()
    with source.open("rb") as file:
        write_mo(buffer, read_po(file, locale="es"))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)

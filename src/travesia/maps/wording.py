"""Texts that a draft writes in both languages at once."""

from __future__ import annotations

from travesia.locale import LANGUAGES, language, texts
from travesia.locale.text import Text

_ = texts("maps")


def both(message: str, /, **values: Text | str) -> Text:
    """A message of this room in Spanish and English; texts in it are in the same language."""
    said = {}
    for each in LANGUAGES:
        with language(each):
            spoken = {name: str(value) for name, value in values.items()}
            said[each] = _(message, **spoken)
    return Text(any=said["en"]) if said["es"] == said["en"] else Text(**said)

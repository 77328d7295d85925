"""Every text that people see has its Spanish, with the same places for values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.pofile import read_po

PROJECT = Path(__file__).parent.parent
PACKAGE = PROJECT / "src" / "travesia"
CATALOGUES = sorted((PACKAGE / "locale" / "es").glob("*.po"))


Words = str | tuple[str, str]
"""A text, or its singular and its plural."""

SAME = {
    "Error: {error}", "Neutral", "Chat, {day}", "95 %: {interval}",
    "A", "B", "C", "E", "I", "d", "h", "min", "no", "persona", "pp", "s", "{goal}", "{stage} ({n})",
}  # fmt: skip
"""What is written alike in both languages; anything else that is has not been translated."""


def texts_of(source: Path) -> Iterator[tuple[str, Words]]:
    """The room and the English of each text that a file marks."""
    tree = ast.parse(source.read_text())
    room = room_of(tree) or source.relative_to(PACKAGE).parts[0]
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="_" | "N_" | "both"), args=[ast.Constant(value=text), *_]
            ):
                yield room, text
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="_"), attr="plural"),
                args=[ast.Constant(value=one), ast.Constant(value=many), *_],
            ):
                yield room, (one, many)
            case ast.ClassDef(decorator_list=[ast.Name(id="question")]):
                # what a question asks is said by the first line of its docstring
                yield room, (ast.get_docstring(node) or "").partition("\n")[0]


def room_of(tree: ast.Module) -> str | None:
    """The room in `_ = texts("room")`."""
    for statement in tree.body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="_")],
                value=ast.Call(func=ast.Name(id="texts"), args=[ast.Constant(value=room)]),
            ):
                return str(room)
    return None


MARKED = sorted({found for path in PACKAGE.rglob("*.py") for found in texts_of(path)}, key=str)


def spanish_of(room: str) -> dict[Words, Words]:
    path = PACKAGE / "locale" / "es" / f"{room}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale="es", abort_invalid=True)
    return {message.id: message.string for message in catalogue if message.id}


def forms(words: Words) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("room", sorted({room for room, _ in MARKED}))
def test_every_text_of_a_room_has_its_spanish(room):
    spanish = {text for text, words in spanish_of(room).items() if all(forms(words))}
    assert [text for where, text in MARKED if where == room and text not in spanish] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_spanish_has_the_same_places_for_values(catalogue):
    for english, spanish in spanish_of(catalogue.stem).items():
        for one, other in zip(forms(english), forms(spanish), strict=True):
            assert places(other) == places(one), one


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_no_english_stands_where_spanish_should(catalogue):
    left = [
        one
        for english, spanish in spanish_of(catalogue.stem).items()
        for one, other in zip(forms(english), forms(spanish), strict=True)
        if one == other and one not in SAME
    ]
    assert left == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_no_spanish_is_left_of_texts_that_are_gone(catalogue):
    used = {text for room, text in MARKED if room == catalogue.stem}
    assert sorted(set(spanish_of(catalogue.stem)) - used, key=str) == []

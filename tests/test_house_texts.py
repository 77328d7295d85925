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


MARKS = {"_", "N_", "both"}


def texts_of(source: Path) -> Iterator[tuple[str, str]]:
    """The room and the English of each text that a file marks."""
    tree = ast.parse(source.read_text())
    room = room_of(tree) or source.relative_to(PACKAGE).parts[0]
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="_" | "N_" | "both"), args=[ast.Constant(value=text), *_]
            ):
                yield room, text
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


MARKED = sorted({found for path in PACKAGE.rglob("*.py") for found in texts_of(path)})


def spanish_of(room: str) -> dict[str, str]:
    path = PACKAGE / "locale" / "es" / f"{room}.po"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue = read_po(file, locale="es", abort_invalid=True)
    return {message.id: message.string for message in catalogue if message.id}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("room", sorted({room for room, _ in MARKED}))
def test_every_text_of_a_room_has_its_spanish(room):
    spanish = spanish_of(room)
    assert [text for where, text in MARKED if where == room and not spanish.get(text)] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_spanish_has_the_same_places_for_values(catalogue):
    for english, spanish in spanish_of(catalogue.stem).items():
        assert places(spanish) == places(english), english


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_no_spanish_is_left_of_texts_that_are_gone(catalogue):
    used = {text for room, text in MARKED if room == catalogue.stem}
    assert sorted(set(spanish_of(catalogue.stem)) - used) == []

"""Documents stay true: their code runs, their links lead somewhere, and they leave nothing out."""

from __future__ import annotations

import ast
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import travesia
from travesia import errors
from travesia.study.question import kinds, question_type

PROJECT = Path(__file__).parent.parent
DOCUMENTS = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")])
RUN = ["README.md", "docs/guide.md", "docs/how_it_works.md"]  # their Spanish twins hold the same
GUIDES = ["docs/guide.md", "docs/guia.md"]
TWINS = [("README.md", "LEEME.md"), ("docs/guide.md", "docs/guia.md")]

# other tests make questions too
OWN = {kind for kind in kinds() if question_type(kind).__module__.startswith("travesia.")}

EVENTS = """user_id,event,timestamp,country
ana,visit,2026-03-01T10:00:00,ES
ana,cart,2026-03-01T10:05:00,ES
ana,purchase,2026-03-02T09:00:00,ES
ben,visit,2026-03-01T11:00:00,ES
ben,cart,2026-03-03T11:00:00,ES
cai,visit,2026-04-01T11:00:00,MX
"""


def shown(value: object) -> str:
    return str(value.relative_to(PROJECT)) if isinstance(value, Path) else str(value)


def code_of(text: str, language: str = "python") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def prose_of(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def program_of(text: str) -> str:
    """The Python of a document as one program, every line at its place."""
    parts, end = [], 0
    for block in re.finditer(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        parts += ["\n" * text.count("\n", end, block.start(1)), block[1]]
        end = block.end(1)
    return "".join(parts)


@pytest.mark.parametrize("page", RUN)
def test_the_code_of_a_document_runs(page, tmp_path):
    # a process of its own: a question that a document defines is known nowhere else
    (tmp_path / "events.csv").write_text(EVENTS)
    program = tmp_path / Path(page).with_suffix(".py").name
    program.write_text(program_of((PROJECT / page).read_text()))
    ran = subprocess.run(
        [sys.executable, "-W", "error", program.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


def test_the_commands_of_the_guide_run(tmp_path):
    text = (PROJECT / "docs/guide.md").read_text()
    subprocess.run([sys.executable, "-c", code_of(text)[0]], cwd=tmp_path, check=True)
    (session,) = code_of(text, "sh")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ran = subprocess.run(
        ["sh", "-e", "-c", session],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert {"shop.html", "tienda.html"} <= {one.name for one in tmp_path.iterdir()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=shown)
def test_links_inside_the_project_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose_of(document.read_text())):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (document.parent / target).exists(), target


def test_decisions_are_numbered_one_after_the_other():
    records = sorted((PROJECT / "docs" / "decisions").glob("*.md"))
    numbers = [int(record.name.partition("-")[0]) for record in records]
    titles = [int(record.read_text()[2:].partition(".")[0]) for record in records]
    assert numbers == titles == list(range(1, len(records) + 1))


@pytest.mark.parametrize(("english", "spanish"), TWINS)
def test_both_languages_have_the_same_sections(english, spanish):
    def outline(page: str) -> list[str]:
        text = re.sub(
            r"^```.*?^```", "", (PROJECT / page).read_text(), flags=re.MULTILINE | re.DOTALL
        )
        return re.findall(r"^(#+) ", text, re.MULTILINE)

    assert outline(english) == outline(spanish)


@pytest.mark.parametrize(("english", "spanish"), TWINS)
def test_both_languages_have_the_same_code(english, spanish):
    def programs(page: str) -> list[str]:
        return [ast.dump(ast.parse(code)) for code in code_of((PROJECT / page).read_text())]

    def sessions(page: str) -> list[str]:
        return [re.sub("#.*", "", code) for code in code_of((PROJECT / page).read_text(), "sh")]

    assert programs(english) == programs(spanish)
    assert sessions(english) == sessions(spanish)


@pytest.mark.parametrize(("english", "spanish"), TWINS)
def test_both_languages_have_tables_of_the_same_length(english, spanish):
    def rows(page: str) -> list[int]:
        return [
            line.count("|")
            for line in re.findall(r"^\|.*", (PROJECT / page).read_text(), re.MULTILINE)
        ]

    assert rows(english) == rows(spanish)


def public_names() -> set[str]:
    return {f"tv.{name}" for name in travesia.__all__ if not name.startswith("__")}


def error_names() -> set[str]:
    classes = inspect.getmembers(errors, inspect.isclass)
    return {name for name, one in classes if issubclass(one, errors.TravesiaError)}


def asking(kind: str) -> str:
    return f"travesia ask {kind.replace('_', '-')}"


def commands() -> set[str]:
    """Every command of the command line, as it is typed."""
    from typer.main import get_command

    from travesia.cli import app

    return set(typed("travesia", get_command(app))) - {asking(kind) for kind in set(kinds()) - OWN}


def typed(words: str, command: Any) -> Iterator[str]:
    if not hasattr(command, "list_commands"):
        yield words
        return
    context = command.context_class(command)
    for name in command.list_commands(context):
        yield from typed(f"{words} {name}", command.get_command(context, name))


def settings() -> set[str]:
    """Every environment variable that the source reads."""
    sources = "\n".join(path.read_text() for path in (PROJECT / "src").rglob("*.py"))
    return set(re.findall(r"\bTRAVESIA_[A-Z_]+\b", sources))


def options() -> set[str]:
    """Every option of every question, as code."""
    return {f"`{one.name}`" for kind in OWN for one in fields(question_type(kind))}


def reading() -> set[str]:
    """Every option of reading, as code."""
    known = inspect.signature(travesia.read).parameters
    return {f"`{name}`" for name in known if name not in {"source", "options"}}


EVERYTHING = {
    "public name": public_names,
    "error": error_names,
    "command": commands,
    "setting": settings,
    "option": options,
    "option of reading": reading,
}


@pytest.mark.parametrize("kind", EVERYTHING)
@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_leaves_nothing_out(guide, kind):
    text = (PROJECT / guide).read_text()
    whole_word = r"(?<!\w){}(?!\w)"
    names = EVERYTHING[kind]()
    missing = {name for name in names if not re.search(whole_word.format(re.escape(name)), text)}
    assert missing == set()

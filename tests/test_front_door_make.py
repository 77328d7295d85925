"""The Makefile tells what it can do, and CI runs what everyone runs."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest


@pytest.fixture(scope="module")
def makefile(project) -> str:
    return (project / "Makefile").read_text()


def targets(makefile: str) -> set[str]:
    return set(re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split())


def test_make_alone_lists_every_target_with_one_line(project, makefile):
    shown = subprocess.run(["make"], cwd=project, capture_output=True, text=True, check=True).stdout
    listed = dict(re.findall(r"^  (\w+) +(\S.*)$", shown, re.MULTILINE))
    assert set(listed) == targets(makefile)


@pytest.mark.parametrize("page", ["README.md", "LEEME.md"])
def test_both_front_pages_name_the_two_commands(project, page):
    text = (project / page).read_text()
    assert "make demo " in text
    assert "make test " in text


def test_make_test_checks_style_types_and_rooms_too(makefile):
    recipe = makefile.partition("\nlint:")[2].partition("\n\n")[0]
    for check in ("ruff check", "ruff format --check", "mypy", "lint-imports --no-logo"):
        assert f"/{check}\n" in recipe + "\n"
    assert "\ntest: lint " in makefile


def test_ci_runs_make_test(project):
    script = (project / ".ci" / "run").read_text().splitlines()
    assert script[-1] == "make test"
    assert "set -euo pipefail" in script


def test_the_version_stands_in_one_place(project):
    settings = tomllib.loads((project / "pyproject.toml").read_text())
    assert settings["project"]["dynamic"] == ["version"]
    assert "version" not in settings["project"]
    assert settings["tool"]["hatch"]["version"]["path"] == "src/travesia/__init__.py"


def test_the_changelog_begins_with_this_version(project):
    import travesia

    newest = re.search(r"^## (\S+)", (project / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    assert newest == travesia.__version__

"""A wheel is built, installed in an empty environment with the locked dependencies, and tried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from uv import find_uv_bin

import travesia

pytestmark = pytest.mark.xdist_group("wheel")  # one worker: it is built and installed once

EVENTS = """user_id,event,timestamp
ana,visit,2026-03-01T10:00:00
ana,cart,2026-03-01T10:05:00
ana,purchase,2026-03-02T09:00:00
ben,visit,2026-03-01T11:00:00
ben,cart,2026-03-03T11:00:00
"""

TRIED = """
import sys
import travesia as tv

journeys = tv.read(sys.argv[1])
edges = journeys.ask(tv.Flow()).table.to_pylist()
counted = {(edge["source"], edge["target"]): edge["customers"] for edge in edges}
assert counted["visit", "cart"] == 2, counted
assert counted["cart", "(end)"] == 1, counted
print(tv.__version__, journeys.customers, journeys.events)
"""

TRANSLATED = """
from travesia.locale import language, texts
from importlib.resources import files

rooms = [one.name.removesuffix(".mo") for one in files("travesia.locale").joinpath("es").iterdir()]
with language("es"):
    for room in rooms:
        texts(room)("any text at all")
print(len(rooms))
"""


def run(*command: object, cwd: Path) -> str:
    """What a command prints; its errors too when it fails."""
    ran = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(project, tmp_path_factory) -> Path:
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=project)
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def elsewhere(project, wheel, tmp_path_factory) -> Path:
    """A fresh environment that holds the wheel, what it needs at the locked versions, no more."""
    home = tmp_path_factory.mktemp("elsewhere")
    uv, python = find_uv_bin(), home / "env" / "bin" / "python"
    locked = home / "requirements.txt"
    export = ["export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "-o", locked]
    run(uv, *export, cwd=project)
    run(uv, "venv", "--quiet", "--python", sys.executable, home / "env", cwd=home)
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", python]
    run(*install, "-r", locked, cwd=home)
    run(*install, wheel, cwd=home)
    run(uv, "pip", "check", "--python", python, cwd=home)
    (home / "events.csv").write_text(EVENTS)
    return home


def test_the_wheel_holds_every_source_file_and_nothing_else_of_the_checkout(project, names):
    package = project / "src"
    sources = {
        str(path.relative_to(package))
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".po", ".nbi", ".nbc"}
    }
    beside = {name for name in names if ".dist-info/" not in name and not name.endswith(".mo")}
    assert beside == sources


def test_the_wheel_is_typed_and_carries_licences(names):
    assert "travesia/py.typed" in names
    for text in ("LICENSE", "NOTICE"):
        assert f"travesia-{travesia.__version__}.dist-info/licenses/{text}" in names


def test_the_wheel_holds_the_spanish_texts_compiled(project, names):
    written = {path.stem for path in (project / "src/travesia/locale/es").glob("*.po")}
    compiled = {Path(name).stem for name in names if name.endswith(".mo")}
    assert compiled == written


def test_every_font_comes_with_its_licence(names):
    fonts = {name for name in names if name.endswith((".woff2", ".woff", ".ttf", ".otf"))}
    licensed = {Path(name).parent for name in names if "OFL" in Path(name).name}
    assert {Path(font).parent for font in fonts} <= licensed


def test_the_installed_command_says_its_version(elsewhere):
    shown = run(elsewhere / "env/bin/travesia", "--version", cwd=elsewhere)
    assert travesia.__version__ in shown


def test_the_installed_command_says_what_it_can_do(elsewhere):
    assert "describe" in run(elsewhere / "env/bin/travesia", "--help", cwd=elsewhere)


def test_the_installed_package_reads_a_file_and_answers(elsewhere):
    tried = run(elsewhere / "env/bin/python", "-c", TRIED, "events.csv", cwd=elsewhere)
    assert tried.split() == [travesia.__version__, "2", "5"]


def test_the_installed_command_answers_too(elsewhere):
    asked = ["ask", "flow", "events.csv", "--format", "json"]
    assert '"cart"' in run(elsewhere / "env/bin/travesia", *asked, cwd=elsewhere)


def test_the_installed_texts_can_be_read(elsewhere, project):
    written = len(list((project / "src/travesia/locale/es").glob("*.po")))
    shown = run(elsewhere / "env/bin/python", "-c", TRANSLATED, cwd=elsewhere)
    assert int(shown) == written

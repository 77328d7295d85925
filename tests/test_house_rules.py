"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent
SOURCES = sorted((PROJECT / "src").rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))

NOT_ROOMS = {"utils", "util", "common", "helpers", "helper", "service", "services"}
NOT_ROOMS |= {"manager", "managers", "core", "misc"}

PERMISSIVE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "LGPL-2.1-or-later",
    "LGPL-3.0-or-later",
    "LLVM-exception",
    "MIT",
    "MPL-2.0",
    "OFL-1.1",
    "PSF-2.0",
    "Zlib",
}
OLD_STYLE = {  # what packages without a licence expression write instead
    "BSD": "BSD-3-Clause",
    "ISC License": "ISC",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: ISC License (ISCL)": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "sleep"}


def shown(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=shown)
def test_everything_has_a_room_with_a_name(path):
    inside = path.relative_to(PROJECT).with_suffix("")
    parts = {part.strip("_").removeprefix("test_") for part in inside.parts}
    assert not parts & NOT_ROOMS


@pytest.mark.parametrize("room", sorted({path.parent for path in SOURCES}), ids=shown)
def test_every_folder_of_code_is_a_package(room):
    # a folder without one is invisible to the import contracts
    assert room == PROJECT / "src" or (room / "__init__.py").is_file()


@pytest.mark.parametrize("path", TESTS, ids=shown)
def test_no_test_looks_at_the_clock_or_sleeps(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = (node.value.id, node.attr)
            assert called != ("time", "time"), f"line {node.lineno}"
            assert called[0] != "time" or node.attr not in CLOCKS, f"line {node.lineno}"
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "timeit"}:
            assert not {alias.name for alias in node.names} & (CLOCKS | {"time", "timeit"})


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=shown)
def test_broad_excepts_stand_only_at_the_edges_of_the_process(path):
    edges = {"cli", "server"}
    if edges & set(path.parts):
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in {"everything", "Exception", "BaseException"}, f"line {node.lineno}"


def runtime_distributions() -> Iterator[metadata.Distribution]:
    """What an installed Travesía brings along, with all its extras, however deep."""
    extras = tuple(metadata.metadata("travesia").get_all("Provides-Extra") or ())
    waiting, seen = [("travesia", extras)], set()
    while waiting:
        name, wanted = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        found = metadata.distribution(name)
        yield found
        for text in found.requires or ():
            need = Requirement(text)
            if need.marker is None or any(
                need.marker.evaluate({"extra": extra}) for extra in ("", *wanted)
            ):
                waiting.append((re.sub(r"[-_.]+", "-", need.name).lower(), tuple(need.extras)))


def licences(found: metadata.Distribution) -> set[str]:
    """The licence identifiers a package declares, newest way of saying first."""
    about = found.metadata
    if expression := about.get("License-Expression"):
        return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR", "WITH"}
    said = [line for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    return {OLD_STYLE.get(one, one) for one in said or [about.get("License", "unknown")]}


def test_every_dependency_has_a_permissive_licence():
    declared = {one.metadata["Name"]: licences(one) for one in runtime_distributions()}
    assert len(declared) > 20
    refused = {name: found - PERMISSIVE for name, found in declared.items() if found - PERMISSIVE}
    assert refused == {}


def test_no_dependency_adds_the_commons_clause():
    for found in runtime_distributions():
        for path in found.files or ():
            if re.search(r"licen[cs]e", path.name, re.IGNORECASE) and path.suffix in {"", ".txt"}:
                text = Path(path.locate()).read_text(errors="replace")
                assert "Commons Clause" not in text, f"{found.metadata['Name']}: {path}"

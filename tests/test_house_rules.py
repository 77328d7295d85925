"""The rules of the house that no linter knows. Each test lists the offenders, so: none."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from packaging.requirements import Requirement

PROJECT = Path(__file__).parent.parent
SOURCES = sorted((PROJECT / "src").rglob("*.py"))
KERNELS = [path for path in SOURCES if path.stem.endswith("kernels")]
TESTS = sorted((PROJECT / "tests").rglob("*.py"))

NOT_ROOMS = {"utils", "util", "common", "helpers", "helper", "service", "services"}
NOT_ROOMS |= {"manager", "managers", "core", "misc"}
PROCESS_EDGES = {"cli", "server"}
MOST_METHODS = 20
CLOCKS = {"time.monotonic", "time.perf_counter", "time.process_time", "time.time"}
CLOCKS |= {
    "time.monotonic_ns",
    "time.perf_counter_ns",
    "time.time_ns",
    "time.sleep",
    "timeit.timeit",
}

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

Node = TypeVar("Node", bound=ast.AST)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def found_in(path: Path, kind: type[Node]) -> list[Node]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, kind)]


def place(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(PROJECT)}{f':{node.lineno}' if node else ''}"


def decorators(function: ast.FunctionDef) -> str:
    return " ".join(ast.unparse(one) for one in function.decorator_list)


# Rooms and names


def test_everything_has_a_room_with_a_name():
    def words(path: Path) -> set[str]:
        parts = path.relative_to(PROJECT).with_suffix("").parts
        return {part.strip("_").removeprefix("test_") for part in parts}

    assert [place(path) for path in [*SOURCES, *TESTS] if words(path) & NOT_ROOMS] == []


def test_every_folder_of_code_is_a_package():
    # a folder that is none is invisible to the import contracts
    folders = {path.parent for path in SOURCES} - {PROJECT / "src"}
    assert [place(one) for one in sorted(folders) if not (one / "__init__.py").is_file()] == []


def test_no_class_grows_past_twenty_public_methods():
    def called(cls: ast.ClassDef) -> set[str]:  # no properties; overloads count once
        methods = [one for one in cls.body if isinstance(one, ast.FunctionDef)]
        return {
            one.name
            for one in methods
            if "property" not in decorators(one) and not one.name.startswith("_")
        }

    classes = [(path, cls) for path in SOURCES for cls in found_in(path, ast.ClassDef)]
    assert [place(path, cls) for path, cls in classes if len(called(cls)) > MOST_METHODS] == []


# Compiled loops


def test_compiled_loops_stand_in_files_of_their_own():
    elsewhere = [path for path in SOURCES if path not in KERNELS]
    functions = [(path, one) for path in elsewhere for one in found_in(path, ast.FunctionDef)]
    assert [place(path, one) for path, one in functions if "jit" in decorators(one)] == []


def test_kernels_call_only_kernels_of_their_own_file():
    # numba's cache does not notice when a kernel of another file has changed
    imports = [(path, one) for path in KERNELS for one in found_in(path, ast.ImportFrom)]
    assert [place(path, one) for path, one in imports if (one.module or "")[-7:] == "kernels"] == []


# Errors and clocks


def test_broad_excepts_stand_only_at_the_edges_of_the_process():
    def broad(handler: ast.ExceptHandler) -> bool:
        return handler.type is None or ast.unparse(handler.type) in {"Exception", "BaseException"}

    inside = [path for path in [*SOURCES, *TESTS] if not PROCESS_EDGES & set(path.parts)]
    handlers = [(path, one) for path in inside for one in found_in(path, ast.ExceptHandler)]
    assert [place(path, one) for path, one in handlers if broad(one)] == []


def test_no_test_looks_at_the_clock_or_sleeps():
    def read(path: Path) -> Iterator[tuple[ast.AST, str]]:
        yield from ((node, ast.unparse(node)) for node in found_in(path, ast.Attribute))
        for node in found_in(path, ast.ImportFrom):
            yield from ((node, f"{node.module}.{alias.name}") for alias in node.names)

    used = [(path, node) for path in TESTS for node, name in read(path) if name in CLOCKS]
    assert [place(path, node) for path, node in used] == []


# Licences


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
        waiting += [
            (re.sub(r"[-_.]+", "-", need.name).lower(), tuple(need.extras))
            for need in map(Requirement, found.requires or ())
            if applies(need, wanted)
        ]


def applies(need: Requirement, extras: tuple[str, ...]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": one}) for one in ("", *extras))


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
    assert {
        name: found - PERMISSIVE for name, found in declared.items() if found - PERMISSIVE
    } == {}


def test_no_dependency_adds_the_commons_clause():
    texts = [
        path
        for found in runtime_distributions()
        for path in found.files or ()
        if re.search(r"licen[cs]e", path.name, re.IGNORECASE) and path.suffix in {"", ".txt", ".md"}
    ]
    assert len(texts) > 20
    assert [
        str(path)
        for path in texts
        if "Commons Clause" in Path(path.locate()).read_text(errors="replace")
    ] == []

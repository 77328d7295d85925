"""`import travesia` and `travesia --help` load nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import travesia

HEAVY = {
    "duckdb",
    "lxml",
    "numba",
    "numpy",
    "pandas",
    "plotly",
    "polars",
    "pyarrow",
    "pydantic",
    "scipy",
}


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has loaded after running the code."""
    report = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True)
    return HEAVY & {name.partition(".")[0] for name in json.loads(ran.stdout.splitlines()[-1])}


def test_importing_travesia_loads_nothing_heavy():
    assert loaded_by("import travesia; travesia.__version__; dir(travesia)") == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_the_command_line_says_what_it_can_without_loading_anything_heavy(arguments):
    run = "\n".join(
        [
            "import sys",
            f"sys.argv = ['travesia', *{arguments!r}]",
            "from travesia.cli import main",
            "try:",
            "    main()",
            "except SystemExit as left:",
            "    assert not left.code, left.code",
        ],
    )
    assert loaded_by(run) == set()


def test_all_holds_no_name_twice():
    assert len(travesia.__all__) == len(set(travesia.__all__))


@pytest.mark.parametrize("name", travesia.__all__)
def test_every_public_name_is_there(name):
    assert getattr(travesia, name) is not None


def test_nothing_public_is_missing_from_dir():
    assert dir(travesia) == sorted(travesia.__all__)


def test_an_unknown_name_raises_as_python_does():
    with pytest.raises(AttributeError, match="no attribute 'funel'"):
        _ = travesia.funel

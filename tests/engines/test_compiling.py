"""Kernels run wherever they can be read, also where nothing can be written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from travesia.engines.compiling import compiled

SOURCE = """
from travesia.engines.compiling import compiled

@compiled
def twice(x):
    return 2 * x

print(twice(21), type(twice._cache).__name__)
"""


def run(script: Path, home: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, script],
        env={"HOME": str(home), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_a_kernel_is_kept_beside_its_file(tmp_path: Path) -> None:
    script = tmp_path / "kernels.py"
    script.write_text(SOURCE)
    assert run(script, tmp_path) == ["42", "FunctionCache"]
    assert list((tmp_path / "__pycache__").glob("kernels.twice-*.nbc"))


def test_a_kernel_runs_where_nothing_can_be_kept(tmp_path: Path) -> None:
    script = tmp_path / "kernels.py"
    script.write_text(SOURCE)
    # files where the folders of caches would have to be: even root cannot write there
    (tmp_path / "__pycache__").write_text("")
    (tmp_path / ".cache").write_text("")
    assert run(script, tmp_path) == ["42", "NullCache"]
    assert not list(tmp_path.rglob("*.nbc"))


def test_a_function_without_a_file_is_compiled_too() -> None:
    space: dict[str, object] = {}
    exec("def twice(x):\n    return 2 * x", space)  # noqa: S102 - a function that has no file
    assert compiled(space["twice"])(21) == 42  # type: ignore[arg-type]

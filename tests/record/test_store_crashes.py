"""Processes killed while they write, and disks that are full: the old state or the new one."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from record.random_events import Log, Row, decoded
from travesia.errors import StoreError
from travesia.record import gathering
from travesia.record.build import build
from travesia.record.store import append, open_snapshot, save

KILLS = 20
CUSTOMERS = 300

# imports and compiled kernels are loaded once; each writer is a fork of this process
WRITERS = """
import itertools, os, sys
from pathlib import Path
from record.test_store_crashes import CUSTOMERS, day
from travesia.record.store import append, compact, open_snapshot, save

def write(snapshot):
    for i in itertools.count(snapshot.events // CUSTOMERS):
        snapshot = append(snapshot, day(i).events())
        print(i + 1, flush=True)
        if i % 3 == 1:
            snapshot = compact(snapshot)
        if i % 5 == 4:
            snapshot = save(snapshot, snapshot.home)

store = Path(sys.argv[1])
compact(append(open_snapshot(store), day(1).events()))
for _ in sys.stdin:
    writer = os.fork()
    if not writer:
        write(open_snapshot(store))
    print("writer", writer, flush=True)
    os.waitpid(writer, 0)
    print("dead", flush=True)
"""


def day(i: int) -> Log:
    """What happens on one day: every customer does one thing."""
    return Log(tuple(Row(f"c{c}", f"t{i}", i) for c in range(CUSTOMERS)))


def days(count: int) -> Log:
    return Log(tuple(row for i in range(count) for row in day(i).rows))


def test_a_writer_killed_at_any_moment_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    store = tmp_path / "store"
    save(build(day(0).events()), store)
    dice = random.Random(20)  # noqa: S311 - moments to kill at
    done = 1
    with writers(store) as process:
        for _ in range(KILLS):
            said = killed(process, after_lines=dice.randint(0, 3), then=dice.uniform(0, 0.1))
            snapshot = open_snapshot(store)
            before, done = max(done, said), snapshot.events // CUSTOMERS
            assert before <= done
            assert not said or done <= said + 1
            assert decoded(snapshot) == days(done).journeys()


@contextmanager
def writers(store: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that starts a writer for each line it gets, and says its id, then days done."""
    command = [sys.executable, "-c", WRITERS, str(store)]
    tests, pipe = Path(__file__).parent.parent, subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=tests) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def killed(process: subprocess.Popen[str], after_lines: int, then: float) -> int:
    """Start a writer and kill it so long after some lines; how many days it said were done."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("\n")
    process.stdin.flush()
    lines = [process.stdout.readline() for _ in range(after_lines + 1)]
    (writer,) = (line.split()[1] for line in lines if line.startswith("writer"))
    threading.Event().wait(then)
    os.kill(int(writer), signal.SIGKILL)
    lines += iter(process.stdout.readline, "dead\n")
    return max((int(line) for line in lines if line.strip().isdigit()), default=0)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file may grow beyond this size: writing fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_old_state_and_no_files(tmp_path: Path) -> None:
    snapshot = save(build(day(0).events()), tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    with files_up_to(4096), pytest.raises(StoreError, match="could not be written to"):
        append(snapshot, day(1).events())
    assert {path.name for path in tmp_path.iterdir()} == before
    assert decoded(append(open_snapshot(tmp_path), day(1).events())) == days(2).journeys()


def test_a_disk_too_full_for_the_manifest_leaves_the_old_state(tmp_path: Path) -> None:
    wordy = replace(build(day(0).events()), said=(("format", "x" * 4000),))
    snapshot = save(wordy, tmp_path)
    one = Log((Row("c1", "t", 9),))
    with files_up_to(4000), pytest.raises(StoreError, match="could not be written to"):
        append(snapshot, one.events())
    assert decoded(open_snapshot(tmp_path)) == day(0).journeys()


def test_a_full_temporary_directory_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "HELD_EVENTS", 10)
    with files_up_to(1300), pytest.raises(StoreError, match="TMPDIR"):
        build(day(0).events())


def test_saving_where_nothing_may_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(StoreError, match="could not be written to"):
        save(build(day(0).events()), tmp_path / "file" / "store")

"""Time build and questions beside other tools, on generated events, and write RESULTS.md.

Every tool runs in a process of its own, on the same files, one after another; other tools live in
an environment of their own (`bench/.venv-peers`), made on first use. Data goes to `bench/data`.

    python bench/run.py                       # 1, 10 and 100 million events, all tools
    python bench/run.py --events 1000000      # only this size
    python bench/run.py --no-peers
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from generate import TOUCHPOINTS, generate

HERE = Path(__file__).parent
PEERS = HERE / ".venv-peers"
PACKAGES = ("duckdb==2.0.0", "chdb==4.4.0", "retentioneering==5.2.4", "pm4py==2.7.23.11", "pyarrow")
SIZES = (1_000_000, 10_000_000, 100_000_000)
OURS = "Travesía"


@dataclass(frozen=True)
class Peer:
    """Another tool: its script, and the most events it is asked to take."""

    name: str
    package: str
    script: str
    most: int


TOOLS = (
    Peer("chdb", "chdb", "peer_chdb.py", 100_000_000),
    Peer("DuckDB", "duckdb", "peer_duckdb.py", 100_000_000),
    Peer("Retentioneering", "retentioneering", "peer_retentioneering.py", 10_000_000),
    Peer("PM4Py", "pm4py", "peer_pm4py.py", 1_000_000),
)

Results = dict[str, dict[str, dict[str, float]]]  # tool -> task -> what was measured


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--events", type=int, action="append", help="size (again for more)")
    parser.add_argument("--no-peers", action="store_true", help="only Travesía")
    parser.add_argument("--data", type=Path, default=HERE / "data", help="where events go")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    python = None if given.no_peers else peers_python()
    found = {}
    for events in given.events or SIZES:
        found[events] = bench(events, given.data, python)
        given.output.write_text(page(found, python), "utf-8")
    say(f"Written: {given.output}")


def bench(events: int, data: Path, peers: Path | None) -> Results:
    """All tools on so many events."""
    source = data / f"events-{events}.parquet"
    if not source.exists():
        say(f"Generating {events:,} events")
        generate(events, source)
    results: Results = {}
    with tempfile.TemporaryDirectory(dir=data) as name:
        store = str(Path(name) / "journeys")
        results[OURS] = run(Path(sys.executable), "ours_build.py", str(source), store)
        results[OURS] |= run(Path(sys.executable), "ours_ask.py", store)
    for peer in TOOLS:
        if peers and events <= peer.most:
            with tempfile.TemporaryDirectory(dir=data) as name:
                results[peer.name] = run(peers, peer.script, str(source), name)
    return results


def run(python: Path, script: str, *arguments: str) -> dict[str, dict[str, float]]:
    """The tasks of one script, as it reports them."""
    say(f"{script} {' '.join(arguments)}")
    quiet = {**os.environ, "RETENTIONEERING_NO_TRACK": "1", "PYTHONWARNINGS": "ignore"}
    quiet.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start compiles every library
    done = subprocess.run(
        [python, HERE / script, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=quiet,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"task"')]
    for line in lines:
        say(f"    {line['task']:34} {line['seconds']:9.3f} s {line['peak_mib']:8.0f} MiB")
    return {line["task"]: line for line in lines}


def peers_python() -> Path:
    """The interpreter of the peers' environment, which is made if it is not there."""
    python = PEERS / "bin" / "python"
    if not python.exists():
        say("Making the environment of the other tools")
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def page(found: dict[int, Results], peers: Path | None) -> str:
    """RESULTS.md."""
    parts = [HEAD.format(about=machine(), tools=versions(peers), touchpoints=TOUCHPOINTS)]
    for events, results in found.items():
        parts.append(
            f"\n## {events:,} events, about {events // 20:,} customers\n\n{table(results)}"
        )
        parts.append(f"\n{agreement(results)}\n")
    return "".join(parts)


HEAD = """# Measured

Written by `make bench`; see `bench/run.py`. {about}. {tools}.

Events are generated (`bench/generate.py`): text ids, {touchpoints} touchpoints, in order of time,
in a Parquet file. Each tool has a process of its own; seconds are the fastest of three runs for
Travesía's questions and of one for everything else, and "x" says how many times longer than
Travesía a tool took; the time of all cores together stands in brackets, with its own "x": it says
the same on a busy machine. "start" is what loading its libraries and compiled kernels takes; for
the other tools that is done before the clock runs. Memory is the process's peak at the end of the
task; for journeys that are memory-mapped it counts file pages the system may drop at any time.
"load" turns the file into what a tool asks its questions of: Travesía's journeys, a MergeTree
sorted by customer and time, a table sorted likewise, an Eventstream, a formatted data frame. The
data frames' own reading of the file is not counted.
"""


def table(results: Results) -> str:
    """Tasks by tools."""
    tools = list(results)
    head = f"| | {' | '.join(tools)} |\n|---|{'---:|' * len(tools)}\n"
    rows = []
    for task, ours in results[OURS].items():
        cells = [cell(results[tool].get(task), ours) for tool in tools]
        rows.append(f"| {task} | {' | '.join(cells)} |\n")
    return head + "".join(rows)


def cell(measure: dict[str, float] | None, ours: dict[str, float]) -> str:
    """Seconds, seconds of all cores, how many times ours, and memory."""
    if measure is None:
        return ""
    memory = f"{measure['peak_mib'] / 1024:.2f} GiB"
    if measure is ours:
        return f"{measure['seconds']:.3f} s [{measure['cpu']:.3f}], {memory}"
    ratio, of_cpu = (measure[kind] / ours[kind] for kind in ("seconds", "cpu"))
    times = f"{measure['seconds']:.2f} s {ratio:.3g}x [{measure['cpu']:.2f} {of_cpu:.3g}x]"
    return f"{times}, {memory}"


def agreement(results: Results) -> str:
    """Whether the tools counted the same."""
    said = []
    for task, ours in results[OURS].items():
        others = {
            tool: measures[task]["check"]
            for tool, measures in results.items()
            if tool != OURS and task in measures and measures[task]["check"] is not None
        }
        if others:
            same = all(value == ours["check"] for value in others.values())
            counts = ", ".join(f"{tool} {value:,}" for tool, value in others.items())
            word = "the same count" if same else f"different counts ({counts})"
            said.append(f"{task}: {word}, {ours['check']:,}")
    return f"Checked against each other: {'; '.join(said)}." if said else ""


def machine() -> str:
    """What it ran on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.now(UTC).date().isoformat()
    python = platform.python_version()
    busy = f"load average {os.getloadavg()[0]:.1f} when this was written"
    return f"{day}: {os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {python}; {busy}"


def versions(peers: Path | None) -> str:
    """Of everything that took part."""
    ours = ("travesia", "pyarrow", "numba", "numpy")
    own = ", ".join(f"{name} {version(name)}" for name in ours)
    if peers is None:
        return own
    code = "import importlib.metadata as m, sys; [print(n, m.version(n)) for n in sys.argv[1:]]"
    names = [peer.package for peer in TOOLS]
    done = subprocess.run(
        [peers, "-c", code, *names], stdout=subprocess.PIPE, text=True, check=True
    )
    return f"{own}; beside them {', '.join(done.stdout.splitlines())}"


def say(text: str) -> None:
    """A line of progress."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    if shutil.disk_usage(HERE).free < 2 << 30:
        sys.exit("The bench needs more free disk space.")
    main()

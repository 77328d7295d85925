"""The command line, as people and pipes use it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import pytest

import travesia as tv
from travesia.cli import spoken
from travesia.cli.run import run
from travesia.locale import language
from travesia.study.question import kinds, question_type

EVENTS = """user_id,event,timestamp,channel,country
ana,visit,2026-01-01 10:00,web,ES
ana,visit,2026-01-01 10:05,web,ES
ana,cart,2026-01-01 10:10,web,ES
ana,purchase,2026-01-02 10:00,web,ES
ben,visit,2026-01-01 10:00,app,MX
ben,cart,2026-01-03 10:00,app,MX
eva,visit,2026-02-01 10:00,web,ES
,visit,2026-02-01 10:00,web,ES
"""


class Ran(NamedTuple):
    """What a command line came to."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def events(tmp_path: Path) -> str:
    path = tmp_path / "events.csv"
    path.write_text(EVENTS)
    return str(path)


@pytest.fixture
def travesia(capsys: pytest.CaptureFixture[str]) -> Run:
    def ran(*words: str) -> Ran:
        code = run(words)
        return Ran(code, *capsys.readouterr())

    return ran


def test_a_question_gives_what_python_gives(travesia: Run, events: str) -> None:
    ran = travesia(
        *("ask", "funnel", events, "--steps", "visit", "--steps", "cart", "--within", "1d"),
        *("--format", "csv"),
    )
    rows = list(csv.DictReader(io.StringIO(ran.out)))
    answer = tv.read(events).ask(tv.Funnel(["visit", "cart"], within="1d"))
    assert [int(row["reached"]) for row in rows] == answer.table["reached"].to_pylist()
    assert list(rows[0]) == answer.table.column_names


def test_steps_may_be_written_in_one(travesia: Run, events: str) -> None:
    ran = travesia("ask", "funnel", events, "--steps", "visit -> cart", "--format", "json")
    assert json.loads(ran.out)["question"]["steps"] == ["visit", "cart"]


def test_lenses_act_in_the_order_written(travesia: Run, events: str) -> None:
    words = [
        "--what",
        "channel=web",
        "--collapse",
        "--when",
        "2026-01..2026-02",
        "--what",
        "value>0",
    ]
    ran = travesia("ask", "flow", events, "--channel", "channel", *words[:-2], "--format", "json")
    assert json.loads(ran.out)["lenses"] == (
        "what(channel == 'web').collapse().when('2026-01', '2026-02')"
    )
    turned = ["--when", "..2026-02", "--collapse", "--what", "channel=web"]
    ran = travesia("ask", "flow", events, "--channel", "channel", *turned, "--format", "json")
    assert json.loads(ran.out)["lenses"].startswith("when(None, '2026-02').collapse()")


@pytest.mark.parametrize(
    ("words", "lens"),
    [
        (["--who", "country == 'ES' and value > 3"], "who(country == 'ES' and value > 3)"),
        (["--matching", "visit => cart"], "matching('visit => cart')"),
        (["--between", "visit..cart"], "between('visit', 'cart')"),
        (["--split", "gap=30m"], "split(gap='30m')"),
        (["--split", "after=cart"], "split(after='cart')"),
        (["--group", "seen=visit,cart"], "group({'visit': 'seen', 'cart': 'seen'})"),
        (["--sample", "0.5"], "sample(0.5)"),
        (["--through", "collapse().sample(0.5)"], "collapse().sample(0.5)"),
    ],
)
def test_every_lens_has_an_option(
    travesia: Run, words: list[str], lens: str, tmp_path: Path
) -> None:
    source = tmp_path / "more.csv"
    source.write_text(EVENTS.replace("country\n", "country,value\n").replace("ES\n", "ES,5\n"))
    columns = ["--value", "value", "--dimension", "country"]
    ran = travesia("ask", "describe", str(source), *columns, *words, "--format", "json")
    assert json.loads(ran.out)["lenses"] == lens


@pytest.mark.parametrize("kind", kinds())
def test_every_question_is_a_command_with_all_its_options(travesia: Run, kind: str) -> None:
    ran = travesia("ask", kind.replace("_", "-"), "--help")
    assert ran.code == 0
    for option in fields(question_type(kind)):
        assert "--" + option.name.replace("_", "-") in ran.out


NEEDED: dict[str, list[str]] = {
    "funnel": ["--steps", "visit -> cart"],
    "touches": ["--goal", "cart"],
    "compare": ["--of", "flow", "--a", "who(touchpoint == 'cart')", "--b", "sample(0.9)"],
    "contacts": [],
    "influence": ["--goal", "purchase"],
    "mix": ["--column", "channel", "--channel", "channel"],
    "scores": ["--column", "value", "--value", "value"],
    "stage_flow": ["--stages", "find = visit", "--stages", "take = cart"],
    "stage_links": ["--stages", "find = visit", "--stages", "take = cart"],
}


@pytest.mark.parametrize("kind", kinds())
def test_every_question_can_be_asked(travesia: Run, tmp_path: Path, kind: str) -> None:
    source = tmp_path / "events.csv"
    source.write_text(EVENTS.replace("country\n", "country,value\n").replace("ES\n", "ES,5\n"))
    words = ["ask", kind.replace("_", "-"), str(source), *NEEDED.get(kind, [])]
    ran = travesia(*words, "--format", "json")
    assert ran.err == ""
    assert json.loads(ran.out)["question"]["question"] == kind


def test_what_the_numbers_mean_is_not_lost_in_a_pipe(travesia: Run, events: str) -> None:
    for words in ([], ["--format", "csv"]):
        ran = travesia("ask", "flow", events, *words)
        assert "1 row of 8" in ran.err
        assert "3 customers" in ran.err


@pytest.mark.parametrize(
    ("words", "near"),
    [
        (["--steps", "visit", "--steps", "carts"], "Did you mean 'cart'"),
        (["--steps", "visit", "--within", "soon"], "30m, 12h, 7d, 2w"),
        (["--steps", "visit", "--when", "2026"], "2026-01..2026-06"),
        (["--steps", "visit", "--split", "30m"], "gap=30m"),
        (["--steps", "visit", "--sample", "3"], "number up to 1"),
        (["--steps", "visit", "--group", "visit"], "--group help=chat,phone"),
        (["--steps", "visit", "--customer", "user"], "user_id"),
    ],
)
def test_an_error_is_two_lines_that_help(
    travesia: Run, events: str, words: list[str], near: str
) -> None:
    ran = travesia("ask", "funnel", events, *words)
    assert ran.code == 1
    assert near in ran.err
    assert len(ran.err.strip().split("\n")) == 2
    assert ran.out == ""


def test_debug_shows_where_it_arose(travesia: Run) -> None:
    ran = travesia("--debug", "ask", "flow", "nowhere.csv")
    assert ran.code == 1
    assert "Traceback" in ran.err


@pytest.mark.parametrize("words", [["asc"], ["ask", "fnnel", "a.csv"], ["ask", "flow"]])
def test_what_is_no_command_is_told(travesia: Run, words: list[str]) -> None:
    ran = travesia(*words)
    assert ran.code == 2
    assert len(ran.err.strip().split("\n")) == 2
    assert "--help" in ran.err


def test_plain_output_is_for_pipes(travesia: Run, events: str) -> None:
    lines = travesia("ask", "flow", events).out.strip().split("\n")
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")}
    assert lines[0].startswith("From\tTo\tTimes")


def test_a_reader_that_has_enough_is_no_error(events: str) -> None:
    command = f"{sys.executable} -m travesia ask flow {events} --limit 0 | head -1"
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=True
    )
    assert "Traceback" not in ran.stderr
    assert ran.stdout.startswith("From\t")


def test_help_and_answers_speak_spanish(events: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "travesia", "--lang", "es", "ask", "flow", events],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.startswith("Desde\tHasta") or ran.stdout.startswith("De\tA")
    assert spoken(["ask", "--lang=es"]) == "es"
    assert spoken(["ask", "--lang", "fr"]) is None


def test_describe_says_what_was_recognised_and_set_aside(travesia: Run, events: str) -> None:
    ran = travesia("describe", events)
    assert "user_id" in ran.err
    assert "1 row set aside, no customer" in ran.err
    assert "visit" in ran.out


def test_saved_journeys_are_a_source(travesia: Run, events: str, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved")
    assert travesia("convert", events, "-o", saved).code == 0
    assert travesia("ask", "flow", saved).out == travesia("ask", "flow", events).out


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_journeys_are_written_as_a_file(
    travesia: Run, events: str, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    assert travesia("convert", events, "-o", str(out)).code == 0
    import pyarrow.dataset as ds

    assert ds.dataset(out, format=suffix).to_table().num_rows == 3


def test_an_unknown_format_to_write_is_refused(travesia: Run, events: str, tmp_path: Path) -> None:
    ran = travesia("convert", events, "-o", str(tmp_path / "out.doc"))
    assert (ran.code, "'.doc'" in ran.err) == (1, True)


def test_a_map_in_one_command(travesia: Run, events: str, tmp_path: Path) -> None:
    page, document = tmp_path / "map.html", tmp_path / "map.json"
    assert travesia("map", events, "-o", str(page), "--goal", "purchase").code == 0
    assert page.read_text().startswith("<!doctype html>")
    assert travesia("map", events, "-o", str(document)).code == 0
    from travesia.maps.document import JourneyMap

    assert JourneyMap.from_json(document.read_text()).stages


def test_the_answer_as_a_page(travesia: Run, events: str, tmp_path: Path) -> None:
    out = tmp_path / "flow.html"
    assert travesia("ask", "flow", events, "-o", str(out)).code == 0
    assert "<svg" in out.read_text()


def test_the_library_is_a_catalogue_that_covers(travesia: Run, events: str, tmp_path: Path) -> None:
    library = tmp_path / "library.yaml"
    assert travesia("catalog", "library", "-o", str(library)).code == 0
    ran = travesia("catalog", "coverage", events, "--catalogue", str(library))
    assert ran.code == 0
    assert "not in it: visit (4 interactions)" in ran.out
    assert "never seen: " in ran.out


def test_completion_is_there() -> None:
    ran = subprocess.run(
        # the shell that asks is looked for among the parents of the process; `exit` keeps it there
        ["bash", "-c", f"{sys.executable} -m travesia --show-completion; exit $?"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "travesia" in ran.stdout + ran.stderr


def test_the_demo_finds_what_was_planted(travesia: Run, tmp_path: Path) -> None:
    ran = travesia("demo", "-o", str(tmp_path / "demo"), "--no-open")
    assert ran.code == 0
    assert "not as planted" not in ran.out
    assert (tmp_path / "demo" / "map.html").stat().st_size > 100_000
    assert tv.open(tmp_path / "demo" / "journeys").customers == 20_000


def test_an_edited_map_is_measured_again(travesia: Run, events: str, tmp_path: Path) -> None:
    document, page = tmp_path / "map.yaml", tmp_path / "map.html"
    assert travesia("map", events, "-o", str(document), "--title", "Mine").code == 0
    document.write_text(document.read_text().replace("Mine", "Changed by hand"))
    assert travesia("map", events, "--map", str(document), "-o", str(page)).code == 0
    assert "Changed by hand" in page.read_text()


@pytest.mark.parametrize("command", [("ask", "flow"), ("map",), ("describe",), ("convert",)])
def test_a_source_is_never_written_over(
    travesia: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    source = tmp_path / "events.parquet"
    import pyarrow.csv
    import pyarrow.parquet

    (tmp_path / "events.csv").write_text(EVENTS)
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(tmp_path / "events.csv"), source)
    before = source.read_bytes()
    ran = travesia(*command, str(source), "-o", str(source))
    assert (ran.code, "would destroy it" in ran.err) == (1, True)
    assert source.read_bytes() == before


def test_saved_journeys_are_replaced_only_when_told(
    travesia: Run, events: str, tmp_path: Path
) -> None:
    saved = str(tmp_path / "saved")
    assert travesia("convert", events, "-o", saved).code == 0
    assert "--replace" in travesia("convert", events, "-o", saved).err
    assert travesia("convert", events, "-o", saved, "--replace").code == 0


@pytest.mark.parametrize("out", [".", "nowhere/flow.csv"])
def test_a_place_that_cannot_be_written_is_told(
    travesia: Run, events: str, tmp_path: Path, out: str
) -> None:
    ran = travesia("ask", "flow", events, "-o", str(tmp_path / out))
    assert ran.code == 1
    assert ran.err.startswith("Error: Cannot use")


def test_a_full_disk_and_a_poor_terminal_are_told(events: str) -> None:
    words = f"{sys.executable} -m travesia --lang es ask flow {events}"

    def ran(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)

    full = ran(f"{words} > /dev/full")
    assert (full.returncode, "Traceback" in full.stderr) == (1, False)
    poor = ran(f"LC_ALL=C PYTHONUTF8=0 PYTHONIOENCODING=ascii {words}")
    assert (poor.returncode, "PYTHONIOENCODING=utf-8" in poor.stderr) == (1, True)


@pytest.mark.parametrize("words", [["--help"], ["ask", "--help"], ["ask", "flow", "--help"]])
def test_help_has_no_english_left(travesia: Run, words: list[str]) -> None:
    with language("es"):
        said = travesia(*words).out
    assert "Uso: " in said
    assert "enseña esta ayuda" in said
    assert "Usage" not in said
    assert "Show" not in said

"""The note of an answer, in both languages."""

from datetime import timedelta

import travesia as tv
from study.random_journeys import HOUR, STARTS, Event, journeys_of, log_of
from travesia.locale import language
from travesia.study.describe import Describe
from travesia.study.flow import Flow


def test_it_says_whom_when_and_where():
    answer = journeys_of(log_of(ana="visit cart", ben="visit")).ask(Flow())
    assert answer.note == (
        "2 customers with 3 interactions, 27 Mar 2026 to 27 Mar 2026 (Europe/Madrid). "
        "Equal times keep the input's order."
    )


def test_it_says_so_in_spanish():
    log = [Event(f"c{one}", "visit", STARTS[0] + one * HOUR) for one in range(1200)]
    with language("es"):
        note = journeys_of(log).ask(Flow()).note
    assert note.startswith("1.200 clientes con 1.200 interacciones, del 27 mar 2026 al 16 may 2026")


def test_it_counts_visits_after_a_split():
    journeys = journeys_of(log_of(ana="visit cart")).split(gap=timedelta(minutes=1))
    assert "They make 2 journeys." in journeys.ask(Describe()).note


def test_it_names_the_lenses():
    journeys = journeys_of(log_of(ana="visit visit")).collapse()
    assert "Looked at through collapse()." in journeys.ask(Flow()).note


def test_it_says_what_was_set_aside():
    journeys = journeys_of(log_of(ana="visit"))
    journeys.set_aside.add("no time", 2, ["row 7"])
    assert "2 of 1 rows were set aside (2 no time)." in journeys.ask(Flow()).note
    with language("es"):
        assert "Se apartaron 2 de 1 filas (2 sin fecha)." in journeys.ask(Flow()).note


def test_it_says_where_times_without_a_zone_were_read(tmp_path):
    source = tmp_path / "log.csv"
    source.write_text("customer,touchpoint,time\nana,visit,2026-03-01 10:00\n")
    with language("es"):
        naive = tv.read(source, timezone="Europe/Madrid")
    said = "Times without a zone were read in Europe/Madrid."
    assert said in naive.ask(Flow()).note
    assert said in naive.save(tmp_path / "kept").ask(Flow()).note
    source.write_text("customer,touchpoint,time\nana,visit,2026-03-01T10:00Z\n")
    assert "without a zone" not in tv.read(source, timezone="Europe/Madrid").ask(Flow()).note

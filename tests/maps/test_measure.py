"""Measuring a map: authored and measured values stay apart, and every number knows its people."""

import pyarrow as pa
import pytest

import travesia as tv
from travesia.errors import InvalidValue, UnknownName
from travesia.maps.document import Binding, JourneyMap, Measurement, Pick
from travesia.maps.measure import measure

DAY = 86_400


def read(rows):
    listed = list(zip(*rows, strict=True))
    table = pa.table(
        {
            "customer": pa.array(listed[0]),
            "touchpoint": pa.array(listed[1]),
            "time": pa.array(listed[2], pa.int64()).cast(pa.timestamp("s", "UTC")),
        }
    )
    return tv.read(table, customer="customer", touchpoint="touchpoint", time="time")


ROWS = [
    ("ana", "visit", 0),
    ("ana", "buy", 3 * DAY),
    ("bea", "visit", DAY),
    ("bea", "visit", 2 * DAY),
    ("caro", "visit", 2 * DAY),
    ("caro", "buy", 4 * DAY),
]
FUNNEL = {"lenses": [], "question": {"question": "funnel", "steps": ["visit", "buy"]}}
CONTACTS = {"lenses": [], "question": {"question": "contacts"}}
LATE = {"lenses": [{"lens": "when", "start": "1970-01-03"}], "question": {"question": "contacts"}}
GONE = {"lenses": [], "question": {"question": "funnel", "steps": ["visit", "renewal"]}}


def bound(key, question, value, unit="share", **pick):
    return Binding(
        id=key, measure="value", question=question, pick=Pick(value=value, **pick), unit=unit
    )


def mapped(*bindings, **more) -> JourneyMap:
    questions = {"funnel": FUNNEL, "contacts": CONTACTS, "late": LATE, "gone": GONE}
    return JourneyMap(id="m", title="M", questions=questions, bindings=bindings, **more)


def one(binding, rows=ROWS, **more):
    return measure(mapped(binding, **more), read(rows)).values[binding.id]


def test_a_share_comes_with_interval_counts_and_people():
    found = one(
        bound("b", "funnel", "share_of_all", where={"step": 2}, low="low", high="high",
              numerator="reached", n="reached")
    )  # fmt: skip
    assert found.value == pytest.approx(2 / 3)
    assert found.low < found.value < found.high
    assert (found.numerator, found.method, found.cell) == (2, "Wilson", {"step": 2})
    assert {glimpse.customer for glimpse in found.first_customers} == {"ana", "caro"}


def test_a_glimpse_says_when_a_customer_was_seen():
    found = one(bound("b", "contacts", "met", "count", where={"touchpoint": "buy"}))
    glimpse = next(each for each in found.first_customers if each.customer == "ana")
    assert (glimpse.first.day, glimpse.last.day, glimpse.interactions) == (1, 4, 2)


def test_only_some_of_the_people_are_named():
    binding = bound("b", "contacts", "met", "count", where={"touchpoint": "visit"})
    drawn, seen = mapped(binding), read(ROWS)
    assert len(measure(drawn, seen, glimpses=2).values["b"].first_customers) == 2
    assert measure(drawn, seen, glimpses=0).values["b"].first_customers == ()


def test_lenses_of_the_question_and_of_the_map_apply():
    visits = bound("b", "late", "met", "count", where={"touchpoint": "visit"})
    assert one(visits).value == 2
    who = {"lens": "who", "condition": {"op": "within", "question": CONTACTS["question"],
                                        "cell": {"touchpoint": "buy"}}}  # fmt: skip
    assert one(visits, lenses=[who]).value == 1


def test_durations_are_seconds():
    found = one(bound("b", "funnel", "median_time", "duration", where={"step": 2}))
    assert found.value in {2 * DAY, 3 * DAY}


def test_what_the_data_no_longer_have_is_gone_and_the_rest_is_measured():
    drawn = mapped(
        bound("renewals", "gone", "reached", "count", where={"step": 2}),
        bound("calls", "contacts", "met", "count", where={"touchpoint": "call"}),
        bound("visits", "contacts", "met", "count", where={"touchpoint": "visit"}),
    )
    values = measure(drawn, read(ROWS)).values
    assert [values[name].reason for name in ("renewals", "calls", "visits")] == ["gone", "gone", ""]
    assert values["visits"].value == 3


def test_a_stage_is_measured_by_the_touchpoints_that_are_left():
    stages = [["find", ["visit", "advert"]], ["buy", ["buy"]]]
    asked = {"lenses": [], "question": {"question": "stage_flow", "stages": stages}}
    found = bound("find", "stages", "came", "count", where={"stage": "find"})
    drawn = JourneyMap(title="M", questions={"stages": asked}, bindings=[found])
    assert measure(drawn, read(ROWS)).values["find"].value == 3


def test_measuring_leaves_the_map_alone_and_says_what_was_asked():
    drawn = mapped(bound("b", "contacts", "met", "count", where={"touchpoint": "buy"}))
    before = drawn.to_json()
    measured = measure(drawn, read(ROWS))
    assert drawn.to_json() == before
    assert (measured.map, measured.customers, measured.interactions) == ("m", 3, 6)
    assert measured.questions == {"contacts": CONTACTS}
    assert "3 customers" in measured.notes["contacts"]
    assert measured.until.day == 5


def test_a_measurement_is_lossless():
    measured = measure(mapped(bound("b", "contacts", "share", where={"touchpoint": "buy"})),
                       read(ROWS))  # fmt: skip
    assert Measurement.from_json(measured.to_json()) == measured
    assert Measurement.from_yaml(measured.to_yaml()) == measured


def test_new_data_give_new_numbers_for_the_same_map():
    drawn = mapped(bound("b", "contacts", "share", where={"touchpoint": "buy"}))
    more = [*ROWS, ("dani", "visit", DAY)]
    values = [measure(drawn, read(rows)).values["b"].value for rows in (ROWS, more)]
    assert values == [pytest.approx(2 / 3), pytest.approx(2 / 4)]


def test_a_column_that_an_answer_lacks_names_the_nearest():
    with pytest.raises(UnknownName, match="'share'"):
        one(bound("b", "contacts", "shared", where={"touchpoint": "buy"}))


def test_a_question_that_is_none_says_how_to_write_it():
    drawn = JourneyMap(title="M", questions={"q": {"ask": "flow"}}, bindings=[bound("b", "q", "x")])
    with pytest.raises(InvalidValue, match="no stored question"):
        measure(drawn, read(ROWS))


@pytest.mark.parametrize("kind", ["paths", "frequent"])
def test_a_path_can_be_picked(kind):
    picked = bound("k", "paths", "journeys", "count", where={"path": ["visit", "buy"]})
    asked = {"paths": {"question": {"question": kind}}}
    drawn = JourneyMap(id="m", title="M", questions=asked, bindings=(picked,))
    found = measure(drawn, read(ROWS)).values["k"]
    assert found.value
    assert found.first_customers

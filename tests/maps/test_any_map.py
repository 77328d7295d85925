"""Any journeys can be drawn and measured: ties, single contacts, odd names, after any lens."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import travesia as tv
from travesia.maps.document import JourneyMap
from travesia.maps.draft import draft
from travesia.maps.measure import measure
from travesia.maps.spread import spread
from travesia.maps.table_view import stage_table

NAMES = ["visit", "add_to_cart", "purchase", "help ticket", "a | b", "(others)", "día", "x" * 90]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["p", "q", "r", "s"]),
        st.sampled_from(NAMES),
        st.integers(0, 10**6),
        st.sampled_from(["web", "shop", None]),
        st.sampled_from([None, 0.0, 3.0, 10.0, 11.5]),
    ),
    min_size=1,
    max_size=30,
)


def read(rows):
    listed = list(zip(*rows, strict=True))
    table = pa.table(
        {
            "customer": pa.array(listed[0]),
            "touchpoint": pa.array(listed[1]),
            "time": pa.array(listed[2], pa.int64()).cast(pa.timestamp("s", "UTC")),
            "channel": pa.array(listed[3], pa.string()),
            "score": pa.array(listed[4], pa.float64()),
        }
    )
    return tv.read(table, customer="customer", touchpoint="touchpoint", time="time",
                   channel="channel", dimensions=("score",))  # fmt: skip


def looked(journeys, lens):
    return {
        "none": journeys,
        "split": journeys.split(gap="1d"),
        "collapse": journeys.collapse(),
        "sample": journeys.sample(1.0),
    }[lens]


@settings(max_examples=40)
@given(ROWS, st.sampled_from(["none", "split", "collapse", "sample"]))
def test_any_journeys_make_a_map_whose_every_number_is_measured_or_has_a_reason(rows, lens):
    seen = looked(read(rows), lens)
    drawn = draft(seen)
    measured = measure(drawn, seen)
    assert JourneyMap.from_yaml(drawn.to_yaml()) == drawn
    assert {one.id for one in drawn.every_binding()} == set(measured.values)
    assert all((one.value is None) == bool(one.reason) for one in measured.values.values())
    for one in measured.values.values():
        if one.unit == "share" and one.value is not None and one.denominator:
            assert 0 <= one.value <= 1
            assert one.value == one.numerator / one.denominator
            if one.low is not None:
                assert one.low <= one.value <= one.high


@settings(max_examples=20)
@given(ROWS)
def test_any_map_has_a_spread_and_a_table(rows):
    seen = read(rows)
    drawn = draft(seen)
    assert len(spread(drawn, seen).stages) == len(drawn.stages)
    table = stage_table(drawn, seen, by="channel")
    assert all(len(cells) == len(drawn.stages) for _, cells in table.rows)


@settings(max_examples=20)
@given(ROWS, ROWS)
def test_a_map_can_be_measured_on_other_journeys(rows, others):
    drawn = draft(read(rows))
    for folded in (drawn, drawn.model_copy(update={"lenses": (fold(drawn),)})):
        measured = measure(folded, read(others))
        assert {one.id for one in folded.every_binding()} == set(measured.values)


def fold(drawn):
    mapping = {one.key: one.key for one in drawn.touchpoints}
    return {"lens": "group", "mapping": mapping, "others": "(others)"}

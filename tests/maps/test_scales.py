"""Scores are on a scale that is checked, touchpoint by touchpoint."""

import pyarrow as pa
import pytest

import travesia as tv
from travesia.errors import UnknownName
from travesia.maps.draft import draft
from travesia.maps.measure import measure
from travesia.maps.scales import scale_of, scored


def read(name, scores, touchpoints=None):
    size = len(scores)
    table = pa.table(
        {
            "customer": pa.array([f"c{place}" for place in range(size)]),
            "touchpoint": pa.array(touchpoints or ["survey"] * size),
            "time": pa.array(range(size), pa.int64()).cast(pa.timestamp("s", "UTC")),
            name: pa.array(scores, pa.float64()),
        }
    )
    return tv.read(
        table, customer="customer", touchpoint="touchpoint", time="time", dimensions=(name,)
    )


@pytest.mark.parametrize(
    ("name", "least", "most", "scale"),
    [
        ("csat", 1, 5, (1, 5)),
        ("csat", 2, 4, (1, 5)),
        ("stars", 0, 5, (0, 5)),
        ("ces", 1, 7, (1, 7)),
        ("nps", 1, 10, (1, 10)),
        ("nps", 0, 10, (0, 10)),
        ("score", 12, 97, (0, 100)),
        ("score", -3, 9, None),
        ("valence", -1.5, 2, (-2, 2)),
        ("valence", -5, 2, None),
    ],
)
def test_the_narrowest_scale_that_holds_all_scores_is_taken(name, least, most, scale):
    assert scale_of(name, least, most) == scale


def test_score_columns_are_found_by_name():
    assert scored(read("nps_score", [0.0, 10.0])).column == "nps_score"
    assert scored(read("puntuacion", [1.0, 5.0])).scales == {"survey": (1, 5)}
    assert scored(read("price", [1.0, 5.0])) is None
    assert scored(read("price", [1.0, 5.0]), "price").column == "price"
    assert scored(read("score", [-9.0, 5.0])) is None


def test_a_score_column_that_does_not_exist_names_the_ones_there_are():
    with pytest.raises(UnknownName, match="score"):
        scored(read("score", [1.0, 5.0]), "scor")


def test_surveys_on_different_scales_are_not_mixed():
    scores = [0.0, 10.0, 5.0] * 20 + [1.0, 5.0, 5.0] * 20
    names = ["nps"] * 60 + ["csat"] * 60
    seen = read("score", scores, names)
    drawn = draft(seen)
    measured = measure(drawn, seen)
    found = {
        item.bindings[0].question: measured.of(item, "valence").value
        for _, item in drawn.contents()
        if item.bindings and item.bindings[0].measure == "valence" and item.id.endswith("emotion")
    }
    assert found == {
        "scores 0 to 10": pytest.approx(0),
        "scores 1 to 5": pytest.approx(11 / 3 - 3),
    }

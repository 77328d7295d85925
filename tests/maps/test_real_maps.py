"""Maps of real data that nobody here made: sensible stages, measured in every cell."""

import os
from pathlib import Path

import pytest

import travesia as tv
from travesia.maps.document import JourneyMap
from travesia.maps.draft import draft
from travesia.maps.measure import measure


def real(name):
    path = Path(__file__).parents[3] / "shared" / "data" / name
    if not path.exists():
        reason = f"real data is not here: {path}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def stages(drawn: JourneyMap) -> list[tuple[str, ...]]:
    return [stage.touchpoints for stage in drawn.stages]


def test_a_help_desk_is_taken_in_charge_resolved_and_closed():
    seen = tv.read(real("helpdesk/helpdesk.xes.gz"))
    drawn = draft(seen)
    measured = measure(drawn, seen)
    leading = [stage.name.any for stage in drawn.stages]
    assert leading == ["Assign seriousness", "Take in charge ticket", "Resolve ticket", "Closed"]
    assert measured.customers == 4580
    assert all(one.value is not None for one in measured.values.values())
    causes = {(pain.cause, pain.touchpoint) for _, pain in drawn.pains}
    assert ("bottleneck", "Wait") in causes
    assert ("loop", "Wait") in causes


def test_a_service_desk_opens_assigns_and_closes():
    seen = tv.read(real("service_desk/incident_log.csv.gz"))
    drawn = draft(seen)
    found = stages(drawn)
    assert "Open" in found[0]
    assert "Assignment" in found[1]
    assert "Closed" in found[-1]
    assert drawn.goal_touchpoints == ("Closed",)
    assert ("repeat", "Reassignment") in {(pain.cause, pain.touchpoint) for _, pain in drawn.pains}


def test_a_shops_products_have_no_order_and_the_map_says_so():
    seen = tv.read(
        real("online_retail/online_retail.parquet"),
        customer="CustomerID",
        touchpoint="Description",
        time="InvoiceDate",
    )
    drawn = draft(seen)
    measured = measure(drawn, seen)
    assert len(drawn.touchpoints) == 24
    assert any("folded" in note.en for note in drawn.notes)
    assert any("almost any order" in note.en for note in drawn.notes)
    assert not any(pain.cause in {"loop", "bottleneck"} for _, pain in drawn.pains)
    assert measured.customers == 4372

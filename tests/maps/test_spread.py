"""How touchpoints spread over stages, and the classic table."""

import pyarrow as pa
import pytest

import travesia as tv
from travesia.locale import language
from travesia.maps.document import JourneyMap, Segment, Stage
from travesia.maps.spread import spread
from travesia.maps.table_view import stage_table
from travesia.record.touchpoints import Touchpoint


def read(rows):
    listed = list(zip(*rows, strict=True))
    table = pa.table(
        {
            "customer": pa.array(listed[0]),
            "touchpoint": pa.array(listed[1]),
            "time": pa.array(listed[2], pa.int64()).cast(pa.timestamp("s", "UTC")),
            "segment": pa.array(listed[3]),
        }
    )
    return tv.read(table, customer="customer", touchpoint="touchpoint", time="time",
                   attributes=("segment",))  # fmt: skip


def shop():
    """Ads reach most, and those who see one buy less; the few who try the app buy more."""
    rows = []
    for number in range(400):
        customer, segment = f"c{number:03}", ("new", "loyal")[number % 2]
        ad, app = number % 4 < 3, number % 8 == 7
        rows.append((customer, "search", 0, segment))
        rows += [(customer, "ad", 1, segment)] if ad else []
        rows += [(customer, "app", 2, segment)] if app else []
        buys = number % 10 < (9 if app else 2 if ad else 6)
        rows += [(customer, "buy", 1000, segment)] if buys else []
    return read([*rows, ("z", "search", 10**6, "new")])


MAP = JourneyMap(
    id="m",
    title="M",
    goal_touchpoints=["buy"],
    questions={
        "influence": {
            "lenses": [],
            "question": {"question": "influence", "goal": "buy", "after": "10s"},
        }
    },
    touchpoints=[
        Touchpoint(key="ad", initiator="company"),
        Touchpoint(key="app", name={"es": "Aplicación", "en": "App"}, initiator="customer"),
        Touchpoint(key="forum", stage="find"),
    ],
    stages=[
        Stage(key="find", name="Find", weight=2, touchpoints=["search", "ad", "app"]),
        Stage(key="buy", name="Buy", weight=4, touchpoints=["buy"]),
        Stage(key="use", name="Use", weight=2),
    ],
    segments=[
        Segment(name="Loyal", lenses=[{"lens": "who", "condition": {
            "op": "==", "column": "segment", "value": "loyal"}}])
    ],
)  # fmt: skip


def test_stages_are_weighed_against_their_touchpoints():
    found = spread(MAP, shop()).stages
    assert [one.touchpoints for one in found] == [3, 1, 0]
    assert [one.weight_share for one in found] == [0.25, 0.5, 0.25]
    assert [one.balance for one in found] == ["too many", "too few", "gap"]
    assert sum(one.interaction_share for one in found) == pytest.approx(1)


def test_too_much_and_too_little_use_follow_the_rules():
    found = {one.key: one for one in spread(MAP, shop()).touchpoints}
    assert found["ad"].share > 0.5
    assert found["ad"].high < 1
    assert found["ad"].use == "over-used"
    assert found["app"].share < 0.2
    assert found["app"].low > 1
    assert found["app"].use == "under-used"
    assert found["forum"].use == "unseen"
    assert found["search"].use == "fair"


def test_what_customers_start_themselves_is_never_over_used():
    theirs = [one.model_copy(update={"initiator": "customer"}) for one in MAP.touchpoints]
    changed = MAP.model_copy(update={"touchpoints": tuple(theirs)})
    assert spread(changed, shop()).used("over-used") == ()


def test_without_a_goal_nothing_is_over_used():
    bare = MAP.model_copy(update={"goal_touchpoints": (), "questions": {}})
    assert {one.use for one in spread(bare, shop()).touchpoints} == {"fair", "unseen"}


def test_the_table_has_stages_as_columns_and_the_values_of_a_column_as_rows():
    table = stage_table(MAP.model_copy(update={"segments": ()}), shop(), by="segment")
    assert [name.any for name in table.header] == ["Find", "Buy", "Use"]
    names = [name.pick("en") for name, _ in table.rows]
    assert names[0] == "All customers"
    assert set(names[1:]) == {"new", "loyal"}
    every, *parts = (cells[0].came for _, cells in table.rows)
    assert every == sum(parts) == 401


def test_touchpoints_that_only_others_meet_are_named():
    table = stage_table(MAP, shop(), by="segment")
    new = next(cells for name, cells in table.rows if name.pick("en") == "new")
    assert [one.pick("en") for one in new[0].unmet] == ["App"]
    assert table.rows[0][1][0].unmet == ()


def test_the_table_reads_in_both_languages():
    table = stage_table(MAP, shop(), by="segment")
    with language("es"):
        spanish = table.to_markdown()
    assert "Todos los clientes" in spanish
    assert "nunca: Aplicación" in spanish
    assert "never: App" in table.to_markdown()
    assert len({line.count("|") for line in spanish.splitlines()}) == 1

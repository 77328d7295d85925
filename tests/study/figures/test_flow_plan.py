"""Where a flow's bars and ribbons stand, and how large they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.figure_shapes import walks
from study.random_journeys import journeys_of, logs, rows_of
from travesia.study.figures.flow_columns import MOST_COLUMNS, columns
from travesia.study.figures.flow_graph import graphs
from travesia.study.figures.flow_layout import LEAST_BAR, LEAST_RIBBON, WIDTH, broken, plan, spread
from travesia.study.flow import END, START, Flow

NAMES = tuple(f"touchpoint {n}" for n in range(9))
SHOP = walks(
    (60, "search > product > cart > pay > buy"),
    (25, "search > product"),
    (20, "ad > product > cart > product > cart"),
    (9, "ad > product > product"),
)


def graph_of(log, detail=14, **options):
    ((_, graph),) = graphs(journeys_of(log).ask(Flow(**options)), detail)
    return graph


def flow_of(log, detail=14):
    return plan(graph_of(log, detail))


def test_columns_follow_the_order_in_which_touchpoints_are_met():
    found = columns(graph_of(SHOP))
    place = {key: nth for nth, column in enumerate(found) for key in column}
    assert place["search"] < place["product"] < place["cart"] < place["pay"] < place["buy"]


def test_columns_follow_stages_where_they_are_known():
    stages = {"cart": "One", "pay": "One", "buy": "One"}
    stages |= {"search": "Two", "ad": "Two", "product": "Two"}
    ((_, graph),) = graphs(journeys_of(SHOP).ask(Flow()), 14, stages)
    found = columns(graph, ["One", "Two"])
    place = {key: nth for nth, column in enumerate(found) for key in column}
    assert max(place[key] for key in ("cart", "pay", "buy")) < place["search"]


@given(logs(NAMES))
def test_every_touchpoint_stands_in_one_column(log):
    graph = graph_of(log)
    found = columns(graph)
    assert len(found) <= MOST_COLUMNS
    assert sorted(key for column in found for key in column) == sorted(graph.nodes)


@given(logs(NAMES))
@settings(max_examples=40)
def test_bars_and_ribbons_share_one_scale(log):
    found = flow_of(log)
    for key, bar in found.bars.items():
        customers = found.graph.entered if bar.node is None else bar.node.customers
        assert bar.height == pytest.approx(max(customers * found.scale, LEAST_BAR)), key
    for ribbon in found.ribbons:
        wide = max(ribbon.edge.customers * found.scale, LEAST_RIBBON)
        assert [low - top for _, top, low in ribbon.points] == pytest.approx(
            [wide] * len(ribbon.points)
        )


@given(logs(NAMES))
@settings(max_examples=40)
def test_ribbons_begin_and_end_at_their_bars(log):
    found = flow_of(log)
    for ribbon in found.ribbons:
        for point, key in ((ribbon.points[0], "source"), (ribbon.points[-1], "target")):
            bar = found.bars[getattr(ribbon.edge, key)]
            assert bar.y - 0.1 <= point[1]
            assert point[2] <= max(bar.bottom, bar.y + ribbon.edge.customers * found.scale) + 1


@given(logs(NAMES))
@settings(max_examples=40)
def test_no_bar_stands_on_another_or_on_its_label(log):
    bars = list(flow_of(log).bars.values())
    for one in bars:
        for other in bars:
            if one.column == other.column and one.y < other.y:
                label = 18 + 16 * len(other.lines)
                assert one.bottom <= other.y - label + 0.01


@given(logs(NAMES))
def test_who_goes_on_and_who_leaves_are_everyone(log):
    rows = rows_of(log)
    for key, node in graph_of(log).nodes.items():
        met = [row for row in rows if key in {event.touchpoint for event in row}]
        assert node.customers == len(met)
        assert node.leaves == sum(row[-1].touchpoint == key for row in met)
        assert node.goes_on == len(met) - node.leaves


@given(logs(NAMES), st.integers(1, 5))
def test_the_folded_count_customers_once(log, detail):
    graph = graph_of(log, detail)
    rows = rows_of(log)
    for node in graph.nodes.values():
        met = sum(bool(set(node.members) & {event.touchpoint for event in row}) for row in rows)
        assert node.customers == met
    everything = [name for node in graph.nodes.values() for name in node.members]
    assert sorted(everything) == sorted({event.touchpoint for event in log})


def test_a_single_touchpoint_is_not_folded():
    assert {len(node.members) for node in graph_of(SHOP, detail=5).nodes.values()} == {1}


def test_touchpoints_are_folded_by_stage():
    stages = {"search": "In", "ad": "In", "pay": "Out", "buy": "Out", "cart": "Out"}
    ((_, graph),) = graphs(journeys_of(SHOP).ask(Flow()), 1, stages)
    folded = [node for node in graph.nodes.values() if len(node.members) > 1]
    assert {node.stage: set(node.members) for node in folded} == {
        "In": {"search", "ad"},
        "Out": {"pay", "buy", "cart"},
    }


def test_loops_are_counted_apart():
    graph = graph_of(SHOP)
    assert graph.nodes["product"].repeats == 9
    assert all(edge.source != edge.target for edge in graph.edges)


def test_the_strongest_way_runs_straight_along_the_top():
    found = flow_of(SHOP)
    tops = {found.bars[key].y for key in (START, "search", "product", "cart", "pay", "buy", END)}
    assert tops == {found.top}


def test_things_stand_side_by_side_while_they_fit():
    assert spread([2, 3, 4], 10) == [0, 2, 5]


@given(st.lists(st.floats(0.5, 50), min_size=2, max_size=8), st.floats(1, 100))
def test_things_that_do_not_fit_overlap_inside_the_room(widths, room):
    found = spread(widths, room)
    held = max(room, *widths)
    for start, wide in zip(found, widths, strict=True):
        assert start >= -0.001
        assert start + wide <= held + 0.001


def test_long_labels_break_where_words_join_and_are_shortened():
    assert broken("order_confirmation_mail", 110) == ["order_", "confirmation_mail"]
    assert broken("visit", 110) == ["visit"]
    assert broken("", 110) == [""]
    assert all(len(line) < 20 for line in broken("x" * 60, 80))


def test_everything_stands_inside_the_drawing():
    found = flow_of(SHOP)
    assert all(0 <= bar.x <= WIDTH - 11 for bar in found.bars.values())


def test_very_many_folded_touchpoints_are_named_by_the_others():
    log = walks((9, "visit > buy"), *((1, f"visit > page {n}") for n in range(60)))
    graph = graph_of(log, detail=2)
    (folded,) = [key for key, node in graph.nodes.items() if len(node.members) > 1]
    assert graph.cell("visit", folded)["target"] == {"except": ["visit", "buy"]}
    few = graph_of(SHOP, detail=2)
    (folded,) = [key for key, node in few.nodes.items() if len(node.members) > 1]
    assert few.cell("product", folded)["target"] == ["ad", "buy", "cart", "pay"]

import pytest
from hypothesis import given
from hypothesis import strategies as st

from travesia.maps.document import Binding, JourneyMap, Link, Pick, Stage, Step
from travesia.maps.drawing import Sheet
from travesia.maps.drawing_drawer import _ticks
from travesia.maps.drawing_flow import _arrows, _laid
from travesia.maps.figures import Figures
from travesia.maps.layout import paper_layouts, screen_layout

STEPS = st.lists(st.integers(0, 12), min_size=1, max_size=7)


def with_steps(counts):
    return JourneyMap(
        title="m",
        stages=tuple(Stage(key=f"g{i}", name=f"G{i}") for i in range(len(counts))),
        steps=tuple(
            Step(key=f"g{i}s{j}", name="s", stage=f"g{i}")
            for i, count in enumerate(counts)
            for j in range(count)
        ),
    )


@given(STEPS)
def test_paper_holds_every_column_once_in_order_and_at_most_eight_a_sheet(counts):
    drawn = with_steps(counts)
    sheets = paper_layouts(drawn)
    columns = [one for sheet in sheets for one in sheet.places]
    assert columns == list(screen_layout(drawn).places)
    assert all(1 <= len(sheet.columns) <= 8 for sheet in sheets)


@given(STEPS)
def test_columns_stand_side_by_side_and_stages_have_a_gap(counts):
    layout = screen_layout(with_steps(counts))
    assert len(layout.spans) == len(counts)
    for one, other in zip(layout.spans, layout.spans[1:], strict=False):
        assert other.x - one.right == layout.gap
        assert other.grid == one.grid + one.columns + 1
    assert all(224 <= layout.width <= 320 for _ in layout.columns)


@given(STEPS)
def test_sheets_of_paper_are_not_too_wide(counts):
    for layout in paper_layouts(with_steps(counts)):
        assert layout.total <= 1690


def moving(links):
    """A map of six stages with arrows (from, to)."""
    stages = []
    for i in range(6):
        ways = tuple(
            Link(
                to=f"g{end}",
                kind="back" if end < i else "skip",
                bindings=(
                    Binding(
                        id=f"{i}-{end}",
                        measure="moves",
                        question="flow",
                        pick=Pick(value="share"),
                        unit="share",
                    ),
                ),
            )
            for start, end in links
            if start == i
        )
        stages.append(Stage(key=f"g{i}", name=f"G{i}", links=ways))
    return JourneyMap(title="m", stages=tuple(stages), questions={"flow": {}})


WAYS = st.sets(
    st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda one: one[0] != one[1]),
    max_size=8,
)


@given(WAYS)
def test_arrows_on_one_track_never_meet(links):
    from travesia.maps.document import Measured, Measurement

    drawn = moving(sorted(links))
    values = {
        one.id: Measured(value=0.1, unit="share", numerator=10, denominator=100)
        for one in drawn.every_binding()
    }
    measured = Measurement(map=drawn.id, snapshot=1, measured_at="2026-07-01", values=values)
    sheet = Sheet(drawn, measured, Figures(drawn, measured), screen_layout(drawn))
    laid = _laid(_arrows(sheet))
    assert len(laid) == min(len(links), 6)
    for one in laid:
        for other in laid:
            if one is not other and one.track == other.track:
                assert one.right < other.left or other.right < one.left


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4))
def test_ticks_are_few_and_reach_around_the_values(values):
    ticks = _ticks(values)
    slack = 1e-6 * max(1, *(abs(one) for one in values))
    assert 2 <= len(ticks) <= 6
    assert ticks[0] <= min(values) + slack
    assert ticks[-1] >= max(values) - slack
    assert ticks == sorted(ticks)


@pytest.mark.parametrize(("values", "ticks"), [
    ([0.274, 0.303, 0.22], [0.2, 0.25, 0.3, 0.35]),
    ([40, 52, 50], [40, 50, 60]),
])  # fmt: skip
def test_ticks_are_round(values, ticks):
    assert _ticks(values) == pytest.approx(ticks)

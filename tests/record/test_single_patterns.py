"""A pattern of one interaction is found without an automaton, at the same places."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from study.random_journeys import journeys_of, logs
from travesia.record.patterns import compile_pattern, occurrences


@given(
    logs(),
    st.sampled_from(["cart", "[cart | visit]", "[^cart]", "."]),
    st.sampled_from([1, 2, -1, -3]),
    st.integers(0, 3),
)
def test_one_interaction_is_found_where_the_automaton_finds_it(log, text, nth, skipped):
    journeys = journeys_of(log)
    if not {"cart", "visit"} <= set(journeys.scope.touchpoints.listed):
        return
    one = compile_pattern(text, journeys.scope.touchpoints)
    twice = compile_pattern(f"({text} | {text})", journeys.scope.touchpoints)
    assert (one.single, twice.single) == (True, False)
    for source in journeys.sources:
        block = source()
        late = block.start + skipped
        begin = np.where(late < block.stop, late, -1).astype(np.int32)
        found = occurrences(block, one, nth, begin)
        assert found.tolist() == occurrences(block, twice, nth, begin).tolist()


def test_start_and_end_need_the_automaton():
    names = journeys_of([]).scope.touchpoints
    assert not compile_pattern("start", names).single

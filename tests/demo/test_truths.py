"""The questions find what was planted, and nothing where nothing was."""

from __future__ import annotations

import pytest

from travesia.demo.truths import TRUTHS

FINDINGS = [(truth.key, finding) for truth in TRUTHS for finding in truth.findings]


@pytest.fixture(scope="session")
def journeys(aurora):
    return aurora.journeys()


@pytest.mark.parametrize(("key", "finding"), FINDINGS, ids=[f"{k}-{f.what}" for k, f in FINDINGS])
def test_a_question_finds_what_was_planted(journeys, key, finding):
    assert finding.low <= finding.answer(journeys) <= finding.high, key


def test_the_journeys_are_whole(aurora, journeys):
    assert journeys.customers == aurora.customers.num_rows
    assert journeys.events == aurora.events.num_rows
    assert journeys.set_aside.rows == 0
    assert set(aurora.customers.column_names) - {"customer_id"} <= set(journeys.columns)

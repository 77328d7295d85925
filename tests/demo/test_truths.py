"""The questions find what was planted, and nothing where nothing was."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

import travesia as tv
from travesia.demo import VISITS
from travesia.demo.plan import CARE_SERIES, PERSONA_KEYS, TOUCHES_BEFORE
from travesia.demo.truths import TRUTHS

FINDINGS = [(truth.key, finding) for truth in TRUTHS for finding in truth.findings]


@pytest.mark.parametrize(("key", "finding"), FINDINGS, ids=[f"{k}-{f.what}" for k, f in FINDINGS])
def test_a_question_finds_what_was_planted(journeys, key, finding):
    assert finding.low <= finding.answer(journeys) <= finding.high, key


def test_the_journeys_are_whole(aurora, journeys):
    assert journeys.customers == aurora.customers.num_rows
    assert journeys.events == aurora.events.num_rows
    assert journeys.set_aside.rows == 0
    assert set(aurora.customers.column_names) - {"customer_id"} <= set(journeys.columns)


def difference(answer, step=2):
    """The row of a compared funnel that says how many came so far."""
    rows = answer.to_pylist()
    (row,) = [r for r in rows if r["cell"] == str(step) and r["measure"] == "share_of_all"]
    return row


PAYS = tv.Funnel(["checkout", "purchase"], within="30m")
COMES_AND_BUYS = tv.Funnel([" | ".join(VISITS), "purchase"])
SAW_A_VIDEO = tv.Within(tv.Funnel(["social_video"]), step=1)


def test_phones_fall_behind_while_the_fault_lasts(journeys):
    weeks = journeys.when("2026-03-09", "2026-04-06")
    found = difference(tv.compare(PAYS, weeks.what(device="mobile"), weeks.what(device="desktop")))
    assert found["different"]
    assert found["high"] < -0.1


def test_desktops_are_the_same_before_and_during_the_fault(journeys):
    desktop = journeys.what(device="desktop")
    before, during = desktop.when(None, "2026-03-09"), desktop.when("2026-03-09", "2026-04-06")
    found = difference(tv.compare(PAYS, during, before))
    assert abs(found["difference"]) < 0.1


def test_the_mail_series_makes_a_difference(journeys):
    again = tv.Funnel(["purchase", "purchase"], within="60d", attempts="first")
    sent, held_out = journeys.who(care_series="sent"), journeys.who(care_series="held_out")
    found = difference(tv.compare(again, sent, held_out))
    assert found["different"]
    assert 0.03 < found["low"] < found["difference"] < CARE_SERIES.extra_visits


def test_viewers_of_videos_buy_more(journeys):
    viewers, others = journeys.who(SAW_A_VIDEO), journeys.who(~SAW_A_VIDEO)
    assert difference(tv.compare(COMES_AND_BUYS, viewers, others))["low"] > 0.07


@pytest.mark.parametrize("persona", [key for key in PERSONA_KEYS if key != "passer_by"])
def test_viewers_of_one_persona_buy_no_more_than_the_others(journeys, persona):
    theirs = journeys.who(persona=persona)
    viewers, others = theirs.who(SAW_A_VIDEO), theirs.who(~SAW_A_VIDEO)
    found = difference(tv.compare(COMES_AND_BUYS, viewers, others))
    assert not found["different"]


def test_the_flow_shows_the_fault_as_an_edge(journeys):
    def to_error(start, end):
        rows = journeys.when(start, end).what(device="mobile").ask(tv.Flow()).to_pylist()
        edge = {(row["source"], row["target"]): row["share_out"] for row in rows}
        return edge["checkout", "payment_error"]

    assert to_error("2026-03-09", "2026-04-06") > 2.5 * to_error("2025-11-01", "2026-03-09")


def test_customers_behind_the_fault_can_be_named(aurora, journeys):
    weeks = journeys.when("2026-03-09", "2026-04-06").what(device="mobile")
    answer = weeks.ask(tv.Funnel(["checkout", "purchase"], within="1d"))
    lost = answer.customers(step=1, outcome="lost")
    assert lost.num_rows == answer.table["lost"][0].as_py() > 100
    names = next(lost[name] for name in lost.column_names if lost[name].type == pa.string())
    assert pc.all(pc.is_in(names, aurora.customers["customer_id"])).as_py()


def test_one_question_tells_the_personas_apart(journeys):
    contacts = journeys.what(touchpoint=[*VISITS, "purchase"])
    found = {key: [] for key in PERSONA_KEYS}
    for row in contacts.ask(tv.Touches("purchase", by="persona")).to_pylist():
        found[row["persona"]] += [row["touches"]] * row["converted"]
    medians = {key: sorted(touches)[len(touches) // 2] for key, touches in found.items()}
    assert max(medians, key=medians.get) == TOUCHES_BEFORE.many
    assert medians[TOUCHES_BEFORE.few] <= 3
    assert medians[TOUCHES_BEFORE.many] >= 6


def test_club_members_come_back_to_buy_and_gift_buyers_do_not(journeys):
    again = tv.Retention(
        period="month",
        periods=3,
        count="cumulative",
        start="purchase",
        back="purchase",
        by="persona",
    )
    rows = [row for row in journeys.ask(again).to_pylist() if row["period"] == 3]
    share = {
        key: sum(row["returned"] for row in rows if row["persona"] == key)
        / sum(row["customers"] for row in rows if row["persona"] == key)
        for key in PERSONA_KEYS
    }
    assert share["mountain_pro"] > 0.25
    assert share["gift_buyer"] < 0.1


def test_a_purchase_is_followed_by_its_confirmation(journeys):
    edges = journeys.split(by="order_id").ask(tv.Flow()).to_pylist()
    after = {row["target"]: row["share_out"] for row in edges if row["source"] == "purchase"}
    assert after["order_confirmation_mail"] > 0.9
    assert after["order_confirmation_mail"] + after.get("(end)", 0) > 0.99

"""Drafting a map: what is planted in journeys stands on the map, with its numbers."""

import numpy as np
import pyarrow as pa
import pytest

import travesia as tv
from travesia.errors import InvalidValue, UnknownName
from travesia.maps.document import Contact, JourneyMap, MomentOfTruth, PainPoint
from travesia.maps.draft import draft
from travesia.maps.measure import measure
from travesia.record.catalogue import Catalogue

HOUR, DAY = 3600, 86_400


def read(rows, **columns):
    """Journeys of (customer, touchpoint, seconds, *further columns)."""
    names = ["customer", "touchpoint", "time", *columns]
    listed = list(zip(*rows, strict=True))
    arrays = {name: pa.array(values) for name, values in zip(names, listed, strict=True)}
    arrays["time"] = pa.array(listed[2], pa.int64()).cast(pa.timestamp("s", "UTC"))
    named = {"dimensions": tuple(name for name in columns if name != "channel")}
    if "channel" in columns:
        named["channel"] = "channel"
    return tv.read(pa.table(arrays), customer="customer", touchpoint="touchpoint", time="time",
                   **named)  # fmt: skip


@pytest.fixture(scope="module")
def shop():
    """A shop: visit, search, cart, checkout, purchase, delivery; a help chat that goes with buying;
    a fifth stop at the checkout; delivery takes a week; delivery is scored from 1 to 5."""
    rng = np.random.default_rng(4)
    rows = []
    for number in range(2000):
        customer, now = f"c{number:04}", int(rng.integers(0, 90 * DAY))

        def then(name, wait, channel="web", score=None, customer=customer):
            nonlocal now
            now += int(wait)
            rows.append((customer, name, now, channel, score))

        then("site_visit", 0)
        for _ in range(rng.integers(1, 4)):
            then("site_search", rng.integers(60, 600))
        chatted = rng.random() < 0.3
        if chatted:
            then("live_chat", 300, "chat")
        then("add_to_cart", 2 * DAY if rng.random() < 0.5 else HOUR)
        if rng.random() < 0.2:
            then("checkout_started", 120)
            continue
        if rng.random() < (0.8 if chatted else 0.4):
            then("checkout_started", 3 * DAY)
            then("purchase", 60)
            then("delivery", 7 * DAY, "delivery", float(rng.integers(1, 4)))
    rows.append(("last", "site_visit", 120 * DAY, "web", None))
    return read(rows, channel=str, score=float)


@pytest.fixture(scope="module")
def drawn(shop) -> JourneyMap:
    return draft(shop, goal="purchase", title="Shop")


@pytest.fixture(scope="module")
def measured(shop, drawn):
    return measure(drawn, shop)


def test_the_planted_order_is_the_order_of_the_stages(drawn):
    order = [name for stage in drawn.stages for name in stage.touchpoints]
    wanted = ["site_visit", "site_search", "live_chat", "add_to_cart", "checkout_started",
              "purchase", "delivery"]  # fmt: skip
    assert order == wanted
    assert 3 <= len(drawn.stages) <= 7


def test_a_draft_is_a_whole_document(drawn):
    assert JourneyMap.from_json(drawn.to_json()) == drawn
    assert JourneyMap.from_yaml(drawn.to_yaml()) == drawn
    assert {touchpoint for stage in drawn.stages for touchpoint in stage.touchpoints} == {
        item.touchpoint for _, item in drawn.contents(Contact)
    }


def test_the_same_journeys_give_the_same_draft(shop, drawn):
    assert draft(shop, goal="purchase", title="Shop") == drawn


def test_every_number_is_measured(drawn, measured):
    assert {one.id for one in drawn.every_binding()} == set(measured.values)
    reasons = {id_: one.reason for id_, one in measured.values.items() if one.value is None}
    assert reasons == {}


def test_the_numbers_are_the_answers_of_their_stored_questions(shop, drawn, measured):
    contacts = {row["touchpoint"]: row for row in shop.ask(tv_contacts()).to_pylist()}
    for cell, item in drawn.contents(Contact):
        reach = measured.of(item, "reach")
        row = contacts[item.touchpoint]
        assert (reach.value, reach.low, reach.high) == (row["share"], row["low"], row["high"])
        assert (reach.numerator, reach.denominator) == (row["met"], row["customers"])
        assert cell.lane == "touchpoints"


def tv_contacts():
    from travesia.study.contacts import Contacts

    return Contacts()


def test_going_on_and_leaving_add_to_one(drawn, measured):
    for stage in drawn.stages[:-1]:
        both = measured.of(stage, "goes_on").value + measured.of(stage, "leaves").value
        assert both == pytest.approx(1)
    assert measured.of(drawn.stages[-1], "leaves") is None


def test_the_goal_has_its_share(drawn, measured):
    goal = measured.of(drawn, "goal")
    assert drawn.goal_touchpoints == ("purchase",)
    assert 0.3 < goal.low < goal.value < goal.high < 0.6


def pains(drawn, cause):
    return [pain for _, pain in drawn.pains if pain.cause == cause]


def test_stopping_at_the_checkout_is_a_pain(drawn, measured):
    found = {pain.title.en: pain for pain in pains(drawn, "drop-off")}
    affected = measured.of(found["Many stop at Checkout started"], "affected")
    assert affected.low < affected.numerator / affected.denominator < affected.high
    assert not any(name in title for title in found for name in ("Purchase", "Delivery"))


def test_from_the_goal_on_nobody_waits(drawn):
    assert not any(pain.touchpoint == "purchase" for pain in pains(drawn, "bottleneck"))


def test_a_low_score_is_a_pain_with_its_interval(drawn, measured):
    pain = pains(drawn, "low score")[0]
    valence = measured.of(pain, "valence")
    assert valence.unit == "valence"
    assert -2 <= valence.low < valence.value < valence.high < 0


def test_pains_rest_on_evidence_and_have_an_answer(drawn):
    answered = {chance.pain for _, chance in drawn.opportunities}
    for _, pain in drawn.pains:
        assert pain.evidence[0].question in drawn.questions
        assert pain.severity in {1, 2, 3, 4, 5}
        assert pain.id in answered


def test_what_goes_with_the_goal_is_a_moment_of_truth(drawn, measured):
    found = {item.touchpoint: item for _, item in drawn.contents(MomentOfTruth)}
    influence = measured.of(found["live_chat"], "influence")
    assert 1.3 < influence.low < influence.value < influence.high < 3
    assert not found["live_chat"].declared
    assert "causes" in found["live_chat"].detail.en
    assert "checkout_started" not in found


def test_texts_are_in_both_languages_and_hold_no_numbers(drawn):
    for _, pain in drawn.pains:
        for text in (pain.title.es, pain.title.en):
            assert text
            assert not any(sign.isdigit() for sign in text)


def test_channels_are_mixed_where_there_are_several():
    rows = [(f"c{place}", "visit", place, ["web", "app", "web"][place % 3]) for place in range(99)]
    drawn = draft(read(rows, channel=str))
    contact = next(item for _, item in drawn.contents(Contact))
    shares = {
        binding.label.any: measure(drawn, read(rows, channel=str)).values[binding.id].value
        for binding in contact.bindings
        if binding.measure == "channel"
    }
    assert shares == {"web": pytest.approx(2 / 3), "app": pytest.approx(1 / 3)}
    assert drawn.touchpoint("visit").channel == "web"


def test_many_touchpoints_are_folded_and_the_map_says_so():
    rng = np.random.default_rng(1)
    rows = [
        (f"c{customer}", f"t{int(rng.zipf(1.4)) % 500}", at)
        for customer in range(300)
        for at in range(8)
    ]
    drawn = draft(read(rows))
    assert len(drawn.touchpoints) <= 24
    assert drawn.lenses[0]["others"] == "(others)"
    assert "folded" in drawn.notes[0].en
    assert measure(drawn, read(rows)).customers == 300


def test_touchpoints_in_any_order_are_no_journey_and_the_map_says_so():
    rng = np.random.default_rng(2)
    rows = [
        (f"c{customer}", name, at)
        for customer in range(400)
        for at, name in enumerate(rng.permutation(list("abcdefgh")))
    ]
    assert any("almost any order" in note.en for note in draft(read(rows)).notes)


def test_a_goal_is_guessed_from_its_name_and_the_map_says_so(shop):
    guessed = draft(shop)
    assert guessed.goal_touchpoints == ("purchase",)
    assert any("guessed" in note.en for note in guessed.notes)


def test_what_a_reader_must_know_stands_on_the_page(shop):
    from travesia.maps.page import render

    guessed = draft(shop)
    page = render(guessed, measure(guessed, shop), "es")
    assert "La meta, Purchase, se dedujo de su nombre." in page


@pytest.mark.parametrize("name", ["order_cancelled", "Anulación del pedido", "payment failed"])
def test_what_nobody_wants_is_never_guessed_to_be_the_goal(name):
    rows = [("a", "visit", 0), ("a", name, 1), ("b", "visit", 0), ("b", name, 3)]
    assert draft(read(rows)).goal_touchpoints == ()


def test_a_goal_that_does_not_exist_names_the_nearest(shop):
    with pytest.raises(UnknownName, match="purchase"):
        draft(shop, goal="purchas")


def test_nothing_cannot_be_drawn(shop):
    with pytest.raises(InvalidValue, match="no interactions"):
        draft(shop.when("1999", "2000"))


def test_one_touchpoint_is_a_map_of_one_stage():
    rows = [("a", "visit", 0), ("b", "visit", 5)]
    drawn = draft(read(rows))
    assert [len(stage.touchpoints) for stage in drawn.stages] == [1]
    assert measure(drawn, read(rows)).values["stage_1_1.visit.reach"].value == 1


CATALOGUE = Catalogue.from_dict(
    {
        "stages": [
            {"key": "find", "name": {"es": "Busca", "en": "Find"}, "weight": 3},
            {"key": "buy", "name": {"es": "Compra", "en": "Buy"}, "weight": 5},
        ],
        "channels": ["web", "mail"],
        "touchpoints": [
            {"key": "see", "stage": "find", "channel": "web",
             "match": {"event": {"regex": "^site_"}}},
            {"key": "flyer", "name": {"es": "Folleto", "en": "Flyer"}, "stage": "find"},
            {"key": "buy", "stage": "buy", "match": {"event": {"in": ["purchase"]}},
             "owner": {"department": "Shop", "person": "Ana"}},
        ],
    }
)  # fmt: skip


def test_a_catalogue_gives_stages_names_and_owners(shop):
    drawn = draft(shop, catalogue=CATALOGUE, goal="purchase")
    assert [stage.key for stage in drawn.stages] == ["find", "buy"]
    assert [stage.weight for stage in drawn.stages] == [3, 5]
    assert drawn.goal_touchpoints == ("buy",)
    assert "see" in drawn.stages[0].touchpoints
    assert drawn.cell("buy_1", "backstage") or drawn.cell("buy_2", "backstage")


def test_what_the_catalogue_has_and_nobody_met_stands_on_the_map_without_a_number(shop):
    drawn = draft(shop, catalogue=CATALOGUE)
    flyer = next(item for _, item in drawn.contents(Contact) if item.touchpoint == "flyer")
    assert flyer.bindings == ()


def test_what_the_catalogue_lacks_is_proposed_beside_its_neighbours(shop):
    drawn = draft(shop, catalogue=CATALOGUE)
    chat = drawn.touchpoint("live_chat")
    assert (chat.origin, chat.status) == ("mined", "draft")
    assert chat.stage in {"find", "buy"}


def test_pains_name_their_cause(drawn):
    assert all(isinstance(pain, PainPoint) and pain.cause for _, pain in drawn.pains)

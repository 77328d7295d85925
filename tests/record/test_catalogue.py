"""The touchpoint catalogue: loading, recognising, coverage, proposals, presets and library."""

import fnmatch
import json
import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from travesia.errors import InvalidValue, UnknownName, UnreadableSource
from travesia.record.catalogue import PRESETS, Catalogue
from travesia.record.events import Column, Events, SetAside
from travesia.record.proposals import cleaned, key_of, nearest_common

PLAIN = {
    "stages": [{"key": "buy", "name": {"es": "Compra", "en": "Buy"}, "weight": 5}],
    "channels": ["web", {"key": "mail", "name": "Mail"}],
    "touchpoints": [
        {
            "key": "cart",
            "stage": "buy",
            "channel": "web",
            "match": {"event": {"in": ["ADD", "DEL"]}},
        },
        {"key": "pay", "name": {"es": "Pago"}, "match": {"event": {"glob": "pay*"}}},
        {"key": "mail", "owner": {"department": "CRM"}, "match": {"event": {"regex": "^mail"}}},
        {"key": "visit", "name": {"es": "Visita", "en": "Visit"}},
    ],
}


def catalogue(*touchpoints) -> Catalogue:
    return Catalogue.from_dict({"touchpoints": list(touchpoints)})


def events(names, **columns) -> Events:
    """One batch of events with text columns (lists of str) and number columns (of float)."""
    arrays = [
        pa.array(range(len(names)), pa.int64()),
        pa.array(names).dictionary_encode(),
        pa.array(range(len(names)), pa.timestamp("us", "UTC")),
    ]
    described = []
    for name, values in columns.items():
        number = any(isinstance(value, float) for value in values)
        described.append(Column(name, "number" if number else "text"))
        array = pa.array(values, pa.float64() if number else pa.string())
        arrays.append(array if number else array.dictionary_encode())
    batch = pa.record_batch(arrays, names=["customer", "touchpoint", "time", *columns])
    return Events(pa.int64(), tuple(described), iter([batch]), SetAside())


def recognised(given: Catalogue, stream: Events) -> list[str]:
    return [
        name
        for batch in given.recognise(stream).batches
        for name in batch.column("touchpoint").to_pylist()
    ]


def test_names_are_recognised_by_equals_in_glob_regex_and_name():
    found = Catalogue.from_dict(PLAIN).mapping(["ADD", "payment", "mail x", "visita", "Visit", "?"])
    assert found == {
        "ADD": "cart",
        "payment": "pay",
        "mail x": "mail",
        "visita": "visit",
        "Visit": "visit",
    }


def test_the_first_touchpoint_that_matches_wins():
    one = {"key": "one", "match": {"touchpoint": {"glob": "a*"}}}
    two = {"key": "two", "match": {"touchpoint": {"equals": "ab"}}}
    assert catalogue(one, two).mapping(["ab"]) == {"ab": "one"}
    assert catalogue(two, one).mapping(["ab", "ac"]) == {"ab": "two", "ac": "one"}


def test_all_columns_of_a_matcher_must_hold():
    mobile = {"key": "mobile", "match": {"event": {"equals": "pay"}, "device": {"glob": "i*"}}}
    stream = events(["pay", "pay", "x", "pay"], device=["ios", "web", "ios", None])
    assert recognised(catalogue(mobile), stream) == ["mobile", "pay", "x", "pay"]


def test_numbers_match_as_they_are_written():
    low = {"key": "low", "match": {"score": {"regex": "^[0-6]$"}}}
    stream = events(["s", "s", "s"], score=[3.0, 9.0, 6.5])
    assert recognised(catalogue(low), stream) == ["low", "s", "s"]


def test_a_column_called_event_is_itself():
    one = {"key": "one", "match": {"event": {"equals": "x"}}}
    assert recognised(catalogue(one), events(["x", "y"], event=["y", "x"])) == ["x", "one"]


MATCHERS = st.fixed_dictionaries(
    {},
    optional={
        "equals": st.sampled_from("abc"),
        "in": st.lists(st.sampled_from("abcd"), max_size=3),
        "glob": st.sampled_from(["a*", "?", "[ab]*", "*"]),
        "regex": st.sampled_from(["^a", "b$", ".", "a|c"]),
    },
).filter(bool)
ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "ab", "b", "c"]), st.sampled_from(["a", "b", "cc", None])),
    max_size=30,
)


def holds(matcher, text):
    return (
        matcher.get("equals", text) == text
        and text in matcher.get("in", [text])
        and fnmatch.fnmatchcase(text, matcher.get("glob", "*"))
        and re.search(matcher.get("regex", ""), text) is not None
    )


@settings(deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["event", "channel"]), MATCHERS, min_size=1), max_size=4
    ),
    ROWS,
)
def test_recognition_equals_looking_row_by_row(matches, rows):
    given_catalogue = catalogue(
        *({"key": f"t{place}", "match": match} for place, match in enumerate(matches))
    )

    def naive(name, channel):
        row = {"event": name, "channel": channel or ""}
        fitting = (
            f"t{place}"
            for place, match in enumerate(matches)
            if all(holds(matcher, row[column]) for column, matcher in match.items())
        )
        return next(fitting, name)

    stream = events([name for name, _ in rows], channel=[channel for _, channel in rows])
    assert recognised(given_catalogue, stream) == [naive(*row) for row in rows]


def test_a_recognised_batch_has_no_name_twice_and_keeps_its_other_columns():
    stream = events(["ADD", "cart", "DEL"], device=["a", "b", "c"])
    batch = next(Catalogue.from_dict(PLAIN).recognise(stream).batches)
    assert batch.column("touchpoint").dictionary.to_pylist() == ["cart"]
    assert batch.column("device").to_pylist() == ["a", "b", "c"]


def test_events_are_recognised_as_they_are_read_and_appended():
    import travesia as tv

    def table(device, *days):
        size = len(days)
        return pa.table(
            {
                "user_id": ["ana"] * size,
                "event": ["pay"] * size,
                "timestamp": [f"2026-01-{day:02}" for day in days],
                "device": [device] * size,
            }
        )

    mobile = {"key": "mobile_pay", "match": {"event": {"glob": "p*"}, "device": {"equals": "ios"}}}
    known = catalogue(mobile, {"key": "paid", "match": {"event": {"equals": "pay"}}})
    names = {"customer": "user_id", "touchpoint": "event", "time": "timestamp"}
    seen = tv.read(table("ios", 1, 2), catalogue=known, **names)
    assert seen.touchpoints == ("mobile_pay",)
    assert seen.columns == {"device": "text"}
    more = seen.append(table("web", 3), catalogue=known, **names)
    assert more.touchpoints == ("mobile_pay", "paid")
    assert known.over(more) is more


def test_a_catalogue_that_looks_at_columns_cannot_map_names():
    one = catalogue({"key": "one", "match": {"device": {"equals": "ios"}}})
    with pytest.raises(InvalidValue, match="by device"):
        one.mapping(["x"])


@pytest.mark.parametrize(
    ("touchpoint", "error", "said"),
    [
        ({"key": "a", "match": {"event": {"regex": "("}}}, InvalidValue, "no regular expression"),
        ({"key": "a", "match": {"event": {}}}, InvalidValue, "is empty"),
        ({"key": "a", "match": {"dvice": {"equals": "x"}}}, UnknownName, "'device'"),
    ],
)
def test_matchers_that_cannot_be_meant_are_refused(touchpoint, error, said):
    with pytest.raises(error, match=said):
        recognised(catalogue(touchpoint), events(["x"], device=["y"]))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"touchpoints": [{"key": "a"}, {"key": "a"}]}, "two of the key 'a'"),
        ({"touchpoints": [{"key": "a", "stage": "x"}], "stages": ["y"]}, "names the stage 'x'"),
        ({"touchpoints": [{"key": "a", "match": {"event": {"equal": "x"}}}]}, "equal"),
        ({"touchpoints": [{"key": "a", "importance": {"customer": 9}}]}, "importance.customer"),
    ],
)
def test_a_catalogue_that_cannot_be_meant_is_refused(values, said):
    with pytest.raises(InvalidValue, match=said):
        Catalogue.from_dict(values)


def test_loading_json_and_yaml_gives_the_same(tmp_path):
    plain = Catalogue.from_dict(PLAIN)
    (tmp_path / "hand.json").write_text(json.dumps(PLAIN))
    assert Catalogue.load(tmp_path / "hand.json") == plain
    assert Catalogue.load(plain.save(tmp_path / "own.yaml")) == plain


def test_a_missing_catalogue_says_so(tmp_path):
    with pytest.raises(UnreadableSource, match="No such file"):
        Catalogue.load(tmp_path / "none.yaml")


def test_coverage_counts_what_is_unknown_and_what_is_unseen():
    seen = Catalogue.from_dict(PLAIN).coverage(
        {"ADD": (10, 4), "pay now": (5, 2), "ADD_TO_WISHLIST": (3, 3), "odd": (2, 1)}
    )
    assert [(one.name, one.interactions) for one in seen.unmatched] == [
        ("ADD_TO_WISHLIST", 3),
        ("odd", 2),
    ]
    assert [one.key for one in seen.unseen] == ["mail", "visit"]
    assert (seen.matched, seen.share) == (15, 0.75)


def test_a_completed_catalogue_knows_everything():
    plain = Catalogue.from_dict(PLAIN)
    counts = {"ADD_TO_WISHLIST": (3, 3), "odd": (2, 1), "Odd": (1, 1)}
    whole = plain.coverage(counts).completed(plain)
    assert whole.coverage(counts).unmatched == ()
    assert len(set(whole.keys)) == len(whole.keys)


def test_a_proposal_has_a_clean_name_and_what_the_library_knows():
    library = Catalogue.library("funnel")
    bare = library.model_copy(update={"touchpoints": ()})
    proposed = bare.coverage({"checkoutStarted": (1, 1)}).unmatched[0].proposal
    assert (proposed.name.any, proposed.key) == ("Checkout started", "checkout_started")
    assert (proposed.kind, proposed.stage, proposed.channel) == ("digital", "decision", "web")
    assert (proposed.origin, proposed.status) == ("mined", "draft")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("ADD_TO_CART", "Add to cart"),
        ("product.viewed", "Product viewed"),
        ("openURLNow", "Open URL now"),
        ("pago-móvil", "Pago móvil"),
        ("???", "???"),
    ],
)
def test_names_are_cleaned(name, clean):
    assert cleaned(name) == clean


@given(st.text(max_size=30))
def test_any_name_gets_a_key_and_a_guess_or_none(name):
    assert re.fullmatch("[0-9a-z_]+", key_of(name))
    nearest_common(name)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("add_to_cart", "cart"),
        ("llamada entrante", "telephone_system"),
        ("Take in charge ticket", "ticket_assignment"),
        ("nps_survey", "survey_after"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", None),
    ],
)
def test_common_names_are_guessed_in_both_languages(name, entry):
    assert nearest_common(name) == entry


@pytest.mark.parametrize("preset", PRESETS)
def test_the_library_stands_in_every_preset(preset):
    library = Catalogue.library(preset)
    stages = {stage.key for stage in library.stages}
    assert {one.stage for one in library.touchpoints} <= stages
    assert len(library.touchpoints) > 50


def test_the_library_is_whole_in_both_languages():
    for one in Catalogue.library().touchpoints:
        assert one.name.es, one.key
        assert one.name.en, one.key
        assert one.advice.es, one.key
        assert one.advice.en, one.key
        assert one.kind, one.key
    for preset in PRESETS:
        assert all(
            stage.name.es and stage.name.en and stage.goal.es and stage.goal.en
            for stage in Catalogue.preset(preset).stages
        )


def test_a_library_touchpoint_is_recognised_by_its_name_in_either_language():
    names = ["Help desk", "mesa de ayuda", "help_desk"]
    assert set(Catalogue.library().mapping(names).values()) == {"help_desk"}


def test_an_unknown_preset_names_the_others():
    with pytest.raises(UnknownName, match="funnel"):
        Catalogue.preset("funel")

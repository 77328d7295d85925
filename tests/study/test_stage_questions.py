"""The questions that maps are made of, each against a naive count over plain lists."""

import math
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from travesia.engines.groups import grouping
from travesia.engines.local import Local
from travesia.engines.passes import answers
from travesia.errors import InvalidValue, UnknownName
from travesia.record.build import build
from travesia.record.events import Column, Events, SetAside
from travesia.record.journeys import Journeys
from travesia.study.contacts import Contacts
from travesia.study.influence import LEAST, STRATA, Influence
from travesia.study.mix import Mix
from travesia.study.precedence import Precedence
from travesia.study.question import from_json
from travesia.study.scores import Scores
from travesia.study.stage_flow import StageFlow
from travesia.study.stage_links import StageLinks

NAMES = "abcdef"
STAGES = {"one": ("a", "b"), "two": ("c",), "three": ("d", "e")}  # f stands in none


def journeys(rows) -> Journeys:
    """Rows are (customer, touchpoint, time, channel, score)."""
    listed = list(zip(*rows, strict=True)) if rows else [[]] * 5
    batch = pa.record_batch(
        {
            "customer": pa.array(listed[0], pa.string()),
            "touchpoint": pa.array(listed[1], pa.string()).dictionary_encode(),
            "time": pa.array(listed[2], pa.int64()).cast(pa.timestamp("us", "UTC")),
            "channel": pa.array(listed[3], pa.string()).dictionary_encode(),
            "score": pa.array(listed[4], pa.float64()),
        }
    )
    columns = (Column("channel", "text"), Column("score", "number"))
    return Journeys(build(Events(pa.string(), columns, iter([batch]), SetAside())))


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["p", "q", "r", "s"]),
        st.sampled_from(NAMES),
        st.integers(0, 60),
        st.sampled_from(["web", "shop", None]),
        st.sampled_from([None, 0.0, 3.0, 7.0, 10.0]),
    ),
    min_size=1,
    max_size=40,
)
QUICK = settings(deadline=None, max_examples=60)
every = [(name, 0, "web", None) for name in NAMES]


def with_everything(rows):
    """The rows, and a customer who meets every touchpoint, so that all names exist."""
    return [*rows, *(("all", *row) for row in every)]


def paths(rows):
    """Customer -> interactions in order of time, ties as given."""
    found = {}
    for row in sorted(rows, key=lambda row: row[2]):
        found.setdefault(row[0], []).append(row)
    return found


def table(answer, *keys):
    return {tuple(row[key] for key in keys): row for row in answer.to_pylist()}


def asked(question, rows):
    answer = journeys(rows).ask(question)
    assert from_json(question.to_json()) == question
    return answer


@QUICK
@given(ROWS)
def test_contacts_equal_a_naive_count(rows):
    answer = asked(Contacts(), rows)
    found = table(answer, "touchpoint")
    names = [[row[1] for row in path] for path in paths(rows).values()]
    assert {name for (name,) in found} == {row[1] for row in rows}
    for (name,), row in found.items():
        met = [path for path in names if name in path]
        assert row["interactions"] == sum(path.count(name) for path in names)
        assert (row["met"], row["customers"]) == (len(met), len(names))
        assert row["again"] == sum(path.count(name) > 1 for path in met)
        assert row["last"] == sum(path[-1] == name for path in met)
        assert row["share"] == pytest.approx(len(met) / len(names))
        assert row["low_last"] <= row["share_last"] <= row["high_last"]
        for outcome in ("met", "again", "last"):
            assert answer.customers(touchpoint=name, outcome=outcome).num_rows == row[outcome]


@QUICK
@given(ROWS)
def test_contacts_until_a_goal_equal_a_naive_count(rows):
    rows = with_everything(rows)
    answer = asked(Contacts(until="b | f"), rows)
    cut, reached = [], []
    for path in paths(rows).values():
        names = [row[1] for row in path]
        goals = [at for at, name in enumerate(names) if name in "bf"]
        cut.append(names[: goals[0] + 1] if goals else names)
        reached.append(bool(goals))
    for row in answer.to_pylist():
        name = row["touchpoint"]
        assert row["met"] == sum(name in path for path in cut)
        assert row["again"] == sum(path.count(name) > 1 for path in cut)
        ended = [path[-1] == name for path, goal in zip(cut, reached, strict=True) if not goal]
        assert row["last"] == sum(ended)
        for outcome in ("met", "again", "last"):
            assert answer.customers(touchpoint=name, outcome=outcome).num_rows == row[outcome]


def test_contacts_count_a_customer_once_however_many_visits():
    rows = [("p", "a", 0, "web", None), ("p", "a", 10**7, "web", None), ("q", "b", 0, "web", None)]
    row = journeys(rows).split(gap="10us" if False else "1s").ask(Contacts()).to_pylist()[0]
    assert (row["met"], row["again"], row["customers"]) == (1, 1, 2)
    assert (row["last"], row["share_last"]) == (1, 1)


@QUICK
@given(ROWS)
def test_precedence_equals_a_naive_count(rows):
    answer = asked(Precedence(), rows)
    names = [[row[1] for row in path] for path in paths(rows).values()]
    found = table(answer, "source", "target")
    for a in NAMES:
        for b in NAMES:
            before = sum(
                a != b and a in path and b in path and path.index(a) < path.index(b)
                for path in names
            )
            newly = sum((a, b) in pairwise(dict.fromkeys(path)) for path in names)
            moves = sum(a != b and (a, b) in pairwise(path) for path in names)
            row = found.get((a, b), {"before": 0, "next_new": 0, "moves": 0})
            assert (row["before"], row["next_new"], row["moves"]) == (before, newly, moves)
            if before:
                assert answer.customers(source=a, target=b).num_rows == before


def test_too_many_touchpoints_are_not_put_in_order():
    many = journeys([("p", f"t{place}", place, None, None) for place in range(501)])
    with pytest.raises(InvalidValue, match="501 touchpoints"):
        many.ask(Precedence())


def test_a_table_that_would_not_fit_is_refused():
    wide = [
        (f"p{place}", f"t{place % 400}", place, f"v{place % 150}", None) for place in range(600)
    ]
    with pytest.raises(InvalidValue, match="at most fit"):
        journeys(wide).ask(Precedence(by="channel"))


@QUICK
@given(ROWS)
def test_a_mix_equals_a_naive_count_and_adds_to_one(rows):
    answer = asked(Mix(), rows)
    found = table(answer, "touchpoint", "value")
    for (name, value), row in found.items():
        own = [one for one in rows if one[1] == name]
        assert row["interactions"] == sum((one[3] or "") == value for one in own)
        assert row["of"] == len(own)
        customers = {one[0] for one in own if (one[3] or "") == value}
        assert answer.customers(touchpoint=name, value=value).num_rows == len(customers)
    for name in {row[1] for row in rows}:
        assert sum(row["share"] for key, row in found.items() if key[0] == name) == pytest.approx(1)


@QUICK
@given(ROWS)
def test_scores_equal_a_naive_mean(rows):
    answer = asked(Scores("score", (0, 10)), rows)
    found = table(answer, "touchpoint")
    for name in NAMES:
        own = [row[4] for row in rows if row[1] == name and row[4] is not None]
        assert ((name,) in found) == bool(own)
        if own:
            row = found[name,]
            assert (row["answers"], row["least"], row["most"]) == (len(own), min(own), max(own))
            assert row["mean"] == pytest.approx(np.mean(own))
            assert row["valence"] == pytest.approx((np.mean(own) - 5) * 0.4)


def test_scores_off_the_scale_give_no_valence_and_say_so():
    answer = journeys([("p", "a", 0, None, 7.0), ("q", "a", 0, None, 3.0)]).ask(
        Scores("score", (1, 5))
    )
    assert answer.to_pylist()[0]["valence"] is None
    assert "leave the scale" in answer.note


def progress(path):
    """Stage -> (came, went on, came back, again, time to go on), the naive way."""
    place = {name: at for at, names in enumerate(STAGES.values()) for name in names}
    walked = [(place[row[1]], row[2]) for row in path if row[1] in place]
    found = {}
    for stage in range(len(STAGES)):
        visits = [at for at, (one, _) in enumerate(walked) if one == stage]
        if not visits:
            continue
        after = walked[visits[0] :]
        later = [time for one, time in after if one > stage]
        stays = sum(1 for at in visits if at == 0 or walked[at - 1][0] != stage)
        found[stage] = (
            bool(later),
            any(one < stage for one, _ in after),
            stays > 1,
            later[0] - walked[visits[0]][1] if later else None,
        )
    return found


@QUICK
@given(ROWS)
def test_stage_flow_equals_a_naive_walk(rows):
    rows = with_everything(rows)
    answer = asked(StageFlow(STAGES), rows)
    walked = [progress(path) for path in paths(rows).values()]
    for stage, row in enumerate(answer.to_pylist()):
        own = [found[stage] for found in walked if stage in found]
        assert (row["came"], row["customers"]) == (len(own), len(walked))
        assert row["went_on"] == sum(one[0] for one in own)
        assert row["left"] == row["came"] - row["went_on"]
        assert row["came_back"] == sum(one[1] for one in own)
        assert row["again"] == sum(one[2] for one in own)
        if row["came"]:
            assert row["share_on"] + row["share_left"] == pytest.approx(1)
        times = sorted(one[3] for one in own if one[0])
        middle = times[(len(times) + 1) // 2 - 1] if times else None
        assert (row["median_time"].microseconds if times else None) == middle
        cells = {"came": "came", "went on": "went_on", "left": "left", "came back": "came_back"}
        for outcome, column in (cells | {"again": "again"}).items():
            behind = answer.customers(stage=row["stage"], outcome=outcome)
            assert behind.num_rows == row[column]


@QUICK
@given(ROWS)
def test_stage_links_equal_a_naive_walk(rows):
    rows = with_everything(rows)
    place = {name: stage for stage, names in STAGES.items() for name in names}
    order = list(STAGES)
    answer = asked(StageLinks(STAGES), rows)
    moved, first = {}, {}
    for customer, path in paths(rows).items():
        stays = []
        for row in path:
            if row[1] in place and (not stays or stays[-1][0] != place[row[1]]):
                stays.append((place[row[1]], row[2]))
        for (source, since), (target, until) in pairwise(stays):
            moved.setdefault((source, target), set()).add(customer)
            first.setdefault((source, target, customer), until - since)
    found = table(answer, "source", "target")
    assert set(found) == set(moved)
    for (source, target), row in found.items():
        step = order.index(target) - order.index(source)
        assert row["moved"] == len(moved[source, target])
        assert row["move"] == ("back" if step < 0 else "next" if step == 1 else "skip")
        times = sorted(time for key, time in first.items() if key[:2] == (source, target))
        assert row["median_time"].microseconds == times[(len(times) + 1) // 2 - 1]
        assert answer.customers(source=source, target=target).num_rows == row["moved"]


@QUICK
@given(ROWS)
def test_stages_are_the_same_by_channel_when_added_up(rows):
    rows = with_everything(rows)
    whole = journeys(rows).ask(StageFlow(STAGES)).to_pylist()
    parts = journeys(rows).ask(StageFlow(STAGES, by="channel")).to_pylist()
    for row in whole:
        own = [part for part in parts if part["stage"] == row["stage"]]
        assert sum(part["came"] for part in own) == row["came"]
        assert sum(part["went_on"] for part in own) == row["went_on"]


def test_stages_count_customers_once_after_a_split():
    rows = [("p", name, at * 10**7, None, None) for at, name in enumerate("aca")]
    answer = journeys([*rows, *(("q", *one) for one in every)]).split(gap="1s")
    row = answer.ask(StageFlow(STAGES)).to_pylist()[0]
    assert (row["came"], row["customers"], row["went_on"]) == (2, 2, 1)


@pytest.mark.parametrize(
    ("stages", "error", "said"),
    [
        ({"one": ["a"], "two": ["a"]}, InvalidValue, "stands in the stages 'one' and 'two'"),
        ({"one": ["z"]}, UnknownName, "no touchpoint 'z'"),
        ({}, InvalidValue, "0 stages"),
    ],
)
def test_stages_that_cannot_be_meant_are_refused(stages, error, said):
    with pytest.raises(error, match=said):
        journeys([("p", "a", 0, None, None)]).ask(StageFlow(stages))


def test_stages_are_written_as_text_on_the_command_line():
    assert StageFlow(["one = a | b", "two=c"]) == StageFlow({"one": ("a", "b"), "two": ("c",)})


@QUICK
@given(ROWS)
def test_influence_counts_equal_a_naive_count(rows):
    rows = with_everything(rows)
    answer = asked(Influence("f", after=None), rows)
    cut = []
    for path in paths(rows).values():
        names = [row[1] for row in path]
        at = names.index("f") if "f" in names else len(names)
        cut.append((names[:at], "f" in names))
    found = table(answer, "touchpoint")
    assert {name for (name,) in found} == {name for names, _ in cut for name in names}
    for (name,), row in found.items():
        met = [reached for names, reached in cut if name in names]
        others = [reached for names, reached in cut if name not in names]
        assert (row["met"], row["met_reached"]) == (len(met), sum(met))
        assert (row["others"], row["others_reached"]) == (len(others), sum(others))
        behind = answer.customers(touchpoint=name, met=False, reached=True)
        assert behind.num_rows == row["others_reached"]


@QUICK
@given(ROWS)
def test_influence_after_a_landmark_equals_a_naive_count(rows):
    rows = with_everything(rows)
    answer = asked(Influence("f", after="20us"), rows)
    until = max(row[2] for row in rows)
    cut = []
    for path in paths(rows).values():
        end = path[0][2] + 20
        goals = [row[2] for row in path if row[1] == "f"]
        if end <= until and not (goals and goals[0] <= end):
            cut.append(({row[1] for row in path if row[2] <= end}, bool(goals)))
    found = table(answer, "touchpoint")
    assert {name for (name,) in found} == {name for names, _ in cut for name in names}
    for (name,), row in found.items():
        met = [reached for names, reached in cut if name in names]
        others = [reached for names, reached in cut if name not in names]
        assert (row["met"], row["met_reached"]) == (len(met), sum(met))
        assert (row["others"], row["others_reached"]) == (len(others), sum(others))
        assert answer.customers(touchpoint=name, met=True).num_rows == len(met)


def test_who_stays_longer_does_not_meet_what_keeps_from_the_goal():
    """Mails come every week to all; buyers just leave sooner. A landmark sees no influence."""
    rng = np.random.default_rng(11)
    rows, week = [], 7 * 86_400 * 10**6
    for customer in range(3000):
        bought = rng.integers(1, 30) if rng.random() < 0.5 else 30
        mails = [at for at in range(1, 30) if rng.random() < 0.1 and at < bought]
        path = [(0, "visit"), *((at, "mail") for at in mails)]
        path += [(bought, "goal")] if bought < 30 else []
        rows += [(str(customer), name, int(at * week), None, None) for at, name in path]
    seen = journeys([*rows, ("last", "visit", 30 * week, None, None)])
    naive = table(seen.ask(Influence("goal", after=None)), "touchpoint")["mail",]
    fair = table(seen.ask(Influence("goal", after="35d")), "touchpoint")["mail",]
    assert naive["high"] < 0.9
    assert fair["low"] < 1 < fair["high"]


def test_influence_equals_the_mantel_haenszel_ratio_worked_out_by_hand():
    rng = np.random.default_rng(7)
    rows, cut = [], []
    for customer in range(600):
        names = list(rng.choice(list("abc"), rng.integers(1, 9)))
        reached = rng.random() < (0.5 if "a" in names else 0.25)
        cut.append((names, reached))
        path = [*names, *(["goal"] if reached else [])]
        rows += [(str(customer), name, at, None, None) for at, name in enumerate(path)]
    row = table(journeys(rows).ask(Influence("goal", after=None)), "touchpoint")["a",]
    above = below = spread = 0.0
    for stratum in range(STRATA):
        own = [
            ("a" in names, reached)
            for names, reached in cut
            if (len(names) - names.count("a")).bit_length() == stratum
        ]
        if not own:
            continue
        a, c = own.count((True, True)), own.count((False, True))
        n1 = a + own.count((True, False))
        n0 = c + own.count((False, False))
        n = n1 + n0
        above, below = above + a * n0 / n, below + c * n1 / n
        spread += ((a + c) * n1 * n0 - a * c * n) / n**2
    error = math.sqrt(spread / (above * below))
    assert row["ratio"] == pytest.approx(above / below)
    assert row["high"] == pytest.approx(above / below * math.exp(1.95996 * error), rel=1e-4)
    assert row["low"] > 1.2


def test_influence_finds_no_ratio_in_noise_and_one_where_it_was_planted():
    rng = np.random.default_rng(5)
    rows = []
    for customer in range(3000):
        names = [name for name in "abcde" if rng.random() < 0.5]
        reached = rng.random() < (0.4 if "c" in names else 0.2)
        path = [*names, "step", "goal"] if reached else [*names, "nothing"]
        rows += [(str(customer), name, at, None, None) for at, name in enumerate(path)]
    found = table(journeys(rows).ask(Influence("goal", after=None)), "touchpoint")
    assert found["c",]["p_value"] < 1e-6 < found["c",]["ratio"]
    assert all(found[name,]["p_value"] > 0.05 for name in "abde")
    assert found["step",]["structural"]
    assert not found["c",]["structural"]


def test_influence_of_a_handful_is_no_number():
    rows = [("p", "a", 0, None, None), ("p", "goal", 1, None, None), ("q", "b", 0, None, None)]
    assert LEAST > 2
    found = journeys(rows).ask(Influence("goal", after=None)).to_pylist()
    assert all(row["ratio"] is None for row in found)


def visited(times):
    """600 customers, each with the same short visit so many times, an hour apart."""
    rng = np.random.default_rng(3)
    rows = []
    for customer in range(600):
        names = [name for name in "ab" if rng.random() < 0.5] or ["c"]
        goal = ["goal"] if rng.random() < (0.5 if "a" in names else 0.25) else []
        rows += [
            (str(customer), name, visit * 3600 * 10**6 + at, None, None)
            for visit in range(times)
            for at, name in enumerate([*names, *goal])
        ]
    return journeys(rows).split(gap="1m").ask(Influence("goal", after=None))


def test_the_same_visit_again_makes_an_influence_no_surer():
    once, often = (table(visited(times), "touchpoint")["a",] for times in (1, 20))
    assert often["met"] == 20 * once["met"]
    assert often["customers"] == once["customers"] == once["met"]
    for name in ("ratio", "low", "high", "p_value"):
        assert often[name] == pytest.approx(once[name])


def test_the_many_visits_of_one_customer_are_no_influence():
    rng = np.random.default_rng(3)
    rows = []
    for visit in range(200):
        names = [name for name in "ab" if rng.random() < 0.5] or ["c"]
        goal = ["goal"] if rng.random() < (0.6 if "a" in names else 0.3) else []
        rows += [
            ("p", name, visit * 3600 * 10**6 + at, None, None)
            for at, name in enumerate([*names, *goal])
        ]
    found = journeys(rows).split(gap="1m").ask(Influence("goal", after=None)).to_pylist()
    assert all(row["ratio"] is None and row["p_value"] is None for row in found)


def test_influence_shows_no_share_of_too_few_customers():
    rows = [("p", "a", 0, None, None), ("p", "goal", 1, None, None), ("q", "b", 0, None, None)]
    asked_thin = Influence("goal", after=None, min_customers=2)
    assert {row["share_met"] for row in journeys(rows).ask(asked_thin).to_pylist()} == {None}
    shown = journeys(rows).ask(Influence("goal", after=None)).to_pylist()
    assert None not in {row["share_met"] for row in shown}


def scored(rows, **options):
    return table(journeys(rows).ask(Scores("score", (0, 10), **options)), "touchpoint")["a",]


def test_the_many_answers_of_one_customer_are_one_voice():
    rows = [("p", "a", at, None, float(at % 2)) for at in range(200)]
    row = scored(rows)
    assert (row["answers"], row["customers"]) == (200, 1)
    assert row["low"] is row["high"] is row["valence_low"] is None


def test_the_same_answers_again_make_a_score_no_surer():
    once = [(str(who), "a", 0, None, float(who % 7)) for who in range(30)]
    often = [(who, name, at, None, score) for who, name, _, _, score in once for at in range(9)]
    for name in ("mean", "low", "high"):
        assert scored(often)[name] == pytest.approx(scored(once)[name])


def test_the_interval_of_few_scores_is_students():
    row = scored([("p", "a", 0, None, 4.0), ("q", "a", 0, None, 6.0)])
    assert row["high"] - row["mean"] == pytest.approx(12.7062, abs=1e-3)
    assert row["valence_high"] <= 2


def test_scores_that_do_not_differ_have_no_interval():
    row = scored([(str(who), "a", 0, None, 10.0) for who in range(5)])
    assert (row["mean"], row["low"], row["high"]) == (10, None, None)


def test_large_scores_that_differ_little_keep_their_spread():
    rows = [(str(who), "a", 0, None, 1e8 + who % 2 / 10) for who in range(100)]
    row = table(journeys(rows).ask(Scores("score")), "touchpoint")["a",]
    half = 1.98422 * math.sqrt(0.0025 * 100 / 99) / 10
    assert row["high"] - row["mean"] == pytest.approx(half, rel=1e-3)


@QUICK
@given(ROWS)
def test_scores_vary_between_customers_as_a_naive_count_has_it(rows):
    found = table(asked(Scores("score"), rows), "touchpoint")
    for (name,), row in found.items():
        own = {}
        for who, touchpoint, _, _, score in rows:
            if touchpoint == name and score is not None:
                own.setdefault(who, []).append(score)
        mean = np.mean([score for scores in own.values() for score in scores])
        residuals = [sum(scores) - mean * len(scores) for scores in own.values()]
        m = len(own)
        assert row["customers"] == m
        if m == 1 or max(map(abs, residuals)) < 1e-9:
            assert row["low"] is None
        else:
            error = math.sqrt(m / (m - 1) * sum(one**2 for one in residuals)) / row["answers"]
            assert row["high"] == pytest.approx(mean + student.ppf(0.975, m - 1) * error)


def test_moments_added_in_parts_are_those_of_the_whole():
    rng = np.random.default_rng(1)
    rows = [
        (str(who), "a", at, "web" if who < 40 else "shop", 5 + who % 3 + rng.random())
        for who in range(80)
        for at in range(1 + who % 4)
    ]
    listed = journeys(rows)
    question = Scores("score", by="channel")
    (partials,) = answers(
        [(question, grouping(listed.scope, "channel"))], listed.scope, listed.sources, Local()
    )
    moments = partials[0]["moments"]
    whole = scored(rows)
    added = moments.of(np.arange(len(moments.values)))[0]
    assert (added[0], added[1]) == (whole["customers"], whole["answers"])
    assert added[2] == pytest.approx(whole["mean"])


def test_scores_of_too_few_customers_are_not_shown():
    row = scored([("p", "a", at, None, 3.0 + at) for at in range(5)], min_customers=2)
    assert row["answers"] == 5
    assert row["mean"] is row["valence"] is row["least"] is None


SPLITS = st.lists(
    st.tuples(
        st.sampled_from("pqrs"),
        st.sampled_from(NAMES),
        st.integers(0, 6),
        st.sampled_from(["web", "shop"]),
        st.none(),
    ),
    min_size=1,
    max_size=30,
)


@QUICK
@given(SPLITS, st.sampled_from([None, "channel"]))
def test_after_a_split_the_customers_behind_a_cell_are_those_of_the_table(rows, by):
    """Interactions an hour apart are journeys of their own."""
    rows = with_everything(rows)
    apart = [(who, name, at * 3600 * 10**6, channel, None) for who, name, at, channel, _ in rows]
    seen = journeys(apart).split(gap="1m")
    outcomes = {"came": "came", "went on": "went_on", "left": "left", "came back": "came_back"}
    asked_with = [
        (Contacts(by=by), "touchpoint", {"met": "met", "again": "again", "last": "last"}),
        (StageFlow(STAGES, by=by), "stage", outcomes | {"again": "again"}),
    ]
    for question, name, columns in asked_with:
        answer = seen.ask(question)
        for row in answer.to_pylist():
            cell = {name: row[name]} | ({by: row[by]} if by else {})
            for outcome, column in columns.items():
                behind = answer.customers(**cell, outcome=outcome).column("customer").unique()
                assert len(behind) == row[column], (cell, outcome)


def test_a_mix_shows_no_share_of_too_few_customers():
    rows = [("p", "a", at, "web", None) for at in range(9)]
    rows += [(who, "b", 0, "web", None) for who in "pq"]
    found = journeys(rows).ask(Mix(min_customers=2)).to_pylist()
    assert [(row["customers"], row["share"]) for row in found] == [(1, None), (2, 1)]

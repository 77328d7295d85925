"""Aurora as a whole: its size, its shape, its habits, and the same company for the same seed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from travesia.demo import Aurora, clock, write
from travesia.demo import aurora as generate
from travesia.demo.ledger import CHANNEL_OF, EVENTS, SCHEMA
from travesia.demo.plan import FIRST_DAY, LAST_DAY, PERSONA_KEYS, ZONE
from travesia.demo.voices import Voices
from travesia.errors import InvalidValue
from travesia.record.catalogue import Catalogue

MADRID = ZoneInfo(ZONE)
FIRST, LAST = (datetime.combine(day, datetime.min.time()) for day in (FIRST_DAY, LAST_DAY))


def only(aurora: Aurora, *events: str) -> pa.Table:
    return aurora.events.filter(pc.is_in(aurora.events["event"], pa.array(events)))


def local_hours(table: pa.Table) -> np.ndarray:
    moments = table["time"].cast(pa.int64()).to_numpy()
    return clock.local(moments) // clock.HOUR % 24


def weekdays(table: pa.Table) -> np.ndarray:
    moments = table["time"].cast(pa.int64()).to_numpy()
    return (clock.local(moments) // clock.DAY + 3) % 7


def test_it_is_as_large_as_it_says(aurora):
    assert aurora.customers.num_rows == 20_000
    assert aurora.events.num_rows > 400_000
    assert pc.count_distinct(aurora.events["customer_id"]).as_py() == 20_000


def test_the_same_seed_gives_the_same_company():
    first, second = generate(300, seed=7), generate(300, seed=7)
    assert first.events.equals(second.events)
    assert first.customers.equals(second.customers)


def test_another_seed_gives_another_company():
    assert not generate(300, seed=7).events.equals(generate(300, seed=8).events)


@pytest.mark.parametrize("customers", [1, 2, 40])
def test_a_small_company_is_a_company(customers):
    small = generate(customers)
    assert small.customers.num_rows == customers
    assert small.events.num_rows >= customers


def test_a_company_needs_customers():
    with pytest.raises(InvalidValue, match="0 customers"):
        generate(0)


def test_the_table_has_the_columns_it_promises(aurora):
    assert aurora.events.schema == SCHEMA
    assert "persona" in aurora.customers.column_names


def test_it_lasts_a_year_in_madrid(aurora):
    first, last = pc.min_max(aurora.events["time"]).as_py().values()
    assert first.astimezone(MADRID).date() >= FIRST_DAY
    assert last.astimezone(MADRID).date() == LAST_DAY


def test_events_stand_in_order_of_time(aurora):
    assert np.all(np.diff(aurora.events["time"].cast(pa.int64()).to_numpy()) >= 0)
    assert aurora.events["order"].to_pylist() == list(range(aurora.events.num_rows))


def test_every_touchpoint_of_the_list_happens(aurora):
    assert set(aurora.events["event"].unique().to_pylist()) == set(EVENTS)


def test_all_channels_are_used(aurora):
    assert set(aurora.events["channel"].unique().to_pylist()) == set(CHANNEL_OF.values())


def test_every_customer_has_one_persona_and_one_entry(aurora):
    assert set(aurora.customers["persona"].unique().to_pylist()) == set(PERSONA_KEYS)
    assert pc.count_distinct(aurora.customers["customer_id"]).as_py() == 20_000


def test_some_come_once_and_never_again(aurora):
    counts = aurora.events["customer_id"].combine_chunks().value_counts().field("counts")
    assert 0.03 < pc.mean(pc.equal(counts, 1)).as_py() < 0.12


def test_customers_loop_back_from_the_checkout(aurora):
    rows = aurora.events.sort_by([("customer_id", "ascending"), ("order", "ascending")])
    event = rows["event"].to_numpy()
    same = rows["customer_id"].to_numpy()[1:] == rows["customer_id"].to_numpy()[:-1]
    assert ((event[:-1] == "checkout") & (event[1:] == "cart") & same).sum() > 1000


def test_shops_are_shut_at_night_and_on_sundays(aurora):
    visits = only(aurora, "store_visit")
    assert local_hours(visits).min() >= 10
    assert local_hours(visits).max() <= 20
    assert 6 not in weekdays(visits)


def test_telephones_are_answered_in_office_hours(aurora):
    calls = only(aurora, "support_call", "support_chat")
    assert local_hours(calls).min() >= 8
    assert set(weekdays(calls)) <= {0, 1, 2, 3, 4}


def test_parcels_come_by_day_and_never_on_sundays(aurora):
    deliveries = only(aurora, "delivery")
    assert local_hours(deliveries).min() >= 8
    assert 6 not in weekdays(deliveries)


def test_people_sleep(aurora):
    share = np.bincount(local_hours(only(aurora, "product_page")), minlength=24)
    assert share[2:6].sum() < 0.05 * share.sum()


def test_an_order_takes_its_natural_course(aurora):
    """Confirmed, dispatched and delivered after the purchase; asked for an opinion after that."""
    times = {
        name: dict(
            zip(*(only(aurora, name)[c].to_pylist() for c in ("order_id", "time")), strict=True)
        )
        for name in ("purchase", "dispatch_notice", "delivery", "nps_survey", "return_request")
    }
    for before, after in [
        ("purchase", "dispatch_notice"),
        ("dispatch_notice", "delivery"),
        ("delivery", "nps_survey"),
        ("delivery", "return_request"),
    ]:
        assert all(times[before][order] <= at for order, at in times[after].items())


def test_a_delay_is_told_before_the_delivery(aurora):
    told = dict(
        zip(
            *(only(aurora, "delivery_delay")[c].to_pylist() for c in ("order_id", "time")),
            strict=True,
        )
    )
    came = dict(
        zip(*(only(aurora, "delivery")[c].to_pylist() for c in ("order_id", "time")), strict=True)
    )
    assert all(told[order] < at for order, at in came.items() if order in told)


def test_order_and_ticket_numbers_are_their_own(aurora):
    for event, column, sign in [
        ("purchase", "order_id", "A-"),
        ("support_reply", "ticket_id", "T-"),
    ]:
        numbers = only(aurora, event)[column]
        assert pc.count_distinct(numbers).as_py() == len(numbers)
        assert pc.all(pc.starts_with(numbers, sign)).as_py()


def test_only_what_has_a_price_has_a_value(aurora):
    valued = aurora.events.filter(pc.is_valid(aurora.events["value"]))
    assert set(valued["event"].unique().to_pylist()) == {"purchase", "refund"}
    assert pc.all(pc.greater(only(aurora, "purchase")["value"], 0)).as_py()
    assert pc.all(pc.less(only(aurora, "refund")["value"], 0)).as_py()


@pytest.mark.parametrize(
    ("survey", "low", "high"),
    [("nps_survey", 0, 10), ("csat_survey", 1, 5), ("ces_survey", 1, 7), ("review_written", 1, 5)],
)
def test_scores_use_their_whole_scale(aurora, survey, low, high):
    scores = only(aurora, survey)["score"]
    assert scores.null_count == 0
    assert pc.min_max(scores).as_py() == {"min": low, "max": high}


def test_help_is_asked_for_in_words(aurora):
    asked = only(aurora, "support_call", "support_chat", "support_ticket")
    assert asked["text"].null_count == 0
    assert pc.count_distinct(asked["text"]).as_py() > 500


def test_no_text_has_an_empty_slot(aurora):
    texts = aurora.events["text"].drop_null().unique().to_pylist()
    assert not [text for text in texts if re.search(r"[{}]|  | [.,]|\(\)|A--1", text)]


def test_people_write_in_their_own_language(aurora):
    joined = aurora.events.select(["customer_id", "text"]).join(
        aurora.customers.select(["customer_id", "language"]), "customer_id"
    )
    english = joined.filter(pc.equal(joined["language"], "en"))["text"].drop_null().to_pylist()
    assert english
    assert not [text for text in english if re.search(r"[¿¡ñ]| que | pedido ", text)]


def test_there_are_many_things_to_say():
    templates = Voices.load().templates
    assert len({text for texts in templates.values() for text in texts}) > 150
    assert all(len(choice) >= 2 for choice in templates.values())


def test_the_catalogue_is_one_and_knows_every_event(aurora):
    catalogue = Catalogue.from_dict(aurora.catalogue)
    assert set(catalogue.keys) == set(EVENTS)
    assert len(catalogue.stages) == 5
    assert catalogue.mapping(EVENTS) == {event: event for event in EVENTS}


def test_the_catalogue_says_everything_in_both_languages(aurora):
    def texts(value: object) -> list[dict[str, str]]:
        if isinstance(value, dict):
            if value.keys() & {"es", "en"}:
                return [value]
            return [text for one in value.values() for text in texts(one)]
        return [text for one in value for text in texts(one)] if isinstance(value, list) else []

    found = texts(aurora.catalogue)
    assert len(found) > 250
    assert all(text["es"] and text["en"] for text in found)


def test_every_touchpoint_has_an_owner_a_process_and_a_best_case(aurora):
    for one in Catalogue.from_dict(aurora.catalogue).touchpoints:
        assert one.owner.person, one.key
        assert one.processes, one.key
        assert one.systems, one.key
        assert one.optimal, one.key
        assert all(part.desired for part in one.interactions), one.key


def test_the_catalogue_gives_the_channel_of_the_events(aurora):
    for one in Catalogue.from_dict(aurora.catalogue).touchpoints:
        assert one.channel == CHANNEL_OF[one.key]


def test_it_is_written_as_files(tmp_path):
    home = write(tmp_path / "aurora", customers=50, seed=3)
    made = generate(50, seed=3)
    assert pq.read_table(home / "events.parquet").equals(made.events)
    assert pq.read_table(home / "customers.parquet").equals(made.customers)
    assert yaml.safe_load((home / "catalogue.yaml").read_text()) == made.catalogue
    assert (home / "truths.md").read_text().startswith("# Aurora")


@given(st.datetimes(min_value=FIRST, max_value=LAST))
def test_local_times_are_those_of_the_zone(naive):
    """Against zoneinfo, the hour that is skipped and the hour that comes twice included."""
    wall = round((naive.replace(tzinfo=UTC).timestamp()) * 1_000_000)
    wall -= wall % 1_000_000
    second = datetime.fromtimestamp(wall // 1_000_000, UTC).replace(tzinfo=MADRID, fold=0)
    expected = round(second.timestamp()) * 1_000_000
    assert clock.utc(np.array([wall])).tolist() == [expected]


@given(st.integers(1_761_951_600, 1_796_000_000))
def test_and_back(seconds):
    moment = np.array([seconds * 1_000_000])
    aware = datetime.fromtimestamp(seconds, MADRID)
    offset = aware.utcoffset()
    assert offset is not None
    assert (clock.local(moment) - moment).tolist() == [offset.seconds * 1_000_000]

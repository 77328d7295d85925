"""What was planted stands in the table itself: counted with pandas, past every question."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from travesia.demo import VISITS
from travesia.demo.plan import (
    CARE_SERIES,
    CHECKOUT_FAULT,
    LATE_DELIVERIES,
    SHOP_VISIT,
    SLOW_QUEUE,
    TOUCHES_BEFORE,
    ZONE,
)
from travesia.demo.support import CONTACTS


@pytest.fixture(scope="session")
def events(aurora):
    """All events by customer and order, with the customers' attributes and the next event."""
    people = aurora.customers.to_pandas()
    rows = aurora.events.to_pandas().merge(people, on="customer_id", validate="many_to_one")
    rows = rows.sort_values(["customer_id", "order"], ignore_index=True)
    rows["then"] = rows.groupby("customer_id")["event"].shift(-1)
    return rows


@pytest.fixture(scope="session")
def orders(events):
    """One row a delivered order: what happened to it."""
    deliveries = events[events["event"] == "delivery"].set_index("order_id")
    return pd.DataFrame(
        {
            "customer": deliveries["customer_id"],
            "region": deliveries["region"],
            "late": of_order(events, "delivery_delay", deliveries.index),
            "returned": of_order(events, "return_request", deliveries.index),
            "contact": np.isin(
                deliveries.index, events["order_id"][events["event"].isin(CONTACTS)]
            ),
        },
        index=deliveries.index,
    ).join(events[events["event"] == "nps_survey"].set_index("order_id")["score"].rename("nps"))


def of_order(events: pd.DataFrame, event: str, numbers: pd.Index) -> np.ndarray:
    return np.isin(numbers, events["order_id"][events["event"] == event])


def during(times: pd.Series, start: date, end: date) -> pd.Series:
    low, high = (pd.Timestamp(day, tz=ZONE) for day in (start, end))
    return (times >= low) & (times < high)


def near(share: float, planted: float, n: int) -> bool:
    """Within four standard errors of a share of n."""
    return abs(share - planted) < 4 * (planted * (1 - planted) / n) ** 0.5


@pytest.mark.parametrize(
    ("device", "in_fault", "planted"),
    [
        ("mobile", True, CHECKOUT_FAULT.during),
        ("mobile", False, CHECKOUT_FAULT.usual),
        ("desktop", True, CHECKOUT_FAULT.other_device),
        ("desktop", False, CHECKOUT_FAULT.other_device),
    ],
)
def test_checkouts_on_the_phone_fail_for_some_weeks(events, device, in_fault, planted):
    checkouts = events[(events["event"] == "checkout") & (events["device"] == device)]
    weeks = during(checkouts["time"], CHECKOUT_FAULT.start, CHECKOUT_FAULT.end)
    followed = (checkouts["then"] == "purchase")[weeks == in_fault]
    assert near(followed.mean(), planted, len(followed))


def test_the_fault_is_complained_about(events):
    words = events[events["text"].notna() & events["event"].isin(CONTACTS)]
    blamed = words[words["order_id"].isna()]
    weeks = during(blamed["time"], CHECKOUT_FAULT.start, CHECKOUT_FAULT.end)
    assert weeks.mean() > 2 * 28 / 365


def test_late_orders_are_recommended_less(orders):
    scores = orders.dropna(subset="nps").groupby("late")["nps"].agg(["mean", "sem"])
    lost = scores["mean"][True] - scores["mean"][False]
    # scores end at 10 and at 0, so that the loss is a little smaller than what was planted
    error = np.hypot(*scores["sem"])
    assert LATE_DELIVERIES.nps_points - 3 * error < lost < 0.75 * LATE_DELIVERIES.nps_points


def test_late_orders_make_people_get_in_touch(orders):
    shares = orders.groupby("late")["contact"].mean()
    planted = LATE_DELIVERIES.contact - LATE_DELIVERIES.contact_on_time
    assert shares[True] - shares[False] == pytest.approx(planted, abs=0.07)


def test_half_of_the_eligible_are_held_out(aurora):
    part = aurora.customers.to_pandas()["care_series"]
    eligible = part[part != ""]
    assert len(eligible) > 3000
    assert near((eligible == "held_out").mean(), CARE_SERIES.held_out, len(eligible))


def test_those_held_out_get_no_care_mail(events):
    mailed = events[events["event"].isin(["care_mail", "care_mail_click"])]
    assert set(mailed["care_series"]) == {"sent"}


def test_the_mail_series_lifts_purchases(events):
    bought = events[events["event"] == "purchase"].groupby("customer_id")["time"]
    first = bought.first()
    again = (bought.nth(1).to_numpy(), bought.nth(1).index)
    second = events.loc[again[1]].set_index("customer_id")["time"].reindex(first.index)
    part = events.groupby("customer_id")["care_series"].first().reindex(first.index)
    soon = (second - first) <= pd.Timedelta(days=CARE_SERIES.within_days)
    sent, held_out = soon[part == "sent"], soon[part == "held_out"]
    lift, error = sent.mean() - held_out.mean(), np.hypot(sent.sem(), held_out.sem())
    assert lift - 3 * error > 0.03
    assert lift < CARE_SERIES.extra_visits


def test_viewers_of_videos_buy_more_but_not_because_of_them(events):
    """Plainly more in all; nothing once customers of one persona are compared with each other."""
    people = events.groupby("customer_id")[["persona"]].first()
    people["seen"] = people.index.isin(events["customer_id"][events["event"] == "social_video"])
    people["buys"] = people.index.isin(events["customer_id"][events["event"] == "purchase"])
    crude = people.groupby("seen")["buys"].mean()
    assert crude[True] - crude[False] > 0.07
    within = [gap(group) for _, group in people.groupby("persona")]
    weight = np.array([1 / variance for _, variance in within])
    pooled = (weight * [difference for difference, _ in within]).sum() / weight.sum()
    assert abs(pooled) < 4 / weight.sum() ** 0.5


def gap(group: pd.DataFrame) -> tuple[float, float]:
    """Viewers less the others: the difference of the shares that buy, and its variance."""
    seen, others = (group["buys"][group["seen"] == one].astype(float) for one in (True, False))
    return seen.mean() - others.mean(), seen.sem() ** 2 + others.sem() ** 2


@pytest.mark.parametrize(
    ("persona", "start", "end", "least"),
    [
        ("gift_buyer", date(2025, 11, 22), date(2025, 12, 25), 3.5),
        ("bargain_hunter", date(2026, 1, 7), date(2026, 2, 9), 2.2),
        ("weekend_hiker", date(2026, 9, 20), date(2026, 11, 1), 1.2),
    ],
)
def test_personas_have_their_seasons(events, persona, start, end, least):
    bought = events[(events["event"] == "purchase") & (events["persona"] == persona)]
    share = during(bought["time"], start, end).mean()
    assert share > least * (end - start).days / 365


def test_august_is_quiet(events):
    visits = events[events["event"].isin(VISITS)]
    months = visits["time"].dt.tz_convert(ZONE).dt.month.value_counts()
    assert months.idxmin() == 8


@pytest.fixture(scope="session")
def tickets(events):
    """Written questions: the wait for a reply, whether slow weeks, and what came of it."""
    asked = events[events["event"] == "support_ticket"].set_index("ticket_id")
    contact = events[events["event"].isin(CONTACTS)].copy()
    contact["again"] = contact.groupby("customer_id")["time"].shift(-1) - contact["time"]
    replied = events[events["event"] == "support_reply"].set_index("ticket_id")["time"]
    rated = events[events["event"] == "csat_survey"].set_index("ticket_id")["score"]
    return pd.DataFrame(
        {
            "wait": (replied.reindex(asked.index) - asked["time"]).dt.total_seconds() / 3600,
            "again": contact.set_index("ticket_id")["again"].reindex(asked.index)
            < pd.Timedelta(days=7),
            "csat": rated.reindex(asked.index),
            "slow": during(asked["time"], SLOW_QUEUE.start, SLOW_QUEUE.end),
        }
    )


def test_the_queue_is_slow_for_some_weeks(tickets):
    waits = tickets.groupby("slow")["wait"].median()
    assert SLOW_QUEUE.usual_hours < waits[False] < SLOW_QUEUE.usual_hours + 17
    assert SLOW_QUEUE.slow_hours * 0.85 < waits[True] < SLOW_QUEUE.slow_hours + 30


def test_waiting_makes_people_ask_again(tickets):
    waited = tickets["wait"] > SLOW_QUEUE.patience_hours
    shares = tickets.groupby(waited)["again"].mean()
    assert shares[True] == pytest.approx(SLOW_QUEUE.repeat_after_wait, abs=0.12)
    assert shares[False] == pytest.approx(SLOW_QUEUE.repeat, abs=0.06)


def test_waiting_costs_satisfaction(tickets):
    waited = tickets["wait"] > SLOW_QUEUE.patience_hours
    scores = tickets.groupby(waited)["csat"].mean()
    assert scores[True] - scores[False] == pytest.approx(SLOW_QUEUE.csat_points, abs=0.4)


def test_telephone_and_chat_stay_fast(events):
    asked = events[events["event"].isin(["support_call", "support_chat"])].set_index("ticket_id")
    replied = events[events["event"] == "support_reply"].set_index("ticket_id")["time"]
    assert (replied.reindex(asked.index) - asked["time"]).max() < pd.Timedelta(hours=1)


def test_measured_feet_send_less_back_in_one_region_only(events, orders):
    """Visited: the last visit was in the two months before ordering."""
    visits = events[events["event"] == "store_visit"][["customer_id", "time"]].sort_values("time")
    bought = events[events["event"] == "purchase"].set_index("order_id")["time"]
    asked = orders.assign(time=bought.reindex(orders.index)).sort_values("time")
    last = pd.merge_asof(
        asked,
        visits.assign(visit=visits["time"]),
        on="time",
        left_by="customer",
        right_by="customer_id",
    )
    visited = (last["time"] - last["visit"] < pd.Timedelta(days=60)).rename("visited")
    here = (last["region"] == SHOP_VISIT.region).rename("here")
    shares = last.groupby([here, visited])["returned"].mean()
    assert shares[True, True] < 0.65 * shares[True, False]
    assert shares[False, True] > 0.75 * shares[False, False]


@pytest.mark.parametrize(
    ("persona", "planted", "spread"),
    [
        (TOUCHES_BEFORE.many, TOUCHES_BEFORE.many_median, 1),
        (TOUCHES_BEFORE.few, TOUCHES_BEFORE.few_median, 1),
    ],
)
def test_contacts_before_the_first_purchase(events, persona, planted, spread):
    theirs = events[events["persona"] == persona]
    bought = theirs[theirs["event"] == "purchase"].groupby("customer_id")["order"].min()
    before = theirs[theirs["event"].isin(VISITS)]
    before = before[before["order"] < bought.reindex(before["customer_id"]).to_numpy()]
    assert abs(before.groupby("customer_id").size().median() - planted) <= spread

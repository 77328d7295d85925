"""What the company sends, and what people happen to see: newsletter, care series, route videos."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from travesia.demo import clock
from travesia.demo.clock import DAY, HOUR, SECOND
from travesia.demo.ledger import Codes, Ledger
from travesia.demo.people import CARE_SERIES as NAMES
from travesia.demo.people import People, of_persona
from travesia.demo.plan import CARE_SERIES, FIRST_DAY, LAST_DAY
from travesia.demo.purchases import Orders
from travesia.demo.shopping import Missions, ready_missions

_OPENS_WITHIN_HOURS = 5.0


def newsletters(rng: np.random.Generator, people: People, ledger: Ledger) -> None:
    """One a month, opened by habit; it changes nothing."""
    chance = of_persona("opens_mail")[people.persona] * people.consents
    for at in range(12):
        sent = FIRST_DAY + timedelta(days=5 + round(at * 30.4))
        opens = np.flatnonzero(rng.random(len(people)) < chance)
        ten = np.full(len(opens), clock.moment(sent) + 10 * HOUR)
        opened = clock.awake(rng, clock.later(rng, ten, _OPENS_WITHIN_HOURS, 1.0))
        ledger.add(
            "newsletter_open",
            opens,
            opened,
            device=_device(rng, people, opens),
            campaign="newsletter",
        )


def social_videos(rng: np.random.Generator, people: People, ledger: Ledger) -> None:
    """Route videos, seen at any time of the year by those who like the mountains.

    How many depends on the persona alone, as purchases do: hence they go together, and hence the
    videos change nothing for any one persona.
    """
    seen = rng.poisson(of_persona("social_videos")[people.persona])
    customer = np.repeat(np.arange(len(people)), seen)
    days = rng.integers(0, (LAST_DAY - FIRST_DAY).days + 1, len(customer))
    local_day = clock.local_midnight(FIRST_DAY) + days * DAY
    at = clock.at_hours(rng, local_day, clock.PHONE_HOURS)
    ledger.add("social_video", customer, at, device=1, campaign="route_videos")


def care_series(
    rng: np.random.Generator, people: People, orders: Orders, ledger: Ledger
) -> tuple[Missions, Codes]:
    """Mail half of those who bought for the first time this year, drawn by lot.

    Gives the visits that the mails bring about, and each customer's part in the test.
    """
    customers, first = np.unique(orders.customer, return_index=True)
    agreed = people.consents[customers]
    in_time = orders.time[first] < clock.moment(
        LAST_DAY - timedelta(days=CARE_SERIES.within_days + 30)
    )
    eligible, first = customers[agreed & in_time], first[agreed & in_time]
    sent = rng.random(len(eligible)) >= CARE_SERIES.held_out
    part = np.zeros(len(people), np.int64)
    part[eligible] = np.where(sent, NAMES.index("sent"), NAMES.index("held_out"))
    rows = first[sent]
    bought = clock.local(orders.time[rows])
    for number, days in enumerate(CARE_SERIES.days, 1):
        at = clock.utc((bought // DAY + days) * DAY + 10 * HOUR)
        at += rng.integers(0, 1800, len(rows)) * SECOND
        ledger.add("care_mail", orders.customer[rows], at, campaign=f"care_series_{number}")
    return _brought_back(rng, people, orders, rows), part


def _brought_back(
    rng: np.random.Generator, people: People, orders: Orders, rows: Codes
) -> Missions:
    """The extra visits: a few hours to two days after one of the mails."""
    moved = rows[rng.random(len(rows)) < CARE_SERIES.extra_visits]
    days = rng.choice(CARE_SERIES.days, len(moved))
    local_day = clock.local(orders.time[moved]) + days * DAY
    mailed = clock.utc(local_day // DAY * DAY + 11 * HOUR)
    at = clock.later(rng, mailed, 9.0, 0.8)
    return ready_missions(rng, people, orders.customer[moved], at, "care_mail_click")


def _device(rng: np.random.Generator, people: People, customer: Codes) -> Codes:
    return np.where(people.mobile[customer] ^ (rng.random(len(customer)) < 0.12), 1, 2)

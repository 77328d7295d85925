"""After the purchase: confirmation, dispatch, delivery on time or late, opinions, returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from travesia.demo import clock
from travesia.demo.clock import DAY, HOUR, MINUTE, SECOND, Times
from travesia.demo.ledger import NONE, Codes, Ledger, Numbers
from travesia.demo.people import REGION_KEYS, People, of_persona
from travesia.demo.plan import LATE_DELIVERIES, PRODUCTS, SHOP_VISIT
from travesia.demo.purchases import Flags, Orders
from travesia.demo.scene import Scene
from travesia.demo.voices import Occasion

_ANSWERS_NPS, _RATES_COURIER = 0.34, 0.1
_SAYS_WHY = 0.6
_GRUDGES = 0.04
"""Share of answers that are low for reasons of their own."""
_REVIEWS = {"bad": 0.1, "good": 0.07}
_JOINS_CLUB, _SHARES_LINK, _SCANS_CARE_GUIDE = 0.09, 0.12, 0.08
_DEFECTS = 0.025
_PACKED_WITHIN = 3 * HOUR


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of the delivered orders, one entry each.

    Attributes:
        promised: the end of the promised day.
        arrived: the moment of delivery.
        late_days: whole days between the two for late ones, else 0.
        returned: the moment of asking for a return, or `NONE`.
    """

    orders: Orders
    promised: Times
    arrived: Times
    late: Flags
    late_days: Codes
    defect: Flags
    returned: Times

    @property
    def sent_back(self) -> Flags:
        """Whether the return was asked for before the survey is."""
        found: Flags = (self.returned != NONE) & (self.returned < self.arrived + 9 * DAY)
        return found


def write_purchases(orders: Orders, ledger: Ledger) -> None:
    """The purchases themselves, on whatever channel."""
    ledger.add(
        "purchase",
        orders.customer,
        orders.time,
        channel=orders.channel,
        device=orders.device,
        product=orders.product,
        order_id=orders.number,
        value=orders.value,
    )


def deliver(scene: Scene, orders: Orders) -> Delivered:
    """Send what was not carried home: confirmation, dispatch, looks at the parcel, delivery."""
    rng, people, ledger = scene.rng, scene.people, scene.ledger
    sent = orders.where(orders.delivered)
    _about(ledger, "order_confirmation_mail", sent, sent.time + _spell(rng, sent, 20, 160))
    dispatched = clock.next_open(rng, sent.time + _PACKED_WITHIN, clock.OFFICE_HOURS, 5)
    dispatch_day = clock.local(dispatched)
    _about(ledger, "dispatch_notice", sent, dispatched)
    promised_day = clock.working_day(dispatch_day + 2 * DAY, 5) // DAY * DAY
    late = rng.random(len(sent)) < _late_chance(people, sent)
    delayed = np.where(late, 1 + rng.geometric(0.3, len(sent)), 0)
    arrival_day = np.where(
        late, promised_day + delayed * DAY, _on_time(rng, dispatch_day, promised_day)
    )
    arrived = clock.at_hours(rng, clock.working_day(arrival_day, 6), clock.COURIER_HOURS)
    promised = clock.utc(promised_day + 20 * HOUR)
    rows = np.flatnonzero(late)
    _about(
        ledger,
        "delivery_delay",
        sent.where(rows),
        promised[rows] + _spell(rng, sent, 60, 9000)[rows],
    )
    _track(scene, sent, dispatched, arrived, late)
    _about(ledger, "delivery", sent, arrived)
    late_days = np.where(late, np.maximum(1, (arrived - promised) // DAY + 1), 0)
    defect = rng.random(len(sent)) < _DEFECTS
    returned = _returns(rng, people, sent, arrived)
    return Delivered(sent, promised, arrived, late, late_days, defect, returned)


def opinions(scene: Scene, done: Delivered) -> None:
    """Ask for a recommendation nine days after the delivery; some review, share, join the club."""
    score = _nps(scene.rng, scene.people, done)
    _rate_courier(scene, done)
    _survey(scene, done, score)
    _review(scene, done, score)
    _share(scene, done, score)
    _join_club(scene, done, score)


def _survey(scene: Scene, done: Delivered, score: Codes) -> None:
    """The answers to the recommendation question, many of them with the reason."""
    rng, orders = scene.rng, done.orders
    asked = clock.at_hours(rng, clock.local(done.arrived) + 9 * DAY, clock.PHONE_HOURS)
    answers = np.flatnonzero(rng.random(len(orders)) < _ANSWERS_NPS)
    says = rng.random(len(answers)) < _SAYS_WHY
    occasion = _occasion(done, score)
    texts = scene.texts(occasion[answers], orders.where(answers), done.late_days[answers], says)
    scene.ledger.add(
        "nps_survey",
        orders.customer[answers],
        asked[answers],
        order_id=orders.number[answers],
        product=orders.product[answers],
        score=score[answers].astype(float),
        texts=texts,
    )


def _rate_courier(scene: Scene, done: Delivered) -> None:
    """A message on the day of the delivery: how was it (1 to 5)?"""
    rng, orders = scene.rng, done.orders
    answers = np.flatnonzero(rng.random(len(orders)) < _RATES_COURIER)
    mood = np.where(done.late[answers], 2.3, 4.5) + rng.normal(0, 0.8, len(answers))
    score = np.clip(np.rint(mood), 1, 5)
    occasion = np.where(score >= 4, Occasion.COURIER_GOOD, Occasion.COURIER_BAD)
    rated, days = orders.where(answers), done.late_days[answers]
    scene.ledger.add(
        "delivery_survey",
        rated.customer,
        clock.awake(rng, done.arrived[answers] + _spell(rng, rated, 600, 30_000)),
        order_id=rated.number,
        score=score,
        texts=scene.texts(occasion, rated, days, rng.random(len(answers)) < _SAYS_WHY),
    )


def _share(scene: Scene, done: Delivered, score: Codes) -> None:
    """Links for friends, and the care guide on the box."""
    rng, orders = scene.rng, done.orders
    chance = np.where(score >= 9, _SHARES_LINK, 0.0)
    shares = rng.random(len(orders)) < chance
    happy, asked = orders.where(shares), done.arrived[shares] + 9 * DAY
    shared = clock.awake(rng, asked + _spell(rng, happy, 300, 200_000))
    _about(scene.ledger, "friend_link", happy, shared, _device(scene.people, happy))
    curious = rng.random(len(orders)) < _SCANS_CARE_GUIDE
    guided = orders.where(curious)
    scanned = clock.awake(rng, done.arrived[curious] + _spell(rng, guided, 900, 500_000))
    _about(scene.ledger, "care_guide_scan", guided, scanned, device=1)


def take_back(scene: Scene, done: Delivered) -> Times:
    """Returns: the request, the refund, and how easy it was (1 hard, 7 easy). Gives the refunds."""
    rng, ledger = scene.rng, scene.ledger
    rows = np.flatnonzero(done.returned != NONE)
    orders, asked = done.orders.where(rows), done.returned[rows]
    _about(ledger, "return_request", orders, asked, _device(scene.people, orders))
    day = clock.working_day(clock.local(asked) + rng.integers(5, 13, len(rows)) * DAY, 5)
    refunded = clock.at_hours(rng, day, clock.OFFICE_HOURS)
    ledger.add(
        "refund",
        orders.customer,
        refunded,
        product=orders.product,
        order_id=orders.number,
        value=-orders.value,
    )
    weeks = (refunded - asked) / (7 * DAY)
    ease = np.clip(np.rint(6.6 - 1.5 * weeks + rng.normal(0, 1.4, len(rows))), 1, 7)
    answers = np.flatnonzero(rng.random(len(rows)) < 0.35)
    ledger.add(
        "ces_survey",
        orders.customer[answers],
        clock.awake(rng, refunded[answers] + _spell(rng, orders, 3600, 90_000)[answers]),
        order_id=orders.number[answers],
        score=ease[answers],
    )
    found = np.full(len(done.orders), NONE)
    found[rows] = refunded
    return found


def _late_chance(people: People, orders: Orders) -> Numbers:
    """Late parcels: more before Christmas and to the islands."""
    wall = clock.local(orders.time)
    start, end = (clock.local_midnight(day) for day in LATE_DELIVERIES.christmas)
    christmas = (wall >= start) & (wall < end)
    islands = people.region[orders.customer] == REGION_KEYS.index("Canarias")
    chance = np.where(christmas, LATE_DELIVERIES.late_christmas, LATE_DELIVERIES.late)
    return np.where(islands, np.maximum(chance, LATE_DELIVERIES.late_islands), chance)


def _on_time(rng: np.random.Generator, dispatch_day: Times, promised_day: Times) -> Times:
    """The promised day, or the day before where that is a working day after the dispatch."""
    early = clock.working_day(promised_day - DAY, 5)
    possible = (early < promised_day) & (early // DAY > dispatch_day // DAY)
    return np.where(possible & (rng.random(len(early)) < 0.55), early, promised_day)


def _track(scene: Scene, sent: Orders, dispatched: Times, arrived: Times, late: Flags) -> None:
    """Looks at the tracking page: more of them the longer it takes."""
    rng = scene.rng
    looks = np.minimum(rng.poisson(np.where(late, 1.9, 0.55)), 8)
    rows = np.repeat(np.arange(len(sent)), looks)
    span = np.maximum(arrived - dispatched, HOUR)[rows] // SECOND
    at = dispatched[rows] + (rng.random(len(rows)) * span).astype(np.int64) * SECOND
    at = np.minimum(clock.at_hours(rng, clock.local(at), clock.PHONE_HOURS), arrived[rows] - MINUTE)
    at = np.maximum(at, dispatched[rows] + MINUTE)
    looked = sent.where(rows)
    _about(scene.ledger, "tracking_page", looked, at, _device(scene.people, looked))


def _returns(rng: np.random.Generator, people: People, sent: Orders, arrived: Times) -> Times:
    """The moment of asking for a return, or `NONE`: feet measured in the right shop keep boots."""
    chance = of_persona("returns")[people.persona[sent.customer]]
    measured = sent.tried_on & (
        people.region[sent.customer] == REGION_KEYS.index(SHOP_VISIT.region)
    )
    chance = np.where(measured, chance * SHOP_VISIT.keeps, chance)
    back = rng.random(len(sent)) < chance
    day = clock.local(arrived) + rng.integers(1, 16, len(sent)) * DAY
    return np.where(back, clock.at_hours(rng, day, clock.PHONE_HOURS), NONE)


def _nps(rng: np.random.Generator, people: People, done: Delivered) -> Codes:
    """0 to 10: what the persona says when all goes well, less what went wrong."""
    likes = of_persona("likes")[people.persona[done.orders.customer]]
    score = likes + rng.normal(0, 1.35, len(likes))
    score += done.late * LATE_DELIVERIES.nps_points
    score -= 0.7 * done.sent_back + 2.0 * done.defect
    score -= (rng.random(len(likes)) < _GRUDGES) * rng.uniform(2, 9, len(likes))
    return np.clip(np.rint(score), 0, 10).astype(np.int64)


def _occasion(done: Delivered, score: Codes) -> npt.NDArray[np.generic]:
    """What an answer is about: the thing that went wrong, else how content the customer is."""
    footwear = np.array([one.footwear for one in PRODUCTS])[done.orders.product]
    found = np.where(
        score >= 9, Occasion.DELIGHTED, np.where(score >= 7, Occasion.CONTENT, Occasion.COOL)
    )
    found = np.where(done.sent_back & footwear & (score < 9), Occasion.FIT, found)
    found = np.where(done.defect & (score < 9), Occasion.DEFECT_SAID, found)
    return np.where(done.late & (score < 9), Occasion.LATE_SAID, found)


def _review(scene: Scene, done: Delivered, score: Codes) -> None:
    """Reviews of 1 to 5 stars; those with something to complain about write more often."""
    rng = scene.rng
    chance = np.where(score <= 6, _REVIEWS["bad"], _REVIEWS["good"])
    rows = np.flatnonzero(rng.random(len(score)) < chance)
    stars = np.clip(np.rint(score[rows] / 2), 1, 5)
    occasion = np.where(stars >= 4, Occasion.REVIEW_GOOD, Occasion.REVIEW_BAD)
    orders = done.orders.where(rows)
    texts = scene.texts(occasion, orders, done.late_days[rows])
    day = clock.local(done.arrived[rows]) + rng.integers(6, 40, len(rows)) * DAY
    scene.ledger.add(
        "review_written",
        orders.customer,
        clock.at_hours(rng, day, clock.PHONE_HOURS),
        product=orders.product,
        order_id=orders.number,
        score=stars,
        texts=texts,
    )


def _join_club(scene: Scene, done: Delivered, score: Codes) -> None:
    """Some of the content join the club, each customer once."""
    rng = scene.rng
    rows = np.flatnonzero((score >= 8) & (rng.random(len(score)) < _JOINS_CLUB))
    _, first = np.unique(done.orders.customer[rows], return_index=True)
    joined = rows[first]
    at = done.arrived[joined] + _spell(rng, done.orders, 7200, 900_000)[joined]
    orders = done.orders.where(joined)
    device = _device(scene.people, orders)
    scene.ledger.add("club_joined", orders.customer, clock.awake(rng, at), device=device)


def _about(ledger: Ledger, event: str, orders: Orders, at: Times, device: Codes | int = 0) -> None:
    """One event of each order."""
    ledger.add(
        event, orders.customer, at, device=device, product=orders.product, order_id=orders.number
    )


def _device(people: People, orders: Orders) -> Codes:
    return np.where(people.mobile[orders.customer], 1, 2)


def _spell(rng: np.random.Generator, orders: Orders, least: int, most: int) -> Times:
    """Between so many seconds, one for each order."""
    return rng.integers(least, most, len(orders)) * SECOND

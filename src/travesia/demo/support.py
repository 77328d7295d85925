"""Help: why people write, call or chat, how long they wait, and what they think of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from travesia.demo import clock
from travesia.demo.clock import DAY, HOUR, MINUTE, SECOND, Times
from travesia.demo.ledger import CHANNELS, NONE, Codes, Numbers, event_codes
from travesia.demo.orders import Delivered
from travesia.demo.plan import LATE_DELIVERIES, PRODUCTS, SLOW_QUEUE
from travesia.demo.purchases import Flags, Orders, joined
from travesia.demo.scene import Scene
from travesia.demo.voices import Occasion

CONTACTS = ("support_call", "support_chat", "support_ticket")
_CALL, _CHAT, _WRITTEN = range(3)
_CHANNEL_OF = np.array([CHANNELS.index(name) for name in ("phone", "chat", "help_desk")])
_HOW = np.array([0.3, 0.22, 0.48])
"""How people first get in touch: call, chat, write."""
_HOW_AGAIN = np.array([0.5, 0.14, 0.36])
_ANSWERS_CSAT, _SAYS_WHY = 0.45, 0.55
_DEFECT, _REFUND, _INVOICE, _PAYMENT = 0.75, 0.2, 0.012, 0.22
_MOST_ROUNDS = 4
_SPOKEN_MINUTES = np.array([7.0, 11.0])


@dataclass(frozen=True, slots=True)
class Contacts:
    """One entry a contact: which order it is about, and why it was made."""

    orders: Orders
    time: Times
    occasion: Codes
    late_days: Codes
    how: Codes

    def __len__(self) -> int:
        return len(self.time)

    def where(self, rows: Codes | Flags) -> Contacts:
        """Only these contacts."""
        rest = (getattr(self, name)[rows] for name in self.__slots__[1:])
        return Contacts(self.orders.where(rows), *rest)


def help_people(scene: Scene, done: Delivered, refunds: Times, failed: Orders) -> None:
    """First contacts about orders and failed payments; then the further ones about the same."""
    rng = scene.rng
    contacts = _joined([*_about_orders(rng, done, refunds), _about_payments(rng, failed)])
    ticket = 20_001
    for _ in range(_MOST_ROUNDS):
        if not len(contacts):
            return
        waits = _answer(scene, contacts, ticket + np.arange(len(contacts)))
        ticket += len(contacts)
        contacts = _again(rng, contacts, waits)


def _about_orders(rng: np.random.Generator, done: Delivered, refunds: Times) -> list[Contacts]:
    """Who gets in touch about an order, and when: at most one first contact for each cause."""
    orders, late = done.orders, done.late
    footwear = np.array([one.footwear for one in PRODUCTS])[orders.product]
    asks = np.where(footwear, Occasion.SIZE, Occasion.QUESTION)
    worried = np.maximum(done.promised + HOUR, done.arrived - DAY)
    causes: list[tuple[Flags, float, Times, Codes | int]] = [
        (late, LATE_DELIVERIES.contact, worried, Occasion.LATE),
        (~late, LATE_DELIVERIES.contact_on_time, done.arrived + 2 * DAY, asks),
        (done.defect, _DEFECT, done.arrived + 12 * DAY, Occasion.DEFECT),
        (refunds != NONE, _REFUND, refunds - DAY, Occasion.REFUND),
        (np.ones(len(orders), bool), _INVOICE, done.arrived + 5 * DAY, Occasion.INVOICE),
    ]
    return [
        _contacts(rng, done, possible & (rng.random(len(orders)) < chance), at, occasion)
        for possible, chance, at, occasion in causes
    ]


def _about_payments(rng: np.random.Generator, failed: Orders) -> Contacts:
    """Who gets in touch within hours because the payment did not go through."""
    orders = failed.where(rng.random(len(failed)) < _PAYMENT)
    how = rng.choice(3, len(orders), p=_HOW)
    moment = orders.time + rng.integers(5 * 60, 5 * 3600, len(orders)) * SECOND
    occasion = np.full(len(orders), int(Occasion.PAYMENT))
    none = np.zeros(len(orders), np.int64)
    orders = replace(orders, number=np.full(len(orders), NONE))
    return Contacts(orders, _when_somebody_answers(rng, moment, how), occasion, none, how)


def _contacts(
    rng: np.random.Generator, done: Delivered, rows: Flags, at: Times, occasion: Codes | int
) -> Contacts:
    count = int(rows.sum())
    how = rng.choice(3, count, p=_HOW)
    moment = at[rows] + rng.integers(0, 18 * 3600, count) * SECOND
    occasions = np.broadcast_to(np.asarray(occasion), len(rows))[rows]
    return Contacts(
        done.orders.where(rows),
        _when_somebody_answers(rng, moment, how),
        occasions,
        done.late_days[rows],
        how,
    )


def _joined(parts: list[Contacts]) -> Contacts:
    orders = joined([one.orders for one in parts])
    rest = (
        np.concatenate([getattr(one, name) for one in parts]) for name in Contacts.__slots__[1:]
    )
    return Contacts(orders, *rest)


def _when_somebody_answers(rng: np.random.Generator, moments: Times, how: Codes) -> Times:
    """Calls and chats wait for the next open hour, Monday to Friday; one may write by day."""
    open_hour = clock.next_open(rng, moments, clock.OFFICE_HOURS, 5)
    return np.where(how == _WRITTEN, clock.awake(rng, moments), open_hour)


def _answer(scene: Scene, contacts: Contacts, tickets: Codes) -> Numbers:
    """Open, answer and solve each contact, and ask how it went; gives the waits in hours."""
    rng, orders, channel = scene.rng, contacts.orders, _CHANNEL_OF[contacts.how]
    written = contacts.how == _WRITTEN
    texts = scene.texts(contacts.occasion, orders, contacts.late_days, signed=written)
    kinds = event_codes(CONTACTS)[contacts.how]
    _about(scene, kinds, contacts, tickets, contacts.time, texts=texts)
    replied = _replies(rng, contacts)
    waits = (replied - contacts.time) / HOUR
    solved = replied + _until_solved(rng, contacts.how)
    _about(scene, "support_reply", contacts, tickets, replied, channel=channel)
    _about(scene, "ticket_solved", contacts, tickets, solved, channel=channel)
    _ask(scene, contacts, tickets, waits, solved)
    return waits


def _about(
    scene: Scene,
    event: str | Codes,
    contacts: Contacts,
    tickets: Codes,
    at: Times,
    *,
    channel: Codes | None = None,
    texts: list[str] | None = None,
) -> None:
    """One event of each contact."""
    scene.ledger.add(
        event,
        contacts.orders.customer,
        at,
        channel=channel,
        texts=texts,
        order_id=contacts.orders.number,
        product=contacts.orders.product,
        ticket_id=tickets,
    )


def _replies(rng: np.random.Generator, contacts: Contacts) -> Times:
    """When the first answer comes: minutes later on phone and chat, hours later when written."""
    slow = (contacts.time >= clock.moment(SLOW_QUEUE.start)) & (
        contacts.time < clock.moment(SLOW_QUEUE.end)
    )
    queue = np.where(slow, SLOW_QUEUE.slow_hours, SLOW_QUEUE.usual_hours)
    spoken = np.where(contacts.how == _CALL, 5 / 60, 2 / 60)
    median = np.where(contacts.how == _WRITTEN, queue, spoken)
    hours = median * rng.lognormal(0.0, 0.45, len(contacts))
    replied = contacts.time + (hours * 3600).astype(np.int64) * SECOND
    return np.where(contacts.how == _WRITTEN, clock.in_office(rng, replied), replied)


def _until_solved(rng: np.random.Generator, how: Codes) -> Times:
    spoken = rng.lognormal(0.0, 0.5, len(how)) * _SPOKEN_MINUTES[np.minimum(how, _CHAT)] * MINUTE
    written = rng.lognormal(0.0, 0.9, len(how)) * 9 * HOUR
    return np.where(how == _WRITTEN, written, spoken).astype(np.int64) // SECOND * SECOND


def _ask(scene: Scene, contacts: Contacts, tickets: Codes, waits: Numbers, solved: Times) -> None:
    """Satisfaction from 1 to 5 after the ticket is solved; a wait of two days costs points."""
    rng, waited = scene.rng, waits > SLOW_QUEUE.patience_hours
    mood = 4.25 + rng.normal(0, 0.8, len(contacts)) + waited * SLOW_QUEUE.csat_points
    score = np.clip(np.rint(mood), 1, 5)
    rows = np.flatnonzero(rng.random(len(contacts)) < _ANSWERS_CSAT)
    heard = np.where(score >= 4, Occasion.HELPED, Occasion.NOT_HELPED)
    occasion = np.where(waited, Occasion.WAITED, heard)[rows]
    says = rng.random(len(rows)) < _SAYS_WHY
    orders = contacts.orders.where(rows)
    days = np.maximum(1, np.rint(waits[rows] / 24)).astype(np.int64)
    texts = scene.texts(occasion, orders, days, says)
    asked = clock.awake(rng, solved[rows] + rng.integers(1800, 72_000, len(rows)) * SECOND)
    scene.ledger.add(
        "csat_survey",
        orders.customer,
        asked,
        order_id=orders.number,
        ticket_id=tickets[rows],
        score=score[rows],
        texts=texts,
    )


def _again(rng: np.random.Generator, contacts: Contacts, waits: Numbers) -> Contacts:
    """Those who get in touch again: after a day and a half without an answer, or soon after one."""
    waited = waits > SLOW_QUEUE.patience_hours
    chance = np.where(waited, SLOW_QUEUE.repeat_after_wait, SLOW_QUEUE.repeat)
    rows = rng.random(len(contacts)) < chance
    same = contacts.where(rows)
    hours = np.where(
        waited[rows], rng.uniform(36, 60, len(same)), waits[rows] + rng.uniform(4, 60, len(same))
    )
    how = rng.choice(3, len(same), p=_HOW_AGAIN)
    moment = same.time + (hours * 3600).astype(np.int64) * SECOND
    occasion = np.full(len(same), int(Occasion.CHASE))
    late_days = np.maximum(1, np.rint(hours / 24)).astype(np.int64)
    return replace(
        same,
        time=_when_somebody_answers(rng, moment, how),
        occasion=occasion,
        late_days=late_days,
        how=how,
    )

"""Missions: somebody needs boots, comes by several times, and buys or gives up.

A mission is a series of visits. In its first visits the customer looks around; then the wish to
buy is there, and each further visit may end in a purchase. All missions walk at once: every turn
of the loops below moves each of them by one visit, or by one page inside the visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from travesia.demo import clock
from travesia.demo.clock import DAY, HOUR, MINUTE, SECOND, Times
from travesia.demo.ledger import CAMPAIGNS, CHANNELS, EVENTS, NONE, Codes, Ledger, Numbers
from travesia.demo.people import People, of_persona, shop_factor
from travesia.demo.plan import CHECKOUT_FAULT, PERSONAS, PRODUCT_KEYS, PRODUCTS, VISITS
from travesia.demo.purchases import Flags, Orders, joined
from travesia.demo.scene import Scene
from travesia.demo.voices import Occasion

MOST_VISITS = 30
MOST_PAGES = 24

ARRIVALS = VISITS
PAGES = (
    "landing",
    "site_search",
    "product_page",
    "size_guide",
    "reviews_read",
    "wishlist",
    "presale_chat",
    "cart",
    "checkout",
    "payment_error",
    "purchase",
    "exit",
)
_LANDING, _PRODUCT, _CART, _CHECKOUT, _ERROR, _PURCHASE, _EXIT = (
    PAGES.index(name)
    for name in ("landing", "product_page", "cart", "checkout", "payment_error", "purchase", "exit")
)

_Chances = dict[str, dict[str, float]]
_LOOKING: _Chances = {
    "landing": {"product_page": 0.54, "site_search": 0.2, "exit": 0.26},
    "site_search": {"product_page": 0.7, "site_search": 0.12, "exit": 0.18},
    "product_page": {
        "product_page": 0.24, "reviews_read": 0.14, "size_guide": 0.09, "wishlist": 0.04,
        "cart": 0.11, "site_search": 0.08, "presale_chat": 0.015, "exit": 0.285,
    },
    "size_guide": {"product_page": 0.54, "cart": 0.12, "presale_chat": 0.03, "exit": 0.31},
    "reviews_read": {"product_page": 0.6, "cart": 0.1, "size_guide": 0.08, "exit": 0.22},
    "wishlist": {"product_page": 0.5, "exit": 0.5},
    "presale_chat": {"product_page": 0.5, "size_guide": 0.2, "exit": 0.3},
    "cart": {"product_page": 0.3, "size_guide": 0.08, "exit": 0.62},
}  # fmt: skip
_BUYING: _Chances = {
    "landing": {"product_page": 0.72, "site_search": 0.14, "cart": 0.1, "exit": 0.04},
    "site_search": {"product_page": 0.88, "site_search": 0.08, "exit": 0.04},
    "product_page": {
        "cart": 0.52, "reviews_read": 0.11, "size_guide": 0.12, "product_page": 0.14,
        "site_search": 0.04, "presale_chat": 0.01, "exit": 0.06,
    },
    "size_guide": {"product_page": 0.3, "cart": 0.62, "exit": 0.08},
    "reviews_read": {"product_page": 0.4, "cart": 0.5, "size_guide": 0.06, "exit": 0.04},
    "wishlist": {"product_page": 0.4, "cart": 0.6},
    "presale_chat": {"product_page": 0.4, "cart": 0.5, "exit": 0.1},
    "cart": {"checkout": 0.8, "product_page": 0.1, "exit": 0.1},
    "payment_error": {"checkout": 0.35, "cart": 0.15, "exit": 0.5},
}  # fmt: skip
_AFTER_FAILED_PAYMENT = {"payment_error": 0.3, "cart": 0.35, "exit": 0.35}
_AFTER_FAULT = {"payment_error": 0.7, "cart": 0.15, "exit": 0.15}

_SECONDS_ON = dict.fromkeys(PAGES, 50.0) | {
    "site_search": 25.0, "product_page": 75.0, "reviews_read": 110.0, "size_guide": 80.0,
    "presale_chat": 320.0, "cart": 45.0, "checkout": 150.0, "payment_error": 70.0,
}  # fmt: skip

_COMES_BACK = 0.5
"""Chance of another try after a visit with the wish to buy that ended without a purchase."""
_BUYS_IN_SHOP, _BUYS_BY_PHONE = 0.6, 0.25
_ANSWERS_ON_PAGE, _ANSWERS_AT_CHECKOUT, _SAYS_WHY = 0.015, 0.06, 0.5
_REMINDED = 0.3
"""Chance that the visit after an abandoned cart begins with the reminder's link."""


@dataclass(frozen=True, slots=True)
class Missions:
    """One entry a mission.

    Attributes:
        clock: the moment of the next visit.
        looks: how many visits are left before the wish to buy.
        arrival: how the next visit begins (code of `ARRIVALS`), or `NONE` to draw it.
        tried_on: whether a shop was visited in this mission.
        left_cart: whether the last visit ended with something in the cart.
    """

    customer: Codes
    clock: Times
    looks: Codes
    product: Codes
    arrival: Codes
    tried_on: Flags
    left_cart: Flags

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, rows: Flags) -> Missions:
        """Only these missions."""
        return Missions(*(getattr(self, name)[rows] for name in self.__slots__))


def draw_missions(rng: np.random.Generator, people: People) -> Missions:
    """One mission for everybody, and further ones as the persona's habits go."""
    further = rng.poisson(of_persona("missions")[people.persona])
    customer = np.repeat(np.arange(len(people)), 1 + further)
    persona = people.persona[customer]
    days = clock.mission_days(rng, persona)
    looks = rng.poisson(of_persona("rounds")[persona])
    idle = (looks == 0) & (rng.random(len(looks)) >= of_persona("wish")[persona])
    looks = np.where(idle, 1, looks)
    return Missions(
        customer=customer,
        clock=clock.at_hours(rng, days, clock.PHONE_HOURS),
        looks=looks,
        product=_drawn(rng, _baskets()[persona]),
        arrival=np.full(len(customer), NONE),
        tried_on=np.zeros(len(customer), bool),
        left_cart=np.zeros(len(customer), bool),
    )


def ready_missions(
    rng: np.random.Generator, people: People, customer: Codes, moment: Times, arrival: str
) -> Missions:
    """Missions that begin with the wish to buy, by this arrival."""
    product = _drawn(rng, _baskets()[people.persona[customer]])
    nothing = np.zeros(len(customer), bool)
    code = np.full(len(customer), ARRIVALS.index(arrival))
    none = np.zeros(len(customer), np.int64)
    return Missions(customer, moment, none, product, code, nothing, nothing)


def walk(scene: Scene, missions: Missions) -> tuple[Orders, Orders]:
    """Walk all missions to their ends and write down what happens.

    Gives the purchases, and the visits that ended without one because the payment failed.
    """
    rng, people = scene.rng, scene.people
    bought, failed = [], []
    for _ in range(MOST_VISITS):
        visit = _visit(scene, missions)
        bought.append(_wanted(rng, people, visit, visit.bought))
        failed.append(_wanted(rng, people, visit, visit.failed & ~visit.bought))
        _ask_about_page(scene, visit)
        _ask_about_payment(scene, visit)
        missions = _next_visits(rng, people, visit)
        if not len(missions):
            break
    return joined(bought), joined(failed)


@dataclass(slots=True)
class _Visit:
    """The visits that are going on: where each one is, and what it has led to."""

    missions: Missions
    buying: Flags
    device: Codes
    channel: Codes
    page: Codes
    clock: Times
    carted: Flags
    paying: Flags
    failed: Flags
    bought: Flags


def _visit(scene: Scene, missions: Missions) -> _Visit:
    """One visit of each mission, from its arrival to its end."""
    rng, people, ledger = scene.rng, scene.people, scene.ledger
    persona = people.persona[missions.customer]
    arrival = _arrivals(rng, people, missions)
    away = np.isin(arrival, [ARRIVALS.index(name) for name in ("store_visit", "advice_call")])
    in_shop = arrival == ARRIVALS.index("store_visit")
    at = _opening_hours(rng, missions.clock, away)
    device = np.where(away, 0, _devices(rng, people, missions.customer, arrival))
    _write_arrivals(rng, ledger, missions, arrival, at, device=device)
    visit = _Visit(
        missions=replace(missions, tried_on=missions.tried_on | in_shop),
        buying=missions.looks <= 0,
        device=device,
        channel=np.full(len(missions), CHANNELS.index("web")),
        page=np.where(away, _EXIT, _LANDING),
        clock=at + _seconds(rng, np.full(len(missions), 12.0)),
        carted=np.zeros(len(missions), bool),
        paying=np.zeros(len(missions), bool),
        failed=np.zeros(len(missions), bool),
        bought=np.zeros(len(missions), bool),
    )
    visit.channel[arrival == ARRIVALS.index("app_open")] = CHANNELS.index("app")
    _buy_away(rng, visit, in_shop, away)
    for _ in range(MOST_PAGES):
        if (visit.page == _EXIT).all():
            break
        _turn_page(rng, visit, persona, ledger)
    return visit


def _arrivals(rng: np.random.Generator, people: People, missions: Missions) -> Codes:
    """How each visit begins: as given, by a cart reminder, or by the persona's habits."""
    weights = _arrival_weights()[people.persona[missions.customer]].copy()
    shop, newsletter = ARRIVALS.index("store_visit"), ARRIVALS.index("newsletter_click")
    weights[:, shop] *= shop_factor()[people.region[missions.customer]]
    weights[:, newsletter] *= people.consents[missions.customer]
    drawn = _drawn(rng, weights)
    reminded = missions.left_cart & people.consents[missions.customer]
    reminded &= rng.random(len(missions)) < _REMINDED
    drawn = np.where(reminded, ARRIVALS.index("cart_reminder_click"), drawn)
    return np.where(missions.arrival == NONE, drawn, missions.arrival)


def _opening_hours(rng: np.random.Generator, moments: Times, away: Flags) -> Times:
    """The same moments, but shops and telephones only while open, Monday to Saturday."""
    found = moments.copy()
    found[away] = clock.next_open(rng, moments[away], clock.SHOP_HOURS, 6)
    return found


def _devices(rng: np.random.Generator, people: People, customer: Codes, arrival: Codes) -> Codes:
    """1 is the phone, 2 the desktop: the usual one, mostly; the app is always on the phone."""
    usual = people.mobile[customer] ^ (rng.random(len(customer)) < 0.12)
    usual |= arrival == ARRIVALS.index("app_open")
    return np.where(usual, 1, 2)


def _write_arrivals(
    rng: np.random.Generator,
    ledger: Ledger,
    missions: Missions,
    arrival: Codes,
    at: Times,
    *,
    device: Codes,
) -> None:
    events = _arrival_events()[arrival]
    campaign = _arrival_campaigns()[arrival]
    brand = rng.random(len(arrival))
    ad = arrival == ARRIVALS.index("search_ad_click")
    campaign = np.where(ad & (brand < 0.3), CAMPAIGNS.index("ES_search_brand"), campaign)
    campaign = np.where(ad & (brand > 0.78), CAMPAIGNS.index("ES_search_sale"), campaign)
    cost = np.where(ad, np.round(rng.gamma(6.0, 0.07, len(arrival)), 2), np.nan)
    ledger.add(events, missions.customer, at, device=device, campaign=campaign, ad_cost=cost)


def _buy_away(rng: np.random.Generator, visit: _Visit, in_shop: Flags, away: Flags) -> None:
    """Purchases in the shop and by telephone, with no pages in between."""
    chance = np.where(in_shop, _BUYS_IN_SHOP, _BUYS_BY_PHONE)
    bought = away & visit.buying & (rng.random(len(away)) < chance)
    visit.bought |= bought
    visit.channel[away] = CHANNELS.index("phone")
    visit.channel[in_shop] = CHANNELS.index("store")
    visit.clock[bought] += 9 * MINUTE + _seconds(rng, np.full(int(bought.sum()), 400.0))


def _turn_page(rng: np.random.Generator, visit: _Visit, persona: Codes, ledger: Ledger) -> None:
    """Every visit that is still going on moves to its next page, which is written down."""
    on = np.flatnonzero(visit.page != _EXIT)
    turned = _drawn(rng, _chances(visit, persona, on))
    visit.page[on] = turned
    visit.carted[on] |= turned == _CART
    visit.paying[on] |= turned == _CHECKOUT
    visit.failed[on] |= turned == _ERROR
    visit.bought[on] |= turned == _PURCHASE
    pages = on[(turned != _EXIT) & (turned != _PURCHASE)]
    page = visit.page[pages]
    ledger.add(
        _page_events()[page],
        visit.missions.customer[pages],
        visit.clock[pages],
        channel=np.where(page == PAGES.index("presale_chat"), NONE, visit.channel[pages]),
        device=visit.device[pages],
        product=_looked_at(rng, visit, persona, pages),
    )
    visit.clock[pages] += _seconds(rng, _stay()[page])
    visit.page[visit.bought] = _EXIT


def _chances(visit: _Visit, persona: Codes, on: Codes) -> Numbers:
    """Chances of the next page; at the checkout they depend on the device and on the weeks."""
    chances = _page_chances()[persona[on], visit.buying[on].astype(np.int64), visit.page[on]].copy()
    paying = np.flatnonzero(visit.page[on] == _CHECKOUT)
    rows = on[paying]
    fault = CHECKOUT_FAULT
    mobile = visit.device[rows] == 1
    weeks = (visit.clock[rows] >= clock.moment(fault.start)) & (
        visit.clock[rows] < clock.moment(fault.end)
    )
    broken = mobile & weeks
    pays = np.where(mobile, np.where(broken, fault.during, fault.usual), fault.other_device)
    rest = np.where(broken[:, None], _row(_AFTER_FAULT), _row(_AFTER_FAILED_PAYMENT))
    chances[paying] = rest * (1 - pays)[:, None]
    chances[paying, _PURCHASE] = pays
    return chances


def _looked_at(rng: np.random.Generator, visit: _Visit, persona: Codes, pages: Codes) -> Codes:
    """The product of each page: mostly the one wanted, at times a neighbour; searches have none."""
    wanted = visit.missions.product[pages]
    others = _drawn(rng, _baskets()[persona[pages]])
    strays = (visit.page[pages] == _PRODUCT) & (rng.random(len(pages)) < 0.4)
    bare = np.isin(visit.page[pages], [PAGES.index("site_search"), PAGES.index("presale_chat")])
    return np.where(bare, NONE, np.where(strays, others, wanted))


def _wanted(
    rng: np.random.Generator, people: People, visit: _Visit, which: Flags | Codes
) -> Orders:
    """What was in the basket of these visits, and its price with the persona's discount."""
    rows = np.flatnonzero(which) if which.dtype == bool else which
    persona = people.persona[visit.missions.customer[rows]]
    product = visit.missions.product[rows]
    pieces = 1 + (rng.random(len(rows)) < 0.16)
    extras = np.where(
        rng.random(len(rows)) < 0.22, PRODUCTS[PRODUCT_KEYS.index("merino_socks")].price, 0
    )
    discount = np.clip(of_persona("discount")[persona] + rng.normal(0, 0.04, len(rows)), 0, 0.5)
    footwear = np.array([one.footwear for one in PRODUCTS])[product]
    price = np.array([one.price for one in PRODUCTS])[product] * np.where(footwear, 1, pieces)
    value = np.round((price + extras) * (1 - discount), 2)
    return Orders(
        customer=visit.missions.customer[rows],
        time=visit.clock[rows],
        product=product,
        value=value,
        tried_on=visit.missions.tried_on[rows],
        channel=visit.channel[rows],
        device=visit.device[rows],
        number=np.zeros(len(rows), np.int64),
    )


def _ask_about_page(scene: Scene, visit: _Visit) -> None:
    """A question of one tap, put to some who leave the site: was it easy to find (1 to 5)?"""
    rng = scene.rng
    online = visit.device > 0
    rows = np.flatnonzero(online & ~visit.paying & (rng.random(len(online)) < _ANSWERS_ON_PAGE))
    score = np.clip(np.rint(3.4 + 0.5 * visit.carted[rows] + rng.normal(0, 1.0, len(rows))), 1, 5)
    occasion = np.where(score >= 4, Occasion.PAGE_GOOD, Occasion.PAGE_BAD)
    _answers(scene, visit, rows, event="page_survey", score=score, occasion=occasion)


def _ask_about_payment(scene: Scene, visit: _Visit) -> None:
    """After the checkout, bought or not: was it easy to pay (1 to 5)?"""
    rng = scene.rng
    rows = np.flatnonzero(visit.paying & (rng.random(len(visit.paying)) < _ANSWERS_AT_CHECKOUT))
    mood = np.where(visit.bought[rows], 3.5, 2.2) - 0.9 * visit.failed[rows]
    score = np.clip(np.rint(mood + rng.normal(0, 0.9, len(rows))), 1, 5)
    occasion = np.where(score >= 4, Occasion.PAYMENT_GOOD, Occasion.PAYMENT_BAD)
    _answers(scene, visit, rows, event="checkout_survey", score=score, occasion=occasion)


def _answers(
    scene: Scene, visit: _Visit, rows: Codes, *, event: str, score: Numbers, occasion: Codes
) -> None:
    """One answer at the end of each of these visits, with the reason from every other one."""
    orders = _wanted(scene.rng, scene.people, visit, rows)
    says = scene.rng.random(len(rows)) < _SAYS_WHY
    scene.ledger.add(
        event,
        orders.customer,
        orders.time + 20 * SECOND,
        device=orders.device,
        score=score,
        texts=scene.texts(occasion, orders, np.zeros(len(rows), np.int64), says),
    )


def _next_visits(rng: np.random.Generator, people: People, visit: _Visit) -> Missions:
    """The missions that go on, each at the moment of its next visit."""
    ended = replace(visit.missions, clock=visit.clock, left_cart=visit.carted)
    missions = ended.where(~visit.bought)
    persona = people.persona[missions.customer]
    looked = missions.looks > 0
    goes_on = np.where(looked, 1 - of_persona("gives_up")[persona], _COMES_BACK)
    goes_on *= np.where(missions.looks == 1, of_persona("wish")[persona], 1.0)
    stays = rng.random(len(missions)) < goes_on
    on, persona = missions.where(stays), persona[stays]
    pause = rng.lognormal(0.0, 0.8, len(on)) * of_persona("pause_days")[persona]
    day = clock.local(on.clock) + (pause * DAY).astype(np.int64)
    again = clock.at_hours(rng, day, clock.PHONE_HOURS)
    soonest = on.clock + HOUR + _seconds(rng, np.full(len(on), 3600.0))
    return replace(
        on,
        clock=np.maximum(again, soonest),
        looks=on.looks - 1,
        arrival=np.full(len(on), NONE),
    )


def _drawn(rng: np.random.Generator, weights: Numbers) -> Codes:
    """One column of each row, by the row's weights."""
    below = np.cumsum(weights, axis=1)
    at = rng.random(len(weights)) * below[:, -1]
    found: Codes = np.minimum((at[:, None] >= below).sum(axis=1), weights.shape[1] - 1)
    return found


def _seconds(rng: np.random.Generator, median: Numbers) -> Times:
    """Log-normal stays around these medians, in whole seconds and never nothing."""
    seconds = np.maximum(1, rng.lognormal(0.0, 0.7, len(median)) * median)
    return seconds.astype(np.int64) * SECOND


def _row(chances: dict[str, float]) -> Numbers:
    return np.array([chances.get(page, 0.0) for page in PAGES])


@cache
def _page_chances() -> Numbers:
    """Chances of the next page by persona, wish to buy (0, 1) and page; rows sum to one."""
    table = np.zeros((len(PERSONAS), 2, len(PAGES), len(PAGES)))
    for code, persona in enumerate(PERSONAS):
        likes = np.array([persona.pages.get(page, 1.0) for page in PAGES])
        for mode, chances in enumerate((_LOOKING, _BUYING)):
            for page, row in chances.items():
                liked = _row(row) * likes
                table[code, mode, PAGES.index(page)] = liked / liked.sum()
    return table


@cache
def _arrival_weights() -> Numbers:
    return np.array([[one.arrivals.get(name, 0.0) for name in ARRIVALS] for one in PERSONAS])


@cache
def _baskets() -> Numbers:
    return np.array([[one.basket.get(key, 0.0) for key in PRODUCT_KEYS] for one in PERSONAS])


@cache
def _arrival_events() -> Codes:
    return np.array([EVENTS.index(name) for name in ARRIVALS])


@cache
def _arrival_campaigns() -> Codes:
    campaign = {
        "search_ad_click": "ES_search_boots",
        "newsletter_click": "newsletter",
        "winback_mail_click": "winback",
        "cart_reminder_click": "cart_reminder",
        "short_link_click": "club_card_qr",
    }
    known = [campaign.get(name) for name in ARRIVALS]
    return np.array([NONE if one is None else CAMPAIGNS.index(one) for one in known])


@cache
def _page_events() -> Codes:
    """The touchpoint of each page; landing and exit are none."""
    return np.array([EVENTS.index(page) if page in EVENTS else NONE for page in PAGES])


@cache
def _stay() -> Numbers:
    return np.array([_SECONDS_ON[page] for page in PAGES])

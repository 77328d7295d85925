"""What was planted in Aurora: every number that a question must be able to find again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ZONE = "Europe/Madrid"
FIRST_DAY = date(2025, 11, 1)
LAST_DAY = date(2026, 10, 31)


@dataclass(frozen=True, slots=True)
class Persona:
    """Habits of one kind of customer.

    Attributes:
        share: of all customers.
        missions: mean number of shopping missions in the year beyond the first.
        rounds: mean number of visits before the one with the wish to buy.
        wish: chance that looking around ends in the wish to buy, and not in nothing.
        gives_up: chance of abandoning the mission after a visit.
        pause_days: median days between two visits of a mission.
        mobile: share whose usual device is the phone.
        arrivals: how visits begin, as weights.
        pages: what the persona looks at more (or less) than others, as factors.
        basket: product keys, as weights.
        discount: mean discount at which it buys.
        social_videos: mean number of route videos seen in the year.
        opens_mail: chance of opening one newsletter, given consent.
        consents: share that agrees to mail.
        likes: mean answer to the recommendation question when all goes well.
        returns: chance of sending an order back.
        known: share that was a customer before the first day.
    """

    key: str
    share: float
    missions: float
    rounds: float
    wish: float
    gives_up: float
    pause_days: float
    mobile: float
    arrivals: dict[str, float]
    pages: dict[str, float]
    basket: dict[str, float]
    discount: float
    social_videos: float
    opens_mail: float
    consents: float
    likes: float
    returns: float
    known: float


PERSONAS: tuple[Persona, ...] = (
    Persona(
        "weekend_hiker",
        share=0.31,
        missions=0.55,
        rounds=5.6,
        wish=0.62,
        gives_up=0.055,
        pause_days=2.5,
        mobile=0.66,
        arrivals={
            "organic_search": 30,
            "search_ad_click": 16,
            "site_visit": 18,
            "blog_article": 12,
            "social_click": 10,
            "store_visit": 8,
            "short_link_click": 3,
            "newsletter_click": 4,
            "advice_call": 1,
        },
        pages={"reviews_read": 1.7, "size_guide": 1.5},
        basket={
            "moncayo_gtx": 26,
            "aneto_mid": 20,
            "irati_low": 14,
            "lluvia_jacket": 10,
            "merino_socks": 12,
            "mochila_22": 10,
            "telescopic_poles": 8,
        },
        discount=0.04,
        social_videos=1.1,
        opens_mail=0.11,
        consents=0.66,
        likes=8.9,
        returns=0.17,
        known=0.42,
    ),
    Persona(
        "bargain_hunter",
        share=0.23,
        missions=0.6,
        rounds=2.6,
        wish=0.5,
        gives_up=0.14,
        pause_days=4.0,
        mobile=0.7,
        arrivals={
            "search_ad_click": 32,
            "organic_search": 24,
            "site_visit": 14,
            "social_click": 8,
            "newsletter_click": 14,
            "short_link_click": 4,
            "store_visit": 4,
        },
        pages={"site_search": 2.2, "wishlist": 2.5, "reviews_read": 0.8},
        basket={
            "irati_low": 30,
            "aneto_mid": 16,
            "merino_socks": 18,
            "fleece": 18,
            "mochila_22": 12,
            "headlamp": 6,
        },
        discount=0.24,
        social_videos=0.3,
        opens_mail=0.15,
        consents=0.6,
        likes=8.2,
        returns=0.14,
        known=0.36,
    ),
    Persona(
        "gift_buyer",
        share=0.16,
        missions=0.2,
        rounds=1.25,
        wish=0.62,
        gives_up=0.16,
        pause_days=0.8,
        mobile=0.58,
        arrivals={
            "organic_search": 34,
            "search_ad_click": 28,
            "site_visit": 16,
            "social_click": 6,
            "store_visit": 16,
            "presale_chat": 4,
            "advice_call": 2,
            "newsletter_click": 2,
        },
        pages={"size_guide": 0.6, "reviews_read": 1.2, "wishlist": 0.5},
        basket={
            "merino_socks": 24,
            "headlamp": 20,
            "thermos": 20,
            "fleece": 16,
            "mochila_22": 12,
            "lluvia_jacket": 8,
        },
        discount=0.06,
        social_videos=0.25,
        opens_mail=0.07,
        consents=0.42,
        likes=8.5,
        returns=0.2,
        known=0.2,
    ),
    Persona(
        "mountain_pro",
        share=0.1,
        missions=2.6,
        rounds=1.0,
        wish=0.7,
        gives_up=0.07,
        pause_days=1.2,
        mobile=0.52,
        arrivals={
            "app_open": 46,
            "site_visit": 20,
            "newsletter_click": 14,
            "organic_search": 8,
            "store_visit": 8,
            "short_link_click": 2,
            "advice_call": 2,
        },
        pages={"reviews_read": 0.7, "size_guide": 0.5, "wishlist": 1.4},
        basket={
            "cervino_alpine": 22,
            "moncayo_gtx": 12,
            "hardshell": 18,
            "crampons": 12,
            "mochila_40": 14,
            "merino_socks": 12,
            "telescopic_poles": 10,
        },
        discount=0.1,
        social_videos=1.5,
        opens_mail=0.22,
        consents=0.86,
        likes=9.1,
        returns=0.08,
        known=0.8,
    ),
    Persona(
        "lapsed_returner",
        share=0.08,
        missions=0.15,
        rounds=1.9,
        wish=0.42,
        gives_up=0.2,
        pause_days=3.0,
        mobile=0.5,
        arrivals={
            "winback_mail_click": 34,
            "organic_search": 26,
            "site_visit": 22,
            "search_ad_click": 10,
            "store_visit": 8,
        },
        pages={"reviews_read": 1.1},
        basket={
            "moncayo_gtx": 24,
            "aneto_mid": 22,
            "lluvia_jacket": 16,
            "fleece": 14,
            "merino_socks": 14,
            "mochila_22": 10,
        },
        discount=0.1,
        social_videos=0.5,
        opens_mail=0.07,
        consents=0.75,
        likes=8.4,
        returns=0.15,
        known=1.0,
    ),
    Persona(
        "passer_by",
        share=0.12,
        missions=0.0,
        rounds=0.3,
        wish=0.15,
        gives_up=0.85,
        pause_days=6.0,
        mobile=0.78,
        arrivals={
            "social_click": 34,
            "organic_search": 26,
            "blog_article": 18,
            "search_ad_click": 16,
            "short_link_click": 6,
        },
        pages={"exit": 3.5},
        basket={"moncayo_gtx": 40, "irati_low": 30, "merino_socks": 30},
        discount=0.0,
        social_videos=0.15,
        opens_mail=0.0,
        consents=0.05,
        likes=8.0,
        returns=0.15,
        known=0.0,
    ),
)
PERSONA_KEYS = tuple(persona.key for persona in PERSONAS)


@dataclass(frozen=True, slots=True)
class Product:
    """One article of the shop.

    Attributes:
        price: in euros.
        spoken: what people call it, with its article, in Spanish and in English.
        footwear: whether sizes matter.
    """

    key: str
    name: str
    price: float
    spoken: tuple[str, str]
    footwear: bool = False


PRODUCTS: tuple[Product, ...] = (
    Product(
        "moncayo_gtx",
        "Botas Moncayo GTX",
        164.9,
        ("las Moncayo GTX", "the Moncayo GTX boots"),
        footwear=True,
    ),
    Product(
        "aneto_mid",
        "Botas Aneto Mid",
        129.0,
        ("las Aneto Mid", "the Aneto Mid boots"),
        footwear=True,
    ),
    Product(
        "irati_low",
        "Zapatillas Irati Low",
        89.9,
        ("las zapatillas Irati", "the Irati shoes"),
        footwear=True,
    ),
    Product(
        "cervino_alpine",
        "Botas Cervino Alpine",
        289.0,
        ("las Cervino Alpine", "the Cervino Alpine boots"),
        footwear=True,
    ),
    Product("lluvia_jacket", "Chaqueta Lluvia", 119.0, ("la chaqueta Lluvia", "the Lluvia jacket")),
    Product("hardshell", "Chaqueta Picos 3L", 319.0, ("la chaqueta Picos", "the Picos shell")),
    Product("fleece", "Forro Gredos", 49.9, ("el forro Gredos", "the Gredos fleece")),
    Product("mochila_22", "Mochila Senda 22", 59.9, ("la mochila Senda", "the Senda backpack")),
    Product(
        "mochila_40", "Mochila Travesía 40", 129.0, ("la mochila Travesía", "the Travesía pack")
    ),
    Product(
        "merino_socks", "Calcetines Merino", 18.9, ("los calcetines de merino", "the merino socks")
    ),
    Product(
        "telescopic_poles", "Bastones Sarrio", 54.9, ("los bastones Sarrio", "the Sarrio poles")
    ),
    Product("crampons", "Crampones Vignemale", 149.0, ("los crampones", "the crampons")),
    Product("headlamp", "Frontal Lince", 34.9, ("el frontal", "the headlamp")),
    Product("thermos", "Termo Ibón", 27.5, ("el termo Ibón", "the Ibón flask")),
)
PRODUCT_KEYS = tuple(product.key for product in PRODUCTS)

REGIONS: dict[str, float] = {
    "Madrid": 18,
    "Cataluña": 17,
    "Andalucía": 14,
    "País Vasco": 13,
    "Comunitat Valenciana": 11,
    "Galicia": 7,
    "Aragón": 6,
    "Castilla y León": 6,
    "Asturias": 4,
    "Canarias": 4,
}
SHOPS: dict[str, float] = {"Madrid": 1.0, "Cataluña": 1.0, "País Vasco": 2.6}
"""Regions with a shop, and how readily people there step in (a factor on `store_visit`)."""

VISITS = (
    "organic_search",
    "search_ad_click",
    "social_click",
    "blog_article",
    "short_link_click",
    "newsletter_click",
    "winback_mail_click",
    "site_visit",
    "app_open",
    "store_visit",
    "advice_call",
    "presale_chat",
    "cart_reminder_click",
    "care_mail_click",
)
"""The touchpoints with which a visit begins: the contacts that people make of their own accord."""


@dataclass(frozen=True, slots=True)
class CheckoutFault:
    """Chance that the next thing after a checkout is the purchase, by device and weeks."""

    device: str = "mobile"
    start: date = date(2026, 3, 9)
    end: date = date(2026, 4, 6)
    usual: float = 0.62
    during: float = 0.38
    other_device: float = 0.70


@dataclass(frozen=True, slots=True)
class LateDeliveries:
    """What a late delivery does to the same order's recommendation score and to contacts."""

    late: float = 0.09
    christmas: tuple[date, date] = (date(2025, 12, 9), date(2025, 12, 24))
    late_christmas: float = 0.32
    late_islands: float = 0.24
    nps_points: float = -2.6
    contact: float = 0.34
    contact_on_time: float = 0.07


@dataclass(frozen=True, slots=True)
class CareSeries:
    """Three mails after a first purchase; half of the eligible, drawn by lot, get none."""

    days: tuple[int, ...] = (7, 21, 45)
    held_out: float = 0.5
    extra_visits: float = 0.16
    within_days: int = 60


@dataclass(frozen=True, slots=True)
class SocialVideos:
    """Route videos: seen by those who buy more anyway, and changing nothing."""

    effect: float = 0.0


@dataclass(frozen=True, slots=True)
class Seasons:
    """How much more often a mission begins in its persona's season than on an ordinary day."""

    christmas: float = 9.0
    january_sales: float = 5.0
    black_friday: float = 6.0
    autumn: float = 2.2
    august: float = 0.55


@dataclass(frozen=True, slots=True)
class SlowQueue:
    """The written help desk's weeks of long waits, and what a wait of two days does."""

    start: date = date(2026, 1, 7)
    end: date = date(2026, 2, 23)
    usual_hours: float = 13.0
    slow_hours: float = 80.0
    patience_hours: float = 48.0
    repeat: float = 0.1
    repeat_after_wait: float = 0.45
    csat_points: float = -1.4


@dataclass(frozen=True, slots=True)
class ShopVisit:
    """In one region the shop measures feet: orders after a visit come back less often."""

    region: str = "País Vasco"
    keeps: float = 0.25
    """Factor on the chance of a return."""


@dataclass(frozen=True, slots=True)
class TouchesBefore:
    """Median number of contacts before the first purchase, by persona."""

    many: str = "weekend_hiker"
    few: str = "gift_buyer"
    many_median: int = 7
    few_median: int = 2


CHECKOUT_FAULT = CheckoutFault()
LATE_DELIVERIES = LateDeliveries()
CARE_SERIES = CareSeries()
SOCIAL_VIDEOS = SocialVideos()
SEASONS = Seasons()
SLOW_QUEUE = SlowQueue()
SHOP_VISIT = ShopVisit()
TOUCHES_BEFORE = TouchesBefore()

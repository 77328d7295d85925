"""Who they are: persona, region, language, device, consent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.demo.clock import DAY, Times, local_midnight
from travesia.demo.ledger import Codes, Numbers
from travesia.demo.plan import FIRST_DAY, PERSONA_KEYS, PERSONAS, REGIONS, SHOPS

LANGUAGES = ("es", "en")
SENSITIVITY = ("low", "medium", "high")
SEGMENTS = ("new", "returning", "lapsed")
CARE_SERIES = ("", "sent", "held_out")
REGION_KEYS = tuple(REGIONS)

_SPANISH = 0.88
_SENSITIVITY_OF: dict[str, tuple[float, float, float]] = {
    "bargain_hunter": (0.02, 0.18, 0.8),
    "mountain_pro": (0.6, 0.35, 0.05),
}
_SENSITIVITY_OF_OTHERS = (0.25, 0.55, 0.2)


@dataclass(frozen=True, slots=True)
class People:
    """One entry a customer in every array; codes index the names above.

    Attributes:
        known_since: the local day of the first contact before the year, or 0 for new customers.
        mobile: whether the usual device is the phone.
    """

    ids: pa.StringArray
    persona: Codes
    region: Codes
    language: Codes
    mobile: npt.NDArray[np.bool_]
    consents: npt.NDArray[np.bool_]
    sensitivity: Codes
    known_since: Times

    def __len__(self) -> int:
        return len(self.persona)


def draw_people(rng: np.random.Generator, customers: int) -> People:
    """Draw this many customers."""
    persona = rng.choice(len(PERSONAS), customers, p=[one.share for one in PERSONAS])
    region = rng.choice(len(REGIONS), customers, p=_shares(list(REGIONS.values())))
    known = rng.random(customers) < of_persona("known")[persona]
    age = rng.integers(40, 2000, customers) + np.where(
        persona == PERSONA_KEYS.index("lapsed_returner"), 400, 0
    )
    return People(
        ids=_ids(rng, customers),
        persona=persona,
        region=region,
        language=(rng.random(customers) >= _SPANISH).astype(np.int64),
        mobile=rng.random(customers) < of_persona("mobile")[persona],
        consents=rng.random(customers) < of_persona("consents")[persona],
        sensitivity=_sensitivity(rng, persona),
        known_since=np.where(known, local_midnight(FIRST_DAY) - age * DAY, 0),
    )


def attributes(people: People, first_seen: Times, care_series: Codes) -> pa.Table:
    """What the company's records say of each customer.

    `first_seen` is the moment of a customer's first event; it dates those not known before.
    """
    known = people.known_since > 0
    since = np.where(known, people.known_since, first_seen)
    lapsed = people.persona == PERSONA_KEYS.index("lapsed_returner")
    segment = np.where(lapsed, SEGMENTS.index("lapsed"), known.astype(np.int64))
    columns = {
        "customer_id": people.ids,
        "persona": _named(PERSONA_KEYS, people.persona),
        "segment": _named(SEGMENTS, segment),
        "region": _named(REGION_KEYS, people.region),
        "language": _named(LANGUAGES, people.language),
        "usual_device": _named(("desktop", "mobile"), people.mobile.astype(np.int64)),
        "price_sensitivity": _named(SENSITIVITY, people.sensitivity),
        "consent_mail": _named(("no", "yes"), people.consents.astype(np.int64)),
        "care_series": _named(CARE_SERIES, care_series),
        "since": pa.array(since).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC")),
    }
    return pa.table(columns)


def of_persona(habit: str) -> Numbers:
    """One number of every persona, by its code."""
    return np.array([getattr(persona, habit) for persona in PERSONAS], float)


def shop_factor() -> Numbers:
    """How readily people step into a shop, by region code; 0 where there is none."""
    return np.array([SHOPS.get(region, 0.0) for region in REGIONS])


def _ids(rng: np.random.Generator, customers: int) -> pa.StringArray:
    """Distinct numbers without an order that would give anything away: C-48210."""
    first = 10_000
    while 9 * first < 2 * customers:
        first *= 10
    numbers = rng.choice(9 * first, customers, replace=False) + first
    return pa.array([f"C-{number}" for number in numbers.tolist()], pa.string())


def _sensitivity(rng: np.random.Generator, persona: Codes) -> Codes:
    shares = np.array([_SENSITIVITY_OF.get(key, _SENSITIVITY_OF_OTHERS) for key in PERSONA_KEYS])
    below = np.cumsum(shares, axis=1)[persona]
    found: Codes = (rng.random(len(persona))[:, None] > below[:, :2]).sum(axis=1)
    return found


def _named(names: tuple[str, ...], codes: Codes) -> pa.Array:
    return pa.array(names, pa.string()).take(pa.array(codes))


def _shares(weights: list[float]) -> Numbers:
    given = np.array(weights, float)
    found: Numbers = given / given.sum()
    return found

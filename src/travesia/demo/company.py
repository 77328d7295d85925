"""Aurora, whole: people, what they did in a year, what happened to them, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import yaml

from travesia.demo import clock, mailing, orders, people, shopping, support
from travesia.demo.document import document
from travesia.demo.ledger import Ledger
from travesia.demo.plan import LAST_DAY, ZONE
from travesia.demo.purchases import joined, numbered
from travesia.demo.scene import Scene
from travesia.demo.truths import TRUTHS, Truth
from travesia.demo.voices import Voices
from travesia.errors import InvalidValue

if TYPE_CHECKING:
    from travesia.maps.document import JourneyMap
    from travesia.record.journeys import Journeys

CATALOGUE_FILE = "catalogue.yaml"
NAMES: dict[str, Any] = {
    "customer": "customer_id",
    "touchpoint": "event",
    "time": "time",
    "order": "order",
    "channel": "channel",
    "value": "value",
    "dimensions": "*",
    "timezone": ZONE,
}
"""What `tv.read` must be told of the events."""


@dataclass(frozen=True)
class Aurora:
    """A year of a company.

    Attributes:
        events: one row per event in order of time; see the schema in `travesia.demo.ledger`.
        customers: one row per customer: what the company's records say of each.
        truths: what was planted, and the question that finds it.
    """

    events: pa.Table
    customers: pa.Table
    truths: tuple[Truth, ...] = TRUTHS

    @cached_property
    def catalogue(self) -> dict[str, Any]:
        """The touchpoint catalogue, in the shape of a catalogue file."""
        found: dict[str, Any] = yaml.safe_load(catalogue_text())
        return found

    def journeys(self) -> Journeys:
        """The events as journeys, with all their columns and the customers' attributes."""
        from travesia.record.journeys import read

        return read(self.events, **NAMES).with_attributes(self.customers, customer="customer_id")

    def map(self, journeys: Journeys) -> JourneyMap:
        """The living map of these journeys (all of them, or through lenses), to be measured."""
        from travesia.demo.living_map import living_map

        return living_map(self, journeys)

    def write(self, directory: str | Path) -> Path:
        """Write events.parquet, customers.parquet, catalogue.yaml, truths.md; gives the place."""
        from pyarrow.parquet import write_table

        home = Path(directory)
        home.mkdir(parents=True, exist_ok=True)
        write_table(self.events, home / "events.parquet")
        write_table(self.customers, home / "customers.parquet")
        (home / CATALOGUE_FILE).write_text(catalogue_text(), encoding="utf-8")
        (home / "truths.md").write_text(document(), encoding="utf-8")
        return home


def aurora(customers: int = 20_000, seed: int = 1) -> Aurora:
    """Generate Aurora; the same numbers give the same company, row for row."""
    if customers < 1:
        raise InvalidValue(
            f"A company of {customers} customers cannot be generated.",
            "Ask for one customer or more.",
        )
    parts = [np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(6)]
    drawing, walking, mailed, watched, delivering, serving = parts
    everybody = people.draw_people(drawing, customers)
    ledger, voices = Ledger(), Voices.load()
    shop = Scene(walking, everybody, voices, ledger)
    dispatching = Scene(delivering, everybody, voices, ledger)
    helping = Scene(serving, everybody, voices, ledger)
    mailing.newsletters(mailed, everybody, ledger)
    mailing.social_videos(watched, everybody, ledger)
    missions = shopping.draw_missions(drawing, everybody)
    bought, failed = shopping.walk(shop, missions)
    extra, care_series = mailing.care_series(mailed, everybody, numbered(bought), ledger)
    bought_again, failed_again = shopping.walk(shop, extra)
    placed = numbered(joined([bought, bought_again]))
    orders.write_purchases(placed, ledger)
    done = orders.deliver(dispatching, placed)
    orders.opinions(dispatching, done)
    refunds = orders.take_back(dispatching, done)
    unpaid = joined([failed, failed_again])
    support.help_people(helping, done, refunds, unpaid)
    events = ledger.table(everybody.ids, until=clock.moment(LAST_DAY + timedelta(days=1)))
    seen = ledger.first_seen(len(everybody))
    return Aurora(events, people.attributes(everybody, seen, care_series))


def write(directory: str | Path, customers: int = 20_000, seed: int = 1) -> Path:
    """Generate Aurora and write it as files; gives the directory. See `Aurora.write`."""
    return aurora(customers, seed).write(directory)


def catalogue_text() -> str:
    """The catalogue file as it stands in the package."""
    return (files(__package__) / "aurora_catalogue.yaml").read_text(encoding="utf-8")

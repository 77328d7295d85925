"""What every part of the year plays on: its own dice, the people, their voices, the ledger."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from travesia.demo.ledger import Codes, Ledger
from travesia.demo.people import People
from travesia.demo.purchases import Flags, Orders
from travesia.demo.voices import Said, Voices


@dataclass(frozen=True, slots=True)
class Scene:
    """Dice of one part of the year, so that a change in one leaves the others as they were."""

    rng: np.random.Generator
    people: People
    voices: Voices
    ledger: Ledger

    def texts(
        self,
        occasion: npt.NDArray[np.generic],
        orders: Orders,
        days: Codes,
        says: Flags | None = None,
        *,
        signed: Flags | None = None,
    ) -> list[str]:
        """What the orders' customers say, "" where `says` is False."""
        spoken = np.ones(len(orders), bool) if says is None else says
        language = self.people.language[orders.customer]
        said = Said(occasion, orders, days, spoken)
        return self.voices.say(self.rng, said, language=language, signed=signed)

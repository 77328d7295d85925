"""What customers say in their own words: templates by occasion and language, with slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import yaml

from travesia.demo.ledger import NONE, Codes
from travesia.demo.people import LANGUAGES
from travesia.demo.plan import PRODUCTS
from travesia.demo.purchases import Flags, Orders

_SMALLEST, _SIZES = 36, 10


class Occasion(IntEnum):
    """Why somebody says something: contacts first, then answers to surveys and reviews."""

    LATE = 0
    SIZE = 1
    QUESTION = 2
    PAYMENT = 3
    DEFECT = 4
    REFUND = 5
    INVOICE = 6
    CHASE = 7
    DELIGHTED = 8
    CONTENT = 9
    COOL = 10
    FIT = 11
    DEFECT_SAID = 12
    LATE_SAID = 13
    REVIEW_GOOD = 14
    REVIEW_BAD = 15
    HELPED = 16
    NOT_HELPED = 17
    WAITED = 18
    PAGE_GOOD = 19
    PAGE_BAD = 20
    PAYMENT_GOOD = 21
    PAYMENT_BAD = 22
    COURIER_GOOD = 23
    COURIER_BAD = 24


@dataclass(frozen=True, slots=True)
class Voices:
    """The templates, by occasion and language."""

    templates: Mapping[tuple[int, int], tuple[str, ...]]

    @classmethod
    def load(cls) -> Voices:
        """The templates that come with the package."""
        text = (files(__package__) / "aurora_voices.yaml").read_text(encoding="utf-8")
        given = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        return cls(
            {
                (occasion, code): tuple(given[occasion.name.lower()][language])
                for occasion in Occasion
                for code, language in enumerate(LANGUAGES)
            }
        )

    def say(
        self,
        rng: np.random.Generator,
        occasion: npt.NDArray[np.generic],
        says: Flags,
        *,
        language: Codes,
        orders: Orders,
        days: Codes,
    ) -> list[str]:
        """One text for each entry, "" where nothing is said."""
        draws = rng.random(len(occasion)).tolist()
        sizes = (_SMALLEST + rng.integers(0, _SIZES, len(occasion))).tolist()
        columns = zip(
            occasion.tolist(),
            says.tolist(),
            language.tolist(),
            orders.product.tolist(),
            orders.number.tolist(),
            days.tolist(),
            draws,
            sizes,
            strict=True,
        )
        return [
            self._one(why, tongue, draw).format(
                it=_with_article(product, tongue),
                product=PRODUCTS[product].name,
                order=f"A-{number}" if number != NONE else "",
                days=_spoken_days(day, tongue),
                size=size,
            )
            if spoken
            else ""
            for why, spoken, tongue, product, number, day, draw, size in columns
        ]

    def _one(self, occasion: int, language: int, draw: float) -> str:
        choice = self.templates[occasion, language]
        return choice[int(draw * len(choice))]


def _with_article(product: int, language: int) -> str:
    return PRODUCTS[product].spoken[language]


def _spoken_days(days: int, language: int) -> str:
    one, many = (("un día", "días"), ("a day", "days"))[language]
    return one if days <= 1 else f"{days} {many}"

"""What customers say in their own words: templates by occasion and language, with slots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from importlib.resources import files
from typing import Any

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


_ONLY = {"boots: ": True, "gear: ": False}
"""Marks of templates that are only about footwear, or only about the rest."""

Key = tuple[int, int, bool]


@dataclass(frozen=True, slots=True)
class Said:
    """What there is to say, one entry a text: why, about which order, after how many days.

    `says` is False where somebody leaves the field empty.
    """

    occasion: npt.NDArray[np.generic]
    orders: Orders
    days: Codes
    says: Flags

    def __len__(self) -> int:
        return len(self.orders)


@dataclass(frozen=True, slots=True)
class Voices:
    """The templates.

    Attributes:
        templates: by occasion, language and whether it is about footwear.
        closings: how messages to the help desk end, by language.
    """

    templates: Mapping[Key, tuple[str, ...]]
    closings: tuple[tuple[str, ...], ...]

    @classmethod
    def load(cls) -> Voices:
        """The templates that come with the package."""
        text = (files(__package__) / "aurora_voices.yaml").read_text(encoding="utf-8")
        given = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        templates = {
            (int(occasion), code, footwear): _fitting(
                given[occasion.name.lower()][tongue], footwear
            )
            for occasion in Occasion
            for code, tongue in enumerate(LANGUAGES)
            for footwear in (True, False)
        }
        return cls(templates, tuple(tuple(given["closing"][tongue]) for tongue in LANGUAGES))

    def say(
        self,
        rng: np.random.Generator,
        said: Said,
        *,
        language: Codes,
        signed: Flags | None = None,
    ) -> list[str]:
        """One text for each entry, "" where nothing is said; `signed` ones may end politely."""
        draws = rng.random((len(said), 2)).tolist()
        sizes = (_SMALLEST + rng.integers(0, _SIZES, len(said))).tolist()
        ends = np.zeros(len(said), bool) if signed is None else signed
        orders = said.orders
        columns = (said.occasion, language, orders.product, orders.number, said.days, ends)
        rows = zip(*(column.tolist() for column in columns), sizes, draws, strict=True)
        spoken = said.says.tolist()
        return [self._one(*row) if says else "" for says, row in zip(spoken, rows, strict=True)]

    def _one(self, *row: Any) -> str:
        occasion, language, product, order, days, signed, size, draws = row
        article = PRODUCTS[product]
        choice = self.templates[occasion, language, article.footwear]
        if order == NONE:
            choice = tuple(one for one in choice if "{order}" not in one)
        template = _pick(choice, draws[0])
        closing = _pick(self.closings[language], draws[1]) if signed else ""
        said = template.format(
            it=article.spoken[language],
            product=article.name,
            order=f"A-{order}",
            days=_spoken_days(days, language),
            size=size,
        )
        return f"{said} {closing}" if closing else said


def _fitting(templates: list[str], footwear: bool) -> tuple[str, ...]:
    """Those that can be said of this kind of product, without their marks."""
    found = []
    for template in templates:
        mark = next((one for one in _ONLY if template.startswith(one)), "")
        if not mark or _ONLY[mark] == footwear:
            found.append(template.removeprefix(mark))
    return tuple(found)


def _pick(choice: tuple[str, ...], draw: float) -> str:
    return choice[int(draw * len(choice))]


def _spoken_days(days: int, language: int) -> str:
    one, many = (("un día", "días"), ("a day", "days"))[language]
    return one if days <= 1 else f"{days} {many}"

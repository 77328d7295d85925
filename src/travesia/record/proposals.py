"""What an unknown event may be: a touchpoint guessed from the words of its name."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from math import fsum, log
from typing import TYPE_CHECKING

from travesia.locale.text import Text
from travesia.record.touchpoints import Matcher, Touchpoint

if TYPE_CHECKING:
    from travesia.record.catalogue import Catalogue, Preset

ENOUGH = 0.5
"""How alike (0 to 1) a name and a library entry must be for the entry to be proposed."""

_BREAKS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^0-9A-Za-zÀ-ÿ]+")
_FILLERS = "a al de del el en for in la las los of on or the to un una y and con"
_EMPTY_WORDS = frozenset(_FILLERS.split(" "))

_SUFFIXES = ("ings", "ing", "ed", "es", "s")


class Proposals:
    """Proposes touchpoints for names, in the stages and channels of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.stages = {one.key for one in catalogue.stages}
        self.channels = {one.key for one in catalogue.channels}
        self.taken = set(catalogue.keys)

    def propose(self, name: str) -> Touchpoint:
        """A touchpoint of its own for this name, with what the library knows of its like."""
        common = self._nearest(name)
        return Touchpoint(
            key=self._free(key_of(name)),
            name=Text(any=cleaned(name)),
            status="draft",
            origin="mined",
            match={"touchpoint": Matcher(equals=name)},
            kind=common.kind if common else None,
            category=common.category if common else "",
            stage=common.stage if common else "",
            channel=common.channel if common else "",
            advice=common.advice if common else Text(),
            initiator=common.initiator if common else None,
        )

    def _nearest(self, name: str) -> Touchpoint | None:
        """The library's entry most like it, with a stage and channel that the catalogue has."""
        from travesia.record.catalogue import PRESETS, Catalogue

        key = nearest_common(name)
        if key is None:
            return None
        nearest = max(PRESETS, key=lambda preset: len(self.stages & _stage_keys(preset)))
        found = Catalogue.library(nearest).touchpoint(key)
        return found.model_copy(
            update={
                "stage": found.stage if found.stage in self.stages else "",
                "channel": found.channel if found.channel in self.channels else "",
            }
        )

    def _free(self, key: str) -> str:
        """The key, numbered where it is taken."""
        free, number = key, 2
        while free in self.taken:
            free, number = f"{key}_{number}", number + 1
        self.taken.add(free)
        return free


def cleaned(name: str) -> str:
    """A name as people write it: "ADD_TO_CART" and "addToCart" are "Add to cart"."""
    words = [word for word in _BREAKS.split(name) if word]
    if not words:
        return name
    shouting = name.upper() == name
    kept = [word if word.isupper() and not shouting else word.lower() for word in words]
    first = kept[0]
    return " ".join([first[:1].upper() + first[1:], *kept[1:]])


def key_of(name: str) -> str:
    """A name as a key: lower case, words joined by `_`, no accents."""
    return "_".join(words_of(name, all_of_them=True)) or "touchpoint"


@cache
def nearest_common(name: str) -> str | None:
    """The key of the library's entry most like a name, if any is like enough."""
    words = set(words_of(name))
    if not words:
        return None
    phrases, weight = _vocabulary()
    near = {place for word in words for place in phrases.get(word, ())}
    best, key = max(
        ((_likeness(words, phrase, weight), key) for phrase, key in near), default=(0.0, "")
    )
    return key if best >= ENOUGH else None


def words_of(name: str, *, all_of_them: bool = False) -> list[str]:
    """The words of a name without case, accents and (unless all are wanted) endings and fillers."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = [word.lower() for word in _BREAKS.split(plain) if word]
    if all_of_them:
        return words
    return [_stem(word) for word in words if word not in _EMPTY_WORDS]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def _likeness(words: set[str], phrase: frozenset[str], weight: dict[str, float]) -> float:
    """Dice's coefficient of two sets of words, each word by its weight."""
    own = fsum(weight.get(word, 1.0) for word in words)
    shared = fsum(weight[word] for word in phrase & words)
    return 2 * shared / (own + fsum(weight[word] for word in phrase))


@cache
def _vocabulary() -> tuple[dict[str, list[tuple[frozenset[str], str]]], dict[str, float]]:
    """The library's phrases by the words in them, and the weight of a word: rare ones weigh."""
    from travesia.record.catalogue import library_entries

    entries = library_entries()
    phrases: dict[str, list[tuple[frozenset[str], str]]] = {}
    used: dict[str, set[str]] = {}
    for one in entries:
        for said in (*one["name"].values(), *one["words"]):
            phrase = frozenset(words_of(said))
            for word in phrase:
                phrases.setdefault(word, []).append((phrase, one["key"]))
                used.setdefault(word, set()).add(one["key"])
    return phrases, {word: 1 + log(len(entries) / len(keys)) / 4 for word, keys in used.items()}


@cache
def _stage_keys(preset: Preset) -> frozenset[str]:
    from travesia.record.catalogue import Catalogue

    return frozenset(one.key for one in Catalogue.preset(preset).stages)

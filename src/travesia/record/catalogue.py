"""The company's touchpoint catalogue: what it calls its contacts, and how to recognise them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from pydantic import model_validator

from travesia.errors import InvalidValue, UnknownName
from travesia.locale.text import NOTHING, Text
from travesia.record.documents import Document, read_values
from travesia.record.proposals import Proposals
from travesia.record.recognition import Recogniser
from travesia.record.touchpoints import OneToFive, Part, Touchpoint

if TYPE_CHECKING:
    from travesia.record.events import Events
    from travesia.record.journeys import Journeys

Preset = Literal["lifecycle", "lifecycle_six", "funnel", "purchase", "acdp"]
PRESETS: tuple[Preset, ...] = ("lifecycle", "lifecycle_six", "funnel", "purchase", "acdp")


class Named(Part):
    """A key with its name in each language. A string is read as the key."""

    key: str
    name: Text = NOTHING

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, given: Any) -> Any:
        return {"key": given, "id": given} if isinstance(given, str) else given

    @property
    def label(self) -> Text:
        """The name, or the key where there is none."""
        return self.name or Text(any=self.key)


class Channel(Named):
    """A medium: web, mail, phone, store, ..."""


class Category(Named):
    """A sort of contact: marketing reach, sales interaction, or one's own."""


class CatalogueStage(Named):
    """A phase of the relationship; `weight` is its importance to the company, 1 to 5."""

    goal: Text = NOTHING
    weight: OneToFive | None = None


class Catalogue(Document):
    """Stages, channels, categories and touchpoints, each touchpoint with what recognises it.

    An event is the first touchpoint, in the catalogue's order, whose matchers it satisfies.
    Recognised touchpoints are called by their keys; events that none matches keep their name.
    """

    _called = "catalogue"

    stages: tuple[CatalogueStage, ...] = ()
    channels: tuple[Channel, ...] = ()
    categories: tuple[Category, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()

    @classmethod
    def preset(cls, name: Preset) -> Catalogue:
        """Only the stages of a preset: lifecycle, lifecycle_six, funnel, purchase or acdp."""
        if name not in PRESETS:
            raise UnknownName("stage preset", name, PRESETS)
        return cls.from_dict({"stages": _presets()[name]["stages"]})

    @classmethod
    def library(cls, stages: Preset = "purchase") -> Catalogue:
        """The common touchpoints, placed in the stages of a preset."""
        return _common(stages)

    def touchpoint(self, key: str) -> Touchpoint:
        """The touchpoint of this key."""
        for one in self.touchpoints:
            if one.key == key:
                return one
        raise UnknownName("touchpoint", key, self.keys, "the catalogue")

    @property
    def keys(self) -> tuple[str, ...]:
        """The touchpoints' keys, in the catalogue's order."""
        return tuple(one.key for one in self.touchpoints)

    def recognise(self, events: Events) -> Events:
        """The same events under the catalogue's names, batch by batch as they are read."""
        return Recogniser(self.touchpoints).over(events)

    def mapping(self, names: Iterable[str]) -> dict[str, str]:
        """Name of an event -> key of its touchpoint, for the names that are recognised.

        Only for a catalogue that looks at nothing but the name (`columns` is empty).
        """
        if self.columns:
            columns = ", ".join(sorted(self.columns))
            raise InvalidValue(
                f"This catalogue recognises touchpoints by {columns} too, not by name alone.",
                "Give it where the events are read: tv.read(source, catalogue=...).",
            )
        return Recogniser(self.touchpoints).mapping(names)

    def over(self, journeys: Journeys) -> Journeys:
        """The journeys under the catalogue's names (a `group` lens).

        Journeys read with this catalogue already have them, and come back as they are.
        """
        if self.columns and set(self.keys) & set(journeys.touchpoints):
            return journeys
        renamed = {
            name: key for name, key in self.mapping(journeys.touchpoints).items() if name != key
        }
        return journeys.group(renamed) if renamed else journeys

    @property
    def columns(self) -> frozenset[str]:
        """The columns its matchers look at, beside the touchpoint's own."""
        return Recogniser(self.touchpoints).columns

    def coverage(self, counts: Mapping[str, tuple[int, int]]) -> Coverage:
        """What of these events it knows, and what of it the events never show.

        `counts` maps the name of an event (raw, or already recognised) to its interactions and
        its customers.
        """
        known = set(self.keys)
        seen = Recogniser(self.touchpoints).mapping(counts)
        unknown = sorted(
            (name for name in counts if name not in known and name not in seen),
            key=lambda name: (-counts[name][0], name),
        )
        propose = Proposals(self).propose
        return Coverage(
            interactions=sum(each for each, _ in counts.values()),
            unmatched=tuple(Unmatched(name, *counts[name], propose(name)) for name in unknown),
            unseen=tuple(
                one for one in self.touchpoints if one.key not in {*counts, *seen.values()}
            ),
        )

    @model_validator(mode="after")
    def _holds_together(self) -> Catalogue:
        parts = (self.stages, self.channels, self.categories, self.touchpoints)
        for what, group in zip(("stage", "channel", "category", "touchpoint"), parts, strict=True):
            keys = [one.key for one in group]
            if double := next((key for key in keys if keys.count(key) > 1), ""):
                raise ValueError(f"two of the key {double!r} ({what})")
        for one in self.touchpoints:
            _among("stage", one.stage, self.stages, one.key)
            _among("channel", one.channel, self.channels, one.key)
        return self


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Events that no touchpoint matches, with a touchpoint to add for them."""

    name: str
    interactions: int
    customers: int
    proposal: Touchpoint


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a catalogue and some events know each other.

    Attributes:
        interactions: of all events counted.
        unmatched: most frequent first.
        unseen: in the catalogue's order.
    """

    interactions: int
    unmatched: tuple[Unmatched, ...]
    unseen: tuple[Touchpoint, ...]

    @property
    def matched(self) -> int:
        """Interactions that the catalogue recognises."""
        return self.interactions - sum(one.interactions for one in self.unmatched)

    @property
    def share(self) -> float | None:
        """The recognised share of all interactions; None when there are none."""
        return self.matched / self.interactions if self.interactions else None

    def completed(self, catalogue: Catalogue) -> Catalogue:
        """The catalogue with every proposal added."""
        added = tuple(one.proposal for one in self.unmatched)
        return catalogue.model_copy(update={"touchpoints": (*catalogue.touchpoints, *added)})


def _among(what: str, key: str, known: tuple[Named, ...], touchpoint: str) -> None:
    if key and known and key not in {one.key for one in known}:
        raise ValueError(f"touchpoint {touchpoint!r} names the {what} {key!r}, which is not listed")


def _placed(entry: Mapping[str, Any], preset: Preset) -> str:
    """The stage of a library entry in a preset."""
    if preset == "purchase" and "purchase" in entry:
        return str(entry["purchase"])
    moved = _presets()[preset].get("from_lifecycle", {})
    return str(moved.get(entry["stage"], entry["stage"]))


def _without_hints(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in entry.items() if name not in {"stage", "purchase", "words"}
    }


@cache
def _common(stages: Preset) -> Catalogue:
    given = _library()
    return Catalogue(
        stages=Catalogue.preset(stages).stages,
        channels=given["channels"],
        categories=given["categories"],
        touchpoints=tuple(
            Touchpoint(**_without_hints(one), stage=_placed(one, stages))
            for one in given["touchpoints"]
        ),
    )


def library_entries() -> list[dict[str, Any]]:
    """The library as its file has it, with the words by which its touchpoints are guessed."""
    return list(_library()["touchpoints"])


@cache
def _library() -> Any:
    return read_values(str(files("travesia.record") / "catalogue_library.yaml"))


@cache
def _presets() -> Any:
    return read_values(str(files("travesia.record") / "stage_presets.yaml"))

"""Lenses: what is looked at. Values that chain in the order written and act block by block.

Lenses that select contiguous stretches (`who`, `when`, `matching`, `between`, `split` at gaps or
after a goal) move ranges and copy nothing; `what`, `collapse` and `split` by a column write the
positions of what stays, and columns follow only when a question asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializeAsAny,
    TypeAdapter,
    field_validator,
    model_validator,
)

from travesia.engines.blocks import Block, Recoded, Rows, frozen
from travesia.engines.scope import TOUCHPOINT, Scope, Vocabulary, microseconds
from travesia.errors import InvalidValue, UnknownName
from travesia.record.conditions import AnyCondition, Test
from travesia.record.durations import Duration, spelling
from travesia.record.durations import microseconds as length
from travesia.record.patterns import check, compile_pattern, occurrences
from travesia.record.refusals import refusing

Step = Callable[[Block], Block]

FAR = np.iinfo(np.int64).max


class Lens(BaseModel):
    """One change of what is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lens: str

    def __init__(self, **options: Any) -> None:
        """Take options by name.

        Raises:
            InvalidValue: an option has an impossible value.
        """
        with refusing(type(self).__name__.lower() + "()", self.options()):
            super().__init__(**options)

    @classmethod
    def options(cls) -> tuple[str, ...]:
        """The names of the options."""
        return tuple(name for name in cls.model_fields if name != "lens")

    def scope(self, before: Scope) -> Scope:
        """What is known of the whole after this lens."""
        return before

    def bind(self, scope: Scope) -> Step:
        """How this lens changes a block; names are looked up once, in the scope before it."""
        raise NotImplementedError

    def text(self) -> str:
        """The text form: the Python that makes it."""
        raise NotImplementedError


class Who(Lens):
    """Keeps customers, whole: those who satisfy, or any of whose interactions does."""

    lens: Literal["who"] = "who"
    condition: AnyCondition

    def bind(self, scope: Scope) -> Step:
        """Choose rows."""
        return KeepOwners(self.condition.bind(scope))

    def text(self) -> str:
        """The text form."""
        return f"who({self.condition.text()})"


class What(Lens):
    """Keeps interactions that satisfy; a row with none left disappears."""

    lens: Literal["what"] = "what"
    condition: AnyCondition

    def bind(self, scope: Scope) -> Step:
        """Choose interactions.

        Raises:
            InvalidValue: the condition is about customers, not interactions.
        """
        test = self.condition.bind(scope)
        if test.rows:
            raise InvalidValue(
                f"{self.condition.text()!r} chooses customers; what() chooses interactions.",
                "Use who() with it.",
            )
        return KeepInteractions(test)

    def text(self) -> str:
        """The text form."""
        return f"what({self.condition.text()})"


class When(Lens):
    """Keeps the stretch of each row inside [start, end); either may be open."""

    lens: Literal["when"] = "when"
    start: str | None = None
    end: str | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> When:
        bounds = [microseconds(one, "UTC") for one in (self.start, self.end) if one is not None]
        if not bounds:
            raise InvalidValue("when() needs a start or an end.", 'Write when("2026-01").')
        if bounds != sorted(bounds):
            raise InvalidValue(
                f"The period from {self.start} to {self.end} ends before it begins.",
                f'Write when("{self.end}", "{self.start}").',
            )
        return self

    def scope(self, before: Scope) -> Scope:
        """Observation begins and ends with the period."""
        low, high = self._bounds(before.zone)
        return replace(before, since=max(before.since, low), until=min(before.until, high))

    def bind(self, scope: Scope) -> Step:
        """Clip ranges."""
        return Clip(*self._bounds(scope.zone))

    def text(self) -> str:
        """The text form."""
        if self.end is None:
            return f"when({self.start!r})"
        return f"when({self.start!r}, {self.end!r})"

    def _bounds(self, zone: str) -> tuple[int, int]:
        low = -FAR if self.start is None else microseconds(self.start, zone)
        return low, FAR if self.end is None else microseconds(self.end, zone)


class Matching(Lens):
    """Keeps rows that contain the pattern."""

    lens: Literal["matching"] = "matching"
    pattern: str

    _check = field_validator("pattern")(check)

    def bind(self, scope: Scope) -> Step:
        """Choose rows."""
        return KeepRows(FindPattern(compile_pattern(self.pattern, scope.touchpoints), 1))

    def text(self) -> str:
        """The text form."""
        return f"matching({self.pattern!r})"


class Anchor(BaseModel):
    """A place in a row: an occurrence of a touchpoint or a completed pattern, and an offset.

    Attributes:
        at: a touchpoint, or a pattern (anchored where it completes).
        nth: which occurrence, from 1; from the last when negative. For the second anchor of
            `between`, positive counts from the first anchor on.
        events: move by so many interactions.
        after: move by so much time (the first interaction at least so much later).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    nth: int = 1
    events: int = 0
    after: Duration | None = None

    @field_validator("nth")
    @classmethod
    def _counts(cls, nth: int) -> int:
        if nth == 0:
            raise InvalidValue(
                "Occurrences count from 1.", "Write 1 for the first, -1 for the last."
            )
        return nth

    def bind(self, scope: Scope) -> FindPattern:
        """Look the name or the pattern up."""
        names = scope.touchpoints
        known = self.at in names.listed if len(names) < 100_000 else False
        text = f'"{self.at}"' if known else self.at
        return FindPattern(compile_pattern(text, names), self.nth)

    def text(self) -> str:
        """The text form."""
        extra = [
            *([f"nth={self.nth}"] if self.nth != 1 else []),
            *([f"events={self.events}"] if self.events else []),
            *([f"after={spelling(self.after)!r}"] if self.after else []),
        ]
        return f"Anchor(at={self.at!r}, {', '.join(extra)})" if extra else repr(self.at)


def _anchor(value: Any) -> Any:
    return Anchor(at=value) if isinstance(value, str) else value


AnyAnchor = Annotated[Anchor, BeforeValidator(_anchor)]


class Between(Lens):
    """Keeps the first stretch from anchor a to anchor b, both included."""

    lens: Literal["between"] = "between"
    a: AnyAnchor
    b: AnyAnchor

    def bind(self, scope: Scope) -> Step:
        """Find both anchors."""
        return Stretch(
            self.a.bind(scope),
            Offset.of(self.a),
            self.b.bind(scope),
            Offset.of(self.b),
        )

    def text(self) -> str:
        """The text form."""
        return f"between({self.a.text()}, {self.b.text()})"


class Split(Lens):
    """Makes several rows of one: visits by a pause, cycles ending at a goal, one row per value."""

    lens: Literal["split"] = "split"
    gap: Duration | None = None
    after: str | None = None
    by: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Split:
        if sum(one is not None for one in (self.gap, self.after, self.by)) != 1:
            raise InvalidValue(
                "split() takes one of gap, after and by.",
                'Write split(gap="30m"), split(after="purchase") or split(by="order_id").',
            )
        return self

    def scope(self, before: Scope) -> Scope:
        """Rows are no longer whole customers."""
        return replace(before, split=True)

    def bind(self, scope: Scope) -> Step:
        """Cut ranges, or sort interactions by the column's value."""
        if self.gap is not None:
            return CutAtGaps(length(self.gap))
        if self.after is not None:
            return CutAfter(_accepted(names_of(self.after, scope.touchpoints), scope.touchpoints))
        if self.by in scope.attributes:
            raise InvalidValue(
                f"{self.by!r} describes customers; splitting by it would cut nothing.",
                "Split by a column of the interactions, such as an order or a ticket.",
            )
        scope.kind(str(self.by))
        return CutByValue(str(self.by))

    def text(self) -> str:
        """The text form."""
        if self.gap is not None:
            return f"split(gap={spelling(self.gap)!r})"
        return f"split(after={self.after!r})" if self.after else f"split(by={self.by!r})"


class Collapse(Lens):
    """Keeps the first of each run of equal touchpoints."""

    lens: Literal["collapse"] = "collapse"

    def bind(self, scope: Scope) -> Step:
        """Drop repeats."""
        del scope
        return DropRepeats()

    def text(self) -> str:
        """The text form."""
        return "collapse()"


class Group(Lens):
    """Renames touchpoints: several become one, or each becomes its stage.

    Attributes:
        mapping: new name of each touchpoint; the ones not named keep theirs, or become `others`.
    """

    lens: Literal["group"] = "group"
    mapping: dict[str, str] = Field(min_length=1)
    others: str | None = None

    def scope(self, before: Scope) -> Scope:
        """The vocabulary has the new names, in the order of the codes they come from."""
        names = dict.fromkeys(self._renamed(before.touchpoints))
        vocabularies = {**before.vocabularies, TOUCHPOINT: Vocabulary(names)}
        return replace(before, vocabularies=vocabularies)

    def bind(self, scope: Scope) -> Step:
        """Translate codes.

        Raises:
            UnknownName: a touchpoint that does not exist.
        """
        scope.touchpoints.codes(self.mapping)
        renamed = self._renamed(scope.touchpoints)
        code = {name: position for position, name in enumerate(dict.fromkeys(renamed))}
        kind = np.uint16 if len(code) <= 2**16 else np.uint32
        return Recode(frozen(np.array([code[name] for name in renamed], kind)))

    def text(self) -> str:
        """The text form."""
        others = f", others={self.others!r}" if self.others is not None else ""
        return f"group({self.mapping!r}{others})"

    def _renamed(self, vocabulary: Vocabulary) -> list[str]:
        keep = self.others is None
        return [
            self.mapping.get(name, name if keep else str(self.others)) for name in vocabulary.listed
        ]

    def __hash__(self) -> int:
        return hash((self.lens, tuple(self.mapping.items()), self.others))


class Sample(Lens):
    """Keeps a share of the customers, chosen by hash: the same ones every time."""

    lens: Literal["sample"] = "sample"
    share: float = Field(gt=0, le=1)
    seed: int = 0

    def bind(self, scope: Scope) -> Step:
        """Choose rows."""
        del scope
        return KeepShare(self.share, self.seed)

    def text(self) -> str:
        """The text form."""
        seed = f", seed={self.seed}" if self.seed else ""
        return f"sample({self.share!r}{seed})"


KINDS: dict[str, type[Lens]] = {
    "who": Who,
    "what": What,
    "when": When,
    "matching": Matching,
    "between": Between,
    "split": Split,
    "collapse": Collapse,
    "group": Group,
    "sample": Sample,
}


def _parsed(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    kind = str(value.get("lens"))
    if kind not in KINDS:
        raise UnknownName("lens", kind, KINDS)
    with refusing(f"{kind}()", KINDS[kind].options()):
        return KINDS[kind].model_validate(value)


AnyLens = Annotated[SerializeAsAny[Lens], BeforeValidator(_parsed)]
Chain = tuple[AnyLens, ...]
CHAIN: TypeAdapter[tuple[Lens, ...]] = TypeAdapter(Chain)


def chain_text(lenses: Sequence[Lens]) -> str:
    """A chain as text: `who(country == 'ES').when('2026-01').collapse()`."""
    return ".".join(lens.text() for lens in lenses)


def names_of(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The touchpoints of a set written "cart | wishlist"; a name that exists is itself.

    Raises:
        UnknownName: one of them does not exist.
    """
    whole = text.strip()
    if "|" not in whole or whole in vocabulary.listed:
        names: tuple[str, ...] = (whole,)
    else:
        names = tuple(name.strip() for name in whole.split("|"))
    vocabulary.codes(names)
    return names


def _accepted(names: Sequence[str], vocabulary: Vocabulary) -> npt.NDArray[np.bool_]:
    accepted = np.zeros(len(vocabulary), bool)
    accepted[vocabulary.codes(names)] = True
    return accepted


# Steps: lenses whose names have become codes; values that can be sent to where the blocks are


@dataclass(frozen=True, slots=True)
class KeepOwners:
    """Rows whose owner satisfies a test."""

    test: Test

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        return block.keep(self.test.of_owners(block)[block.owner])


@dataclass(frozen=True, slots=True)
class KeepInteractions:
    """Interactions that satisfy a test."""

    test: Test

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import pick

        truth = self.test.of_interactions(block)
        return without_empty(block.picked(*pick(block.start, block.stop, truth)))


@dataclass(frozen=True, slots=True)
class Clip:
    """The stretch inside [low, high), microseconds."""

    low: int
    high: int

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import clip

        ranges = clip(block.start, block.stop, block.time, self.low, self.high)
        return without_empty(block.ranged(*ranges))


@dataclass(frozen=True, slots=True)
class FindPattern:
    """Where a pattern completes."""

    compiled: Any
    nth: int

    def __call__(self, block: Block, begin: Rows | None = None) -> Rows:
        """Positions, -1 where there is none."""
        return occurrences(block, self.compiled, self.nth, begin)


@dataclass(frozen=True, slots=True)
class KeepRows:
    """Rows in which something is found."""

    find: FindPattern

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        return block.keep(self.find(block) >= 0)


@dataclass(frozen=True, slots=True)
class Offset:
    """How far from what was found an anchor lies: so many interactions, then so much time."""

    events: int
    after: int | None

    @classmethod
    def of(cls, anchor: Anchor) -> Offset:
        """The offset of an anchor."""
        return cls(anchor.events, None if anchor.after is None else length(anchor.after))

    def move(self, block: Block, places: Rows) -> Rows:
        """Moved places; -1 where they fall off the row."""
        moved = places.astype(np.int64) + self.events
        if self.after is not None:
            from travesia.record.lens_kernels import find_time

            moved = find_time(moved, block.stop, block.time, self.after)
        off = (places < 0) | (moved < block.start) | (moved >= block.stop)
        return np.where(off, -1, moved).astype(np.int32)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one found place to another, both included."""

    a: FindPattern
    a_offset: Offset
    b: FindPattern
    b_offset: Offset

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        begin = self.a_offset.move(block, self.a(block))
        # b is looked for after a: counting from a on, or from the end of the row
        after = np.where((begin >= 0) & (begin + 1 < block.stop), begin + 1, -1).astype(np.int32)
        end = self.b_offset.move(block, self.b(block, after))
        found = (begin >= 0) & (end >= begin)
        return block.ranged(begin, end + np.int32(1)).keep(found)


@dataclass(frozen=True, slots=True)
class CutAtGaps:
    """A new row after each pause longer than the gap, microseconds."""

    gap: int

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import split_at_gaps

        return block.ranged(*split_at_gaps(block.start, block.stop, block.time, self.gap))


@dataclass(frozen=True, slots=True)
class CutAfter:
    """A new row after each of these touchpoints."""

    accepted: npt.NDArray[np.bool_]

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import split_after

        return block.ranged(*split_after(block.start, block.stop, block.touchpoint, self.accepted))


@dataclass(frozen=True, slots=True)
class CutByValue:
    """One row for each value of a column."""

    column: str

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import split_by_value

        picks, start, stop, source = split_by_value(
            block.start, block.stop, block.columns[self.column]
        )
        rows = block.ranged(start, stop, source)
        return rows.picked(picks, rows.start, rows.stop)


@dataclass(frozen=True, slots=True)
class DropRepeats:
    """One of each run of equal touchpoints."""

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        from travesia.record.lens_kernels import pick_changes

        return block.picked(*pick_changes(block.start, block.stop, block.touchpoint))


@dataclass(frozen=True, slots=True)
class Recode:
    """Touchpoint codes translated."""

    codes: npt.NDArray[np.generic]

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        return replace(block, columns=Recoded(block.columns, TOUCHPOINT, self.codes))


@dataclass(frozen=True, slots=True)
class KeepShare:
    """Rows of a share of the keys."""

    share: float
    seed: int

    def __call__(self, block: Block) -> Block:
        """Look at the block."""
        return block.keep(uniform(block.hashes, self.seed) < self.share)


def uniform(hashes: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.float64]:
    """A number in [0, 1) a hash, independent from seed to seed (splitmix64's finaliser)."""
    with np.errstate(over="ignore"):
        mixed = hashes + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def without_empty(block: Block) -> Block:
    """The rows that have an interaction left."""
    return block.keep(block.stop > block.start)

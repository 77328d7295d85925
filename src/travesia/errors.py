"""The error tree, drawn once.

    TravesiaError
    ├── InputError            a source, a file or a row that cannot be used
    │   ├── UnreadableSource      the whole file (encoding, truncated, not what it claims)
    │   └── UnknownFormat         nothing here reads this
    ├── UnknownName           a touchpoint, column, question or option that does not exist
    ├── InvalidValue          a duration, condition, pattern, lens or question that cannot be meant
    └── StoreError            saved journeys
        ├── NotAStore             there are none in this directory
        ├── StoreDamaged          a file is missing or not what the manifest says
        └── StoreBusy             another process is writing (retryable)

Every error has two lines: what and where; then how to mend it.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class TravesiaError(Exception):
    """Anything Travesía refuses to do, with the reason and the repair.

    Attributes:
        what: one sentence: what happened and where.
        repair: one sentence: what to do about it.
        retryable: whether the same call may succeed later.
    """

    retryable = False

    def __init__(self, what: str, repair: str = "") -> None:
        super().__init__(what, repair)
        self.what = what
        self.repair = repair

    def __str__(self) -> str:
        return f"{self.what}\n{self.repair}" if self.repair else self.what


class InputError(TravesiaError):
    """A source, a file or a row that cannot be used."""


class UnreadableSource(InputError):
    """The file as a whole cannot be read: encoding, truncation, or not the format it claims."""


class UnknownFormat(InputError):
    """Nothing here reads this kind of source."""


class UnknownName(TravesiaError):
    """A name that does not exist; names the nearest ones that do."""

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        name = str(name)
        self.kind, self.name, self.known = kind, name, tuple(known)
        place = f" in {where}" if where else ""
        super().__init__(f"There is no {kind} {name!r}{place}.", did_you_mean(name, self.known))


class InvalidValue(TravesiaError):
    """A duration, condition, pattern, lens or question that cannot be meant."""


class StoreError(TravesiaError):
    """Saved journeys that cannot be used."""


class NotAStore(StoreError):
    """There are no saved journeys in this directory."""


class StoreDamaged(StoreError):
    """A file of the saved journeys is missing or not what the manifest says."""


class StoreBusy(StoreError):
    """Another process is writing these journeys."""

    retryable = True


def did_you_mean(name: str, known: Iterable[str], most: int = 5) -> str:
    """The repair of a misspelt name: the nearest names, or the first ones there are."""
    names = [str(one) for one in known]
    folded = {one.casefold(): one for one in names}
    near = [folded[one] for one in get_close_matches(name.casefold(), folded, most, 0.5)]
    if near:
        return "Did you mean " + " or ".join(repr(one) for one in near) + "?"
    if not names:
        return "There are none."
    shown = ", ".join(repr(one) for one in names[:most])
    return f"Known: {shown}" + (f" and {len(names) - most} more." if len(names) > most else ".")

"""What is known of the whole before any block is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import InvalidValue, UnknownName

TOUCHPOINT, TIME, KEY, CHANNEL = "touchpoint", "time", "customer", "channel"
MOST_GROUPS = 200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Vocabulary:
    """The names of one text column; a code is a position. Append-only, so codes never change."""

    def __init__(self, names: pa.Array | Iterable[str], kind: str = TOUCHPOINT) -> None:
        self.names = names if isinstance(names, pa.Array) else pa.array(list(names), pa.string())
        self.kind = kind

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and bool(self.names.equals(other.names))

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """All names as Python strings."""
        return tuple(self.names.to_pylist())

    def name(self, code: int) -> str:
        """The name behind a code."""
        found: str = self.names[int(code)].as_py()
        return found

    def code(self, name: str) -> int:
        """The code of a name.

        Raises:
            UnknownName: no interaction ever had it.
        """
        code: int = pc.index(self.names, pa.scalar(str(name), pa.string())).as_py()
        if code < 0:
            known = [one for one in self.names[:5000].to_pylist() if one]
            raise UnknownName(self.kind, name, known)
        return code

    def codes(self, names: Iterable[str]) -> npt.NDArray[np.int64]:
        """The codes of several names, in their order."""
        return np.array([self.code(name) for name in names], np.int64)


@dataclass(frozen=True, slots=True)
class Scope:
    """Facts about the whole of some journeys, fixed before they are looked at block by block.

    Attributes:
        vocabularies: text column -> its names ("touchpoint" always; "" is a further column's
            missing value).
        columns: further columns -> their kind ("text", "number", "time").
        attributes: those of `columns` that describe the key rather than one interaction.
        since, until: first and last observed time, microseconds since 1970 UTC; `until` is where
            observation ends, so a window that runs past it is still open.
        zone: where days, weeks and hours are counted.
        events, keys: how many there are before any lens.
        split: rows are parts of a key's path (visits, cycles), no longer whole keys.
        snapshot: the number of the data's state.
    """

    vocabularies: Mapping[str, Vocabulary]
    columns: Mapping[str, str] = field(default_factory=dict)
    attributes: frozenset[str] = frozenset()
    since: int = 0
    until: int = 0
    zone: str = "UTC"
    events: int = 0
    keys: int = 0
    split: bool = False
    ordered: bool = False
    snapshot: int = 0

    @property
    def touchpoints(self) -> Vocabulary:
        """The vocabulary of touchpoints."""
        return self.vocabularies[TOUCHPOINT]

    @property
    def known_columns(self) -> tuple[str, ...]:
        """Every column a condition may name."""
        return (TOUCHPOINT, TIME, KEY, *self.columns)

    def kind(self, column: str) -> str:
        """What a column holds: "text", "number", "time" or "key".

        Raises:
            UnknownName: there is no such column.
        """
        builtin = {TOUCHPOINT: "text", TIME: "time", KEY: "key"}
        if column in builtin:
            return builtin[column]
        if column not in self.columns:
            raise UnknownName("column", column, self.known_columns)
        return self.columns[column]

    def vocabulary(self, column: str) -> Vocabulary:
        """The names of a text column.

        Raises:
            UnknownName: there is no such column.
            InvalidValue: it does not hold text.
        """
        kind = self.kind(column)
        if kind != "text":
            texts = [name for name in self.known_columns if self.kind(name) == "text"]
            raise InvalidValue(
                f"Column {column!r} holds a {kind}; a text column is needed here.",
                f"Text columns: {', '.join(texts)}.",
            )
        return self.vocabularies[column]


def microseconds(moment: datetime | str, zone: str) -> int:
    """Microseconds since 1970 UTC of a date or time; a naive one is read in the zone.

    Texts are ISO 8601, and may stop at the year, the month or the day: "2026", "2026-01".

    Raises:
        InvalidValue: the text is no date.
    """
    if isinstance(moment, str):
        moment = _parsed(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)


def moment(value: int) -> datetime:
    """The UTC time of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=int(value))


def _parsed(text: str) -> datetime:
    whole = text.strip()
    if len(whole) == 4 and whole.isdigit():
        whole += "-01-01"
    elif len(whole) == 7 and whole[4] == "-":
        whole += "-01"
    try:
        return datetime.fromisoformat(whole)
    except ValueError:
        raise InvalidValue(
            f"{text!r} is not a date.", 'Write "2026", "2026-01", "2026-01-31" or a full ISO time.'
        ) from None

"""The manifest: the one file of a store that changes, and says what all others are.

It is written beside its old self, synced and renamed over it: readers see the old state or the
new one. Everything it names was written, and synced, before. It begins with the checksum of what
follows, so that nothing but a writer changes it unnoticed.
"""

from __future__ import annotations

import itertools
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    ValidationError,
    model_validator,
)

from travesia.errors import NotAStore, StoreDamaged, StoreError, UnknownName
from travesia.record.checksums import FileEntry
from travesia.record.events import ColumnKind
from travesia.record.formats.zones import checked_zone
from travesia.record.gathering import MOST_BITS
from travesia.record.packs import sync, unwritten

NAME = "journeys.json"
REPAIR = "Restore it from a copy, or remove the directory and build the journeys again."
OURS = re.compile(r"(journeys|attributes|vocabulary|masks)(-codes)?-\d{6,}-\d{4,}\.arrow")

_SIGNED = re.compile(rb'\{\s*"checksum": "([0-9a-f]{8})",')
_YEAR_1, _YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999  # microseconds


def _known_zone(name: str) -> str:
    try:
        return checked_zone(name).key
    except UnknownName as problem:
        raise ValueError(problem.what) from problem


Zone = Annotated[str, AfterValidator(_known_zone)]
Moment = Annotated[int, Field(ge=_YEAR_1, le=_YEAR_9999)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnEntry(_Entry):
    """A further column."""

    name: str
    kind: ColumnKind
    attribute: bool = False


class BatchEntry(_Entry):
    """Where one partition's batch stands: journeys of one generation, or attributes."""

    partition: NonNegativeInt
    generation: NonNegativeInt
    file: str
    batch: NonNegativeInt
    rows: NonNegativeInt
    codes_file: str | None = None


class SetAsideEntry(_Entry):
    """Rows that could not be used."""

    rows_read: NonNegativeInt
    counts: dict[str, NonNegativeInt]
    examples: dict[str, list[str]]


class Manifest(_Entry):
    """One state of a store.

    Attributes:
        format, version: what this is; readers refuse what they do not know.
        number: grows by one with every change.
        lake_version: the version of the event lake that this state reflects, if there is one.
        masks: the file that lists, for each batch of journeys, the rows that later ones replace.
        vocabularies: the files that hold the names of each text column, to be read in this order.
        files: every file of this state, and its size and checksums.
    """

    format: Literal["travesia journeys"] = "travesia journeys"
    version: Literal[1] = 1
    number: NonNegativeInt
    lake_version: int | None = None
    key: Literal["string", "int64"]
    ordered: bool
    columns: tuple[ColumnEntry, ...]
    partition_bits: Annotated[int, Field(ge=0, le=MOST_BITS)]
    events: NonNegativeInt
    customers: NonNegativeInt
    since: Moment
    until: Moment
    zone: Zone
    set_aside: SetAsideEntry
    said: tuple[tuple[str, str], ...]
    read_as: dict[str, str] = {}
    vocabularies: Annotated[tuple[str, ...], Field(min_length=1)]
    masks: str | None
    journeys: Annotated[tuple[BatchEntry, ...], Field(min_length=1)]
    attributes: tuple[BatchEntry, ...]
    files: dict[str, FileEntry]

    @property
    def named(self) -> set[str]:
        """The files that something refers to."""
        entries = (*self.journeys, *self.attributes)
        files = {entry.file for entry in entries} | {entry.codes_file for entry in entries}
        return {name for name in {*files, *self.vocabularies, self.masks} if name is not None}

    @model_validator(mode="after")
    def _consistent(self) -> Manifest:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if self.named != self.files.keys():
            yield "the files are not those that are named"
        if not all(OURS.fullmatch(name) for name in self.files):
            yield "a file's name is none of ours"
        if self.since > self.until:
            yield "they end before they begin"
        if len({column.name for column in self.columns}) < len(self.columns):
            yield "two columns have one name"
        for entries in (self.journeys, self.attributes):
            places = [(entry.partition, entry.generation) for entry in entries]
            if any(a >= b for a, b in itertools.pairwise(places)):
                yield "batches are out of order"
            if any(a >> self.partition_bits or b > self.number for a, b in places):
                yield "a batch is of a partition or generation that is not there"


def read_manifest(directory: Path) -> Manifest:
    """The current state of a store.

    Raises:
        NotAStore: there is no manifest.
        StoreDamaged: it is not what a manifest should be.
        StoreError: it cannot be read.
    """
    path = directory / NAME
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise NotAStore(
            f"There are no saved journeys in {directory}.",
            "Look at the path, or save journeys there first.",
        ) from None
    except OSError as problem:
        raise StoreError(
            f"{path} cannot be read: {problem}", "Look at whom it belongs to, and at the disk."
        ) from problem
    signed = _SIGNED.match(data)
    if signed is not None:
        data = data[signed.end() :]
        if zlib.crc32(data) != int(signed[1], 16):
            raise StoreDamaged(
                f"{path} is damaged: its checksum is not the one written.",
                REPAIR,
            )
        data = b"{" + data
    manifest = _understood(path, data)
    if signed is None:
        raise StoreDamaged(f"{path} has no checksum.", REPAIR)
    return manifest


def _understood(path: Path, data: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise StoreDamaged(
            f"{path} cannot be understood: {where}{first['msg']}.",
            "Restore it from a copy, or open it with the version of Travesía that wrote it.",
        ) from problem


def signed(text: str) -> bytes:
    """The text of a manifest, after its checksum."""
    rest = text.removeprefix("{").encode()
    return b'{\n "checksum": "%08x",' % zlib.crc32(rest) + rest


def publish_manifest(directory: Path, manifest: Manifest) -> None:
    """Make this the store's state, all at once."""
    temporary = directory / f"{NAME}.new"
    try:
        sync(directory)  # the files' names, before anything refers to them
        with temporary.open("wb") as file:
            file.write(signed(manifest.model_dump_json(indent=1) + "\n"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(directory / NAME)
        sync(directory)
    except OSError as problem:
        raise unwritten(directory, problem) from problem

"""The manifest: the one file of a store that changes, and says what all others are.

It is written beside its old self, synced and renamed over it: readers see the old state or the
new one. Everything it names was written, and synced, before.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from travesia.errors import NotAStore, StoreDamaged
from travesia.record.events import ColumnKind
from travesia.record.packs import sync, unwritten

NAME = "journeys.json"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ColumnEntry(_Entry):
    """A further column."""

    name: str
    kind: ColumnKind
    attribute: bool = False


class BatchEntry(_Entry):
    """Where one partition's batch stands: journeys of one generation, or attributes."""

    partition: int
    generation: int
    file: str
    batch: int
    rows: int
    codes_file: str | None = None


class SetAsideEntry(_Entry):
    """Rows that could not be used."""

    rows_read: int
    counts: dict[str, int]
    examples: dict[str, list[str]]


class Manifest(_Entry):
    """One state of a store.

    Attributes:
        format, version: what this is; readers refuse what they do not know.
        number: grows by one with every change.
        lake_version: the version of the event lake that this state reflects, if there is one.
        masks: the file that lists, for each batch of journeys, the rows that later ones replace.
        vocabularies: the files that hold the names of each text column, to be read in this order.
        files: every file of this state and its size in bytes.
    """

    format: Literal["travesia journeys"] = "travesia journeys"
    version: Literal[1] = 1
    number: int
    lake_version: int | None = None
    key: Literal["string", "int64"]
    ordered: bool
    columns: tuple[ColumnEntry, ...]
    partition_bits: int
    events: int
    customers: int
    since: int
    until: int
    zone: str
    set_aside: SetAsideEntry
    said: tuple[tuple[str, str], ...]
    vocabularies: tuple[str, ...]
    masks: str | None
    journeys: tuple[BatchEntry, ...]
    attributes: tuple[BatchEntry, ...]
    files: dict[str, int]


def read_manifest(directory: Path) -> Manifest:
    """The current state of a store.

    Raises:
        NotAStore: there is no manifest.
        StoreDamaged: it is not what a manifest should be.
    """
    path = directory / NAME
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        raise NotAStore(
            f"There are no saved journeys in {directory}.",
            "Look at the path, or save journeys there first.",
        ) from None
    try:
        return Manifest.model_validate_json(text)
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StoreDamaged(
            f"{path} cannot be understood: {where}: {first['msg']}.",
            "Restore it from a copy, or open it with the version of Travesía that wrote it.",
        ) from problem


def publish_manifest(directory: Path, manifest: Manifest) -> None:
    """Make this the store's state, all at once."""
    temporary = directory / f"{NAME}.new"
    try:
        sync(directory)  # the files' names, before anything refers to them
        with temporary.open("w", encoding="utf-8") as file:
            file.write(manifest.model_dump_json(indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(directory / NAME)
        sync(directory)
    except OSError as problem:
        raise unwritten(directory, problem) from problem

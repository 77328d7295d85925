"""Saved journeys: save, open, append, compact, enrich.

A store is a directory: `journeys.json` says what the others are, Arrow files hold the rows
(`journeys-*`), the customers' attributes, the vocabularies and the masks, `lock` keeps writers
apart. Files are written once; a change writes new ones, publishes them by one rename, and removes
what nothing refers to. Whoever has the journeys open goes on seeing what they saw.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from travesia.record.enriching import enriched
from travesia.record.events import Events
from travesia.record.generations import appended, compacted
from travesia.record.opening import open_snapshot
from travesia.record.publishing import writing
from travesia.record.shelves import FileShelf
from travesia.record.snapshot import Snapshot

__all__ = ["append", "compact", "open_snapshot", "save", "with_attributes"]


def save(snapshot: Snapshot, directory: Path) -> Snapshot:
    """Save journeys in a directory, in place of those that may be there, and open them.

    Raises:
        StoreBusy: another process is writing there.
        StoreError: it could not be written; what was there is untouched.
    """
    with writing(directory) as writer:
        shelf = FileShelf(writer.folder)
        whole = compacted(snapshot, shelf, all_pieces=True)
        writer.publish(replace(whole, number=writer.folder.number), shelf.places)
    return open_snapshot(directory)


def append(snapshot: Snapshot, events: Events) -> Snapshot:
    """Journeys with more events; late and unordered ones land in their place.

    In memory the given snapshot stays as it is. Saved journeys grow where they are: the events
    come onto their latest state, even if the snapshot was opened before that.

    Raises:
        InvalidValue: the events have other columns than the journeys.
        StoreBusy: another process is writing there.
        StoreError: it could not be written; what was there is untouched.
    """
    if snapshot.home is None:
        return appended(snapshot, events)
    directory = snapshot.home
    with writing(directory) as writer:
        shelf = FileShelf(writer.folder)
        new = appended(open_snapshot(directory), events, shelf)
        writer.publish(replace(new, home=directory), shelf.places)
    return open_snapshot(directory)


def compact(snapshot: Snapshot) -> Snapshot:
    """The same journeys in as few pieces as possible; appending does this by and by.

    Raises:
        StoreBusy: another process is writing there.
        StoreError: it could not be written; what was there is untouched.
    """
    if snapshot.home is None:
        return compacted(snapshot)
    directory = snapshot.home
    with writing(directory) as writer:
        shelf = FileShelf(writer.folder)
        latest = open_snapshot(directory)
        new = compacted(latest, shelf)
        if new is not latest:
            writer.publish(replace(new, home=directory), shelf.places)
    return open_snapshot(directory)


def with_attributes(snapshot: Snapshot, table: pa.Table) -> Snapshot:
    """Journeys whose customers have the table's columns as attributes; no journey is rewritten.

    The table has a column `customer`; its last row about a customer counts. Customers without
    journey are counted in `set_aside` as "unknown customer".

    Raises:
        UnknownName: the table has no column `customer`.
        InvalidValue: a column cannot be an attribute.
        StoreBusy: another process is writing there.
        StoreError: it could not be written; what was there is untouched.
    """
    if snapshot.home is None:
        return enriched(snapshot, table)
    directory = snapshot.home
    with writing(directory) as writer:
        new = enriched(open_snapshot(directory), table)
        writer.publish(replace(new, home=directory), {})
    return open_snapshot(directory)

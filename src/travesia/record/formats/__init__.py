"""Reading sources: any file or table of events into one checked stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from travesia.record.events import ColumnKind, Events

__all__ = ["open_events"]


def open_events(
    source: Any,
    *,
    customer: str | None = None,
    touchpoint: str | None = None,
    time: str | None = None,
    order: str | None = None,
    channel: str | None = None,
    value: str | None = None,
    dimensions: Sequence[str] | str = (),
    attributes: Sequence[str] | str = (),
    timezone: str = "UTC",
    delimiter: str | None = None,
    encoding: str | None = None,
    quote: str | None = None,
    time_format: str | None = None,
    sheet: str | int | None = None,
    lifecycle: str | None = None,
    as_before: Mapping[str, str] | None = None,
    kinds: Mapping[str, ColumnKind] | None = None,
) -> Events:
    """A source as checked events.

    Args:
        source: a path or glob, an object that offers Arrow (pandas, Polars, PyArrow, DuckDB), or a
            list of these. CSV, TSV, JSON lines and XES may be compressed (.gz, .zst, .bz2).
        customer: the column that says who; recognised by name if None, like the next two.
        touchpoint: the column that says what.
        time: the column that says when.
        order: a column of numbers that orders events of the same time.
        channel: the column of the medium.
        value: a column of numbers: what the interaction was worth.
        dimensions: further columns of each interaction; "*" means all others.
        attributes: columns that describe the customer. In XES those of the trace are by default.
        timezone: the zone of times that have none (IANA name). Where clocks go back, a time that
            happens twice is the first; where they go forward, one that never happens is read with
            the offset from before the change.
        delimiter: between cells of a CSV; sniffed if None, like the next two.
        encoding: of a text file, as Python names it.
        quote: around cells of a CSV; "" means that quotes are letters.
        time_format: "iso", "d/m/y", "m/d/y", "s", "ms", "us", "ns", or a pattern of strptime.
        sheet: of a spreadsheet; nothing here reads those yet.
        lifecycle: keep only events of this transition, such as "complete"; None keeps all.
        as_before: `Events.read_as` of an earlier source: holds where nothing is named, and where
            this source agrees.
        kinds: what the further columns of an earlier source hold, so that a column of text stays
            one though only numbers come now; cells that are not of the kind count as missing.

    Raises:
        InputError: if a file cannot be read, or its columns cannot be told.
        UnknownName: if a named column does not exist.
        InvalidValue: if an option cannot be meant.
    """
    from travesia.record.formats.opening import Wishes, opened
    from travesia.record.formats.sources import Options

    wishes = Wishes(
        named={
            role: (column,)
            for role, column in {
                "customer": customer,
                "touchpoint": touchpoint,
                "time": time,
                "order": order,
                "channel": channel,
                "value": value,
            }.items()
            if column is not None
        },
        dimensions=_several(dimensions),
        attributes=_several(attributes),
        timezone=timezone,
        lifecycle=lifecycle,
        before=as_before or {},
        kinds=kinds or {},
    )
    return opened(source, wishes, Options(delimiter, encoding, quote, time_format, sheet))


def _several(columns: Sequence[str] | str) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else tuple(columns)

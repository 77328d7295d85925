"""What can be read: paths, globs, lists of them, and objects that offer Arrow."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from travesia.errors import InputError, InvalidValue, UnknownFormat, UnreadableSource
from travesia.record.formats.feeds import Feed
from travesia.record.formats.files import COMPRESSIONS, head, unreadable
from travesia.record.manifest import NAME as MANIFEST

TEXT_ENDINGS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".psv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".xes": "xes",
    ".xml": "xes",
}
PACKED_ENDINGS = (".gz", ".gzip", ".zst", ".zstd", ".bz2")
MAGIC = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}
CLAIMS = {".parquet": "Parquet", ".feather": "Arrow", ".arrow": "Arrow", ".ipc": "Arrow"}
# First bytes of what people have but nothing here reads -> what it is, and what to do.
FOREIGN = {
    b"PK\x03\x04": ("a spreadsheet or ZIP archive", "Save the sheet as CSV, or unpack it, first."),
    b"\xd0\xcf\x11\xe0": ("an old Excel file", "Save the sheet as CSV first."),
    b"%PDF": ("a PDF", "Ask for the data behind it as CSV."),
    b"SQLite format 3": ("an SQLite database", "Read its table with DuckDB and pass the relation."),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it first."),
    b"ORC": ("an ORC file", "Convert it to Parquet first."),
}


@dataclass(frozen=True, slots=True)
class Options:
    """How files are written, where it is not to be sniffed."""

    delimiter: str | None = None
    encoding: str | None = None
    quote: str | None = None
    time_format: str | None = None
    sheet: str | int | None = None

    @property
    def given(self) -> list[str]:
        """The names of those that were said."""
        return [one.name for one in fields(self) if getattr(self, one.name) is not None]


def open_feeds(source: Any, options: Options) -> list[Feed]:
    """Every file and object of a source, opened far enough to know its columns."""
    feeds = [_opened(one, options) for one in _spread(source)]
    if not feeds:
        raise InputError("There is nothing to read: the list is empty.", "Name at least one file.")
    understood = {option for feed in feeds for option in feed.options}
    for option in options.given:
        if option not in understood:
            raise InvalidValue(
                f"{option}= means nothing for {feeds[0].name}.", "Leave it out for this format."
            )
    for feed in feeds:
        if not feed.kinds:
            raise UnreadableSource(f"{feed.name} holds no events.", "Look at what was exported.")
    return feeds


def format_of(path: Path) -> str:
    """The format of a file: by its first bytes if they tell, else by its name, else by its text.

    Raises:
        UnknownFormat: if nothing here reads it.
        UnreadableSource: if it is not what its name claims.
    """
    start = _start(path)
    for magic, name in MAGIC.items():
        if start.startswith(magic):
            return name
    for magic, (what, repair) in FOREIGN.items():
        if start.startswith(magic):
            raise UnknownFormat(f"{path.name} is {what}, which cannot be read here.", repair)
    if claim := CLAIMS.get(path.suffix.lower()):
        raise UnreadableSource(
            f"{path.name} is not a {claim} file, whatever its name says.",
            "Make or download it again, or give it the ending of what it holds.",
        )
    return TEXT_ENDINGS.get(_ending(path)) or _by_text(path)


def _spread(source: Any) -> Iterator[Any]:
    """The paths and Arrow objects of a source, in order; the files of a glob by name."""
    from travesia.record.formats.arrow import offers_arrow

    if _is_lazy(source):
        yield source.collect()
    elif offers_arrow(source):
        yield source
    elif isinstance(source, str | os.PathLike):
        yield from _paths(Path(os.fspath(source)).expanduser())
    elif isinstance(source, list | tuple | set | frozenset):
        for one in source:
            yield from _spread(one)
    else:
        raise UnknownFormat(
            f"A {type(source).__name__} is no source of events.",
            "Give a path, a list of paths, or a table of pandas, Polars, PyArrow or DuckDB.",
        )


def _is_lazy(source: Any) -> bool:
    """A query of Polars that has not run: its rows are wanted now."""
    kind = type(source)
    return kind.__name__ == "LazyFrame" and kind.__module__.startswith("polars")


def _paths(path: Path) -> list[Path]:
    if (path / MANIFEST).is_file():
        raise UnreadableSource(
            f"{str(path)!r} holds saved journeys.", f"Open them: tv.open({str(path)!r})."
        )
    if path.is_dir():
        raise UnreadableSource(
            f"{str(path)!r} is a directory.",
            f"Name its files, such as {str(path / '*.csv')!r}.",
        )
    if path.exists() or not glob.has_magic(str(path)):
        return [path]
    found = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - may be absolute
    if not found:
        raise UnreadableSource(
            f"No file matches {str(path)!r}.", "Look at the path and the pattern."
        )
    return [Path(one) for one in found if not Path(one).is_dir()]


def _opened(source: Any, options: Options) -> Feed:
    if isinstance(source, Path):
        return OPENERS[format_of(source)](source, options)
    from travesia.record.formats.arrow import open_object

    return open_object(source)


def _csv(path: Path, options: Options) -> Feed:
    from travesia.record.formats.csv import CsvFeed

    return CsvFeed(path, options.delimiter, options.encoding, options.quote)


def _jsonl(path: Path, options: Options) -> Feed:
    from travesia.record.formats.jsonl import JsonlFeed

    return JsonlFeed(path, options.encoding)


def _parquet(path: Path, options: Options) -> Feed:
    from travesia.record.formats.parquet import ParquetFeed

    del options
    return ParquetFeed(path)


def _arrow(path: Path, options: Options) -> Feed:
    from travesia.record.formats.arrow import open_ipc

    del options
    return open_ipc(path)


def _xes(path: Path, options: Options) -> Feed:
    from travesia.record.formats.xes import XesFeed

    del options
    return XesFeed(path)


OPENERS: dict[str, Callable[[Path, Options], Feed]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "parquet": _parquet,
    "arrow": _arrow,
    "xes": _xes,
}


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise unreadable(path, error) from error
    if not start:
        raise UnreadableSource(
            f"{path.name} is empty.", "Export it again: not even a header is there."
        )
    return start


def _ending(path: Path) -> str:
    """The ending before the one of the compression."""
    endings = [one.lower() for one in path.suffixes]
    while endings and endings[-1] in PACKED_ENDINGS:
        endings.pop()
    return endings[-1] if endings else ""


def _by_text(path: Path) -> str:
    start = head(path, 4096).data.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return "xes"
    return "jsonl" if start.startswith((b"{", b"[")) else "csv"


__all__ = ["COMPRESSIONS", "OPENERS", "Options", "format_of", "open_feeds"]

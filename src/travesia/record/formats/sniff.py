"""How a text file is written: its encoding, delimiter and quotes, judged by its first bytes."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from travesia.errors import InvalidValue, UnreadableSource

DELIMITERS = (",", ";", "\t", "|")
MOST_LETTERS = 1 << 24  # in a cell; more than is ever looked at
SPACES = " "  # columns set apart by runs of spaces
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What the tools of an office write where it is not UTF-8; guessing wider finds more nonsense.
WESTERN = ["cp1252", "latin_1"]
WIDER = [*WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp850", "mac_roman"]
CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b")
_SEP_LINE = re.compile(r"sep=(.)\r?\n")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How rows are cut into cells. `skip` is the number of lines before the header."""

    delimiter: str
    quote: str | None = '"'
    escape: str | None = None
    skip: int = 0

    def rows(self, lines: Iterable[str]) -> list[list[str]]:
        """The rows of some lines; empty lines are no rows."""
        if self.delimiter == SPACES:
            return [cells for line in lines if (cells := line.split())]
        reader = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape,
            doublequote=self.escape is None,
        )
        most = csv.field_size_limit(MOST_LETTERS)
        try:
            return [row for row in reader if row]
        except csv.Error:  # such as a lone carriage return: certainly not this dialect
            return []
        finally:
            csv.field_size_limit(most)


def sniff_encoding(data: bytes, name: str) -> str:
    """The encoding of a file that starts with these bytes; later bytes may still contradict."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return encoding
    if b"\0" in data:
        return _wide(data, name)
    if not _is_text(data, "latin-1"):
        raise UnreadableSource(
            f"{name} is not a text file: it is full of control characters.",
            "Export it as CSV, JSON lines, Parquet or XES.",
        )
    if _is_utf8(data):
        return "utf-8"
    return _narrow(data)


def checked_encoding(encoding: str) -> str:
    """The encoding as Python spells it; utf-16 is decided by its mark elsewhere."""
    try:
        return codecs.lookup(encoding).name.replace("utf-8-sig", "utf-8")
    except LookupError:
        raise InvalidValue(
            f"There is no encoding {encoding!r}.",
            'Usual ones: "utf-8", "cp1252", "latin-1", "utf-16".',
        ) from None


def sniff_dialect(
    text: str, *, whole: bool, delimiter: str | None = None, quote: str | None = None
) -> Dialect:
    """The dialect in which the first rows agree best on how many cells a row has."""
    skip = 0
    if match := _SEP_LINE.match(text):  # Excel's own hint
        delimiter, skip, text = delimiter or match[1], 1, text[match.end() :]
    lines = text.splitlines(keepends=True)[:2000]
    lines = lines if whole or len(lines) < 2 else lines[:-1]
    quotes = [quote or None] if quote is not None else _quotes(text)
    candidates = [
        Dialect(mark, one, escape, skip)
        for mark in ([delimiter] if delimiter else DELIMITERS)
        for one in quotes
        for escape in _escapes(text, one)
    ]
    best = max(candidates, key=lambda dialect: _agreement(dialect.rows(lines)))
    if not delimiter and _agreement(best.rows(lines))[0] == 0:
        spaced = Dialect(SPACES, None, None, skip)
        return spaced if _agreement(spaced.rows(lines))[0] > 0 else best
    return best


def _agreement(rows: list[list[str]]) -> tuple[float, float, int]:
    """The share of rows with the header's number of cells, and how many cells those are."""
    if not rows or len(rows[0]) < 2:
        return 0.0, 0.0, 0
    counts = Counter(len(row) for row in rows)
    alike = counts[len(rows[0])] / len(rows)
    named = sum(bool(cell.strip()) for cell in rows[0]) / len(rows[0])
    return (alike, named, len(rows[0])) if alike > 0.5 else (0.01, named, len(rows[0]))


def _quotes(text: str) -> list[str | None]:
    single = re.search(r"(?:^|[,;\t|])'[^'\n]*'(?:[,;\t|]|\r?$)", text, re.MULTILINE)
    return ['"', "'"] if single and '"' not in text else ['"']


def _escapes(text: str, quote: str | None) -> list[str | None]:
    return [None, "\\"] if quote and f"\\{quote}" in text else [None]


def _is_text(data: bytes, encoding: str) -> bool:
    """Whether nearly nothing of it is control characters."""
    text = data[: len(data) // 2 * 2].decode(encoding, "replace").encode()
    return len(text.translate(None, CONTROLS)) >= 0.95 * len(text)


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return True


def _wide(data: bytes, name: str) -> str:
    """UTF-16 without a mark has NUL in every other byte of plain text; anything else is binary."""
    even, odd = data[0:4096:2].count(0), data[1:4096:2].count(0)
    half = min(len(data), 4096) // 2
    if odd > 0.4 * half and even < 0.1 * half and _is_text(data, "utf-16-le"):
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.1 * half and _is_text(data, "utf-16-be"):
        return "utf-16-be"
    line = data.count(b"\n", 0, data.find(b"\0")) + 1
    raise UnreadableSource(
        f"{name} line {line} holds a NUL byte: this is not a text file.",
        'Export it again as CSV, or say its encoding, such as encoding="utf-16".',
    )


def _narrow(data: bytes) -> str:
    """The likeliest encoding of one byte a character, judged by the lines that are not ASCII."""
    from charset_normalizer import from_bytes

    telling = [line for line in data.split(b"\n") if not line.isascii()]
    sample = b"\n".join(telling)[: 1 << 16]
    for allowed in (WESTERN, WIDER):
        if best := from_bytes(sample, cp_isolation=allowed).best():
            return _plain(best.encoding, sample)
    return _plain("cp1252", sample)


def _plain(encoding: str, sample: bytes) -> str:
    """cp1252 and latin-1 differ only in bytes that latin-1 leaves to control characters."""
    if encoding not in WESTERN:
        return encoding
    try:
        sample.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"

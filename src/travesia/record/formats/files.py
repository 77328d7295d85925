"""The bytes of a file: uncompressed, in UTF-8, with errors that name file, line and repair."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from travesia.errors import UnreadableSource

COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
NEWLINE = b"\n"
BLOCK = 8 << 20  # bytes read at once: large enough for speed, small enough for memory


@dataclass(frozen=True, slots=True)
class Head:
    """The start of a file.

    Attributes:
        data: its first bytes, uncompressed.
        compression: "gzip", "zstd", "bz2", or None.
        whole: nothing comes after `data`.
        times: how many times `data` goes into the file, roughly.
    """

    data: bytes
    compression: str | None
    whole: bool
    times: float


def head(path: Path, size: int = 1 << 20) -> Head:
    """The first `size` bytes of a file."""
    compression = _compression(path)
    with _opened(path, compression) as (raw, stream):
        data = _read(path, stream, size)
        whole = len(data) < size
        return Head(data, compression, whole, 1.0 if whole else raw.size() / max(raw.tell(), 1))


def blocks(path: Path, first: int = BLOCK, size: int = BLOCK) -> Iterator[bytes]:
    """The bytes of a file, uncompressed, in blocks."""
    with _opened(path, _compression(path)) as (_, stream):
        data = _read(path, stream, first)
        while data:
            yield data
            data = _read(path, stream, size)


def utf8_blocks(
    path: Path, encoding: str, first: int = BLOCK, size: int = BLOCK
) -> Iterator[bytes]:
    """The text of a file in UTF-8, without byte order mark; every byte is verified."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, at_start = 1, True
    for block in blocks(path, first, size):
        text = _decoded(decoder, block, path, line, encoding)
        data = (text.removeprefix("\ufeff") if at_start else text).encode()
        _refuse_nul(data, path, line)
        line, at_start = line + line_ends(data), False
        yield data
    _decoded(decoder, b"", path, line, encoding, final=True)


def line_ends(data: bytes) -> int:
    """How many lines end in some bytes."""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == 10))


def unreadable(path: Path, error: Exception) -> UnreadableSource:
    """What an error of the operating system or of a decompressor means."""
    what = f"{path.name}: {clean(error)}."
    if isinstance(error, FileNotFoundError):
        return UnreadableSource(
            f"There is no file {str(path)!r}.", "Look at the path and its name."
        )
    if isinstance(error, PermissionError):
        return UnreadableSource(what, "Give this user the right to read the file.")
    if "truncated" in str(error).lower():
        what = f"{path.name} is cut off: the compressed data ends too early."
    elif _compression_words(error):
        what = f"{path.name} is damaged: {clean(error)}."
    return UnreadableSource(what, "Copy or download the file again, and compare its size.")


def clean(error: Exception) -> str:
    """An error of a library in one line, without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


class _opened:  # noqa: N801 - reads as a verb where it is used
    """The raw file and the stream of its uncompressed bytes."""

    def __init__(self, path: Path, compression: str | None) -> None:
        self.path, self.compression = path, compression

    def __enter__(self) -> tuple[pa.NativeFile, pa.NativeFile]:
        try:
            self.raw = pa.OSFile(str(self.path))
        except OSError as error:
            raise unreadable(self.path, error) from error
        if self.compression is None:
            return self.raw, self.raw
        self.stream = pa.CompressedInputStream(self.raw, self.compression)
        return self.raw, self.stream

    def __exit__(self, *_: object) -> None:
        self.raw.close()


def _compression(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise unreadable(path, error) from error
    return next((c for magic, c in COMPRESSIONS.items() if start.startswith(magic)), None)


def _read(path: Path, stream: pa.NativeFile, size: int) -> bytes:
    """Exactly `size` bytes, or what is left: a decompressor may give less at a time."""
    parts: list[bytes] = []
    wanted = size
    try:
        while wanted and (data := stream.read(wanted)):
            parts.append(data)
            wanted -= len(data)
    except OSError as error:
        raise unreadable(path, error) from error
    return b"".join(parts) if len(parts) != 1 else parts[0]


def _decoded(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    path: Path,
    line: int,
    encoding: str,
    *,
    final: bool = False,
) -> str:
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, "ignore")
        raise UnreadableSource(
            f"{path.name} line {line + before.count(chr(10))}: "
            f"byte 0x{error.object[error.start]:02X} is not {encoding}.",
            'Say how the file is encoded, such as encoding="cp1252" or encoding="latin-1".',
        ) from error


def _refuse_nul(data: bytes, path: Path, line: int) -> None:
    at = data.find(b"\0")
    if at >= 0:
        raise UnreadableSource(
            f"{path.name} line {line + data.count(NEWLINE, 0, at)} holds a NUL byte: "
            "this is not a text file.",
            'Export it again as text, or say its encoding, such as encoding="utf-16".',
        )


def _compression_words(error: Exception) -> bool:
    words = ("inflate", "zlib", "zstd", "bz2", "compress")
    return any(word in str(error).lower() for word in words)

"""Cells into values: what a column of text holds, and Arrow columns as text or numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from travesia.errors import UnreadableSource
from travesia.record.events import ARROW_TYPE, ColumnKind

# What tools write into text files for "nothing". Only where it cannot be a name: see check.py.
MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "\\N")
NUMBER = r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?"
COMMA_NUMBER = r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?"
GROUPED_NUMBER = r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?"
CURRENCY = r"^(US\$|[$€£¥])?\s*|\s*(€|\$|£|EUR|USD|MXN|GBP)?$"
# Leading zeros mean a code, not a number.
_PLAIN = re.compile(
    r"[+-]?(0|[1-9]\d{0,15}|(0|[1-9]\d*)?[.,]\d+|[1-9]\d{0,2}([.,]\d{3})+([.,]\d+)?)([eE][+-]?\d{1,3})?"
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)?")

Mark = Literal[".", ","]
Mask = npt.NDArray[np.bool_]
EXACT = 2**53  # up to here float64 holds every whole number


def kind_of(values: pa.Array) -> ColumnKind:
    """What the first cells of a text column hold, if all agree."""
    cells = [cell for cell in pc.unique(values).to_pylist() if cell not in MISSING and cell]
    if not cells:
        return "text"
    if all(_PLAIN.fullmatch(re.sub(CURRENCY, "", cell)) for cell in cells):
        return "text" if any(_is_inexact(cell) for cell in cells) else "number"
    if all(_ISO.fullmatch(cell) for cell in cells):
        return "time"
    return "text"


def inexact(values: pa.Array) -> Mask | None:
    """Which cells hold whole numbers that float64 would round; None if none does."""
    if is_text(values.type):
        found = np.array([_is_inexact(cell) for cell in as_string(values).to_pylist()], np.bool_)
    elif pa.types.is_decimal(values.type) or values.type in (pa.int64(), pa.uint64()):
        kind = pa.float64() if pa.types.is_decimal(values.type) else values.type
        numbers = pc.fill_null(pc.cast(values, kind, safe=False), 0).to_numpy()
        if not numbers.size or (numbers.max() <= EXACT and numbers.min() >= -EXACT):
            return None
        found = (numbers > EXACT) | (numbers < -EXACT)
    else:
        return None
    return found if found.any() else None


def _is_inexact(cell: str | None) -> bool:
    digits = (cell or "").lstrip("+-")
    return digits.isdecimal() and len(digits) > 15 and int(digits) > EXACT


def decimal_mark(values: pa.Array) -> Mark:
    """Whether numbers are written 1,234.5 or 1.234,5, by the cells that tell."""
    cells = [re.sub(CURRENCY, "", cell) for cell in pc.unique(values).to_pylist() if cell]
    if any(re.fullmatch(r"[+-]?\d{1,3}(\.\d{3}){2,}", cell) for cell in cells):
        return ","  # 1.234.567
    comma = sum(bool(re.search(r",\d+$", cell)) and not _grouped(cell, ",") for cell in cells)
    point = sum(bool(re.search(r"\.\d+$", cell)) and not _grouped(cell, ".") for cell in cells)
    return "," if comma > point else "."


def _grouped(cell: str, mark: str) -> bool:
    """1,234 may be a thousand or a bit more than one: it tells nothing."""
    return re.fullmatch(rf"[^\d]*[1-9]\d{{0,2}}({re.escape(mark)}\d{{3}})+[^\d]*", cell) is not None


@dataclass(slots=True)
class Numbers:
    """Reads a column as numbers, and counts the cells that are none, and those it must round."""

    mark: Mark = "."
    refused: int = 0
    example: str = ""
    rounded: int = 0

    def read(self, values: pa.Array) -> pa.Array:
        """float64; null is missing, not a number, or not finite."""
        numbers = self._read(values)
        bounds = pc.min_max(numbers)
        least, most = bounds["min"].as_py(), bounds["max"].as_py()
        if least is None or (least > -EXACT and most < EXACT):
            return numbers
        rounded = inexact(values)
        self.rounded += 0 if rounded is None else int(rounded.sum())
        return self._finite(values, numbers)

    def _finite(self, values: pa.Array, numbers: pa.Array) -> pa.Array:
        """Without infinities, which would make every sum one."""
        infinite = pc.fill_null(pc.is_inf(numbers), fill_value=False)
        self._count(as_string(values), infinite)
        return pc.if_else(infinite, pa.scalar(None, pa.float64()), numbers)

    def _read(self, values: pa.Array) -> pa.Array:
        if not is_text(values.type):
            return pc.cast(values, pa.float64(), safe=False)
        text = pc.fill_null(as_string(values), "")
        if self.mark == ".":
            try:
                return pc.cast(_or_null(text), pa.float64())
            except pa.ArrowInvalid:
                pass
        return self._carefully(text)

    def _carefully(self, text: pa.Array) -> pa.Array:
        plain = pc.replace_substring_regex(text, CURRENCY, "")
        if self.mark == ",":
            sound = pc.match_substring_regex(plain, f"^{COMMA_NUMBER}$")
            plain = pc.replace_substring(pc.replace_substring(plain, ".", ""), ",", ".")
            sound = pc.and_(sound, pc.match_substring_regex(plain, r"\d"))
        else:
            grouped = pc.match_substring_regex(plain, f"^{GROUPED_NUMBER}$")
            plain = pc.if_else(grouped, pc.replace_substring(plain, ",", ""), plain)
            sound = pc.match_substring_regex(plain, f"^{NUMBER}$")
        self._count(text, pc.and_not(pc.invert(sound), is_missing(text)))
        return pc.cast(pc.if_else(sound, plain, pa.scalar(None, pa.string())), pa.float64())

    def _count(self, text: pa.Array, refused: pa.Array) -> None:
        count = pc.sum(refused).as_py() or 0
        if count and not self.example:
            self.example = text.filter(refused)[0].as_py()
        self.refused += count


def is_text(kind: pa.DataType) -> bool:
    """Whether cells are strings, in whatever layout."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def checked_text(values: pa.Array, name: str, where: str) -> pa.Array:
    """The same values, if all text among them is UTF-8: Arrow takes a source's word for it."""
    text = values.dictionary if pa.types.is_dictionary(values.type) else values
    if not is_text(text.type):
        return values
    try:
        if pa.types.is_binary(text.type) or pa.types.is_large_binary(text.type):
            pc.cast(text, pa.large_string())
        else:
            text.validate(full=True)
    except pa.ArrowInvalid as error:
        raise UnreadableSource(
            f"{where}: column {name!r} holds bytes that are not UTF-8.",
            "Write that column as text first, decoded by its encoding (often cp1252).",
        ) from error
    return values


def as_string(values: pa.Array) -> pa.StringArray:
    """Plain strings; costs nothing if they are already."""
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_dictionary(values.type):
        words = as_string(values.dictionary)  # first: not every layout of text can be taken from
        return pa.DictionaryArray.from_arrays(values.indices, words).dictionary_decode()
    if pa.types.is_floating(values.type):
        return _spelt(values)
    return pc.cast(values, pa.string())


def _spelt(values: pa.Array) -> pa.StringArray:
    """Floats as text: whole ones as integers are written, NaN as null."""
    numbers = pc.cast(values, pa.float64())
    numbers = pc.if_else(pc.is_nan(numbers), pa.scalar(None, pa.float64()), numbers)
    small = pc.less(pc.abs(numbers), 2.0**53)
    whole = pc.and_(small, pc.equal(pc.floor(numbers), numbers))
    integers = pc.cast(pc.if_else(whole, numbers, 0.0), pa.int64())
    return pc.if_else(whole, pc.cast(integers, pa.string()), pc.cast(numbers, pa.string()))


def as_names(values: pa.Array) -> pa.DictionaryArray:
    """dictionary<int32, string> in which no name is null."""
    wanted = ARROW_TYPE["text"]
    if not pa.types.is_dictionary(values.type):
        return pc.dictionary_encode(as_string(values))
    if values.dictionary.null_count:
        return pc.dictionary_encode(as_string(values))
    if values.type == wanted:
        return values
    names = as_string(values.dictionary)
    return pa.DictionaryArray.from_arrays(pc.cast(values.indices, pa.int32()), names)


def is_missing(text: pa.StringArray) -> pa.BooleanArray:
    """Null, or one of the markers for nothing."""
    return pc.or_(pc.is_null(text), pc.is_in(text, value_set=pa.array(MISSING)))


def _or_null(text: pa.StringArray) -> pa.StringArray:
    return pc.if_else(is_missing(text), pa.scalar(None, pa.string()), text)

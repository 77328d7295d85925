"""What must hold of the rows in a file before anything is looked up by their values.

Opening reads no rows. Each column is checked when it is first used, once: kernels take positions
and codes from it and look no further.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from travesia.engines.blocks import Columns
from travesia.engines.scope import TOUCHPOINT
from travesia.errors import StoreDamaged
from travesia.record.checksums import REPAIR
from travesia.record.events import ARROW_TYPE, Column, ColumnKind


@dataclass(frozen=True, slots=True)
class Check:
    """The bounds that a batch's values must keep, and which columns were found to.

    Attributes:
        sizes: column -> how many names its codes can stand for.
        span: the first and last time of all journeys.
        found: threads may add to it at once: what they find is the same.
    """

    path: Path
    batch: pa.RecordBatch
    sizes: Mapping[str, int]
    span: tuple[int, int]
    found: set[str] = field(default_factory=set)

    def column(self, name: str) -> None:
        """Check a column of lists, unless it was.

        Raises:
            StoreDamaged: kernels would reach outside of it, or of a vocabulary.
        """
        if name in self.found:
            return
        if name != TOUCHPOINT:
            self.column(TOUCHPOINT)
        lists = self.batch.column(name)
        self._lists(name, lists)
        self._values(name, lists.values)
        self.found.add(name)

    def keys(self) -> None:
        """Check the customers' keys, unless they were.

        Raises:
            StoreDamaged: they are not text throughout.
        """
        if "key" in self.found:
            return
        try:
            self.batch.column("key").validate(full=True)
        except pa.ArrowInvalid as problem:
            raise self._damaged("key") from problem
        self.found.add("key")

    def _lists(self, name: str, lists: pa.ListArray) -> None:
        offsets = lists.offsets.to_numpy()
        if name == TOUCHPOINT:
            sound = bool(offsets[0] >= 0 and (offsets[1:] > offsets[:-1]).all())
        else:
            sound = np.array_equal(offsets, self.batch.column(TOUCHPOINT).offsets.to_numpy())
        if not sound or offsets[-1] > len(lists.values):
            raise self._damaged(name)

    def _values(self, name: str, values: pa.Array) -> None:
        if name == "time":
            if not _within(values.view(pa.int64()).to_numpy(), *self.span):
                raise self._damaged(name)
        elif pa.types.is_dictionary(values.type):
            codes = values.indices.to_numpy()
            size = self.sizes[name]
            if size <= np.iinfo(codes.dtype).max and not _within(codes, 0, size - 1):
                raise self._damaged(name)

    def _damaged(self, column: str) -> StoreDamaged:
        return StoreDamaged(
            f"{self.path} is damaged: column {column!r} holds what cannot be.", REPAIR
        )


def well_formed(
    batch: pa.RecordBatch, key: str, columns: Sequence[Column], *, ordered: bool
) -> bool:
    """Whether a batch has the columns and types of journeys with these columns, and no nulls."""
    kinds: dict[str, ColumnKind] = {TOUCHPOINT: "text", "time": "time"}
    kinds |= {"order": "number"} if ordered else {}
    kinds |= {column.name: column.kind for column in columns if not column.attribute}
    if batch.schema.names != ["hash", "key", *kinds]:
        return False
    lists = [batch.column(name) for name in kinds]
    return (
        [str(one.type) for one in batch.columns[:2]] == ["uint64", key]
        and all(pa.types.is_list(one.type) for one in lists)
        and all(
            _of_kind(one.type.value_type, kinds[name])
            for name, one in zip(kinds, lists, strict=True)
        )
        and not any(one.null_count for one in (*batch.columns, *(one.values for one in lists)))
    )


def _of_kind(found: pa.DataType, kind: ColumnKind) -> bool:
    if kind != "text":
        return bool(found == ARROW_TYPE[kind])
    return (
        pa.types.is_dictionary(found)
        and found.index_type in (pa.uint16(), pa.uint32())
        and pa.types.is_string(found.value_type)
    )


class Checked:
    """Columns that are checked when they are asked for."""

    def __init__(self, columns: Columns, check: Check) -> None:
        self._columns = columns
        self._check = check

    def __getitem__(self, name: str) -> npt.NDArray[np.generic]:
        self._check.column(name)
        return self._columns[name]


def _within(values: npt.NDArray[Any], least: int, most: int) -> bool:
    return not values.size or bool(values.min() >= least and values.max() <= most)

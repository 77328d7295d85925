"""What the tests of reading share: files written on the spot, and real data from outside."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from travesia.record.events import Events
from travesia.record.formats import open_events

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file with this text or these bytes."""

    def written(content: str | bytes, name: str = "events.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """A file of real data beside the checkout: required where CI runs, else skipped."""

    def found(name: str) -> Path:
        path = Path(__file__).parents[4] / "shared" / "data" / name
        if not path.exists():
            reason = f"real data is not here: {path}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return found


class Read:
    """A source read to its end."""

    def __init__(self, events: Events) -> None:
        self.events = events
        self.batches = list(events.batches)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch.to_pylist()]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]

    @property
    def said(self) -> dict[str, str]:
        return dict(self.events.said)

    @property
    def counts(self) -> dict[str, int]:
        return self.events.set_aside.counts

    @property
    def examples(self) -> dict[str, list[str]]:
        return self.events.set_aside.examples

    @property
    def size(self) -> int:
        return sum(batch.num_rows for batch in self.batches)


@pytest.fixture
def read() -> Callable[..., Read]:
    """Open a source and read it to its end."""

    def all_of(source: Any, **options: Any) -> Read:
        return Read(open_events(source, **options))

    return all_of


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """A time in UTC, written short."""
    return lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def table() -> pa.Table:
    """Three events of two customers."""
    return pa.table(
        {
            "user_id": ["a", "a", "b"],
            "event": ["visit", "cart", "visit"],
            "timestamp": pa.array([1_000_000, 2_000_000, 3_000_000], pa.timestamp("us", "UTC")),
        }
    )

"""Generate events of a made-up company as Parquet, as many as asked for, in bounded memory.

Customers are 5 % of the events, with a Zipf-like number of events each; touchpoints are Zipf-like
too; times run in order through one year. The same number and seed give the same file.

    python bench/generate.py 100000000 events.parquet
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 1_000_000
TOUCHPOINTS = 32
FIRST = 1_735_689_600_000_000  # 2025-01-01 UTC, in microseconds
YEAR = 365 * 86_400_000_000

SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "touchpoint": pa.dictionary(pa.int32(), pa.string()),
        "time": pa.timestamp("us", "UTC"),
    }
)


def generate(events: int, path: Path, *, seed: int = 7, shuffled: bool = False) -> None:
    """Write the events; `shuffled` draws times at random instead of in order."""
    random = np.random.default_rng(seed)
    customers = max(1, events // 20)
    shares = 1 / np.arange(1, TOUCHPOINTS + 1)
    shares /= shares.sum()
    names = pa.array([f"touchpoint_{i:02d}" for i in range(TOUCHPOINTS)])
    with pq.ParquetWriter(path, SCHEMA, compression="snappy") as writer:
        for start in range(0, events, ROW_GROUP):
            count = min(ROW_GROUP, events - start)
            ids = _ids(random, customers, count)
            touched = random.choice(TOUCHPOINTS, count, p=shares).astype(np.int32)
            writer.write_table(
                pa.table(
                    {
                        "customer_id": ids,
                        "touchpoint": pa.DictionaryArray.from_arrays(pa.array(touched), names),
                        "time": pa.array(_times(random, start, count, events, shuffled=shuffled)),
                    },
                    schema=SCHEMA,
                )
            )


def _ids(random: np.random.Generator, customers: int, count: int) -> pa.Array:
    """Ids like "c004211337": a half of the events even, a half by a few eager customers."""
    drawn = random.random(count)
    eager = random.random(count) < 0.5
    picked = (np.where(eager, drawn**2, drawn) * customers).astype(np.int64)
    scattered = picked * 7_919 % customers  # neighbours should not be alike
    digits = (scattered[:, None] // 10 ** np.arange(8, -1, -1)) % 10
    text = np.empty((count, 10), np.uint8)
    text[:, 0] = ord("c")
    text[:, 1:] = digits + ord("0")
    offsets = np.arange(count + 1, dtype=np.int32) * 10
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def _times(
    random: np.random.Generator, start: int, count: int, events: int, *, shuffled: bool
) -> np.ndarray:
    if shuffled:
        values = FIRST + random.integers(0, YEAR, count)
    else:
        low, high = YEAR * start // events, YEAR * (start + count) // events
        values = FIRST + np.sort(random.integers(low, max(high, low + 1), count))
    return values.astype("datetime64[us]")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Generate events as Parquet.")
    parser.add_argument("events", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--shuffled", action="store_true", help="times at random, not in order")
    given = parser.parse_args()
    generate(given.events, given.path, seed=given.seed, shuffled=given.shuffled)
    sys.stdout.write(f"{given.path}: {given.path.stat().st_size / 1e6:.0f} MB\n")


if __name__ == "__main__":
    main()

"""Travesía: build journeys from Parquet and save them. Arguments: events, directory."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from measure import measured

import travesia as tv


def warm_up() -> None:
    """Load the libraries and kernels, as the other tools' scripts do when they are imported."""
    import pyarrow as pa

    row = {"customer_id": ["c"], "touchpoint": ["t"], "time": [datetime(2025, 1, 1, tzinfo=UTC)]}
    tv.read(pa.table(row), customer="customer_id", touchpoint="touchpoint", time="time")


def main(events: str, directory: str) -> None:
    measured("start", warm_up)
    journeys = measured(
        "load",
        lambda: tv.read(events, customer="customer_id", touchpoint="touchpoint", time="time"),
        lambda found: found.customers,
    )
    measured("save", lambda: journeys.save(directory))


main(*sys.argv[1:])

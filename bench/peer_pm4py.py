"""PM4Py: an event log as a formatted data frame. Arguments: events, directory (not used)."""

from __future__ import annotations

import sys

import pandas as pd
import pm4py
from measure import measured


def main(events: str, _directory: str) -> None:
    frame = pd.read_parquet(events)
    frame["touchpoint"] = frame["touchpoint"].astype(str)
    log = measured(
        "load",
        lambda: pm4py.format_dataframe(
            frame, case_id="customer_id", activity_key="touchpoint", timestamp_key="time"
        ),
    )
    measured("flow", lambda: pm4py.discover_dfg(log)[0], lambda edges: sum(edges.values()))


main(*sys.argv[1:])

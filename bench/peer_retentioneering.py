"""Retentioneering: an Eventstream. Arguments: events, directory (not used)."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
from measure import STEPS, measured
from retentioneering import Eventstream


def main(events: str, _directory: str) -> None:
    frame = pd.read_parquet(events).rename(
        columns={"customer_id": "user_id", "touchpoint": "event", "time": "timestamp"}
    )
    frame["event"] = frame["event"].astype(str)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
    stream = measured("load", lambda: Eventstream(frame))
    measured(
        "flow",
        lambda: stream.transition_graph_data(edge_weight="count"),
        inner_transitions,
    )
    measured("step matrix, 10 steps", lambda: stream.step_matrix_data(max_steps=10))
    measured(
        "funnel, 3 steps, no window",
        lambda: stream.funnel_data(steps=list(STEPS)),
        lambda found: int(found["steps"][-1]["unique_paths"]),
    )


def inner_transitions(matrix: pd.DataFrame) -> int:
    """Transitions between touchpoints, the start and the end left out."""
    named: list[Any] = [name for name in matrix.index if str(name).startswith("touchpoint")]
    return int(np.nansum(matrix.loc[named, named].to_numpy(dtype=float)))


main(*sys.argv[1:])

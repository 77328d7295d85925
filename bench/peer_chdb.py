"""ClickHouse in process (chdb): a MergeTree sorted by customer and time.

Arguments: events, directory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chdb.session import Session
from measure import STEPS, WINDOW_DAYS, measured

CREATE = """
create table events (
    customer_id String, touchpoint LowCardinality(String), time DateTime64(6, 'UTC')
) engine = MergeTree order by (customer_id, time)
"""
LOAD = "insert into events select customer_id, touchpoint, time from file('{events}', Parquet)"
FLOW = """
select touchpoint, next, count() as n from (
    select touchpoint, leadInFrame(touchpoint::Nullable(String)) over (
        partition by customer_id order by time
        rows between current row and 1 following) as next
    from events
) where next is not null group by touchpoint, next
"""
FUNNEL = """
select countIf(level >= 3) as n from (
    select windowFunnel({window})(toUnixTimestamp64Micro(time)::UInt64, {steps}) as level
    from events group by customer_id
)
"""


def main(events: str, directory: str) -> None:
    session = Session(str(Path(directory) / "chdb"))
    session.query("create database bench engine = Atomic")
    session.query("use bench")
    session.query(CREATE)

    def asked(query: str) -> list[dict[str, int]]:
        found: list[dict[str, int]] = json.loads(str(session.query(query, "JSON")))["data"]
        return found

    def total(rows: list[dict[str, int]]) -> int:
        return sum(int(row["n"]) for row in rows)

    steps = ", ".join(f"touchpoint = '{step}'" for step in STEPS)
    funnel = FUNNEL.format(window=WINDOW_DAYS * 86_400_000_000, steps=steps)
    measured("load", lambda: session.query(LOAD.format(events=events)))
    measured("flow", lambda: asked(FLOW), total)
    measured("funnel, 3 steps, 7 days", lambda: asked(funnel), total)


main(*sys.argv[1:])

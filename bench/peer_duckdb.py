"""DuckDB: a sorted table and a window function. Arguments: events, directory."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
from measure import measured

LOAD = """
create table events as
select customer_id, touchpoint::varchar as touchpoint, time from read_parquet('{events}')
order by customer_id, time
"""
FLOW = """
select touchpoint, next, count(*) from (
    select touchpoint, lead(touchpoint) over (partition by customer_id order by time) as next
    from events
) where next is not null group by all
"""


def main(events: str, directory: str) -> None:
    base = duckdb.connect(str(Path(directory) / "events.duckdb"))
    base.execute(f"set temp_directory = '{directory}'")
    measured("load", lambda: base.execute(LOAD.format(events=events)))
    measured(
        "flow",
        lambda: base.execute(FLOW).fetchall(),
        lambda rows: sum(row[2] for row in rows),
    )


main(*sys.argv[1:])

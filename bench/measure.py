"""One measured task: seconds, processor time, peak memory and a number to check, as a line of JSON.

Only the standard library, because every tool's own environment imports it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

STEPS = ("touchpoint_00", "touchpoint_01", "touchpoint_02")
WINDOW_DAYS = 7


def measured(
    task: str, work: Callable[[], Any], check: Callable[[Any], int] | None = None, repeats: int = 1
) -> Any:
    """Do the work, print its fastest run (and the first, which loads and compiles), return it."""
    seconds, cpu, found = [], [], None
    for _ in range(repeats):
        found = None  # so that two results never stand in memory at once
        start, start_cpu = time.perf_counter(), time.process_time()
        found = work()
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    line = {
        "task": task,
        "seconds": min(seconds),
        "first": seconds[0],
        "cpu": min(cpu),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "check": None if check is None else check(found),
    }
    sys.stdout.write(f"{json.dumps(line)}\n")
    sys.stdout.flush()
    return found

"""Progress for anything that takes more than a second, on the terminal's error stream."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from travesia.engines.progress import watching

PATIENCE_S = 1.0


@contextmanager
def working(what: str) -> Iterator[None]:
    """Show what is being done, and how far it is, once it has taken a second."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = progress.add_task(what, total=None)
    later = threading.Timer(PATIENCE_S, progress.start)
    later.daemon = True
    later.start()
    try:
        with watching(lambda done, of: progress.update(task, completed=done, total=of)):
            yield
    finally:
        later.cancel()
        later.join()
        progress.stop()

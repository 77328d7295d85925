"""Telling whoever waits how far a pass is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]

_listener: ContextVar[Listener | None] = ContextVar("progress", default=None)


@contextmanager
def watching(listener: Listener) -> Iterator[None]:
    """Call `listener(blocks done, blocks in all)` as passes go on inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(done: int, of: int) -> None:
    """Tell the listener of this context, if there is one."""
    listener = _listener.get()
    if listener is not None:
        listener(done, of)

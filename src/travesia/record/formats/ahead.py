"""Reading ahead: the next piece is made on another thread while this one is used."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
S = TypeVar("S")


def ahead(pieces: Iterator[T]) -> Iterator[T]:
    """The same pieces, each made while the one before is used."""
    end = object()
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, pieces, end)
        while (piece := coming.result()) is not end:
            coming = pool.submit(next, pieces, end)
            yield piece  # type: ignore[misc]


def ahead_map(make: Callable[[S], T], of: Iterable[S], most: int) -> Iterator[T]:
    """`make` of each, in order, with at most this many under way or waiting."""
    with ThreadPoolExecutor(most) as pool:
        coming: deque[Future[T]] = deque()
        for one in of:
            coming.append(pool.submit(make, one))
            if len(coming) >= most:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()

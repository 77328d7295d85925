"""The engine of this machine: threads over blocks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import add
from typing import TypeVar

import numpy as np

from travesia.engines.blocks import Block
from travesia.engines.partials import Partial
from travesia.engines.passes import Grouped
from travesia.engines.progress import report

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Local:
    """Runs passes on threads; kernels release the interpreter's lock.

    Results are taken in block order and at most two more blocks than threads are under way, so
    memory is bounded by blocks and the digits do not depend on the number of threads.
    """

    threads: int = field(default_factory=lambda: os.cpu_count() or 1)

    def fold(
        self, sources: Sequence[Callable[[], Block | None]], folds: Sequence[Grouped]
    ) -> list[Partial]:
        """One pass over all blocks for all folds; partials are added in block order."""

        def observe(block: Block) -> list[Partial]:
            return [fold.observe(block) for fold in folds]

        totals: list[Partial] | None = None
        for partials in self.each(sources, observe):
            totals = partials if totals is None else list(map(add, totals, partials))
        return totals or observe(_nothing(sources))

    def each(
        self, sources: Sequence[Callable[[], Block | None]], look: Callable[[Block], Found]
    ) -> Iterator[Found]:
        """A scan: what `look` finds in each block, in block order; empty blocks are passed over."""

        def visit(source: Callable[[], Block | None]) -> Found | None:
            block = source()
            return None if block is None or not block.rows else look(block)

        for done, found in enumerate(self._ordered(visit, sources), 1):
            report(done, len(sources))
            if found is not None:
                yield found

    def _ordered(
        self,
        visit: Callable[[Callable[[], Block | None]], Found | None],
        sources: Sequence[Callable[[], Block | None]],
    ) -> Iterator[Found | None]:
        if self.threads == 1 or len(sources) == 1:
            yield from map(visit, sources)
            return
        under_way: deque[Future[Found | None]] = deque()
        with ThreadPoolExecutor(self.threads) as pool:
            try:
                for source in sources:
                    under_way.append(pool.submit(visit, source))
                    if len(under_way) > self.threads + 2:
                        yield under_way.popleft().result()
                while under_way:
                    yield under_way.popleft().result()
            finally:
                for waiting in under_way:
                    waiting.cancel()


def _nothing(sources: Sequence[Callable[[], Block | None]]) -> Block:
    """A block without rows, for the shape of an answer about nothing."""
    for source in sources:
        block = source()
        if block is not None:
            return block.take(np.empty(0, np.intp))
    raise AssertionError("journeys always have at least one source of blocks")

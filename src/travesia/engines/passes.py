"""Passes: what a question asks of an engine, and what an engine promises a question."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block
from travesia.engines.counting import counts
from travesia.engines.groups import Grouping
from travesia.engines.partials import Partial
from travesia.engines.scope import Scope


class Fold(Protocol):
    """One pass that leaves a partial: bounded in size, whatever the size of the data.

    A fold is a value: it is pickled to wherever the blocks are.
    """

    def observe(self, block: Block) -> Partial:
        """The partial of one block; every part has `block.groups` on its group axis."""
        ...


class Marker(Protocol):
    """Says of each row whether it belongs to a cell of an answer."""

    def mark(self, block: Block) -> npt.NDArray[np.bool_]:
        """One truth value a row."""
        ...


class Asked(Protocol):
    """What the engine needs of a question."""

    def passes(self, scope: Scope, done: Sequence[Partial]) -> Fold | None:
        """The next pass, given the partials of the passes done; None when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Grouped:
    """A fold with the grouping it counts by; it counts keys, rows and events beside."""

    fold: Fold
    grouping: Grouping

    def observe(self, block: Block) -> Partial:
        """The partial of one block, its rows placed on the group axis."""
        placed = self.grouping.place(block)
        return Partial({**self.fold.observe(placed).parts, **counts(placed)})


class Engine(Protocol):
    """Where passes run. Blocks come from sources that can be opened anywhere."""

    def fold(
        self, sources: Sequence[Callable[[], Block | None]], folds: Sequence[Grouped]
    ) -> list[Partial]:
        """One pass over all blocks for all folds; partials are added in block order."""
        ...

    def each(
        self,
        sources: Sequence[Callable[[], Block | None]],
        look: Callable[[Block], object],
    ) -> Iterable[object]:
        """A scan: what `look` finds in each block, in block order."""
        ...


def answers(
    questions: Sequence[tuple[Asked, Grouping]],
    scope: Scope,
    sources: Sequence[Callable[[], Block | None]],
    engine: Engine,
) -> list[tuple[Partial, ...]]:
    """Run the passes of several questions, sharing each pass over the data.

    Returns:
        The partials of each question, one a pass.
    """
    done: list[tuple[Partial, ...]] = [() for _ in questions]
    waiting = list(range(len(questions)))
    while waiting:
        folds = [(index, questions[index][0].passes(scope, done[index])) for index in waiting]
        open_folds = [(index, fold) for index, fold in folds if fold is not None]
        if not open_folds:
            break
        grouped = [Grouped(fold, questions[index][1]) for index, fold in open_folds]
        for (index, _), partial in zip(open_folds, engine.fold(sources, grouped), strict=True):
            done[index] = (*done[index], partial)
        waiting = [index for index, _ in open_folds]
    return done

"""Which share of the customers times are taken from, so that quantiles stay exact and bounded."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from travesia.engines.blocks import Block
from travesia.engines.scope import Scope
from travesia.record.lenses import uniform

MOST_OBSERVATIONS = 4_000_000
_SEED = 71


def share_for(scope: Scope, most: int = MOST_OBSERVATIONS) -> float:
    """The share of customers that keeps observations under the bound: 1 where all of them fit."""
    return min(1.0, most / scope.events) if scope.events else 1.0


def share_for_rows(scope: Scope, most: int = MOST_OBSERVATIONS) -> float:
    """The same where a journey gives one observation: customers have one, or after a split more."""
    rows = scope.events if scope.split else scope.keys
    return min(1.0, most / max(rows, 1))


def sampled(block: Block, share: float) -> Block:
    """The rows of the customers in the share, chosen by hash: the same on every engine."""
    if share >= 1:
        return block
    return block.keep(in_share(block, share))


def in_share(block: Block, share: float) -> npt.NDArray[np.bool_]:
    """Which rows `sampled` keeps."""
    if share >= 1:
        return np.ones(block.rows, bool)
    mask: npt.NDArray[np.bool_] = uniform(block.hashes, _SEED) < share
    return mask

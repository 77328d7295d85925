"""How large a dense table of counts may become before the question is refused."""

from __future__ import annotations

from travesia.engines.scope import Scope
from travesia.errors import InvalidValue

MOST_CELLS = 20_000_000
"""Cells of a table of counts, all groups together: 160 MB, on each thread."""


def check_size(scope: Scope, by: str | None, cells: int) -> None:
    """Refuse a table that would not fit: so many cells for each value of the `by` column.

    Raises:
        InvalidValue: it has more than 20 million cells.
    """
    groups = 1 if by is None else len(scope.vocabulary(by))
    if cells * groups > MOST_CELLS:
        raise InvalidValue(
            f"This would count {cells * groups:,} cells of {len(scope.touchpoints):,} touchpoints; "
            f"{MOST_CELLS:,} at most fit.",
            'Merge the rare touchpoints: journeys.group({...}, others="others").',
        )

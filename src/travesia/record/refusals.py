"""What pydantic refuses, told in our two lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from travesia.errors import InvalidValue


@contextmanager
def refusing(what: str, options: Iterable[str] = ()) -> Iterator[None]:
    """Tell the first thing that pydantic refuses inside the block as an InvalidValue.

    Args:
        what: whose value it is: "Funnel", "the lens sample".
        options: the names that could have been meant, for the repair.
    """
    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "options"
        known = ", ".join(options)
        raise InvalidValue(
            f"{what}: {place}: {first['msg']}.",
            f"Options: {known}." if known else "See the guide for what it takes.",
        ) from None

"""How kernels are compiled: without the interpreter's lock, once for all processes."""
# mypy: allow-untyped-decorators

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba as nb


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as a kernel, kept on disk; where no folder is writable, compiled each time."""
    try:
        kept: Callable[..., Any] = nb.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # numba has nowhere to keep it
        return nb.njit(nogil=True)(function)
    return kept

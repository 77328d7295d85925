"""A company whose truth is known: Aurora, for demos and for tests.

The public names are loaded when they are first used, as in the package itself.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from travesia.demo.company import Aurora as Aurora
    from travesia.demo.company import aurora as aurora
    from travesia.demo.company import catalogue_text as catalogue_text
    from travesia.demo.company import write as write
    from travesia.demo.plan import VISITS as VISITS
    from travesia.demo.truths import Finding as Finding
    from travesia.demo.truths import Truth as Truth

# name -> the module it lives in
_HOME = {
    "Aurora": "company",
    "Finding": "truths",
    "Truth": "truths",
    "VISITS": "plan",
    "aurora": "company",
    "catalogue_text": "company",
    "write": "company",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - the table above is the list


def __getattr__(name: str) -> Any:
    """Load a public name from its module."""
    if name not in _HOME:
        raise AttributeError(f"module 'travesia.demo' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"travesia.demo.{_HOME[name]}"), name)
    globals()[name] = value
    return value

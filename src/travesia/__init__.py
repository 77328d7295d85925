"""Travesía: every number is the answer to a question asked of journeys.

The public names stand here, on one page. Each is loaded from its room when it is first used,
so that `import travesia` costs nothing (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from travesia.errors import TravesiaError as TravesiaError
    from travesia.record.conditions import col as col
    from travesia.record.journeys import Journeys as Journeys
    from travesia.record.journeys import open_journeys as open
    from travesia.record.journeys import read as read
    from travesia.study.flow import Flow as Flow
    from travesia.study.funnel import Funnel as Funnel
    from travesia.study.question import Answer as Answer
    from travesia.study.question import Question as Question
    from travesia.study.within import Within as Within

__version__ = "0.1.0"

# name -> the room it lives in, and its name there
_HOME = {
    "Answer": ("travesia.study.question", "Answer"),
    "Flow": ("travesia.study.flow", "Flow"),
    "Funnel": ("travesia.study.funnel", "Funnel"),
    "Journeys": ("travesia.record.journeys", "Journeys"),
    "Question": ("travesia.study.question", "Question"),
    "TravesiaError": ("travesia.errors", "TravesiaError"),
    "Within": ("travesia.study.within", "Within"),
    "col": ("travesia.record.conditions", "col"),
    "open": ("travesia.record.journeys", "open_journeys"),
    "read": ("travesia.record.journeys", "read"),
}

__all__ = [  # noqa: PLE0604 - the table above is the list
    "__version__",
    *sorted(_HOME),
]


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _HOME:
        raise AttributeError(f"module 'travesia' has no attribute {name!r}")
    module, attribute = _HOME[name]
    value = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

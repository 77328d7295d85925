"""Travesía: every number is the answer to a question asked of journeys.

The public names stand here, on one page. Each is loaded from its room when it is first used,
so that `import travesia` costs nothing (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from travesia.engines.blocks import Block as Block
    from travesia.engines.partials import Gathered as Gathered
    from travesia.engines.partials import Partial as Partial
    from travesia.engines.partials import Tally as Tally
    from travesia.engines.scope import Scope as Scope
    from travesia.errors import TravesiaError as TravesiaError
    from travesia.maps.document import JourneyMap as JourneyMap
    from travesia.maps.draft import draft as draft
    from travesia.maps.measure import measure as measure
    from travesia.maps.spread import spread as spread
    from travesia.maps.table_view import stage_table as stage_table
    from travesia.record.catalogue import Catalogue as Catalogue
    from travesia.record.conditions import col as col
    from travesia.record.journeys import Journeys as Journeys
    from travesia.record.journeys import open_journeys as open
    from travesia.record.journeys import read as read
    from travesia.record.lenses import Anchor as Anchor
    from travesia.study.compare import Compare as Compare
    from travesia.study.compare import compare as compare
    from travesia.study.contacts import Contacts as Contacts
    from travesia.study.describe import Describe as Describe
    from travesia.study.flow import Flow as Flow
    from travesia.study.frequent import Frequent as Frequent
    from travesia.study.funnel import Funnel as Funnel
    from travesia.study.influence import Influence as Influence
    from travesia.study.mix import Mix as Mix
    from travesia.study.paths import Paths as Paths
    from travesia.study.precedence import Precedence as Precedence
    from travesia.study.question import Answer as Answer
    from travesia.study.question import Measure as Measure
    from travesia.study.question import Question as Question
    from travesia.study.question import option as option
    from travesia.study.question import question as question
    from travesia.study.retention import Retention as Retention
    from travesia.study.scores import Scores as Scores
    from travesia.study.stage_flow import StageFlow as StageFlow
    from travesia.study.stage_links import StageLinks as StageLinks
    from travesia.study.step_matrix import StepMatrix as StepMatrix
    from travesia.study.touches import Touches as Touches
    from travesia.study.within import Within as Within

__version__ = "0.1.0"

# name -> the room it lives in, and its name there
_HOME = {
    "Anchor": ("travesia.record.lenses", "Anchor"),
    "Answer": ("travesia.study.question", "Answer"),
    "Block": ("travesia.engines.blocks", "Block"),
    "Catalogue": ("travesia.record.catalogue", "Catalogue"),
    "Compare": ("travesia.study.compare", "Compare"),
    "Contacts": ("travesia.study.contacts", "Contacts"),
    "Describe": ("travesia.study.describe", "Describe"),
    "Flow": ("travesia.study.flow", "Flow"),
    "Frequent": ("travesia.study.frequent", "Frequent"),
    "Funnel": ("travesia.study.funnel", "Funnel"),
    "Gathered": ("travesia.engines.partials", "Gathered"),
    "Influence": ("travesia.study.influence", "Influence"),
    "JourneyMap": ("travesia.maps.document", "JourneyMap"),
    "Journeys": ("travesia.record.journeys", "Journeys"),
    "Measure": ("travesia.study.question", "Measure"),
    "Mix": ("travesia.study.mix", "Mix"),
    "Partial": ("travesia.engines.partials", "Partial"),
    "Paths": ("travesia.study.paths", "Paths"),
    "Precedence": ("travesia.study.precedence", "Precedence"),
    "Question": ("travesia.study.question", "Question"),
    "Retention": ("travesia.study.retention", "Retention"),
    "Scope": ("travesia.engines.scope", "Scope"),
    "Scores": ("travesia.study.scores", "Scores"),
    "StageFlow": ("travesia.study.stage_flow", "StageFlow"),
    "StageLinks": ("travesia.study.stage_links", "StageLinks"),
    "StepMatrix": ("travesia.study.step_matrix", "StepMatrix"),
    "Tally": ("travesia.engines.partials", "Tally"),
    "Touches": ("travesia.study.touches", "Touches"),
    "TravesiaError": ("travesia.errors", "TravesiaError"),
    "Within": ("travesia.study.within", "Within"),
    "col": ("travesia.record.conditions", "col"),
    "compare": ("travesia.study.compare", "compare"),
    "draft": ("travesia.maps.draft", "draft"),
    "measure": ("travesia.maps.measure", "measure"),
    "open": ("travesia.record.journeys", "open_journeys"),
    "option": ("travesia.study.question", "option"),
    "question": ("travesia.study.question", "question"),
    "read": ("travesia.record.journeys", "read"),
    "spread": ("travesia.maps.spread", "spread"),
    "stage_table": ("travesia.maps.table_view", "stage_table"),
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

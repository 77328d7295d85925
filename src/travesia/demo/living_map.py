"""Aurora's living map: drafted from its journeys, with what its people write by hand.

Thoughts are customers' own words wherever somebody was asked; what the team assumes fills the
other steps, and says so by having no evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import yaml

from travesia.demo.people import LANGUAGES
from travesia.draw import words
from travesia.locale import N_, language, texts

if TYPE_CHECKING:
    import pyarrow as pa

    from travesia.demo.company import Aurora
    from travesia.maps.document import JourneyMap
    from travesia.record.journeys import Journeys

_ = texts("demo")

ACTIONS, THOUGHTS, EMOTION = "actions", "thoughts", "emotion"
LONGEST_QUOTE = 90

Part = dict[str, Any]


def living_map(company: Aurora, journeys: Journeys) -> JourneyMap:
    """The map of these journeys of Aurora, to be measured and drawn."""
    from travesia.maps.document import JourneyMap
    from travesia.maps.draft import draft
    from travesia.record.catalogue import Catalogue

    catalogue = Catalogue.from_dict(company.catalogue)
    # a few customers may not have bought anything yet; the draft then says which goal it takes
    goal = "purchase" if "purchase" in journeys.touchpoints else None
    drafted = draft(journeys, catalogue, goal=goal, key="aurora", score="valence").to_dict()
    written = _written()
    cells = [*_by_hand(drafted, written), *_thoughts(drafted, written, company)]
    document = drafted | written["map"]
    document["lanes"] = _lanes(drafted["lanes"], {cell["lane"] for cell in cells})
    document["cells"] = [*drafted["cells"], *cells]
    return JourneyMap.from_dict(document)


def _written() -> Part:
    text = (files(__package__) / "aurora_map.yaml").read_text(encoding="utf-8")
    found: Part = yaml.safe_load(text)
    return found


def _lanes(drafted: Sequence[Part], added: set[str]) -> list[Part]:
    """The lanes with those written by hand in their places."""
    have = {lane["key"] for lane in drafted}
    before = [{"key": ACTIONS, "role": "action"}] if ACTIONS in added else []
    after = [{"key": THOUGHTS, "role": "thought"}] if THOUGHTS in added else []
    if EMOTION in added - have:
        after.append({"key": EMOTION, "role": "emotion"})
    return [*before, drafted[0], *after, *drafted[1:]]


def _steps(drafted: Part) -> Iterator[tuple[str, list[str]]]:
    """Each step and its touchpoints, the most met first."""
    for cell in drafted["cells"]:
        if cell["lane"] == "touchpoints":
            yield cell["step"], [item["touchpoint"] for item in cell["items"]]


def _by_hand(drafted: Part, written: Part) -> Iterator[Part]:
    """What customers do in each step, and assumed feelings where none are measured."""
    measured = {cell["step"] for cell in drafted["cells"] if cell["lane"] == EMOTION}
    for step, touchpoints in _steps(drafted):
        leading = touchpoints[0]
        if leading in written["actions"]:
            action = {"kind": "action", "text": written["actions"][leading]}
            yield _cell(step, ACTIONS, action)
        if step not in measured and leading in written["feelings"]:
            feeling = {"kind": "emotion", "valence": written["feelings"][leading]}
            yield _cell(step, EMOTION, feeling)


def _thoughts(drafted: Part, written: Part, company: Aurora) -> Iterator[Part]:
    """What they think: in their own words, else as the team assumes."""
    for step, touchpoints in _steps(drafted):
        quote = next(filter(None, (_quote(company, one) for one in touchpoints)), None)
        assumed = written["thoughts"].get(touchpoints[0])
        if quote is not None:
            yield _cell(step, THOUGHTS, quote)
        elif assumed is not None:
            yield _cell(step, THOUGHTS, {"kind": "thought", "text": assumed})


def _quote(company: Aurora, touchpoint: str) -> Part | None:
    """What customers said most often at a touchpoint, in each language, with day and source."""
    if touchpoint not in _SOURCES:
        return None
    events = company.events
    spoke = pc.and_(pc.equal(events["event"], touchpoint), pc.is_valid(events["text"]))
    said = events.filter(spoke)
    spoken = said.join(company.customers.select(["customer_id", "language"]), "customer_id")
    found = {
        tongue: _most_said(spoken.filter(pc.equal(spoken["language"], tongue)))
        for tongue in LANGUAGES
    }
    quotes = {tongue: quote for tongue, quote in found.items() if quote is not None}
    if len(quotes) < len(LANGUAGES):
        return None
    source = {tongue: _source(touchpoint, day, tongue) for tongue, (_text, day) in quotes.items()}
    return {
        "kind": "thought",
        "text": {tongue: text for tongue, (text, _day) in quotes.items()},
        "verbatim": True,
        "source": source,
        "evidence": [{"kind": "verbatim", "text": source}],
    }


def _source(touchpoint: str, day: date, tongue: str) -> str:
    with language(tongue):
        return _(_SOURCES[touchpoint], day=words.day(day))


_SOURCES: Mapping[str, str] = {
    "page_survey": N_("Survey on the site, {day}"),
    "checkout_survey": N_("Payment survey, {day}"),
    "delivery_survey": N_("Delivery survey, {day}"),
    "nps_survey": N_("Survey, {day}"),
    "review_written": N_("Review, {day}"),
    "support_ticket": N_("Mail, {day}"),
    "support_chat": N_("Chat, {day}"),
    "support_call": N_("Telephone, {day}"),
    "csat_survey": N_("Care survey, {day}"),
}


def _most_said(rows: pa.Table) -> tuple[str, date] | None:
    """The commonest text that is short and names no order, and the day it was last said."""
    short = pc.less_equal(pc.utf8_length(rows["text"]), LONGEST_QUOTE)
    plain = pc.invert(pc.match_substring_regex(rows["text"], r"\d|A-"))
    fitting = rows.filter(pc.and_(short, plain))
    if not fitting.num_rows:
        return None
    counted = fitting.group_by("text").aggregate([("text", "count"), ("time", "max")])
    ordered = counted.sort_by([("text_count", "descending"), ("text", "ascending")])
    return ordered["text"][0].as_py(), ordered["time_max"][0].as_py().date()


def _cell(step: str, lane: str, item: Part) -> Part:
    """A cell with one item, its ids made of where it stands."""
    return {
        "id": f"{step}.{lane}",
        "step": step,
        "lane": lane,
        "items": [{"id": f"{step}.{lane}.{item['kind']}", **item}],
    }

"""The note of an answer: what its numbers mean, in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from travesia.draw import words
from travesia.locale import LANGUAGES, language, texts

if TYPE_CHECKING:
    from travesia.study.question import Answer

_ = texts("study")
_record = texts("record")


def note(answer: Answer) -> str:
    """Denominators, period, order, zone, lenses and what was set aside, in the current language."""
    return " ".join(
        [
            *_counted(answer),
            *answer.question.remark(answer),
            *_sampled(answer),
            *_read_in(answer),
            *_order(answer),
            *_lenses(answer),
            *_set_aside(answer),
        ]
    )


def _counted(answer: Answer) -> list[str]:
    totals, scope = answer.totals, answer.journeys.scope
    if not totals.journeys:
        return [_("No journeys were left to look at.")]
    zone = ZoneInfo(scope.zone)
    # a note is kept: its dates have their year, also while it is the current one
    period = {
        "since": words.day(answer.journeys.since.astimezone(zone), date.min),
        "until": words.day(answer.journeys.until.astimezone(zone), date.min),
        "zone": scope.zone,
    }
    counted = _(
        "{customers} with {interactions}, {since} to {until} ({zone}).",
        customers=_.plural("{n} customer", "{n} customers", totals.customers),
        interactions=_.plural("{n} interaction", "{n} interactions", totals.interactions),
        **period,
    )
    if not scope.split:
        return [counted]
    return [counted, _made(totals.journeys)]


def _made(journeys: int) -> str:
    return _.plural("They make {n} journey.", "They make {n} journeys.", journeys)


def _sampled(answer: Answer) -> list[str]:
    share = answer.question.times_from(answer.journeys.scope)
    return [_("Times come from {share:.1%} of the customers.", share=share)] if share < 1 else []


def _read_in(answer: Answer) -> list[str]:
    """Where times without a zone were read, if there were any.

    What was said of the source is in the language it was read in.
    """
    titles = set()
    for one in LANGUAGES:
        with language(one):
            titles.add(_record("time zone"))
    if not any(what in titles for what, _how in answer.journeys.said):
        return []
    return [_("Times without a zone were read in {zone}.", zone=answer.journeys.scope.zone)]


def _order(answer: Answer) -> list[str]:
    if answer.journeys.scope.ordered:
        return [_("Equal times are ordered by the order column, then as in the input.")]
    return [_("Equal times keep the input's order.")]


def _lenses(answer: Answer) -> list[str]:
    text = answer.journeys.text
    return [_("Looked at through {lenses}.", lenses=text)] if text else []


def _set_aside(answer: Answer) -> list[str]:
    aside = answer.journeys.set_aside
    if not aside.rows:
        return []
    reasons = ", ".join(
        f"{words.number(count)} {reason}" for reason, count in aside.reasons.items()
    )
    return [
        _.plural(
            "{n} row of {read:,} was set aside ({reasons}).",
            "{n} of {read:,} rows were set aside ({reasons}).",
            aside.rows,
            read=aside.rows_read,
            reasons=reasons,
        )
    ]

"""Aurora's truth as a page to read, in the language of the context."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

from travesia.demo.truths import TRUTHS, Finding, Truth
from travesia.draw import words
from travesia.locale import N_, texts

_ = texts("demo")

_LOADING = """\
from travesia.demo import aurora

company = aurora(customers=20_000, seed=1)
journeys = company.journeys()
living_map = company.map(journeys)
company.write("aurora")
"""


_LINE = 98

_PERSONAS = {
    "weekend_hiker": N_("like Lucía: walks on weekends, compares for weeks, reads every review"),
    "bargain_hunter": N_("waits for the sales, searches for offers, leaves carts behind"),
    "gift_buyer": N_("comes before Christmas, decides quickly, asks in the shop or by chat"),
    "mountain_pro": N_("club member: uses the app, buys often, knows what is wanted"),
    "lapsed_returner": N_("bought long ago, comes back through a mail, mostly in autumn"),
    "passer_by": N_("comes through a video or an article, looks, and seldom returns"),
}
_COLUMNS = {
    "customer_id": N_("the customer, such as C-12345"),
    "event": N_("the touchpoint, as the catalogue knows it"),
    "time": N_("when, in UTC; habits follow the clock in Madrid"),
    "order": N_("decides between equal times"),
    "channel, device": N_("where it happened, and on what"),
    "value": N_("euros of a purchase, less than zero for a refund"),
    "campaign, ad_cost": N_("what brought the customer, and what the click cost"),
    "product, order_id, ticket_id": N_("what it is about"),
    "score": N_("an answer on its survey's own scale: NPS 0 to 10, CES 1 to 7, the others 1 to 5"),
    "valence": N_("the same answer on one scale from -2 to +2"),
    "text": N_("what the customer wrote, in Spanish or English"),
}


def document() -> str:
    """The page: what Aurora is, how to get it, and every truth with the questions that find it."""
    parts = [
        "# Aurora",
        _(
            "Aurora is a generated Spanish shop for walking boots and mountain gear, on line and "
            "with three shops. It has 20,000 customers of six personas and a year of their "
            "traces, from 1 November 2025 to 31 October 2026: some 470,000 events on 13 channels, "
            "with surveys, help in Spanish and English, deliveries and returns. The same seed "
            "gives the same company, row for row."
        ),
        _code(_LOADING),
        f"## {_('Who they are')}",
        _table((_("persona"), _("habits")), ((key, _(said)) for key, said in _PERSONAS.items())),
        f"## {_('What the events say')}",
        _table((_("column"), _("what it holds")), ((n, _(said)) for n, said in _COLUMNS.items())),
        f"## {_('What is true of it')}",
        _(
            "Everything here was planted on purpose, so that a question can be checked against "
            "it. The ranges are for 20,000 customers; ten seeds were tried, and all lie inside."
        ),
        *(part for truth in TRUTHS for part in _section(truth)),
    ]
    return "\n\n".join(_filled(part) for part in parts) + "\n"


def _filled(part: str) -> str:
    """Prose in lines of a readable length; headings, tables and code as they are."""
    if part.startswith(("#", "|", "```")):
        return part
    return fill(part, _LINE, break_long_words=False, break_on_hyphens=False)


def _table(heads: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    lines = [
        heads,
        ("---", "---"),
        *((f"`{name}`".replace(", ", "`, `"), said) for name, said in rows),
    ]
    return "\n".join(f"| {one} | {other} |" for one, other in lines)


def _section(truth: Truth) -> list[str]:
    found = [part for finding in truth.findings for part in _found(finding)]
    return [f"### {truth.name}", truth.shown, *found]


def _found(finding: Finding) -> list[str]:
    low, high = (words.number(value) for value in (finding.low, finding.high))
    said = _("{what}: between {low} and {high}.", what=finding.shown, low=low, high=high)
    return [f"{said[0].upper()}{said[1:]}", _code(finding.question)]


def _code(text: str) -> str:
    return f"```python\n{text.strip()}\n```"

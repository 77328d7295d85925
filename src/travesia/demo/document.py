"""Aurora's truth as a page to read, in the language of the context."""

from __future__ import annotations

from travesia.demo.truths import TRUTHS, Finding, Truth
from travesia.draw import words
from travesia.locale import texts

_ = texts("demo")

_LOADING = """\
from travesia.demo import aurora

company = aurora(customers=20_000, seed=1)
journeys = company.journeys()
company.write("aurora")
"""


def document() -> str:
    """The page: what Aurora is, how to get it, and every truth with the questions that find it."""
    parts = [
        "# Aurora",
        _(
            "Aurora is a generated Spanish shop for walking boots and mountain gear, on line and "
            "with three shops. It has 20,000 customers of six personas and a year of their "
            "traces, from 1 November 2025 to 31 October 2026: some 490,000 events on 13 channels, "
            "with surveys, help in Spanish and English, deliveries and returns. The same seed "
            "gives the same company, row for row."
        ),
        _code(_LOADING),
        f"## {_('What is true of it')}",
        _(
            "Everything here was planted on purpose, so that a question can be checked against "
            "it. Each range holds for 20,000 customers and any seed."
        ),
        *(_section(truth) for truth in TRUTHS),
    ]
    return "\n\n".join(parts) + "\n"


def _section(truth: Truth) -> str:
    found = (_found(finding) for finding in truth.findings)
    return "\n\n".join([f"### {truth.name}", truth.shown, *found])


def _found(finding: Finding) -> str:
    low, high = (words.number(value) for value in (finding.low, finding.high))
    said = _("{what}: between {low} and {high}.", what=finding.shown, low=low, high=high)
    return f"{said[0].upper()}{said[1:]}\n\n{_code(finding.question)}"


def _code(text: str) -> str:
    return f"```python\n{text.strip()}\n```"

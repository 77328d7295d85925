"""The truths of Aurora: what was planted, with its numbers, and the questions that find it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from travesia.demo import plan
from travesia.locale import N_, texts

if TYPE_CHECKING:
    from travesia.record.journeys import Journeys

_ = texts("demo")


@dataclass(frozen=True, slots=True)
class Finding:
    """A question, and between which numbers its answer must lie.

    Attributes:
        what: what the number is (English; translated where it is shown).
        question: Python over `journeys` and `tv`; its last expression is the number.
        low, high: the range of the answer at 20,000 customers, with room for other seeds.
    """

    what: str
    question: str
    low: float
    high: float

    @property
    def shown(self) -> str:
        """What the number is, in the language of the context."""
        return _(self.what)

    def answer(self, journeys: Journeys) -> float:
        """Ask the question of Aurora's journeys."""
        import travesia

        names: dict[str, Any] = {"journeys": journeys, "tv": travesia}
        steps = ast.parse(self.question)
        last = steps.body.pop()
        if not isinstance(last, ast.Expr):
            raise TypeError(f"the question of {self.what!r} does not end in an expression")
        exec(compile(steps, self.what, "exec"), names)  # noqa: S102 - our own questions
        code = compile(ast.Expression(last.value), self.what, "eval")
        return float(eval(code, names))  # noqa: S307 - as above


@dataclass(frozen=True, slots=True)
class Truth:
    """One thing that is known of Aurora because it was made so.

    Attributes:
        title, planted: a name and a few sentences (English; `name` and `shown` translate).
        parameters: the numbers with which it was generated.
        findings: the questions that must find it.
    """

    key: str
    title: str
    planted: str
    parameters: Mapping[str, Any]
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """The title in the language of the context."""
        return _(self.title)

    @property
    def shown(self) -> str:
        """What was planted, in the language of the context, with its numbers."""
        written = {name: _written(name, value) for name, value in self.parameters.items()}
        return _(self.planted, **written)


_SHARES = frozenset(
    [
        "usual",
        "during",
        "other_device",
        "late",
        "late_christmas",
        "late_islands",
        "contact",
        "contact_on_time",
        "held_out",
        "extra_visits",
        "effect",
        "repeat",
        "repeat_after_wait",
        "keeps",
    ]
)


def _written(name: str, value: Any) -> str:
    """A parameter as people read it: dates, shares and numbers by the language."""
    from babel.lists import format_list

    from travesia.draw import words

    if isinstance(value, date):
        return words.day(value)
    if isinstance(value, tuple):
        return format_list([_written("", one) for one in value], locale=words.locale())
    if isinstance(value, str):
        return value
    if name in _SHARES:
        return words.percent_sign(words.number(round(value * 100, 6)))
    return words.number(value)


TRUTHS: tuple[Truth, ...] = (
    Truth(
        "checkout_fault",
        N_("A fault in the checkout on phones"),
        N_(
            "From {start} until the day before {end}, a checkout on the phone is followed by the "
            "purchase in {during} of the cases instead of {usual}; on the desktop it stays "
            "at {other_device}. Payment errors and complaints about paying rise with it."
        ),
        asdict(plan.CHECKOUT_FAULT),
        (
            Finding(
                N_("share of phone checkouts followed by the purchase, during the fault"),
                """\
weeks = journeys.when("2026-03-09", "2026-04-06").what(device="mobile")
paid = weeks.ask(tv.Funnel(["checkout", "purchase"], order="strict", attempts="each"))
paid.table["share_of_all"][1].as_py()""",
                0.31,
                0.45,
            ),
            Finding(
                N_("the same in the months before"),
                """\
weeks = journeys.when("2025-11-01", "2026-03-09").what(device="mobile")
paid = weeks.ask(tv.Funnel(["checkout", "purchase"], order="strict", attempts="each"))
paid.table["share_of_all"][1].as_py()""",
                0.59,
                0.65,
            ),
        ),
    ),
    Truth(
        "late_deliveries",
        N_("Late deliveries cost recommendation"),
        N_(
            "About {late} of the parcels come late, {late_christmas} of those ordered "
            "before Christmas and {late_islands} of those to the Canaries. A late one moves the "
            "answer to the recommendation question by {nps_points} points, and raises "
            "the share of orders about which people get in touch from {contact_on_time} to "
            "{contact} (other causes come on top of both)."
        ),
        asdict(plan.LATE_DELIVERIES),
        (
            Finding(
                N_("mean recommendation score of late orders, less that of the others"),
                """\
from travesia.study.scores import Scores

orders = journeys.split(by="order_id")
scores = Scores("score", scale=(0, 10))
late = orders.matching("delivery_delay").ask(scores)
fine = orders.matching("start -> [^delivery_delay]* -> end").ask(scores)
late, fine = ({row["touchpoint"]: row["mean"] for row in one.to_pylist()} for one in (late, fine))
late["nps_survey"] - fine["nps_survey"]""",
                -2.9,
                -2.0,
            ),
            Finding(
                N_("share of late orders that make people get in touch, less that of the others"),
                """\
steps = tv.Funnel(["delivery", "support_call | support_chat | support_ticket"], order="any")
orders = journeys.split(by="order_id").matching("delivery")
late = orders.matching("delivery_delay")
fine = orders.matching("start -> [^delivery_delay]* -> end")
late, fine = (one.ask(steps).table["share_of_all"][1].as_py() for one in (late, fine))
late - fine""",
                0.19,
                0.33,
            ),
        ),
    ),
    Truth(
        "care_series",
        N_("A mail series that really lifts purchases"),
        N_(
            "Of those who agree to mail and buy for the first time in the year, half are drawn by "
            "lot for three mails after {days} days; the others are held out (`care_series` of the "
            "customers). {extra_visits} of those mailed come back for one more visit, ready to "
            "buy. The difference between the two halves is the series' effect, and nothing else is."
        ),
        asdict(plan.CARE_SERIES),
        (
            Finding(
                N_("share that buys again within 60 days, mailed less held out"),
                """\
again = tv.Funnel(["purchase", "purchase"], within="60d", attempts="first")
sent, held_out = journeys.who(care_series="sent"), journeys.who(care_series="held_out")
sent, held_out = (one.ask(again).table["share_of_all"][1].as_py() for one in (sent, held_out))
sent - held_out""",
                0.06,
                0.14,
            ),
        ),
    ),
    Truth(
        "social_videos",
        N_("Route videos that only go along with purchases"),
        N_(
            "Route videos in social networks change nothing (effect {effect}). Who sees them "
            "depends on the persona alone, and so does who buys: viewers buy more often, but among "
            "the customers of one persona they do not."
        ),
        asdict(plan.SOCIAL_VIDEOS),
        (
            Finding(
                N_("share that buys, viewers less the others"),
                """\
seen = tv.Within(tv.Funnel(["social_video"]), step=1)
viewers, others = journeys.who(seen), journeys.who(~seen)
a, b = (one.matching("purchase").customers / one.customers for one in (viewers, others))
a - b""",
                0.08,
                0.15,
            ),
            Finding(
                N_("the same among weekend hikers"),
                """\
hikers = journeys.who(persona="weekend_hiker")
seen = tv.Within(tv.Funnel(["social_video"]), step=1)
viewers, others = hikers.who(seen), hikers.who(~seen)
a, b = (one.matching("purchase").customers / one.customers for one in (viewers, others))
a - b""",
                -0.05,
                0.05,
            ),
        ),
    ),
    Truth(
        "seasons",
        N_("Seasons"),
        N_(
            "Missions begin {christmas} times as often before Christmas for gift buyers, "
            "{january_sales} times in the January sales and {black_friday} times in the week "
            "of Black Friday for bargain hunters, {autumn} times in autumn for hikers, and "
            "{august} times in August for everybody, as on an ordinary day."
        ),
        asdict(plan.SEASONS),
        (
            Finding(
                N_("share of the gift buyers' purchases made from 22 November to 24 December"),
                """\
gifts = journeys.who(persona="gift_buyer").what(touchpoint="purchase")
gifts.when("2025-11-22", "2025-12-25").events / gifts.events""",
                0.38,
                0.56,
            ),
            Finding(
                N_("share of the bargain hunters' purchases made from 7 January to 28 February"),
                """\
bargains = journeys.who(persona="bargain_hunter").what(touchpoint="purchase")
bargains.when("2026-01-07", "2026-03-01").events / bargains.events""",
                0.3,
                0.44,
            ),
        ),
    ),
    Truth(
        "slow_queue",
        N_("Weeks of slow written help"),
        N_(
            "From {start} until the day before {end}, the first reply to a written question takes "
            "about {slow_hours} hours instead of {usual_hours} (nights and weekends come on "
            "top). Whoever waits more than {patience_hours} hours gets in touch again in "
            "{repeat_after_wait} of the cases instead of {repeat}, and the mark for the help moves "
            "by {csat_points} points. Telephone and chat stay as they are."
        ),
        asdict(plan.SLOW_QUEUE),
        (
            Finding(
                N_("median hours until the first reply to a written question, in those weeks"),
                """\
tickets = journeys.when("2026-01-07", "2026-02-23").split(by="ticket_id")
replies = tickets.ask(tv.Flow()).to_pylist()
waits = {(row["source"], row["target"]): row["median_time"] for row in replies}
waits["support_ticket", "support_reply"].total_seconds() / 3600""",
                65,
                115,
            ),
            Finding(
                N_("the same from March on"),
                """\
tickets = journeys.when("2026-03-01").split(by="ticket_id")
replies = tickets.ask(tv.Flow()).to_pylist()
waits = {(row["source"], row["target"]): row["median_time"] for row in replies}
waits["support_ticket", "support_reply"].total_seconds() / 3600""",
                13,
                30,
            ),
            Finding(
                N_("share that gets in touch again within a week of writing, in those weeks"),
                """\
steps = ["support_ticket", "support_call | support_chat | support_ticket"]
again = tv.Funnel(steps, within="7d", attempts="first")
journeys.when("2026-01-07", "2026-02-23").ask(again).table["share_of_all"][1].as_py()""",
                0.26,
                0.56,
            ),
            Finding(
                N_("the same from March on"),
                """\
steps = ["support_ticket", "support_call | support_chat | support_ticket"]
again = tv.Funnel(steps, within="7d", attempts="first")
journeys.when("2026-03-01").ask(again).table["share_of_all"][1].as_py()""",
                0.1,
                0.25,
            ),
            Finding(
                N_("mean satisfaction with written help, those weeks less from March on"),
                """\
from travesia.study.scores import Scores

written = journeys.split(by="ticket_id").matching("support_ticket")
slow = written.when("2026-01-07", "2026-02-23").ask(Scores("score", scale=(1, 5)))
usual = written.when("2026-03-01").ask(Scores("score", scale=(1, 5)))
slow, usual = ({row["touchpoint"]: row["mean"] for row in one.to_pylist()} for one in (slow, usual))
slow["csat_survey"] - usual["csat_survey"]""",
                -1.5,
                -0.5,
            ),
        ),
    ),
    Truth(
        "shop_visit",
        N_("Feet measured in one shop"),
        N_(
            "In {region} the shop measures feet: of the orders sent to somebody who stepped in "
            "before ordering, returns are {keeps} of what they are otherwise. In the other "
            "regions with a shop a visit changes nothing."
        ),
        asdict(plan.SHOP_VISIT),
        (
            Finding(
                N_("share of deliveries sent back after a shop visit, in that region"),
                """\
steps = tv.Funnel(["store_visit", "delivery", "return_request"], within="75d", attempts="first")
visits = journeys.who(region="País Vasco").ask(steps)
visits.table["share_of_previous"][2].as_py()""",
                0.0,
                0.1,
            ),
            Finding(
                N_("the same in the other regions with a shop"),
                """\
steps = tv.Funnel(["store_visit", "delivery", "return_request"], within="75d", attempts="first")
visits = journeys.who(region=["Madrid", "Cataluña"]).ask(steps)
visits.table["share_of_previous"][2].as_py()""",
                0.09,
                0.2,
            ),
        ),
    ),
    Truth(
        "touches_before",
        N_("Seven contacts for some, two for others"),
        N_(
            "Before their first purchase, hikers make {many_median} contacts of their own accord "
            "(median), gift buyers {few_median}: looking around takes them that many visits."
        ),
        asdict(plan.TOUCHES_BEFORE),
        (
            Finding(
                N_("median contacts of hikers before the first purchase"),
                """\
from travesia.demo import VISITS

hikers = journeys.who(persona="weekend_hiker").what(touchpoint=[*VISITS, "purchase"])
rows = hikers.ask(tv.Touches("purchase")).to_pylist()
before = sorted(row["touches"] for row in rows for _ in range(row["converted"]))
before[len(before) // 2]""",
                6,
                8,
            ),
            Finding(
                N_("median contacts of gift buyers before the first purchase"),
                """\
from travesia.demo import VISITS

buyers = journeys.who(persona="gift_buyer").what(touchpoint=[*VISITS, "purchase"])
rows = buyers.ask(tv.Touches("purchase")).to_pylist()
before = sorted(row["touches"] for row in rows for _ in range(row["converted"]))
before[len(before) // 2]""",
                2,
                3,
            ),
        ),
    ),
)

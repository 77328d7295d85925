"""Candidates written as items of the map: pains, gains, moments of truth, opportunities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile
from typing import Any

from travesia.locale import N_
from travesia.locale.text import NOTHING, Text
from travesia.maps import bindings
from travesia.maps.candidates import (
    Candidate,
    against_the_goal,
    bottlenecks,
    drop_offs,
    high_scores,
    loops,
    low_scores,
    repeats,
    swaying,
    worst,
)
from travesia.maps.document import (
    Binding,
    Gain,
    MomentOfTruth,
    Opportunity,
    PainPoint,
    Work,
)
from travesia.maps.planning import Plan
from travesia.maps.wording import both
from travesia.record.touchpoints import NOBODY, Evidence, Owner, Touchpoint

MONTH = 30.44 * 24 * 3600
_SERVICE = {"service", "phone", "chat"}
OF_STEPS = {"drop-off", "low score"}
"""Causes that are about a whole step."""

_TITLES = {
    "drop-off": N_("Many stop at {here}"),
    "bottleneck": N_("Long wait from {here} to {there}"),
    "loop": N_("Sent back from {here} to {there}"),
    "repeat": N_("{here}, again and again"),
    "low score": N_("Low score at {here}"),
    "goes without the goal": N_("Fewer reach the goal after {here}"),
}
_ANSWERS = {
    "drop-off": N_("Find out why they stop at {here}, and ease the next step"),
    "bottleneck": N_("Shorten the wait from {here} to {there}, and say how long it takes"),
    "loop": N_("Solve at {here} what sends people back to {there}"),
    "repeat": N_("Solve it at the first {here}"),
    "low score": N_("Ask those who score {here} low what went wrong"),
    "goes without the goal": N_("Try {here} differently with half of the customers"),
}


@dataclass(frozen=True)
class Findings:
    """What the answers say, as items, by step.

    Attributes:
        answers: rows of the map's questions, by name.
        score_questions: step -> the question that scores it.
    """

    plan: Plan
    answers: Mapping[str, list[dict[str, Any]]]
    score_questions: Mapping[str, str]

    def pains(self, step: str) -> list[PainPoint]:
        """Candidate pain points of a step, worst first."""
        return [self._pain(one) for one in self._worst if self._step(one) == step]

    def gains(self, step: str) -> list[Gain]:
        """Whether customers score the step high."""
        rows = high_scores(self._scores)
        return [self._gain(row) for row in rows if row["touchpoint"] == step]

    def moments(self, step: str) -> list[MomentOfTruth]:
        """Candidate moments of truth of a step."""
        rows = swaying(self.answers.get("influence", []))
        here = [row for row in rows if self._drawn(row) and self._place(row) == step]
        return [self._moment(row) for row in here]

    def opportunities(self, step: str) -> list[Opportunity]:
        """What could be done about a step's pains."""
        return [self._opportunity(one) for one in self._worst if self._step(one) == step]

    def work(self, step: str) -> list[Work]:
        """The processes behind a step's touchpoints, and who owns them."""
        behind: dict[tuple[Text, Owner], list[Touchpoint]] = {}
        for name in self.plan.step(step).names:
            known = self.plan.touchpoint(name)
            if known.processes or known.owner != NOBODY:
                process = known.processes[0].name if known.processes else known.label
                behind.setdefault((process, known.owner), []).append(known)
        return [
            Work(
                id=f"{step}.work.{served[0].key}",
                text=process,
                owner=owner,
                processes=served[0].processes,
                systems=tuple(dict.fromkeys(name for one in served for name in one.systems)),
                origin=served[0].origin,
            )
            for (process, owner), served in behind.items()
        ]

    # Candidates

    @cached_property
    def _worst(self) -> list[Candidate]:
        plan, answers = self.plan, self.answers
        customers = plan.journeys.customers
        # where there is no order, nothing goes on or back and nothing is on its way
        moves, steps = (answers["moves"], answers["steps"]) if plan.ordered else ([], [])
        found = [
            *drop_offs(steps, self._last_steps),
            *bottlenecks(moves, plan.places, self._is_awaited, plan.goals),
            *loops(self._between_steps(moves), plan.places, self._is_service, customers),
            *repeats([row for row in answers["contacts"] if self._drawn(row)], self._is_service),
            *low_scores(self._scores, customers),
            *(
                one
                for one in against_the_goal(answers.get("influence", []), customers)
                if one.touchpoint in plan.places
            ),
        ]
        return worst(found)

    @cached_property
    def _last_steps(self) -> set[str]:
        """The steps from the first one with a touchpoint where a journey may well end."""
        ends = self.plan.ends
        last = dropwhile(lambda step: not ends.intersection(step.names), self.plan.steps)
        return {step.key for step in last}

    @cached_property
    def _scores(self) -> list[dict[str, Any]]:
        """A row a step with scores, of the question that scores it."""
        return [
            {**row, "question": question}
            for step, question in self.score_questions.items()
            for row in self.answers[question]
            if row["touchpoint"] == step
        ]

    def _is_service(self, name: str) -> bool:
        known = self.plan.touchpoint(name)
        return known.category == "conversation" or known.channel in _SERVICE

    def _between_steps(self, moves: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Moves from one step to another: inside a step, the order says little."""
        step = self.plan.step_of
        return [row for row in moves if step(row["source"]) != step(row["target"])]

    def _is_awaited(self, name: str) -> bool:
        """Whether customers wait for it: the company's doing, but no advertising and no survey."""
        known = self.plan.touchpoint(name)
        theirs = known.initiator in {"customer", "nobody"} and not self._is_service(name)
        return not theirs and known.category not in {"reach", "feedback"}

    def _drawn(self, row: Mapping[str, Any]) -> bool:
        return row["touchpoint"] in self.plan.places

    def _place(self, row: Mapping[str, Any]) -> str:
        return self.plan.step_of(row["touchpoint"])

    def _step(self, one: Candidate) -> str:
        return one.touchpoint if one.cause in OF_STEPS else self.plan.step_of(one.touchpoint)

    def _name(self, one: Candidate) -> Text:
        if one.cause in OF_STEPS:
            return self.plan.step(one.touchpoint).name
        return self.plan.name(one.touchpoint)

    # As items

    def _pain(self, one: Candidate) -> PainPoint:
        name = self._id(one)
        return PainPoint(
            id=name,
            origin="mined",
            title=self._said(_TITLES, one),
            cause=one.cause,
            touchpoint="" if one.cause in OF_STEPS else one.touchpoint,
            stage=self.plan.step(self._step(one)).stage,
            severity=one.severity,
            reach=round(min((one.part or one.whole) / self.plan.journeys.customers, 1), 3),
            evidence=(Evidence(kind="question", question=self._asked(one), cell=dict(one.cell)),),
            bindings=tuple(self._numbers(one, name)),
        )

    def _numbers(self, one: Candidate, name: str) -> list[Binding]:
        """What is bound to a pain: the share it happens to, or the wait, or the score."""
        asked, cell = self._asked(one), dict(one.cell)
        if one.cause == "drop-off":
            found = bindings.share(f"{name}.affected", "affected", asked, "_left",
                                   ("left", "came"), **cell)  # fmt: skip
            return [bindings.behind(found, outcome="left", better="down")]
        if one.cause == "repeat":
            found = bindings.share(f"{name}.affected", "affected", asked, "_again",
                                   ("again", "met"), **cell)  # fmt: skip
            return [bindings.behind(found, outcome="again", better="down")]
        if one.cause == "loop":
            found = bindings.share(f"{name}.affected", "affected", asked, "",
                                   ("moved", "came"), **cell)  # fmt: skip
            return [bindings.behind(found, better="down")]
        if one.cause == "bottleneck":
            return [bindings.behind(bindings.time(f"{name}.wait", "wait", asked, "moved", **cell),
                                    better="down")]  # fmt: skip
        if one.cause == "low score":
            return [_valence(f"{name}.score", asked, one.touchpoint)]
        return [self._influence(f"{name}.influence", one.touchpoint)]

    def _gain(self, row: Mapping[str, Any]) -> Gain:
        step = row["touchpoint"]
        return Gain(
            id=f"{step}.gain.score",
            origin="mined",
            title=both(N_("{here} is liked"), here=self.plan.step(step).name),
            evidence=(
                Evidence(kind="question", question=row["question"], cell={"touchpoint": step}),
            ),
            bindings=(_valence(f"{step}.gain.valence", row["question"], step),),
        )

    def _moment(self, row: Mapping[str, Any]) -> MomentOfTruth:
        name = row["touchpoint"]
        detail = (
            N_("Those who meet it reach the goal more often. It goes with the goal; whether it "
               "causes it, only a test can tell.")
            if row["ratio"] > 1
            else N_("Those who meet it reach the goal less often. It goes with it; whether it "
                    "causes it, only a test can tell.")
        )  # fmt: skip
        cell = {"touchpoint": name}
        return MomentOfTruth(
            id=f"{self._place(row)}.moment.{name}",
            origin="mined",
            title=self.plan.name(name),
            detail=both(detail),
            touchpoint=name,
            declared=False,
            evidence=(Evidence(kind="question", question="influence", cell=cell),),
            bindings=(self._influence(f"{self._place(row)}.moment.{name}.influence", name),),
        )

    @staticmethod
    def _influence(name: str, touchpoint: str) -> Binding:
        columns = ("ratio", "ratio", "low", "high", "customers")
        return bindings.number(name, "influence", "influence", columns, touchpoint=touchpoint)  # type: ignore[arg-type]

    def _opportunity(self, one: Candidate) -> Opportunity:
        names = self.plan.step(one.touchpoint).names if one.cause in OF_STEPS else (one.touchpoint,)
        most_met = max(names, key=lambda name: self.plan.customers[name])
        return Opportunity(
            id=f"{self._id(one)}.answer",
            origin="mined",
            status="draft",
            title=self._said(_ANSWERS, one),
            detail=self.plan.touchpoint(most_met).advice,
            reach=self._a_month(one.part or one.whole),
            pain=self._id(one),
        )

    def _a_month(self, customers: int) -> float:
        """Customers a month, over the period of the data (a month at least)."""
        journeys = self.plan.journeys
        months = max((journeys.until - journeys.since).total_seconds() / MONTH, 1)
        return round(customers / months, 1)

    def _id(self, one: Candidate) -> str:
        towards = f".{one.towards}" if one.towards else ""
        return f"{self._step(one)}.pain.{one.cause}.{one.touchpoint}{towards}"

    def _asked(self, one: Candidate) -> str:
        if one.cause == "low score":
            return self.score_questions[one.touchpoint]
        return one.question

    def _said(self, messages: Mapping[str, str], one: Candidate) -> Text:
        there = self.plan.name(one.towards) if one.towards else NOTHING
        return both(messages[one.cause], here=self._name(one), there=there)


def _valence(name: str, question: str, step: str) -> Binding:
    columns = ("valence", "valence", "valence_low", "valence_high", "customers")
    return bindings.number(name, "valence", question, columns, touchpoint=step)  # type: ignore[arg-type]

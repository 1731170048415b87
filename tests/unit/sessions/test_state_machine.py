"""A session under every verb in any order: no arrow that is not drawn, no change without a fact."""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from clinic_sessions.domain.bedside import dosing, leaving, reporting
from clinic_sessions.domain.bedside.adverse_event import Account, Report
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.ends import AgainstAdvice, Anew, Extension
from clinic_sessions.domain.bedside.gates import Gates, gates_of, waive
from clinic_sessions.domain.bedside.orders import BookedOrder, OrderEntry
from clinic_sessions.domain.booking.history import Noted
from clinic_sessions.domain.errors import NotAllowed, SessionsError
from clinic_sessions.domain.facts import Completed, Corrected, Course, DosingStarted, Fact
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import ARROWS, Status
from clinic_sessions.publishing import of_session
from tests.support.sessions import (
    DISCHARGE,
    GATES,
    RULES,
    TOMORROW,
    a_protocol,
    a_session,
    a_visit,
    good_facts,
    ready_to_leave,
)
from tests.support.sessions_day import a_whole_day

PROTOCOL: Final = a_protocol()
COURSE: Final = Course("iv-ketamine-depression", 1, 6, 1, "iv")
PEOPLE: Final = ("usr_a", "usr_b", "usr_c")
CATALOGUE: Final = {"nausea": "Nausea"}
DAY: Final = a_whole_day()[1:]
Verb: TypeAlias = Callable[["Bedside", str, bool], Fact]


def _dose(of: "Bedside", by: str, _: bool) -> Fact:
    number = 1 if of.session.order is None else of.session.order.number + 1
    order = order_dose(
        PROTOCOL, number=number, weight_kg=82, mg_per_kg=0.5, ordered_by=by, now=of.now
    )
    return dosing.order(of.session, order)


def _number(of: "Bedside") -> int:
    return 1 if of.session.order is None else of.session.order.number


def _account(of: "Bedside", by: str, *, grade: int) -> Account:
    return Account(
        term="nausea",
        onset_at=of.now,
        ended_at=None,
        grade_numeric=None,
        grade_clinical=grade,
        seriousness=("life_threatening",) if grade == 4 else (),
        relatedness="possible",
        action="none",
        outcome="recovering",
        reason="noted",
        by=by,
        at=of.now,
    )


def _against(of: "Bedside", by: str, is_good: bool) -> Fact:
    account = AgainstAdvice(
        reason="wants_to_leave",
        capacity_assessed=is_good,
        risks_explained=True,
        witness="usr_w",
        prescriber_informed="usr_p",
        by=by,
        at=of.now,
    )
    return leaving.leave_against_advice(of.session, COURSE, account)


VERBS: Final[dict[str, Verb]] = {
    "reschedule": lambda of, by, good: of.session.reschedule(a_visit()),
    "cancel": lambda of, by, good: of.session.cancel(
        "ill", noted=Noted(by, of.now), in_good_time=timedelta(days=1)
    ),
    "miss": lambda of, by, good: of.session.miss(now=of.now),
    "arrive": lambda of, by, good: of.session.arrive(rules=RULES, now=of.now),
    "check": lambda of, by, good: of.session.check(good_facts(of.now) if good else {}),
    "waive": lambda of, by, good: waive(
        of.session, of.gates(good), "G-SCREEN", "seen", by=by, roles=["prescriber"], rules=RULES
    ),
    "order": _dose,
    "prepare": lambda of, by, good: dosing.prepare(
        of.session, _number(of), PROTOCOL.giving, by=by, is_diluted=good, now=of.now
    ),
    "verify": lambda of, by, good: dosing.verify(
        of.session, _number(of), by=by, gates=of.gates(good)
    ),
    "start": lambda of, by, good: dosing.start(
        of.session, "iv", by=by, now=of.now, gates=of.gates(good)
    ),
    "pause": lambda of, by, good: dosing.hold(of.session, "distress", by=by, now=of.now),
    "resume": lambda of, by, good: dosing.resume(of.session, "calm", by=by, now=of.now),
    "slow": lambda of, by, good: dosing.slow(
        of.session, 0.5 if good else 9.0, "nausea", by=by, now=of.now
    ),
    "give_device": lambda of, by, good: dosing.give_device(of.session, PROTOCOL, by=by, now=of.now),
    "stop": lambda of, by, good: dosing.stop(
        of.session, "ill" if good else None, by=by, now=of.now
    ),
    "log_order": lambda of, by, good: dosing.log_order(
        of.session,
        OrderEntry(order="oxygen", role="nurse", by=by, given_at=of.now, logged_at=of.now),
        book={"oxygen": BookedOrder("Oxygen", is_given=True)} if good else {},
    ),
    "note_event": lambda of, by, good: reporting.note(
        of.session, f"aev_{of.session.revision}", _account(of, by, grade=4), catalogue=CATALOGUE
    ),
    "amend_event": lambda of, by, good: reporting.amend(
        of.session, of.event, _account(of, by, grade=2), catalogue=CATALOGUE if good else {}
    ),
    "report_event": lambda of, by, good: reporting.report(
        of.session, of.event, Report(to="medwatch", by=by, at=of.now)
    ),
    "assess": lambda of, by, good: leaving.assess(of.session, {}, of.discharge(good)),
    "extend": lambda of, by, good: leaving.extend(
        of.session, Extension(reason="no_escort", by=by, at=of.now)
    ),
    "complete": lambda of, by, good: leaving.complete(
        of.session, COURSE, discharge=None, grade=None, gates=of.discharge(good), now=of.now
    ),
    "leave_against_advice": _against,
    "correct": lambda of, by, good: leaving.correct(
        of.session, Anew(adverse_event_grade_max=5 if good else 0), "typo", by=by, now=of.now
    ),
    "abort": lambda of, by, good: leaving.abort(
        of.session, "emergency_transfer" if good else "ill", rules=RULES, now=of.now
    ),
    "void": lambda of, by, good: leaving.void(of.session, "wrong_patient", rules=RULES, now=of.now),
}

WAYS_OUT: Final = ("assess", "extend", "complete", "leave_against_advice", "abort", "note_event")
NARROW: Final = {
    Status.DOSING: ("pause", "resume", "slow", "give_device", "log_order", "note_event"),
    Status.MONITORING: WAYS_OUT,
    Status.EXTENDED: WAYS_OUT,
    Status.DISCHARGEABLE: WAYS_OUT,
}


class Bedside(RuleBasedStateMachine):
    session: Session
    now: datetime

    @initialize(facts=st.integers(0, len(DAY)))
    def begin(self, facts: int) -> None:
        """Somewhere in the day, so that every hour of it is tried as often as the first."""
        self.session, self.now = a_session(*DAY[:facts]), TOMORROW
        self.before = self.session

    @rule(
        name=st.sampled_from(sorted(VERBS)),
        by=st.sampled_from(PEOPLE),
        is_good=st.booleans() | st.just(True),
        minutes=st.integers(1, 60),
    )
    def act(self, name: str, by: str, is_good: bool, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.before, untouched = self.session, deepcopy(self.session)
        try:
            fact = VERBS[name](self, by, is_good)
        except SessionsError as refusal:
            self._is_refused(refusal, untouched)
        else:
            self.session = self.before.after(fact)
            self._follows(fact)

    @rule(chosen=st.integers(0, 99), is_good=st.booleans() | st.just(True))
    def act_while_it_runs_or_after(self, chosen: int, is_good: bool) -> None:
        """Verbs of the narrow hours, which chance alone would seldom try in them."""
        names = NARROW.get(self.session.status)
        if names:
            self.act(names[chosen % len(names)], "usr_a", is_good, 3)

    @rule()
    def go_on(self) -> None:
        """A step of the usual way, so that the later statuses are reached, too."""
        usual = {
            Status.BOOKED: "arrive",
            Status.ARRIVED: self._next_before_dosing(),
            Status.READY: "start",
            Status.DOSING: "stop",
            Status.MONITORING: "assess",
            Status.EXTENDED: "assess",
            Status.DISCHARGEABLE: "complete",
            Status.COMPLETED: "correct",
        }
        if self.session.status in usual:
            by = "usr_b" if usual[self.session.status] == "verify" else "usr_a"
            self.act(usual[self.session.status], by, True, 1)

    @invariant()
    def only_drawn_arrows(self) -> None:
        if self.session.status is not self.before.status:
            assert self.session.status in ARROWS[self.before.status]

    @invariant()
    def a_dose_that_runs_was_verified_by_a_third_person(self) -> None:
        if self.session.dosing_started_at is not None:
            order = self.session.order
            assert order is not None
            assert order.prepared is not None
            assert order.verified_by not in (None, order.ordered_by, order.prepared.by)

    @invariant()
    def never_more_is_given_than_was_drawn_up(self) -> None:
        given = self.session.mg_given(self.now)
        assert given is None or (
            self.session.order is not None and 0 <= given <= self.session.order.dose_mg
        )

    @invariant()
    def the_grade_published_is_no_less_than_the_worst_noted_when_it_ended(self) -> None:
        if self.session.status is Status.COMPLETED and self.before.status is not Status.COMPLETED:
            assert self.session.adverse_event_grade_max == self.before.worst_grade

    @property
    def event(self) -> str:
        events = self.session.adverse_events
        return events[-1].id if events else "aev_none"

    def gates(self, is_good: bool) -> Gates:
        facts = {**good_facts(self.now), **self.session.facts} if is_good else {}
        return gates_of(self.session, PROTOCOL, GATES.decide(facts, as_of=self.now))

    def discharge(self, is_good: bool) -> Gates:
        facts = ready_to_leave(self.now) if is_good else {}
        return gates_of(self.session, PROTOCOL, DISCHARGE.decide(facts, as_of=self.now))

    def _next_before_dosing(self) -> str:
        order, weight = self.session.order, self.session.facts.get("weight_kg")
        if weight is None:
            return "check"
        if order is None:
            return "order"
        return "prepare" if order.prepared is None else "verify"

    def _is_refused(self, refusal: SessionsError, untouched: Session) -> None:
        assert self.session == untouched
        if isinstance(refusal, NotAllowed):
            assert refusal.allowed == list(ARROWS[self.session.status])

    def _follows(self, fact: Fact) -> None:
        assert self.session.revision == self.before.revision + 1
        published = [type(event).__name__ for event in of_session(self.session, fact)]
        assert published.count("SessionCompleted") == isinstance(fact, Completed | Corrected)
        if isinstance(fact, DosingStarted):
            assert self.before.status is Status.READY


TestBedside = Bedside.TestCase

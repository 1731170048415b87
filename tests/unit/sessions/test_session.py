"""The rules of a session, one sentence per test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.booking.history import Noted, Placed
from clinic_sessions.domain.errors import (
    GatesBlock,
    NoDoseOrdered,
    NotAllowed,
    NotNow,
    NotYetMissed,
    SecondPersonNeeded,
    WeightChanged,
)
from clinic_sessions.domain.facts import (
    Arrived,
    Booked,
    Cancelled,
    Checked,
    Course,
    DischargeAssessed,
    DoseOrdered,
    DoseVerified,
    Fact,
    Rescheduled,
)
from clinic_sessions.domain.session import ARROWS, Session, Status
from tests.support.sessions import (
    DISCHARGE,
    GATES,
    NOON,
    TOMORROW,
    a_protocol,
    a_session,
    a_visit,
    good_facts,
)

A_DAY = timedelta(days=1)

OPEN = GATES.decide(good_facts(NOON), as_of=NOON)
SHUT = GATES.decide({}, as_of=NOON)
ORDER = order_dose(
    a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON
)
VERIFIED = replace(ORDER, verified_by="usr_b")
COURSE = Course("iv-ketamine-depression", 1, 6, 1, "iv")
DISCHARGED = DischargeAssessed({}, replace(OPEN, findings=()))

DECISIONS: dict[Status, Callable[[Session], Fact]] = {
    Status.BOOKED: lambda s: s.reschedule(a_visit(TOMORROW + timedelta(days=1))),
    Status.ARRIVED: lambda s: s.arrive(now=NOON),
    Status.READY: lambda s: s.verify_dose(1, by="usr_b", receipt=OPEN),
    Status.DOSING: lambda s: s.start_dosing("iv", now=NOON, receipt=OPEN),
    Status.MONITORING: lambda s: s.stop_dosing(now=NOON),
    Status.COMPLETED: lambda s: s.complete(
        COURSE, discharge="against_advice", grade=0, receipt=SHUT, now=NOON
    ),
    Status.CANCELLED: lambda s: s.cancel("ill", noted=Noted("usr_ada", NOON), in_good_time=A_DAY),
    Status.MISSED: lambda s: s.miss(now=TOMORROW),
    Status.ABORTED: lambda s: s.abort("ill", now=NOON),
    Status.VOIDED: lambda s: s.void("wrong_patient", now=NOON),
}
# These two arrows are drawn by another decision: a new order, and an assessment.
OF_ANOTHER_DECISION = {
    (Status.READY, Status.ARRIVED),
    (Status.DISCHARGEABLE, Status.MONITORING),
}


@pytest.mark.parametrize(("now", "then"), list(product(Status, DECISIONS)))
def test_every_arrow_not_drawn_is_refused(now: Status, then: Status) -> None:
    session = replace(a_session(), status=now, order=VERIFIED, facts=good_facts(NOON))
    if then in ARROWS[now] and (now, then) not in OF_ANOTHER_DECISION:
        assert session.after(DECISIONS[then](session)).status is then
    elif (now, then) not in OF_ANOTHER_DECISION:
        with pytest.raises(NotAllowed) as refused:
            DECISIONS[then](session)
        assert refused.value.allowed == list(ARROWS[now])


@pytest.mark.parametrize(("hours", "is_soon"), [(23, True), (24, False), (25, False)])
def test_a_cancellation_later_than_the_location_asks_is_at_short_notice(
    hours: int, is_soon: bool
) -> None:
    noted = Noted("usr_ada", TOMORROW - timedelta(hours=hours))
    cancelled = a_session().cancel("ill", noted=noted, in_good_time=A_DAY)
    assert cancelled == Cancelled("ill", is_soon, noted)


def test_each_change_of_a_bookings_time_is_kept_with_who_and_from_where_to_where() -> None:
    first, then = a_visit(), a_visit(TOMORROW + A_DAY, chair="chair_2")
    noted = [Noted("usr_ada", NOON + timedelta(minutes=n)) for n in range(3)]
    session = a_session(Rescheduled(first, TOMORROW))  # told by nobody: not kept
    session = session.after(session.book(first, noted=noted[0]))
    session = session.after(session.reschedule(then, noted=noted[1]))
    session = session.after(session.cancel("ill", noted=noted[2], in_good_time=A_DAY))
    here = Placed(TOMORROW, "chair_1", "nurse_ada")
    there = Placed(TOMORROW + A_DAY, "chair_2", "nurse_ada")
    assert [(c.what, c.before, c.after, c.reason) for c in session.changes] == [
        ("booked", None, here, None),
        ("rescheduled", here, there, None),
        ("cancelled", there, None, "ill"),
    ]
    assert [Noted(change.by, change.at) for change in session.changes] == noted


def test_a_dose_is_never_verified_by_the_one_who_ordered_it() -> None:
    session = a_session(Arrived(NOON), DoseOrdered(ORDER))
    with pytest.raises(SecondPersonNeeded):
        session.verify_dose(1, by="usr_a", receipt=OPEN)


def test_a_dose_is_not_verified_while_a_gate_is_shut() -> None:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(ORDER))
    with pytest.raises(GatesBlock) as refused:
        session.verify_dose(1, by="usr_b", receipt=SHUT)
    assert {conflict["kind"] for conflict in refused.value.conflicts} >= {"G-CONSENT", "G-WEIGHT"}


def test_the_gates_are_asked_again_when_dosing_starts() -> None:
    session = a_session(Arrived(NOON), DoseOrdered(ORDER), DoseVerified(VERIFIED, OPEN))
    with pytest.raises(GatesBlock):
        session.start_dosing("iv", now=NOON, receipt=SHUT)


def test_a_new_order_takes_the_verification_of_the_old_one_with_it() -> None:
    session = a_session(Arrived(NOON), DoseOrdered(ORDER), DoseVerified(VERIFIED, OPEN))
    again = session.after(session.order_dose(replace(ORDER, number=2)))
    assert again.status is Status.ARRIVED
    with pytest.raises(NoDoseOrdered):
        again.verify_dose(1, by="usr_b", receipt=OPEN)


def test_a_patient_may_leave_only_after_an_assessment_with_every_gate_open() -> None:
    monitored = replace(a_session(), status=Status.MONITORING)
    shut = DISCHARGE.decide({}, as_of=NOON)
    assert monitored.after(monitored.assess_discharge({}, shut)).status is Status.MONITORING
    assert monitored.after(DISCHARGED).status is Status.DISCHARGEABLE


@pytest.mark.parametrize("fact", sorted(GATES.fact_names))
def test_any_fact_that_is_not_known_shuts_a_gate(fact: str) -> None:
    facts = {**good_facts(NOON), fact: Known(value=None)}
    assert GATES.decide(facts, as_of=NOON).outcome == "block"
    assert OPEN.outcome == "pass"


@pytest.mark.parametrize(
    "fact", ["systolic", "spo2", "heart_rate", "weight_kg", "escort_confirmed"]
)
def test_a_fact_of_yesterday_shuts_a_gate(fact: str) -> None:
    old = good_facts(NOON - timedelta(days=1))[fact]
    assert GATES.decide({**good_facts(NOON), fact: old}, as_of=NOON).outcome == "block"


def test_a_decision_can_be_made_again_from_its_receipt() -> None:
    for receipt in (OPEN, SHUT):
        assert GATES.decide(receipt.facts, as_of=receipt.as_of) == receipt


def test_each_fact_is_one_version_more() -> None:
    session = a_session()
    assert session.revision == 1
    assert session.after(Booked(a_visit())).revision == 2


def test_a_dose_ordered_on_another_weight_is_neither_verified_nor_given() -> None:
    heavier = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(ORDER))
    lighter = heavier.after(Checked({"weight_kg": Known(value=62.0, known_at=NOON)}))
    with pytest.raises(WeightChanged):
        lighter.verify_dose(1, by="usr_b", receipt=OPEN)
    verified = heavier.after(DoseVerified(VERIFIED, OPEN))
    with pytest.raises(WeightChanged):
        verified.after(Checked({"weight_kg": Known(value=62.0, known_at=NOON)})).start_dosing(
            "iv", now=NOON, receipt=OPEN
        )


def test_a_planned_discharge_needs_every_gate_open_at_that_moment() -> None:
    leaving = replace(a_session(), status=Status.DISCHARGEABLE)
    with pytest.raises(GatesBlock):
        leaving.complete(COURSE, discharge="escorted", grade=0, receipt=SHUT, now=NOON)
    monitored = replace(a_session(), status=Status.MONITORING)
    with pytest.raises(NotNow):
        monitored.complete(COURSE, discharge="escorted", grade=0, receipt=OPEN, now=NOON)


def test_a_patient_may_leave_against_advice_and_it_is_told_as_such() -> None:
    monitored = replace(a_session(), status=Status.MONITORING)
    left = monitored.complete(COURSE, discharge="against_advice", grade=0, receipt=SHUT, now=NOON)
    assert monitored.after(left).discharge == "against_advice"


def test_a_visit_that_has_not_begun_has_not_been_missed() -> None:
    with pytest.raises(NotYetMissed):
        a_session().miss(now=TOMORROW - timedelta(minutes=1))

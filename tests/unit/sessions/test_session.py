"""The rules of a session, one sentence per test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside import dosing, leaving
from clinic_sessions.domain.bedside.dose import Prepared, order_dose
from clinic_sessions.domain.bedside.ends import Extension
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.booking.history import Noted, Placed
from clinic_sessions.domain.errors import (
    ArrivedTooEarly,
    DosingOutsideVisit,
    GatesBlock,
    NoDoseOrdered,
    NotAllowed,
    NotPrepared,
    NotYetMissed,
    SecondPersonNeeded,
    VisitIsOver,
    WeightChanged,
)
from clinic_sessions.domain.facts import (
    Arrived,
    Booked,
    Cancelled,
    Checked,
    DoseOrdered,
    DoseVerified,
    Fact,
    Rescheduled,
)
from clinic_sessions.domain.session import ARROWS, Session, Status
from tests.support.sessions import (
    GATES,
    NOON,
    RULES,
    TOMORROW,
    a_protocol,
    a_session,
    a_visit,
    good_facts,
)

A_DAY = timedelta(days=1)
OPEN = Gates(GATES.decide(good_facts(NOON), as_of=NOON))
SHUT = Gates(GATES.decide({}, as_of=NOON))
STAY = Extension(reason="no_escort", by="usr_a", at=NOON)
ORDER = order_dose(
    a_protocol(), number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON
)
PREPARED = replace(ORDER, prepared=Prepared(by="usr_c", at=NOON, is_diluted=False))
VERIFIED = replace(PREPARED, verified_by="usr_b")

DECISIONS: dict[Status, Callable[[Session], Fact]] = {
    Status.BOOKED: lambda s: s.reschedule(a_visit(TOMORROW + timedelta(days=1))),
    Status.ARRIVED: lambda s: s.arrive(rules=RULES, now=TOMORROW),
    Status.READY: lambda s: dosing.verify(s, 1, by="usr_b", gates=OPEN),
    Status.DOSING: lambda s: dosing.start(s, "iv", by="usr_a", now=TOMORROW, gates=OPEN),
    Status.MONITORING: lambda s: dosing.stop(s, "ill", by="usr_a", now=NOON),
    Status.EXTENDED: lambda s: leaving.extend(s, STAY),
    Status.CANCELLED: lambda s: s.cancel("ill", noted=Noted("usr_ada", NOON), in_good_time=A_DAY),
    Status.MISSED: lambda s: s.miss(now=TOMORROW),
    Status.ABORTED: lambda s: leaving.abort(s, "ill", rules=RULES, now=NOON),
    Status.VOIDED: lambda s: leaving.void(s, "wrong_patient", rules=RULES, now=NOON),
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


@pytest.mark.parametrize(("hours", "is_soon"), [(23, True), (24, False), (25, False)])
def test_a_booking_moved_later_than_it_could_be_cancelled_is_moved_at_short_notice(
    hours: int, is_soon: bool
) -> None:
    """By the time it had, however far ahead it is moved: cancelling it then is in good time."""
    noted = Noted("usr_ada", TOMORROW - timedelta(hours=hours))
    session, later = a_session(), a_visit(TOMORROW + 7 * A_DAY)
    moved = session.reschedule(later, noted=noted, in_good_time=A_DAY)
    assert moved.short_notice is is_soon
    after = session.after(moved)
    assert after.changes[-1].short_notice is is_soon
    assert not after.cancel("ill", noted=noted, in_good_time=A_DAY).short_notice


def test_each_change_of_a_bookings_time_is_kept_with_who_and_from_where_to_where() -> None:
    first, then = a_visit(), a_visit(TOMORROW + A_DAY, chair="chair_2")
    noted = [Noted("usr_ada", NOON + timedelta(minutes=n)) for n in range(3)]
    session = a_session(Rescheduled(first, TOMORROW))  # without a person: not kept
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


def test_a_dose_is_verified_by_neither_who_ordered_nor_who_prepared_it() -> None:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(PREPARED))
    for by in ("usr_a", "usr_c"):
        with pytest.raises(SecondPersonNeeded):
            dosing.verify(session, 1, by=by, gates=OPEN)
    assert dosing.verify(session, 1, by="usr_b", gates=OPEN).order == VERIFIED


def test_who_has_prepared_a_dose_does_not_verify_it_though_another_has_prepared_it_again() -> None:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(ORDER))
    for by in ("usr_c", "usr_d", "usr_e"):
        session = session.after(
            dosing.prepare(session, 1, a_protocol().giving, by=by, is_diluted=False, now=NOON)
        )
    for by in ("usr_a", "usr_c", "usr_d", "usr_e"):
        with pytest.raises(SecondPersonNeeded):
            dosing.verify(session, 1, by=by, gates=OPEN)
    assert dosing.verify(session, 1, by="usr_b", gates=OPEN).order.verified_by == "usr_b"


def test_a_dose_is_prepared_before_it_is_verified() -> None:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(ORDER))
    with pytest.raises(NotPrepared):
        dosing.verify(session, 1, by="usr_b", gates=OPEN)
    prepared = dosing.prepare(
        session, 1, a_protocol().giving, by="usr_c", is_diluted=False, now=NOON
    )
    assert session.after(prepared).order == PREPARED


def test_a_dose_is_not_verified_while_a_gate_is_shut() -> None:
    session = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(PREPARED))
    with pytest.raises(GatesBlock) as refused:
        dosing.verify(session, 1, by="usr_b", gates=SHUT)
    assert {conflict["kind"] for conflict in refused.value.conflicts} >= {"G-CONSENT", "G-WEIGHT"}


def test_the_gates_are_asked_again_when_dosing_starts() -> None:
    session = a_session(Arrived(NOON), DoseVerified(VERIFIED, OPEN.receipt))
    with pytest.raises(GatesBlock):
        dosing.start(session, "iv", by="usr_a", now=TOMORROW, gates=SHUT)


def test_a_new_order_takes_the_verification_of_the_old_one_with_it() -> None:
    session = a_session(Arrived(NOON), DoseVerified(VERIFIED, OPEN.receipt))
    again = session.after(dosing.order(session, replace(PREPARED, number=2)))
    assert again.status is Status.ARRIVED
    with pytest.raises(NoDoseOrdered):
        dosing.verify(again, 1, by="usr_b", gates=OPEN)


@pytest.mark.parametrize("fact", sorted(GATES.fact_names))
def test_any_fact_that_is_not_known_shuts_a_gate(fact: str) -> None:
    facts = {**good_facts(NOON), fact: Known(value=None)}
    assert GATES.decide(facts, as_of=NOON).outcome == "block"
    assert OPEN.receipt.outcome == "pass"


@pytest.mark.parametrize(
    "fact",
    [
        *("systolic", "spo2", "heart_rate", "weight_kg", "escort_confirmed"),
        *("pregnancy_test", "resuscitation_kit_checked", "line_is_missing", "prescriber_on_site"),
    ],
)
def test_a_fact_of_yesterday_shuts_a_gate(fact: str) -> None:
    old = good_facts(NOON - timedelta(days=1))[fact]
    assert GATES.decide({**good_facts(NOON), fact: old}, as_of=NOON).outcome == "block"


def test_a_decision_can_be_made_again_from_its_receipt() -> None:
    for receipt in (OPEN.receipt, SHUT.receipt):
        assert GATES.decide(receipt.facts, as_of=receipt.as_of) == receipt


def test_each_fact_is_one_version_more() -> None:
    session = a_session()
    assert session.revision == 1
    assert session.after(Booked(a_visit())).revision == 2


def test_a_dose_ordered_on_another_weight_is_neither_prepared_verified_nor_given() -> None:
    lighter = Checked({"weight_kg": Known(value=62.0, known_at=NOON)})
    ordered = a_session(Arrived(NOON), Checked(good_facts(NOON)), DoseOrdered(PREPARED), lighter)
    with pytest.raises(WeightChanged):
        dosing.prepare(ordered, 1, a_protocol().giving, by="usr_c", is_diluted=False, now=NOON)
    with pytest.raises(WeightChanged):
        dosing.verify(ordered, 1, by="usr_b", gates=OPEN)
    verified = ordered.after(DoseVerified(VERIFIED, OPEN.receipt))
    with pytest.raises(WeightChanged):
        dosing.start(verified, "iv", by="usr_a", now=TOMORROW, gates=OPEN)


def test_a_visit_that_has_not_begun_has_not_been_missed() -> None:
    with pytest.raises(NotYetMissed):
        a_session().miss(now=TOMORROW - timedelta(minutes=1))


def test_nobody_arrives_long_before_their_visit() -> None:
    early = TOMORROW - RULES.arrive_early
    assert a_session().arrive(rules=RULES, now=early) == Arrived(early)
    with pytest.raises(ArrivedTooEarly) as refused:
        a_session().arrive(rules=RULES, now=early - timedelta(seconds=1))
    assert refused.value.conflicts[0]["starts_at"] == TOMORROW.isoformat()


def test_nobody_arrives_once_their_visit_has_ended() -> None:
    ends_at = a_visit().ends_at
    late = ends_at - timedelta(seconds=1)
    assert a_session().arrive(rules=RULES, now=late) == Arrived(late)
    for now in (ends_at, ends_at + 3 * A_DAY):
        with pytest.raises(VisitIsOver) as refused:
            a_session().arrive(rules=RULES, now=now)
    assert refused.value.conflicts == [{"kind": "too_late", "ended_at": ends_at.isoformat()}]
    assert "reschedule" in str(refused.value)


def test_dosing_begins_neither_before_nor_after_the_visit_whose_seats_it_takes() -> None:
    session, visit = a_session(Arrived(NOON), DoseVerified(VERIFIED, OPEN.receipt)), a_visit()
    session = session.after(Checked(good_facts(NOON)))
    for now in (visit.starts_at - timedelta(seconds=1), visit.ends_at):
        with pytest.raises(DosingOutsideVisit) as refused:
            dosing.start(session, "iv", by="usr_a", now=now, gates=OPEN)
        assert refused.value.conflicts[0]["starts_at"] == visit.starts_at.isoformat()
    last = visit.ends_at - timedelta(seconds=1)
    assert dosing.start(session, "iv", by="usr_a", now=last, gates=OPEN).at == last

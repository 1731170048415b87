"""Nobody leaves before they may, unless they want to; a wrong completion is published again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside import leaving
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.ends import AgainstAdvice, Anew, Extension
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.giving import DeviceGiven
from clinic_sessions.domain.errors import (
    DischargeIsAnother,
    GatesBlock,
    NotAllowed,
    NotByAbort,
    NotDocumented,
    NothingToCorrect,
    NotNow,
    TimeOutOfOrder,
    WitnessNeeded,
)
from clinic_sessions.domain.facts import (
    Arrived,
    Checked,
    Completed,
    Course,
    DischargeAssessed,
    DosingStarted,
    DosingStopped,
    StayExtended,
)
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import Status
from clinic_sessions.publishing import of_session
from tests.support.sessions import (
    DISCHARGE,
    GATES,
    NOON,
    RULES,
    a_protocol,
    a_session,
    good_facts,
    ready_to_leave,
)

PROTOCOL = a_protocol()
COURSE = Course("iv-ketamine-depression", 1, 6, 1, "iv")
ENDED, LATER = NOON + timedelta(minutes=40), NOON + timedelta(minutes=100)
ORDER = order_dose(PROTOCOL, number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=NOON)
STARTED = DosingStarted(NOON, ORDER, "iv", GATES.decide(good_facts(NOON), as_of=NOON), "usr_a")
OPEN = Gates(DISCHARGE.decide(ready_to_leave(LATER), as_of=LATER))
SHUT = Gates(DISCHARGE.decide({}, as_of=LATER))
STAY = StayExtended(Extension(reason="no_escort", by="usr_a", at=LATER))


def watched() -> Session:
    """Dosed from noon to 12:40."""
    baseline = Checked(good_facts(NOON))
    return a_session(Arrived(NOON), baseline, STARTED, DosingStopped(ENDED, "dose_given", "usr_a"))


def may_leave() -> Session:
    return watched().after(DischargeAssessed({}, OPEN.receipt))


def home() -> Session:
    session = may_leave()
    return session.after(completed(session))


def completed(session: Session, gates: Gates = OPEN, discharge: str | None = None) -> Completed:
    return leaving.complete(
        session, COURSE, discharge=discharge, grade=None, gates=gates, now=LATER
    )


def left(**otherwise: object) -> AgainstAdvice:
    account = AgainstAdvice(
        reason="wants_to_leave",
        capacity_assessed=True,
        risks_explained=True,
        witness="usr_w",
        prescriber_informed="usr_p",
        by="usr_a",
        at=LATER,
    )
    return replace(account, **otherwise)  # type: ignore[arg-type]  # fields of the account


@pytest.mark.parametrize("fact", sorted(DISCHARGE.fact_names))
def test_any_fact_that_is_not_known_keeps_the_patient_here(fact: str) -> None:
    facts = {**ready_to_leave(LATER), fact: Known(value=None)}
    assert DISCHARGE.decide(facts, as_of=LATER).outcome == "block"
    assert OPEN.receipt.outcome == "pass"


@pytest.mark.parametrize(
    ("fact", "value", "gate"),
    [
        ("observation_minutes_left", 0.1, "D-TIME"),
        ("open_alarms", 1, "D-ALARMS"),
        ("limits_to_confirm", 1, "D-ALARMS"),
        ("systolic", 160, "D-BP"),
        ("diastolic", 100, "D-BP"),
        ("systolic_percent_from_baseline", 20.1, "D-BP-BASELINE"),
        ("diastolic_percent_from_baseline", 20.1, "D-BP-BASELINE"),
        ("spo2", 93, "D-SPO2"),
        ("moaas", 4, "D-SEDATION"),
        ("aldrete", 8, "D-ALDRETE"),
        ("dissociation_above_baseline", 2, "D-DISSOCIATION"),
        ("is_oriented", False, "D-ORIENTED"),
        ("gait_is_steady", False, "D-GAIT"),
        ("nausea_is_controlled", False, "D-NAUSEA"),
        ("new_suicidal_ideation", True, "D-IDEATION"),
        ("escort_present", False, "D-ESCORT"),
        ("escort", "taxi_driver", "D-ESCORT-NAMED"),
        ("line_is_removed", False, "D-LINE"),
        ("instructions_given", False, "D-INSTRUCTIONS"),
    ],
)
def test_each_gate_of_the_discharge_is_shut_by_its_own_fact(
    fact: str, value: bool | float | str, gate: str
) -> None:
    facts = {**ready_to_leave(LATER), fact: Known(value=value, known_at=LATER)}
    found = DISCHARGE.decide(facts, as_of=LATER).blocking
    assert [finding.rule for finding in found] == [gate]


def test_a_patient_may_leave_only_after_an_assessment_with_every_gate_open() -> None:
    shut = leaving.assess(watched(), {}, SHUT)
    assert watched().after(shut).status is Status.MONITORING
    assert watched().after(leaving.assess(watched(), {}, OPEN)).status is Status.DISCHARGEABLE


def test_a_planned_discharge_needs_every_gate_open_at_that_moment() -> None:
    with pytest.raises(GatesBlock):
        completed(may_leave(), SHUT)
    with pytest.raises(NotNow):
        completed(watched())


def test_without_an_escort_the_stay_is_extended_and_published_so_in_the_end() -> None:
    staying = watched().after(leaving.extend(watched(), STAY.extension))
    assert staying.status is Status.EXTENDED
    with pytest.raises(NotNow):
        completed(staying)
    assert staying.after(leaving.assess(staying, {}, SHUT)).status is Status.EXTENDED
    fetched = staying.after(leaving.assess(staying, {}, OPEN))
    with pytest.raises(DischargeIsAnother):
        completed(fetched, discharge="escorted")
    assert completed(fetched).discharge == "extended"
    assert completed(may_leave()).discharge == "escorted"


def test_who_leaves_against_advice_is_assessed_warned_and_witnessed() -> None:
    for missing in ("capacity_assessed", "risks_explained"):
        with pytest.raises(NotDocumented) as refused:
            leaving.leave_against_advice(watched(), COURSE, left(**{missing: False}))
        assert refused.value.conflicts == [{"kind": missing}]
    with pytest.raises(WitnessNeeded):
        leaving.leave_against_advice(watched(), COURSE, left(witness="usr_a"))
    gone = watched().after(leaving.leave_against_advice(watched(), COURSE, left()))
    assert (gone.status, gone.discharge) == (Status.COMPLETED, "against_advice")
    assert gone.against_advice == left()


def test_nobody_leaves_against_advice_while_the_pump_runs() -> None:
    with pytest.raises(NotNow):
        leaving.leave_against_advice(a_session(Arrived(NOON), STARTED), COURSE, left())


def test_an_abort_is_no_way_around_the_gates_once_the_drug_is_in() -> None:
    running = a_session(Arrived(NOON), STARTED)
    for session in (running, watched(), may_leave()):
        with pytest.raises(NotByAbort) as refused:
            leaving.abort(session, "felt_fine", rules=RULES, now=LATER)
        assert "emergency_transfer" in refused.value.allowed
    gone = running.after(leaving.abort(running, "emergency_transfer", rules=RULES, now=ENDED))
    assert (gone.status, gone.dosing_ended_at) == (Status.ABORTED, ENDED)
    before = a_session(Arrived(NOON))
    assert leaving.abort(before, "felt_ill", rules=RULES, now=NOON).reason == "felt_ill"


def test_a_correction_publishes_the_completion_again_with_a_higher_version() -> None:
    anew = Anew(dosing_ended_at=ENDED - timedelta(minutes=2))
    fact = leaving.correct(home(), anew, "typed_wrongly", by="usr_p", now=LATER)
    after = home().after(fact)
    [published] = of_session(after, fact)
    assert published.session_version == home().revision + 1  # type: ignore[attr-defined]
    assert published.dosing_ended_at == ENDED - timedelta(minutes=2)  # type: ignore[attr-defined]
    assert after.corrections[0].before.dosing_ended_at == ENDED
    assert after.status is Status.COMPLETED


def test_a_corrected_beginning_changes_what_went_in() -> None:
    anew = Anew(dosing_started_at=NOON + timedelta(minutes=10))
    after = home().after(leaving.correct(home(), anew, "typed_wrongly", by="usr_p", now=LATER))
    assert home().mg_given(LATER) == 41.0
    assert after.mg_given(LATER) == pytest.approx(30 * 1.025)


def test_a_corrected_beginning_is_when_the_first_device_was_given() -> None:
    began = NOON + timedelta(minutes=3)
    devices = tuple(
        DeviceGiven(number=n, at=NOON + timedelta(minutes=5 * n - 5), by="usr_a") for n in (1, 2)
    )
    before = replace(home(), devices=devices)
    anew = Anew(dosing_started_at=began)
    after = before.after(leaving.correct(before, anew, "typed_wrongly", by="usr_p", now=LATER))
    assert [device.at for device in after.devices] == [began, NOON + timedelta(minutes=5)]


def test_a_correction_that_changes_nothing_or_cannot_be_is_refused() -> None:
    with pytest.raises(NothingToCorrect):
        leaving.correct(home(), Anew(), "none", by="usr_p", now=LATER)
    order = home().order
    assert order is not None
    for anew in (
        Anew(dosing_started_at=order.ordered_at - timedelta(minutes=1)),
        Anew(dosing_started_at=ENDED + timedelta(minutes=1)),
        Anew(dosing_ended_at=LATER + timedelta(minutes=1)),
        Anew(completed_at=LATER + timedelta(minutes=1)),
    ):
        with pytest.raises(TimeOutOfOrder):
            leaving.correct(home(), anew, "typo", by="usr_p", now=LATER)
    with pytest.raises(NotNow):
        leaving.correct(watched(), Anew(adverse_event_grade_max=1), "typo", by="usr_p", now=LATER)


def test_a_grade_that_is_given_may_be_worse_than_what_was_noted() -> None:
    left = leaving.complete(may_leave(), COURSE, discharge=None, grade=2, gates=OPEN, now=LATER)
    assert (may_leave().worst_grade, left.adverse_event_grade_max) == (0, 2)


@pytest.mark.parametrize(
    ("reason", "without_dose"),
    [("wrong_patient", True), ("not_given", True), ("booking_error", False), ("anything", False)],
)
def test_only_a_reason_of_no_dose_takes_the_dose_back_with_the_record(
    reason: str, without_dose: bool
) -> None:
    voided = home().after(leaving.void(home(), reason, rules=RULES, now=LATER))
    assert voided.voided_without_dose is without_dose


def test_what_was_voided_is_not_completed_again() -> None:
    voided = home().after(leaving.void(home(), "wrong_patient", rules=RULES, now=LATER))
    with pytest.raises(NotAllowed):
        leaving.void(voided, "again", rules=RULES, now=LATER)
    with pytest.raises(NotNow):
        completed(voided)

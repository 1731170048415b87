"""Going home: assessed, kept longer, discharged, or gone against advice; and the other ends."""

from collections.abc import Mapping
from datetime import datetime

from clinic_platform.decisions import Known
from clinic_sessions.domain.bedside.ends import (
    AGAINST_ADVICE,
    ESCORTED,
    EXTENDED,
    AgainstAdvice,
    Anew,
    Completion,
    Correction,
    Extension,
)
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.rules import BedsideRules
from clinic_sessions.domain.errors import (
    DischargeIsAnother,
    GradeBelowEvents,
    NotByAbort,
    NotDocumented,
    NothingToCorrect,
    TimeOutOfOrder,
    WitnessNeeded,
)
from clinic_sessions.domain.facts import (
    Aborted,
    Completed,
    Corrected,
    Course,
    DischargeAssessed,
    StayExtended,
    Voided,
)
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import AFTER_DOSING, Status


def assess(session: Session, facts: Mapping[str, Known], gates: Gates) -> DischargeAssessed:
    session.only_while("A discharge assessment", AFTER_DOSING)
    waived = tuple(waiver.gate for waiver in gates.waived)
    return DischargeAssessed(facts, gates.receipt, waived)


def extend(session: Session, extension: Extension) -> StayExtended:
    """What is missing is outside the patient, an escort mostly: they stay, and are watched on."""
    session.may_become(Status.EXTENDED)
    return StayExtended(extension)


def complete(
    session: Session,
    course: Course,
    *,
    discharge: str | None,
    grade: int | None,
    gates: Gates,
    now: datetime,
) -> Completed:
    """Discharged with every gate open. Whether the stay was extended, and the worst grade, follow
    from what was noted: what is given with the request may not contradict it."""
    session.only_while("A discharge as planned", (Status.DISCHARGEABLE,))
    gates.must_be_open()
    found = ESCORTED if session.extension is None else EXTENDED
    if discharge not in (None, found):
        raise DischargeIsAnother(found)
    return Completed(now, course, found, _worst(session, grade))


def leave_against_advice(session: Session, course: Course, leaving: AgainstAdvice) -> Completed:
    """A decision of the patient's own: possible as soon as dosing has ended, documented in full,
    and published as such. Raises NotDocumented, WitnessNeeded."""
    session.only_while("Leaving against advice", AFTER_DOSING)
    done = {
        "capacity_assessed": leaving.capacity_assessed,
        "risks_explained": leaving.risks_explained,
    }
    if missing := [name for name, is_done in done.items() if not is_done]:
        raise NotDocumented(missing)
    if leaving.witness == leaving.by:
        raise WitnessNeeded
    return Completed(leaving.at, course, AGAINST_ADVICE, session.worst_grade, leaving)


def correct(session: Session, anew: Anew, reason: str, *, by: str, now: datetime) -> Corrected:
    """The completion is published again, with a higher version. Raises TimeOutOfOrder,
    NothingToCorrect."""
    session.only_while("A correction", (Status.COMPLETED,))
    before = _completion_of(session)
    after = anew.over(before)
    if after == before:
        raise NothingToCorrect
    began, ended, left = after.dosing_started_at, after.dosing_ended_at, after.completed_at
    ordered_at = began if session.order is None else session.order.ordered_at
    if not ordered_at <= began < ended <= left <= now:
        raise TimeOutOfOrder(
            "dosing_started_at", "is after the order, before the end, that before the discharge"
        )
    _no_less(session.worst_grade, after.adverse_event_grade_max)
    return Corrected(Correction(told=after, before=before, reason=reason, by=by, at=now))


def correct_grade(session: Session, *, by: str, now: datetime) -> Corrected | None:
    """An event noted after the discharge was worse than what had been published. None when it was
    not: nothing here makes a grade less."""
    worst = session.worst_grade
    if session.status is not Status.COMPLETED or worst <= session.adverse_event_grade_max:
        return None
    anew = Anew(adverse_event_grade_max=worst)
    return correct(session, anew, "adverse_event", by=by, now=now)


def _completion_of(session: Session) -> Completion:
    assert session.dosing_started_at is not None, "Nothing is completed without dosing."
    assert session.dosing_ended_at is not None, "Nothing is completed before dosing has ended."
    assert session.ended_at is not None, "What is completed has ended."
    return Completion(
        dosing_started_at=session.dosing_started_at,
        dosing_ended_at=session.dosing_ended_at,
        completed_at=session.ended_at,
        adverse_event_grade_max=session.adverse_event_grade_max,
    )


def abort(session: Session, reason: str, *, rules: BedsideRules, now: datetime) -> Aborted:
    """A visit that ends before its time. With the drug in, only into the care of others: nobody
    goes around the discharge gates. Raises NotByAbort."""
    session.may_become(Status.ABORTED)
    if session.dosing_started_at is not None and reason not in rules.aborts_after_dosing:
        raise NotByAbort(rules.aborts_after_dosing)
    return Aborted(now, reason)


def void(session: Session, reason: str, *, rules: BedsideRules, now: datetime) -> Voided:
    """The record was wrong. A dose that is in stays counted unless the reason says that this
    patient had none."""
    session.may_become(Status.VOIDED)
    return Voided(now, reason, reason in rules.voids_without_a_dose)


def _worst(session: Session, grade: int | None) -> int:
    """What was noted, unless a worse grade is given. Raises GradeBelowEvents."""
    worst = session.worst_grade
    if grade is None:
        return worst
    return _no_less(worst, grade)


def _no_less(worst: int, grade: int) -> int:
    if grade < worst:
        raise GradeBelowEvents(worst)
    return grade

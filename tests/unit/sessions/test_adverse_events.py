"""Adverse events: graded by people, never made less by software, the serious ones reported."""

from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_platform.data import load
from clinic_sessions.domain.bedside import leaving, reporting
from clinic_sessions.domain.bedside.adverse_event import Account, Report, read_catalogue
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.errors import (
    AdverseEventNotFound,
    GradeBelowEvents,
    NoSuchTerm,
    NotNow,
    NotSerious,
    SeriousnessMissing,
    TimeOutOfOrder,
)
from clinic_sessions.domain.facts import Arrived, Course
from clinic_sessions.domain.session import Session
from clinic_sessions.domain.status import Status
from tests.support.sessions import DISCHARGE, NOON, a_session, ready_to_leave
from tests.support.sessions_bedside import NAUSEA, SERIOUS

CATALOGUE = read_catalogue(load("clinic_sessions", "adverse-events.yaml"))
OPEN = Gates(DISCHARGE.decide(ready_to_leave(NOON), as_of=NOON))
REPORT = Report(to="medwatch", by="usr_p", at=NOON + timedelta(hours=1))


def noted(account: Account, session: Session | None = None) -> Session:
    session = session or a_session(Arrived(NOON))
    return session.after(reporting.note(session, "aev_1", account, catalogue=CATALOGUE))


@pytest.mark.parametrize(
    ("account", "refusal"),
    [
        (replace(NAUSEA, term="bad_mood"), NoSuchTerm),
        (replace(NAUSEA, onset_at=NOON + timedelta(minutes=11)), TimeOutOfOrder),
        (replace(NAUSEA, ended_at=NOON - timedelta(minutes=1)), TimeOutOfOrder),
        (replace(NAUSEA, ended_at=NOON + timedelta(minutes=11)), TimeOutOfOrder),
        (replace(NAUSEA, grade_clinical=4), SeriousnessMissing),
        (replace(SERIOUS, grade_clinical=5), SeriousnessMissing),
    ],
)
def test_an_account_that_cannot_be_is_refused(account: Account, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        noted(account)


def test_an_event_is_noted_only_once_the_patient_has_come() -> None:
    with pytest.raises(NotNow):
        noted(NAUSEA, a_session())


def test_an_amendment_keeps_the_earlier_account() -> None:
    session = noted(NAUSEA)
    milder = replace(NAUSEA, grade_clinical=1, reason="seen_by_prescriber")
    session = session.after(reporting.amend(session, "aev_1", milder, catalogue=CATALOGUE))
    [event] = session.adverse_events
    assert (event.account, event.history) == (milder, (NAUSEA,))
    with pytest.raises(AdverseEventNotFound):
        reporting.amend(session, "aev_2", milder, catalogue=CATALOGUE)


def test_an_event_is_serious_since_it_was_first_noted_to_be() -> None:
    session = noted(SERIOUS)
    again = replace(SERIOUS, at=SERIOUS.at + timedelta(hours=1))
    session = session.after(reporting.amend(session, "aev_1", again, catalogue=CATALOGUE))
    assert session.adverse_events[0].serious_since == SERIOUS.at
    assert session.adverse_events[0].is_to_be_reported


def test_only_a_serious_event_is_reported_and_a_report_ends_its_clock() -> None:
    with pytest.raises(NotSerious):
        reporting.report(noted(NAUSEA), "aev_1", REPORT)
    session = noted(SERIOUS)
    session = session.after(reporting.report(session, "aev_1", REPORT))
    assert not session.adverse_events[0].is_to_be_reported
    assert session.adverse_events[0].asks_no_more == "reported"


def test_that_somebody_was_called_ends_nothing() -> None:
    [event] = noted(SERIOUS).adverse_events
    assert event.asks_no_more is None
    called = event.called(NOON + timedelta(days=1))
    assert called.is_to_be_reported
    assert called.asks_no_more is None


def test_somebody_is_called_again_about_an_event_that_is_serious_again() -> None:
    [event] = noted(SERIOUS).adverse_events
    called = event.called(NOON + timedelta(days=1))
    milder = called.amended(replace(NAUSEA, at=NOON + timedelta(days=2)))
    assert milder.asks_no_more == "not_serious"
    again = milder.amended(replace(SERIOUS, at=NOON + timedelta(days=3)))
    assert again.asks_no_more is None
    assert again.serious_since == NOON + timedelta(days=3)


@pytest.mark.parametrize("between", [NAUSEA, SERIOUS])
def test_a_report_does_not_answer_for_what_the_event_became_afterwards(between: Account) -> None:
    """It was called not serious in between, or was as serious as before: then it is death."""
    [event] = noted(SERIOUS).adverse_events
    event = event.reported(REPORT).amended(replace(between, at=REPORT.at + timedelta(hours=1)))
    assert not event.is_to_be_reported
    died_at = REPORT.at + timedelta(hours=2)
    event = event.amended(replace(SERIOUS, seriousness=("death",), at=died_at))
    assert (event.serious_since, event.is_to_be_reported, event.asks_no_more) == (
        died_at,
        True,
        None,
    )
    again = event.reported(replace(REPORT, at=died_at + timedelta(hours=1)))
    assert again.asks_no_more == "reported"


def test_another_criterion_before_the_report_leaves_its_clock_where_it_was() -> None:
    [event] = noted(SERIOUS).adverse_events
    worse = replace(SERIOUS, seriousness=("death",), at=SERIOUS.at + timedelta(hours=1))
    assert event.amended(worse).serious_since == SERIOUS.at


def test_the_grade_by_number_does_not_become_the_clinical_one() -> None:
    session = noted(replace(NAUSEA, term="blood_pressure_raised", grade_numeric=3))
    assert session.worst_grade == 2


def test_a_completion_may_not_be_published_milder_than_what_was_noted() -> None:
    leave = replace(noted(NAUSEA), status=Status.DISCHARGEABLE)
    with pytest.raises(GradeBelowEvents):
        leaving.complete(
            leave, Course("p", 1, 6, 1, "iv"), discharge=None, grade=1, gates=OPEN, now=NOON
        )


def test_an_event_after_the_discharge_corrects_only_what_was_published_too_mildly() -> None:
    gone = replace(
        noted(NAUSEA),
        status=Status.COMPLETED,
        dosing_started_at=NOON - timedelta(hours=3),
        dosing_ended_at=NOON - timedelta(hours=2),
        ended_at=NOON - timedelta(hours=1),
    )
    worse = leaving.correct_grade(gone, by="usr_p", now=NOON)
    assert worse is not None
    assert worse.correction.told.adverse_event_grade_max == 2
    assert leaving.correct_grade(gone.after(worse), by="usr_p", now=NOON) is None
    assert leaving.correct_grade(noted(NAUSEA), by="usr_p", now=NOON) is None


def test_what_is_called_for_until_it_is_reported_can_be_reported_of_a_void_visit() -> None:
    session = replace(noted(SERIOUS), status=Status.VOIDED)
    assert session.after(reporting.report(session, "aev_1", REPORT)).adverse_events[0].reports
    with pytest.raises(NotNow):
        reporting.note(session, "aev_2", SERIOUS, catalogue=CATALOGUE)

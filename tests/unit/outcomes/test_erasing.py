"""A patient who was erased is asked nothing more; what they have answered stays under their id."""

import pytest

from clinic_events import PatientErased, PatientRegistered, PlanStarted, SurveyDue, SurveyWithdrawn
from clinic_events.testing import example
from clinic_outcomes.domain.errors import SurveyNotFound
from clinic_outcomes.domain.risk_alert import Status
from clinic_platform.promises import State
from clinic_platform.testing import NOON
from tests.support.outcomes import KEYS, PATIENT, PLACE, VECTOR, Outcomes, a_completed_session

ERASED = example(PatientErased, patient_id=PATIENT, location_id=PLACE)
FAR = NOON.replace(year=NOON.year + 1)


def a_plan() -> PlanStarted:
    fields = {"plan_id": "pln_1", "patient_id": PATIENT, "location_id": PLACE, "started_at": NOON}
    return example(PlanStarted, **fields)


@pytest.fixture
def clinic() -> Outcomes:
    return Outcomes()


async def opened(clinic: Outcomes) -> str:
    """The secret of the baseline's link."""
    await clinic.handlers.planning.plan_baseline(a_plan())
    await clinic.keep(until=NOON)
    [due] = [event for event in clinic.published if isinstance(event, SurveyDue)]
    return KEYS.open(due.sealed_secret, about=due.patient_id).decode()


async def test_no_link_of_theirs_opens_any_more_and_that_is_published(clinic: Outcomes) -> None:
    secret = await opened(clinic)
    sitting = await clinic.handlers.surveys.begin_sitting(secret)
    await clinic.handlers.surveys.save_draft(sitting.credential, {"1": 2})

    for _ in range(2):
        await clinic.handlers.erasing.forget_patient(ERASED)

    [withdrawn] = [event for event in clinic.published if isinstance(event, SurveyWithdrawn)]
    assert withdrawn.reason == "patient_erased"
    with pytest.raises(SurveyNotFound):
        await clinic.handlers.surveys.begin_sitting(secret)
    with pytest.raises(SurveyNotFound):
        await clinic.handlers.surveys.sitting(sitting.credential)
    [assignment] = clinic.assignments.rows.values()
    assert assignment.draft is None
    assert clinic.promises.pending() == []


async def test_what_was_promised_is_withdrawn(clinic: Outcomes) -> None:
    await clinic.handlers.planning.plan_surveys(a_completed_session())
    await clinic.handlers.erasing.forget_patient(ERASED)
    ends = {(row.state, row.reason) for row in clinic.promises.rows.values()}
    assert ends == {(State.WITHDRAWN, "patient_erased")}


async def test_an_event_that_comes_late_asks_them_nothing(clinic: Outcomes) -> None:
    planning = clinic.handlers.planning
    await clinic.handlers.erasing.forget_patient(ERASED)
    await planning.know_patient(example(PatientRegistered, patient_id=PATIENT, location_id=PLACE))
    await planning.plan_baseline(a_plan())
    await planning.plan_surveys(a_completed_session())
    await clinic.keep(until=FAR)
    assert clinic.published == []
    assert clinic.assignments.rows == {}


async def test_answers_stay_and_so_does_an_alert_until_a_clinician_closes_it(
    clinic: Outcomes,
) -> None:
    surveys = clinic.handlers.surveys
    sitting = await surveys.begin_sitting(await opened(clinic))
    await surveys.answer(sitting.credential, VECTOR)
    escalations = clinic.promises.pending()

    await clinic.handlers.erasing.forget_patient(ERASED)

    assert len(clinic.sheets.rows) == 1
    [alert] = clinic.alerts.rows.values()
    assert alert.status is Status.OPEN
    assert clinic.promises.pending() == escalations != []

"""The ports of outcomes keep their promises: in memory, and in MongoDB on both drivers."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from clinic_events.ports import DuplicateKey
from clinic_outcomes.domain import risk_alert as risk
from clinic_outcomes.domain.assignment import AnswerSheet, Status
from clinic_outcomes.domain.errors import AlertNotFound, Conflict, SurveyNotFound
from clinic_outcomes.domain.place import Crisis, Place
from clinic_outcomes.domain.risk_alert import Evidence, Level, RiskAlert
from clinic_outcomes.domain.score import Score, score_of
from clinic_outcomes.domain.treatment import Plan
from clinic_outcomes.ports import Alerts, Assignments, Places, Scores, Sheets, Treatments
from clinic_outcomes.store import (
    MongoAlerts,
    MongoAssignments,
    MongoPlaces,
    MongoScores,
    MongoSheets,
    MongoTreatments,
)
from clinic_platform.mongo import Mongo
from clinic_platform.testing import NOON, InMemoryOutbox
from tests.support.databases import connected
from tests.support.outcomes import (
    PATIENT,
    PLACE,
    VECTOR,
    a_dose,
    an_assignment,
    instruments,
    risk_policy,
)
from tests.support.outcomes.stores import (
    InMemoryAlerts,
    InMemoryAssignments,
    InMemoryPlaces,
    InMemoryScores,
    InMemorySheets,
    InMemoryTreatments,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    places: Places
    treatments: Treatments
    assignments: Assignments
    sheets: Sheets
    scores: Scores
    alerts: Alerts
    outbox: InMemoryOutbox


def in_memory() -> Ports:
    outbox = InMemoryOutbox()
    return Ports(
        places=InMemoryPlaces(),
        treatments=InMemoryTreatments(),
        assignments=InMemoryAssignments(outbox),
        sheets=InMemorySheets(),
        scores=InMemoryScores(outbox),
        alerts=InMemoryAlerts(outbox),
        outbox=outbox,
    )


async def in_mongo(database: Mongo) -> Ports:
    outbox = InMemoryOutbox(database)
    return Ports(
        places=MongoPlaces(database),
        treatments=await MongoTreatments.open_in(database),
        assignments=await MongoAssignments.open_in(database, outbox),
        sheets=await MongoSheets.open_in(database),
        scores=await MongoScores.open_in(database, outbox),
        alerts=await MongoAlerts.open_in(database, outbox),
        outbox=outbox,
    )


@pytest.fixture(params=["in_memory", "motor", "pymongo"])
async def ports(request: pytest.FixtureRequest) -> AsyncIterator[Ports]:
    if request.param == "in_memory":
        yield in_memory()
        return
    url: str = request.getfixturevalue("mongo_url")
    async with connected(url, "outcomes' ports", request.param) as database:
        yield await in_mongo(database)


def a_place(version: int) -> Place:
    crisis = Crisis(text=f"Words {version}.", phone="555-0100")
    return Place(
        location_id=PLACE,
        version=version,
        display_name="Sample",
        zone="America/Chicago",
        crisis=crisis,
    )


def an_alert(number: int = 1, *, patient_id: str = PATIENT) -> RiskAlert:
    evidence = Evidence(source="phq-9/9", value=1, assignment_id="asg_1", at=NOON)
    return RiskAlert.raised(
        id=f"alr_{number}",
        patient_id=patient_id,
        location_id=PLACE,
        evidence=evidence,
        policy=risk_policy(),
    )


def a_sheet(number: int = 1) -> AnswerSheet:
    return AnswerSheet(
        id=f"ans_{number}",
        assignment_id="asg_1",
        patient_id=PATIENT,
        location_id=PLACE,
        instrument="phq-9",
        instrument_version=1,
        answers={**VECTOR, "difficulty": None},
        answered_at=NOON + timedelta(days=7),
    )


async def a_score(ports: Ports) -> Score:
    """One that is compared with a baseline of the same total."""
    await ports.treatments.record_dose(a_dose())
    treatment, phq9 = await ports.treatments.of_patient(PATIENT), instruments().newest("phq-9")
    window, sheet = timedelta(days=14), a_sheet()
    early = replace(sheet, answered_at=NOON - timedelta(days=1))
    before = score_of(
        early, id="sco_0", instrument=phq9, treatment=treatment, earlier=[], window=window
    )
    return score_of(
        sheet, id="sco_1", instrument=phq9, treatment=treatment, earlier=[before], window=window
    )


async def test_an_older_version_of_a_place_changes_nothing(ports: Ports) -> None:
    assert await ports.places.find(PLACE) is None
    await ports.places.keep(a_place(2))
    await ports.places.keep(a_place(1))
    assert await ports.places.find(PLACE) == a_place(2)


async def test_a_stranger_has_no_treatment(ports: Ports) -> None:
    treatment = await ports.treatments.of_patient("pat_stranger")
    assert (treatment.plan, treatment.doses) == (None, ())


async def test_the_plan_last_started_is_the_present_one(ports: Ports) -> None:
    for number in (2, 1):
        at = NOON + timedelta(days=number)
        await ports.treatments.start_plan(
            Plan(id=f"pln_{number}", patient_id=PATIENT, location_id=PLACE, started_at=at)
        )
    plan = (await ports.treatments.of_patient(PATIENT)).plan
    assert plan is not None
    assert plan.id == "pln_2"


async def test_of_a_session_only_the_newest_version_counts(ports: Ports) -> None:
    for version in (2, 4, 3):
        await ports.treatments.record_dose(a_dose(version=version))
    assert (await ports.treatments.of_patient(PATIENT)).doses == (a_dose(version=4),)


async def test_a_voided_session_stays_voided_when_an_older_event_comes_late(ports: Ports) -> None:
    await ports.treatments.void_dose("ses_1", PATIENT, version=4)
    await ports.treatments.record_dose(a_dose(version=3))
    assert await ports.treatments.is_voided("ses_1")
    assert (await ports.treatments.of_patient(PATIENT)).doses == ()


async def test_an_erased_patient_stays_so_known_before_or_not(ports: Ports) -> None:
    await ports.treatments.know_patient(PATIENT, PLACE)
    assert not await ports.treatments.is_erased(PATIENT)
    for patient_id in (PATIENT, "pat_unknown"):
        await ports.treatments.erase(patient_id, PLACE, at=NOON)
        await ports.treatments.erase(patient_id, PLACE, at=NOON + timedelta(days=1))
        await ports.treatments.know_patient(patient_id, PLACE)
        assert await ports.treatments.is_erased(patient_id)
    assert not await ports.treatments.is_erased("pat_other")


async def test_an_assignment_is_kept_whole_and_published_once(ports: Ports) -> None:
    assignment = an_assignment()
    await ports.assignments.open(assignment, sealed_secret="sealed")
    assert await ports.assignments.get(assignment.id) == assignment
    assert await ports.assignments.by_secret(assignment.secret) == assignment
    assert await ports.assignments.open_ones_of(PATIENT) == [assignment]
    with pytest.raises(DuplicateKey):
        await ports.assignments.open(assignment, sealed_secret="sealed")
    assert [type(event).__name__ for event in ports.outbox.published] == ["SurveyDue"]


async def test_a_sitting_is_found_by_its_latest_credential_only(ports: Ports) -> None:
    assignment = an_assignment()
    await ports.assignments.open(assignment, sealed_secret="sealed")
    for print_ in ("first", "second"):
        began = assignment.begin_sitting(print_, now=NOON)
        assignment = await ports.assignments.record(assignment, began)
    assert await ports.assignments.by_sitting("second") == assignment
    with pytest.raises(SurveyNotFound):
        await ports.assignments.by_sitting("first")


async def test_the_second_of_two_who_change_an_assignment_is_refused(ports: Ports) -> None:
    assignment = an_assignment()
    await ports.assignments.open(assignment, sealed_secret="sealed")
    await ports.assignments.record(assignment, assignment.answer(now=NOON))
    with pytest.raises(Conflict):
        await ports.assignments.record(assignment, assignment.expire(now=NOON))
    assert (await ports.assignments.get(assignment.id)).status is Status.ANSWERED
    assert await ports.assignments.open_ones_of(PATIENT) == []


async def test_what_is_not_there_is_not_found(ports: Ports) -> None:
    with pytest.raises(SurveyNotFound):
        await ports.assignments.get("asg_none")
    with pytest.raises(SurveyNotFound):
        await ports.assignments.by_secret("none")
    with pytest.raises(SurveyNotFound):
        await ports.sheets.of_assignment("asg_none")
    with pytest.raises(AlertNotFound):
        await ports.alerts.get("alr_none")


async def test_an_assignment_is_answered_once_for_ever(ports: Ports) -> None:
    await ports.sheets.keep(a_sheet())
    with pytest.raises(DuplicateKey):
        await ports.sheets.keep(a_sheet(2))
    assert await ports.sheets.of_assignment("asg_1") == a_sheet()


async def test_a_score_is_kept_with_what_it_was_compared_with(ports: Ports) -> None:
    score = await a_score(ports)
    assert score.comparison is not None
    await ports.scores.record(score)
    assert await ports.scores.of_patient(PATIENT, "phq-9") == [score]
    assert await ports.scores.of_patient(PATIENT, "mood-nrs") == []
    with pytest.raises(DuplicateKey):
        await ports.scores.record(score)


async def test_a_patient_has_one_alert_that_is_not_closed(ports: Ports) -> None:
    await ports.alerts.open(an_alert())
    with pytest.raises(DuplicateKey):
        await ports.alerts.open(an_alert(2))
    await ports.alerts.open(an_alert(3, patient_id="pat_other"))
    assert await ports.alerts.unresolved_of(PATIENT) == an_alert()


async def test_a_closed_alert_is_kept_whole_and_makes_room_for_another(ports: Ports) -> None:
    alert = an_alert()
    await ports.alerts.open(alert)
    alert = await ports.alerts.record(alert, risk.Acknowledged("usr_1", NOON))
    alert = await ports.alerts.record(alert, alert.note("usr_1", "Invented.", now=NOON))
    day = NOON.date() + timedelta(days=1)
    closed = alert.close(Level.LOW, rationale="Invented.", follow_up_on=day, by="usr_1", now=NOON)
    alert = await ports.alerts.record(alert, closed)
    assert await ports.alerts.get(alert.id) == alert
    assert await ports.alerts.unresolved_of(PATIENT) is None
    await ports.alerts.open(an_alert(2))


async def test_the_second_of_two_who_change_an_alert_is_refused(ports: Ports) -> None:
    alert = an_alert()
    await ports.alerts.open(alert)
    await ports.alerts.record(alert, risk.Acknowledged("usr_1", NOON))
    with pytest.raises(Conflict):
        await ports.alerts.record(alert, risk.Escalated(1, NOON))

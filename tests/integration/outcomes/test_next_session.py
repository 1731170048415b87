"""A session is voided, and the one before is followed again: on a real database, by the keeper."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from clinic_events import SessionCompleted, SessionVoided
from clinic_events.leases import Leases
from clinic_events.testing import example
from clinic_outcomes.promises import keepers
from clinic_platform.promises import PromiseKeeper, State
from tests.support.outcomes import PATIENT, a_completed_session, a_dose
from tests.support.outcomes.server import Service, a_service

DAY = timedelta(days=1)
FIRST, AGAIN = "survey:ses_1:weekly", "survey:ses_1:weekly:2"


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


def ago(service: Service, days: float) -> datetime:
    now = service.kit.clock()
    return now.replace(microsecond=0) - days * DAY


def voided(number: int) -> SessionVoided:
    return example(
        SessionVoided,
        session_id=f"ses_{number}",
        plan_id="pln_1",
        patient_id=PATIENT,
        session_version=5,
    )


async def heard(service: Service, *events: SessionCompleted | SessionVoided) -> None:
    """Each in a transaction of its own, as it is delivered."""
    planning, database = service.handlers.planning, service.kit.database
    for event in events:
        if isinstance(event, SessionCompleted):
            completed = event
            await database.transaction(lambda: planning.plan_surveys(completed))  # noqa: B023
        else:
            taken_back = event
            await database.transaction(lambda: planning.withdraw_surveys(taken_back))  # noqa: B023


async def weekly(service: Service) -> dict[str, tuple[State, str | None]]:
    rows = await service.kit.promises.of_person(PATIENT)
    return {row.key: (row.state, row.reason) for row in rows if row.facts["survey"] == "weekly"}


async def kept(service: Service) -> None:
    kit = service.kit
    leases = Leases(kit.database.collection("leases"), name="promises", buckets=16, owner="one")
    keeper = PromiseKeeper(kit.database, kit.promises, keepers(service.handlers), leases, kit.clock)
    while await keeper.keep_due():
        pass


async def test_what_the_voided_session_ended_is_promised_again_at_its_time(
    service: Service,
) -> None:
    at = ago(service, 5)
    first, second = a_completed_session(1, at=at), a_completed_session(2, at=ago(service, 2))
    await heard(service, first, second, voided(2), voided(2), second)
    assert await weekly(service) == {
        FIRST: (State.WITHDRAWN, "superseded"),
        AGAIN: (State.PENDING, None),
        "survey:ses_2:weekly": (State.WITHDRAWN, "session_voided"),
    }
    [row] = [r for r in await service.kit.promises.of_person(PATIENT) if r.key == AGAIN]
    assert (row.due_at, row.useful_until) == (at + 7 * DAY, at + 10 * DAY)


async def test_what_can_still_be_answered_is_asked_at_once_and_once(service: Service) -> None:
    first = a_completed_session(1, at=ago(service, 8))
    await heard(service, first, a_completed_session(2, at=ago(service, 3)), voided(2))
    await kept(service)
    await heard(service, a_completed_session(3, at=ago(service, 2)), voided(3))
    await kept(service)
    assert (await weekly(service))[AGAIN] == (State.KEPT, None)
    asked = await service.kit.database.collection("assignments").find({"survey": "weekly"})
    assert [(row["about"], row["status"]) for row in asked] == [("ses_1", "withdrawn")]
    assert "survey:ses_1:weekly:3" not in await weekly(service)


async def test_what_was_of_use_only_meanwhile_lapses_with_its_reason(service: Service) -> None:
    first = a_completed_session(1, at=ago(service, 12))
    await heard(service, first, a_completed_session(2, at=ago(service, 9)), voided(2))
    await kept(service)
    assert (await weekly(service))[AGAIN] == (State.LAPSED, "too_late")


async def test_a_session_kept_before_its_surveys_had_a_name_is_followed_by_the_usual_ones(
    service: Service,
) -> None:
    first = a_completed_session(1, at=ago(service, 5))
    await heard(service, first)
    doses = service.kit.database.collection("doses")
    await doses.update_one({"_id": "ses_1"}, [{"$unset": "surveys"}])
    await heard(service, a_completed_session(2, at=ago(service, 2)), voided(2))
    assert (await weekly(service))[AGAIN] == (State.PENDING, None)


async def test_the_name_of_a_sessions_surveys_is_kept_with_its_dose(service: Service) -> None:
    event = a_completed_session(1, at=ago(service, 5)).model_copy(update={"surveys": "sample"})
    await heard(service, event)
    [dose] = (await service.handlers.planning.treatments.of_patient(PATIENT)).doses
    assert (dose.session_id, dose.surveys) == (a_dose(1).session_id, "sample")

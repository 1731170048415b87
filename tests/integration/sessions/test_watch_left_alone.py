"""After a day without a worker a patient is called about once, on a real MongoDB."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_events import StaffCalled
from tests.support.sessions_server import Service, a_sessions_service
from tests.support.sessions_watched import Bedside

A_DAY = timedelta(hours=26)


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_sessions_service(mongo_url) as service:
        yield service


async def test_readings_that_were_missed_meanwhile_are_one_call_that_states_how_many(
    service: Service,
) -> None:
    session = await service.booked()
    bedside = Bedside(service, session, await service.dosed(session))
    service.clock.move_to(bedside.started_at + A_DAY)
    await service.moves(service.clock())
    states = [due["state"] for due in (await bedside.get("monitoring"))["due"]]
    calls = await service.published(StaffCalled.name)
    counts = [call["count"] for call in calls if call["reason"] == "reading_overdue"]
    assert counts == [states.count("overdue")]
    assert counts[0] > 100
    [alarm] = [one for one in (await bedside.get("alarms"))["items"]]
    noted = [step for step in alarm["history"] if step["what"] == "noted"]
    assert len(noted) == counts[0] - 1

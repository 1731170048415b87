"""An open alarm stays on the board of its place, whatever has become of its session."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from clinic_sessions.domain.facts import Arrived, Cancelled, Voided
from tests.support.sessions import TOMORROW
from tests.support.sessions_board import Service, a_door, a_service, dosing, listening


@pytest.fixture
async def service(mongo_url: str) -> AsyncIterator[Service]:
    async with a_service(mongo_url) as service:
        yield service


async def test_an_open_alarm_keeps_its_card_until_it_is_closed(service: Service) -> None:
    cancelled = await service.does(await service.booked(1), Arrived(TOMORROW))
    voided = await service.does(await service.booked(2), *dosing(TOMORROW))
    for number, session in enumerate((cancelled, voided), 1):
        await service.alarms(session, number=number)
    async with a_door(service) as door, listening(door.address) as screen:
        await screen.next()
        await service.does(cancelled, Cancelled("ill", short_notice=True))
        shown = await screen.next()
        assert (shown.sessions, shown.data["gone"]) == ([cancelled.id], [])
        [card] = shown.data["cards"]
        assert (card["status"], card["stage"], len(card["alarms"])) == ("cancelled", "ended", 1)
        await service.closes(cancelled, number=1)
        assert (await screen.next()).data["gone"] == [cancelled.id]
    await service.does(voided, Voided(TOMORROW, "wrong_patient"))
    service.clock.move_to(TOMORROW + timedelta(days=1))
    async with a_door(service) as door, listening(door.address) as screen:
        assert (await screen.next()).sessions == [voided.id]

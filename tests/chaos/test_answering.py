"""A command whose answer was lost with its process is answered when sent again, and not redone."""

from datetime import timedelta
from typing import Final

import httpx
import pytest

from tests.chaos.asking import enquire
from tests.chaos.members import Ground
from tests.chaos.visits import Visit
from tests.support.eventually import eventually

KEY: Final = "idk_the_same_again"


async def test_a_kill_between_the_commit_and_the_answer_does_the_command_once(
    ground: Ground,
) -> None:
    place = Visit(ended=timedelta()).place_described()
    location = (place.key or b"").decode()
    await ground.publish(place)
    async with ground.ready("intake", failpoint="command.after_commit") as intake:
        await eventually(intake.is_idle)
        with pytest.raises(httpx.RemoteProtocolError):
            await enquire(intake, location, key=KEY)
        await eventually(intake.killed_itself)

    async with ground.ready("intake") as intake:
        answer = await enquire(intake, location, key=KEY)
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    async with ground.database_of("intake") as database:
        kept = await database.collection("enquiries").find({"location_id": location})
    assert [enquiry["_id"] for enquiry in kept] == [answer.json()["id"]]

"""A command whose answer was lost with its process is answered when sent again, and not redone."""

from datetime import timedelta
from typing import Final

import httpx
import pytest

from tests.chaos.members import Ground, Member
from tests.chaos.visits import EMAIL, Visit
from tests.support.eventually import eventually

KEY: Final = "idk_the_same_again"


async def enquire(intake: Member, place: str) -> httpx.Response:
    asked = {
        "location_id": place,
        "name": "Testa Sample",
        "greeting_name": "Testa",
        "email": EMAIL,
        "phone": "+1-555-0101",
        "language": "en",
        "reason": "Two medicines have not helped.",
        "consent_to_contact": True,
        "preferred_channel": "email",
        "source": "website",
    }
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{intake.door.http}/v1/enquiries", json=asked, headers={"Idempotency-Key": KEY}
        )


async def test_a_kill_between_the_commit_and_the_answer_does_the_command_once(
    ground: Ground,
) -> None:
    place = Visit(ended=timedelta()).place_described()
    location = (place.key or b"").decode()
    await ground.say(place)
    async with ground.ready("intake", failpoint="command.after_commit") as intake:
        await eventually(intake.is_idle)
        with pytest.raises(httpx.RemoteProtocolError):
            await enquire(intake, location)
        await eventually(intake.killed_itself)

    async with ground.ready("intake") as intake:
        answer = await enquire(intake, location)
    assert answer.status_code == 201
    assert answer.headers["Idempotent-Replayed"] == "true"
    async with ground.database_of("intake") as database:
        kept = await database.collection("enquiries").find({"location_id": location})
    assert [enquiry["_id"] for enquiry in kept] == [answer.json()["id"]]

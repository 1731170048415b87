"""Requests and reads that the tests of exact moments share."""

from collections.abc import Awaitable, Callable, Mapping

import httpx

from clinic_ctl.demo.arrival import sample_place
from clinic_ctl.demo.stage import ADMIN
from clinic_events import topics
from clinic_events.codec import decode
from clinic_events.contracts.places import LocationPublished
from clinic_events.ports import Document, Message
from tests.chaos.members import Ground, Member
from tests.chaos.visits import EMAIL
from tests.support.plain import plain


async def enquire(intake: Member, place: str, *, key: str) -> httpx.Response:
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
    async with plain(timeout=30) as client:
        return await client.post(
            f"{intake.door.http}/v1/enquiries", json=asked, headers={"Idempotency-Key": key}
        )


async def describe(ground: Ground, api: Member, location: str, version: int) -> None:
    """The place's document in its next version: one command, one event."""
    token = ground.stack.issuer.mint(ADMIN.role, [location], subject=ADMIN.actor)
    before: Mapping[str, str] = (
        {"If-None-Match": "*"} if version == 1 else {"If-Match": f'"{version - 1}"'}
    )
    async with plain() as client:
        answer = await client.put(
            f"{api.door.http}/v1/locations/{location}",
            json={**sample_place(), "display_name": f"Sample Street {version}"},
            headers={"Authorization": f"Bearer {token}", **before},
        )
    assert answer.status_code == 200, answer.text


async def versions_published(ground: Ground, location: str) -> list[int]:
    events = [decode(m).event for m in await ground.published(topics.LOCATIONS, location)]
    return [event.location_version for event in events if isinstance(event, LocationPublished)]


def once(versions: list[int]) -> list[int]:
    """As a listener has them that handles nothing twice."""
    return list(dict.fromkeys(versions))


def nothing_waits_at(ground: Ground) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        async with ground.database_of("sessions") as database:
            return await database.collection("outbox").count({}) == 0

    return ask


async def rows(ground: Ground, service: str, collection: str, **where: str) -> list[Document]:
    async with ground.database_of(service) as database:
        return await database.collection(collection).find(dict(where), sort=[("_id", 1)])


async def times_handled(ground: Ground, service: str, message: Message) -> int:
    event_id = message.headers["ce_id"].decode()
    return len(await rows(ground, service, "inbox", **{"_id.event": event_id}))


async def is_past(ground: Ground, message: Message) -> bool:
    """Whether outcomes has committed an offset behind it."""
    return await ground.committed("outcomes", message) > message.offset


async def letters(ground: Ground, patient: str) -> list[str]:
    """The Message-ID of every letter of one of the patient's messages, as often as it arrived."""
    mine = {
        row["_id"] for row in await rows(ground, "notifications", "messages", patient_id=patient)
    }
    async with plain() as client:
        answer = await client.get(f"{ground.stack.url('devtools')}/messages")
    ids = [letter["id"].strip("<>").partition("@")[0] for letter in answer.json()["items"]]
    return [one for one in ids if one in mine]

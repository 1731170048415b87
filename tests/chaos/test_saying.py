"""What was committed is said, in order and never lost, whatever happens to the one who says it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import httpx

from clinic_ctl.demo.arrival import PLACE
from clinic_ctl.demo.stage import ADMIN
from clinic_events import topics
from clinic_events.codec import decode
from clinic_events.contracts.sessions import LocationPublished
from tests.chaos.members import Ground, Member, a_name
from tests.support.eventually import eventually

VERSIONS: Final = [1, 2, 3, 4, 5]


async def describe(ground: Ground, api: Member, location: str, version: int) -> None:
    """The place's document in its next version: one command, one event."""
    token = ground.stack.issuer.mint(ADMIN.role, [location], subject=ADMIN.actor)
    before: Mapping[str, str] = (
        {"If-None-Match": "*"} if version == 1 else {"If-Match": f'"{version - 1}"'}
    )
    async with httpx.AsyncClient() as client:
        answer = await client.put(
            f"{api.door.http}/v1/locations/{location}",
            json={**PLACE, "display_name": f"Sample Street {version}"},
            headers={"Authorization": f"Bearer {token}", **before},
        )
    assert answer.status_code == 200, answer.text


async def versions_said(ground: Ground, location: str) -> list[int]:
    said = [decode(m).event for m in await ground.said(topics.LOCATIONS, location)]
    return [event.location_version for event in said if isinstance(event, LocationPublished)]


def once(versions: list[int]) -> list[int]:
    """As a listener has them that hears nothing twice."""
    return list(dict.fromkeys(versions))


def nothing_waits_at(ground: Ground) -> Callable[[], Awaitable[bool]]:
    async def ask() -> bool:
        async with ground.database_of("sessions") as database:
            return await database.collection("outbox").count({}) == 0

    return ask


async def test_what_was_committed_before_a_kill_is_said_afterwards_and_in_order(
    ground: Ground,
) -> None:
    here, there = a_name("loc"), a_name("loc")
    async with ground.ready("sessions", "api") as api:
        for version in VERSIONS:
            await describe(ground, api, here, version)
            await describe(ground, api, there, version)

    await ground.leases_run_out("sessions")
    with ground.member("sessions", "worker", failpoint="relay.before_publish") as worker:
        await eventually(worker.killed_itself)
    assert await versions_said(ground, here) == []
    await ground.leases_run_out("sessions")

    with ground.member("sessions", "worker", failpoint="relay.after_publish") as worker:
        await eventually(worker.killed_itself, within=60)
    assert await versions_said(ground, here) == await versions_said(ground, there) == VERSIONS
    await ground.leases_run_out("sessions")

    with ground.member("sessions", "worker"):
        await eventually(nothing_waits_at(ground), within=60)
    # On the topic and not taken out of the outbox: said again as a whole, never in part.
    assert await versions_said(ground, here) == await versions_said(ground, there) == VERSIONS * 2


async def test_a_relay_that_slept_past_its_lease_harms_nobody(ground: Ground) -> None:
    """It wakes up with a batch in its hands that another has long said."""
    location = a_name("loc")

    async def said_at_least(count: int) -> list[int]:
        said = await versions_said(ground, location)
        return said if len(said) >= count else []

    async with ground.ready("sessions", "api") as api, ground.ready("outcomes") as outcomes:
        for version in (1, 2, 3):
            await describe(ground, api, location, version)
        await ground.leases_run_out("sessions")
        with ground.member("sessions", "worker", failpoint="relay.before_publish:stop") as asleep:
            await eventually(asleep.has_stopped_itself)
            await ground.leases_run_out("sessions")
            with ground.member("sessions", "worker"):
                await eventually(lambda: said_at_least(3), within=60)
                await describe(ground, api, location, 4)
                await eventually(lambda: said_at_least(4))
                asleep.go_on()
                said = await eventually(lambda: said_at_least(7))
        await eventually(outcomes.is_idle)

    assert said == [1, 2, 3, 4, 1, 2, 3]
    assert once(said) == [1, 2, 3, 4]
    async with ground.database_of("outcomes") as database:
        place = await database.collection("places").find_one({"_id": location})
    assert place is not None
    assert place["version"] == 4

"""Committed events are published, in order and never lost, whatever happens to the relay."""

from typing import Final

from tests.chaos.asking import describe, nothing_waits_at, once, versions_published
from tests.chaos.members import Ground, a_name
from tests.support.eventually import eventually

VERSIONS: Final = [1, 2, 3, 4, 5]


async def test_an_event_committed_before_a_kill_is_published_afterwards_and_in_order(
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
    assert await versions_published(ground, here) == []
    await ground.leases_run_out("sessions")

    with ground.member("sessions", "worker", failpoint="relay.after_publish") as worker:
        await eventually(worker.killed_itself, within=60)
    assert (
        await versions_published(ground, here)
        == await versions_published(ground, there)
        == VERSIONS
    )
    await ground.leases_run_out("sessions")

    with ground.member("sessions", "worker"):
        await eventually(nothing_waits_at(ground), within=60)
    # On the topic and not taken out of the outbox: published again as a whole, never in part.
    assert (
        await versions_published(ground, here)
        == await versions_published(ground, there)
        == VERSIONS * 2
    )


async def test_a_relay_that_slept_past_its_lease_harms_nobody(ground: Ground) -> None:
    """It wakes up with a batch in its hands that another has long published."""
    location = a_name("loc")

    async def at_least(count: int) -> list[int]:
        published = await versions_published(ground, location)
        return published if len(published) >= count else []

    async def outcomes_knows_the_last() -> bool:
        async with ground.database_of("outcomes") as database:
            place = await database.collection("places").find_one({"_id": location})
        return place is not None and place["version"] == 4

    async with ground.ready("sessions", "api") as api, ground.ready("outcomes") as outcomes:
        for version in (1, 2, 3):
            await describe(ground, api, location, version)
        await ground.leases_run_out("sessions")
        with ground.member("sessions", "worker", failpoint="relay.before_publish:stop") as asleep:
            await eventually(asleep.has_stopped_itself)
            await ground.leases_run_out("sessions")
            with ground.member("sessions", "worker"):
                await eventually(lambda: at_least(3), within=60)
                await describe(ground, api, location, 4)
                await eventually(lambda: at_least(4))
                asleep.go_on()
                published = await eventually(lambda: at_least(7))
        # A killed process is a member of the group until it is missed: then all is received here.
        await eventually(outcomes_knows_the_last, within=60)
        await eventually(outcomes.is_idle)

    assert published == [1, 2, 3, 4, 1, 2, 3]
    assert once(published) == [1, 2, 3, 4]
    assert await outcomes_knows_the_last()

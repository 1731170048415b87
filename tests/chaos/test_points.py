"""The exact moments that the other tests here leave: one kill after another.

K1 to K17 in README.md list which moment is met where.
"""

from datetime import timedelta
from typing import Final

import httpx
import pytest

from clinic_events import topics
from clinic_events.codec import decode
from clinic_events.contracts.notifications import MessageSent
from clinic_platform.mongo import DriverName
from tests.chaos.asking import (
    describe,
    enquire,
    is_past,
    letters,
    nothing_waits_at,
    once,
    rows,
    times_handled,
    versions_published,
)
from tests.chaos.drivers import all_are_on, on
from tests.chaos.members import Ground, Member, a_name
from tests.chaos.visits import PING_IS_DUE, SURVEYS, Visit
from tests.support.eventually import eventually

COMMAND: Final[tuple[tuple[str, DriverName], ...]] = (
    ("command.before_transaction", "motor"),
    ("command.before_commit", "motor"),
    ("transaction.before_commit", "motor"),  # each driver has a way there of its own
    ("transaction.before_commit", "pymongo"),
    ("command.half_answered", "motor"),
)
PROMISE: Final = ("promise.after_lease", "promise.after_claim", "promise.after_end")
VERSIONS: Final = [1, 2, 3]


async def test_a_command_is_done_once_wherever_in_it_a_process_dies(ground: Ground) -> None:
    """Before its transaction; in it, with the last writes to come, and with all written; and in the
    middle of the answer."""
    place = Visit(ended=timedelta()).place_described()
    location = (place.key or b"").decode()
    await ground.publish(place)
    async with ground.ready("intake") as intake:
        await eventually(intake.is_idle)
    done: list[int] = []
    for failpoint, driver in COMMAND:
        armed = ground.ready("intake", "api", failpoint=failpoint, beside=on(driver, "intake"))
        async with armed as intake:
            await eventually(all_are_on(driver, ground))
            with pytest.raises(httpx.RemoteProtocolError):
                await enquire(intake, location, key=f"{failpoint}.{driver}")
            await eventually(intake.killed_itself)
        done.append(await enquiries(ground, location))
    assert done == [0, 0, 0, 0, 1]

    async with ground.ready("intake", "api") as intake:
        again = [await asked_again(intake, location, ".".join(each)) for each in COMMAND]
    replayed = [answer.headers.get("Idempotent-Replayed", "false") for answer in again]
    assert replayed == ["false", "false", "false", "false", "true"]
    assert await enquiries(ground, location) == len(COMMAND)


async def asked_again(intake: Member, location: str, key: str) -> httpx.Response:
    """While a dead one's transaction holds the key the answer is 503, and one asks again."""

    async def answered() -> httpx.Response | None:
        answer = await enquire(intake, location, key=key)
        assert answer.status_code in (201, 503), answer.text
        return answer if answer.status_code == 201 else None

    answer = await eventually(answered, within=60)
    assert answer is not None
    return answer


async def enquiries(ground: Ground, location: str) -> int:
    return len(await rows(ground, "intake", "enquiries", location_id=location))


async def test_a_relay_publishes_all_in_order_wherever_in_it_a_process_dies(ground: Ground) -> None:
    """With a batch handed to the driver; and after it was forgotten, before the next."""
    location = a_name("loc")
    async with ground.ready("sessions", "api") as api:
        for version in VERSIONS:
            await describe(ground, api, location, version)
        for failpoint in ("relay.before_ack", "relay.after_delete"):
            await ground.leases_run_out("sessions")
            with ground.member("sessions", "worker", failpoint=failpoint) as worker:
                await eventually(worker.killed_itself, within=60)
        assert once(await versions_published(ground, location)) == VERSIONS
        assert await nothing_waits_at(ground)()

        await describe(ground, api, location, 4)
        await ground.leases_run_out("sessions")
        with ground.member("sessions", "worker"):
            await eventually(nothing_waits_at(ground), within=60)
    published = await versions_published(ground, location)
    assert once(published) == [*VERSIONS, 4]
    assert published.count(4) == 1


async def test_an_event_has_its_effects_once_wherever_in_handling_it_a_process_dies(
    ground: Ground,
) -> None:
    """As soon as it is fetched; once the broker knows it as handled; and while it is taken away."""
    visit, later = Visit(ended=timedelta(hours=1)), Visit(ended=timedelta(hours=1))
    async with ground.ready("outcomes") as outcomes:
        await eventually(outcomes.is_idle)
    await ground.publish(visit.completed())

    with ground.member("outcomes", failpoint="delivery.after_fetch", instance=True) as outcomes:
        await eventually(outcomes.killed_itself, within=60)
    assert await times_handled(ground, "outcomes", visit.completed()) == 0
    with ground.member("outcomes", failpoint="delivery.after_offset", instance=True) as outcomes:
        await eventually(outcomes.killed_itself, within=60)
    [message] = await ground.published(topics.SESSIONS, visit.patient)
    assert await is_past(ground, message)

    with ground.member("outcomes", failpoint="delivery.revoked", instance=True) as outcomes:
        await eventually(outcomes.is_ready, within=60)
        with ground.member("outcomes") as another:
            await eventually(outcomes.killed_itself, within=60)
            async with ground.ready("outcomes") as back:
                await ground.publish(later.completed())
                await eventually(another.is_ready, within=60)
                await eventually(back.is_idle, within=60)
                await eventually(another.is_idle, within=60)
    for one in (visit, later):
        assert await times_handled(ground, "outcomes", one.completed()) == 1
        promised = await rows(ground, "outcomes", "promises", about=one.session)
        assert {row["facts"]["survey"] for row in promised} == SURVEYS
        assert len(promised) == len(SURVEYS)


async def test_a_letter_goes_out_once_wherever_else_in_keeping_it_a_process_dies(
    ground: Ground,
) -> None:
    """With a share of the promises held; with this one claimed; and when it was written down."""
    visit = Visit(ended=PING_IS_DUE)
    async with ground.ready("notifications") as notifications:
        await ground.publish(visit.place_described(), visit.card(ground))
        await eventually(notifications.is_idle)
    await ground.publish(visit.completed())
    came: list[int] = []
    for failpoint in PROMISE:
        await ground.leases_run_out("notifications")
        await ground.claims_run_out("notifications")
        with ground.member("notifications", failpoint=failpoint, instance=True) as notifications:
            await eventually(notifications.killed_itself, within=60)
        came.append(len(await letters(ground, visit.patient)))
    assert came == [0, 0, 1]

    await ground.leases_run_out("notifications")
    await ground.claims_run_out("notifications")
    async with ground.ready("notifications") as notifications:
        await eventually(notifications.is_idle)
    [letter] = await letters(ground, visit.patient)
    events = [decode(m).event for m in await ground.published(topics.NOTIFICATIONS, visit.patient)]
    assert [event.message_id for event in events if isinstance(event, MessageSent)] == [letter]

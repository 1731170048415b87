"""An event has its effects once: after a kill, repeated, out of order."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from clinic_events import MessageSent, SurveyDue, topics
from clinic_events.codec import decode
from clinic_events.ports import Document, Message
from clinic_platform.mongo import DriverName
from tests.chaos.asking import is_past, letters, rows, times_handled
from tests.chaos.drivers import DRIVERS, all_are_on, on
from tests.chaos.members import Ground, Member
from tests.chaos.visits import A_DAY, LETTERS, PING_IS_DUE, SURVEYS, Visit
from tests.support.eventually import eventually
from tests.support.plain import plain
from tests.support.records import all_of


async def delivered(member: Member, outcome: str) -> float:
    async with plain() as client:
        metrics = (await client.get(f"{member.door.management}/metrics")).text
    name = f'events_delivered_total{{outcome="{outcome}"}} '
    return sum(float(s.removeprefix(name)) for s in metrics.splitlines() if s.startswith(name))


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_kill_between_the_effects_and_the_offset_repeats_no_effect(
    ground: Ground, driver: DriverName
) -> None:
    visit, beside = Visit(ended=timedelta(hours=1)), on(driver, "outcomes")
    async with ground.ready("outcomes", beside=beside) as outcomes:
        await eventually(outcomes.is_idle)  # the next thing it receives is the visit
        await eventually(all_are_on(driver, ground))
    await ground.publish(visit.completed())
    [message] = await ground.published(topics.SESSIONS, visit.patient)

    armed = "delivery.after_commit"
    with ground.member("outcomes", failpoint=armed, instance=True, beside=beside) as outcomes:
        await eventually(outcomes.killed_itself, within=60)
    promised = await rows(ground, "outcomes", "promises", about=visit.session)
    assert len(promised) == len(SURVEYS)
    assert await times_handled(ground, "outcomes", message) == 1
    assert not await is_past(ground, message)

    async with ground.ready("outcomes", beside=beside) as outcomes:
        await eventually(outcomes.is_idle)
        assert await delivered(outcomes, "duplicate") == 1
        assert await delivered(outcomes, "handled") == 0
        await eventually(lambda: is_past(ground, message))
    assert await rows(ground, "outcomes", "promises", about=visit.session) == promised
    assert await times_handled(ground, "outcomes", message) == 1


async def test_a_kill_in_the_middle_of_the_effects_leaves_none_and_holds_nobody_up(
    ground: Ground,
) -> None:
    """The database has to give up, by itself, what a dead process has locked."""
    visit = Visit(ended=timedelta(hours=1))
    async with ground.ready("outcomes") as outcomes:
        await eventually(outcomes.is_idle)
    await ground.publish(visit.completed())

    with ground.member("outcomes", failpoint="delivery.before_commit", instance=True) as outcomes:
        await eventually(outcomes.killed_itself, within=60)
    assert await rows(ground, "outcomes", "promises", about=visit.session) == []
    assert await times_handled(ground, "outcomes", visit.completed()) == 0

    async with ground.ready("outcomes") as outcomes:
        await eventually(outcomes.is_idle, within=45)
    promised = await rows(ground, "outcomes", "promises", about=visit.session)
    assert len(promised) == len(SURVEYS)
    assert await times_handled(ground, "outcomes", visit.completed()) == 1


async def test_a_letter_handed_over_before_a_kill_goes_out_again_as_the_same_letter(
    ground: Ground,
) -> None:
    """Nobody knows whether the mail server took it: twice at most, under one id, counted once."""
    visit = Visit(ended=PING_IS_DUE)
    async with ground.ready("notifications") as notifications:
        await ground.publish(visit.place_described(), visit.card(ground))
        await eventually(notifications.is_idle)
    await ground.publish(visit.completed())

    armed = "promise.after_act"
    await ground.leases_run_out("notifications")
    with ground.member("notifications", failpoint=armed, instance=True) as notifications:
        await eventually(notifications.killed_itself, within=60)
    await ground.leases_run_out("notifications")
    await ground.claims_run_out("notifications")
    async with ground.ready("notifications") as notifications:
        await eventually(notifications.is_idle)

    first, again = await letters(ground, visit.patient)
    assert first == again
    events = [decode(m).event for m in await ground.published(topics.NOTIFICATIONS, visit.patient)]
    assert [event.message_id for event in events if isinstance(event, MessageSent)] == [first]


Story = Callable[[Visit], list[Message]]

STAND: Final[dict[str, Story]] = {
    "published once": lambda v: [v.completed()],
    "published three times": lambda v: [v.completed()] * 3,
    "corrected": lambda v: [v.completed(1), v.completed(2)],
    "corrected first": lambda v: [v.completed(2), v.completed(1), v.completed(2)],
}
FALL: Final[dict[str, Story]] = {
    "voided": lambda v: [v.completed(), v.voided()],
    "voided first": lambda v: [v.voided(), v.completed()],
    "voided first, then all again": lambda v: [v.voided(), v.completed()] * 2,
    "voided twice, completed before and after": lambda v: [
        *[v.completed(), v.voided(), v.voided(), v.completed()],
    ],
    "voided after a correction that comes last": lambda v: [
        *[v.completed(1), v.voided(3), v.completed(2)],
    ],
}


async def test_repeated_and_out_of_order_there_is_one_set_or_after_a_void_none(
    ground: Ground,
) -> None:
    stand = {name: (Visit(ended=A_DAY), story) for name, story in STAND.items()}
    fall = {name: (Visit(ended=A_DAY), story) for name, story in FALL.items()}
    stories = [story(visit) for visit, story in [*stand.values(), *fall.values()]]
    async with ground.ready("notifications") as one, ground.ready("outcomes") as other:
        await ground.publish(*(message for story in stories for message in story))
        await eventually(one.is_idle)
        await eventually(other.is_idle)
    published = [decode(m).event for m in await all_of(ground.kafka, [topics.OUTCOMES])]
    surveys_due = Counter(event.key for event in published if isinstance(event, SurveyDue))
    for name, (visit, _) in stand.items():
        assert await promised(ground, visit) == (LETTERS, SURVEYS), name
        assert await asked(ground, visit) == ["open"], name
        assert surveys_due[visit.patient] == 1, name
    for name, (visit, _) in fall.items():
        assert await still_to_come(ground, visit) == [], name
        assert "open" not in await asked(ground, visit), name


async def promised(ground: Ground, visit: Visit) -> tuple[set[str], set[str]]:
    """The lines of the letters' plan and of the surveys' plan, each of which there is once."""
    letters = await rows(ground, "notifications", "promises", about=visit.session)
    surveys = await rows(ground, "outcomes", "promises", about=visit.session)
    return (
        {row["_id"].removeprefix(f"{visit.session}/") for row in letters},
        {row["facts"]["survey"] for row in surveys},
    )


async def still_to_come(ground: Ground, visit: Visit) -> list[Document]:
    return [
        row
        for service in ("notifications", "outcomes")
        for row in await rows(ground, service, "promises", about=visit.session, state="pending")
    ]


async def asked(ground: Ground, visit: Visit) -> list[str]:
    """The state of each survey the patient was asked to answer."""
    assignments = await rows(ground, "outcomes", "assignments", patient_id=visit.patient)
    return [row["status"] for row in assignments]

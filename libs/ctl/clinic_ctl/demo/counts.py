"""What must be true when the journey is over, counted from outside."""

from collections import Counter
from collections.abc import Mapping
from datetime import time
from typing import Final

from aiokafka import AIOKafkaConsumer

from clinic_ctl.demo.stage import ZONE, Stage
from clinic_ctl.demo.witness import Witness
from clinic_ctl.sandbox import ServiceState
from clinic_ctl.stack import services
from clinic_events.contracts.notifications import MessageSent

QUIET_FROM: Final = time(20)
QUIET_UNTIL: Final = time(8)
# A letter that must not wait for the morning, and those to the one on call.
NEVER_WAIT: Final = ("/safety-ping", "/raised", "/escalated")


async def count(stage: Stage) -> dict[str, object]:
    states = await stage.sandbox.settle()
    sent = [one.event for one in stage.witness.of(MessageSent)]
    published = Counter(one.envelope.name for one in stage.witness.published)
    return {
        "events_published": dict(sorted(published.items())),
        "events_published_in_all": published.total(),
        "letters_sent": len(sent),
        "letters_received": len(await stage.letters()),
        "letters_in_quiet_hours": sum(_disturbs(message) for message in sent),
        **_left_over(states),
    }


async def handled(witness: Witness, bootstrap_servers: str) -> dict[str, int]:
    """How many different events each service is done with, by the offsets it has committed."""
    return {name: await _handled(witness, name, bootstrap_servers) for name in services.NAMES}


def wrong_in(counts: Mapping[str, object]) -> list[str]:
    """The counts that are not as they must be: none, on a good day."""
    must_be_nothing = ("letters_in_quiet_hours", "unpublished", "unhandled", "parked", "overdue")
    wrong = [f"{name} is {counts[name]}, not 0" for name in must_be_nothing if counts[name] != 0]
    if counts["letters_sent"] != counts["letters_received"]:
        wrong.append(
            f"{counts['letters_sent']} letters were sent, {counts['letters_received']} arrived"
        )
    return wrong


def _left_over(states: Mapping[str, ServiceState]) -> dict[str, object]:
    every = list(states.values())
    return {
        "unpublished": sum(state.outbox for state in every),
        "unhandled": sum(state.lag or 0 for state in every),
        "parked": sum(state.parked for state in every),
        "overdue": sum(state.overdue for state in every),
    }


def _disturbs(message: MessageSent) -> bool:
    """Whether it came in the patient's night and could have waited."""
    at = message.sent_at.astimezone(ZONE).time()
    return not QUIET_UNTIL <= at < QUIET_FROM and not message.purpose.endswith(NEVER_WAIT)


async def _handled(witness: Witness, group: str, bootstrap_servers: str) -> int:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        partitions = {one.partition for one in witness.published}
        consumer.assign(partitions)
        done = {at: await consumer.committed(at) or 0 for at in partitions}
    finally:
        await consumer.stop()
    return sum(one.offset < done[one.partition] for one in witness.published)

"""Whether the broker's topics are as the code declares them: asked once, at the start.

A topic that is missing would be waited for in silence. One that keeps its messages longer than an
inbox remembers could have an event handled twice. Either is refused while somebody is looking.
"""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from clinic_events.errors import CannotStart
from clinic_events.inbox import KEPT_FOR, LATE
from clinic_events.kafka.driver import STOP_WITHIN, within
from clinic_events.topics import Topic

ASK_AGAIN_AFTER: Final = 5.0  # seconds
FOR_EVER: Final = "-1"

log = structlog.get_logger()


async def check_topics(
    bootstrap_servers: str, topics: Iterable[Topic], *, security: Mapping[str, object]
) -> None:
    """Return once the broker has answered and all is well. Raises CannotStart.

    While the broker is away it is asked again: a service that cannot be heard still works.
    """
    wanted = {topic.name: topic for topic in topics}
    while True:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, **security)
        try:
            await within(STOP_WITHIN, admin.start())
            faults = await _faults(admin, wanted)
            break
        except (KafkaError, TimeoutError) as error:
            log.warning("topics_not_checked", error=type(error).__name__)
        finally:
            await admin.close()
        await asyncio.sleep(ASK_AGAIN_AFTER)
    if faults:
        raise CannotStart(" ".join(faults))


async def _faults(admin: AIOKafkaAdminClient, wanted: Mapping[str, Topic]) -> list[str]:
    there = set(await within(STOP_WITHIN, admin.list_topics()))
    missing = sorted(wanted.keys() - there)
    if missing:
        return [f"The broker has no topic {', '.join(missing)}: `clinicctl topics apply` makes it."]
    return _kept_too_long(wanted, await _settings(admin, wanted))


def _kept_too_long(
    wanted: Mapping[str, Topic], settings: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """A compacted topic keeps its last events for ever: what hears it goes by their sequence."""
    longest = KEPT_FOR - LATE
    kept = {name: settings.get(name, {}).get("retention.ms") for name in wanted}
    return [
        f"The topic {name} keeps messages longer (retention.ms {kept[name]}) than the inbox can"
        f" bear ({longest.days} days)."
        for name, topic in sorted(wanted.items())
        if not topic.is_compacted and _is_longer(kept[name], longest)
    ]


def _is_longer(milliseconds: str | None, limit: timedelta) -> bool:
    if milliseconds is None:  # a broker that does not tell
        return False
    return milliseconds == FOR_EVER or timedelta(milliseconds=int(milliseconds)) > limit


async def _settings(
    admin: AIOKafkaAdminClient, wanted: Mapping[str, Topic]
) -> Mapping[str, Mapping[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in sorted(wanted)]
    answers = await within(STOP_WITHIN, admin.describe_configs(resources))
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }

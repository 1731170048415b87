"""A fifth service, of the storms alone: it writes down each event, each time one is handled.

The clinic's own listeners leave the same behind however often they handle something: a second time,
or another order, would not show in what they keep. Here it does.

`python -m tests.chaos.witness worker`
"""

from typing import Final

from fastapi import FastAPI
from pydantic_settings import SettingsConfigDict

from clinic_events import tracing
from clinic_events.catalog import CATALOG
from clinic_events.envelope import Event
from clinic_events.ports import Collection
from clinic_events.subscription import Subscription, on
from clinic_platform.backbone import backbone, main, serve
from clinic_platform.command import Role
from clinic_platform.settings import ServiceSettings

NAME: Final = "witness"
HANDLED: Final = "handled"


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="WITNESS_", frozen=True)

    http_port: int = 8105
    management_port: int = 9105


async def run(settings: Settings, role: Role) -> None:
    async with backbone(NAME, settings) as kit:
        await serve(
            kit,
            role,
            app=FastAPI(),
            subscriptions=_subscriptions(kit.database.collection(HANDLED)),
            keepers={},
        )


def _subscriptions(rows: Collection) -> list[Subscription]:
    """To everything there is."""

    async def write_down(event: Event) -> None:
        cause = tracing.current()
        assert cause is not None, "Whoever handles an event is caused by it."
        place = place_of(event.topic.name, event.key)
        await rows.update_later({"_id": place}, {"$push": {"events": cause.id}}, upsert=True)

    return [on(event, write_down) for event in CATALOG]


def place_of(topic: str, key: str) -> str:
    """Where there is an order: one key on one topic."""
    return f"{topic}/{key}"


if __name__ == "__main__":
    main(NAME, Settings, run)

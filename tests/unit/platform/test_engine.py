"""The parts that wait until the topics are known to be as declared, and do not begin on others."""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeAlias

import pytest

from clinic_events.errors import CannotStart
from clinic_platform.engine import Part, on_sound_ground

Works: TypeAlias = Mapping[str, Coroutine[Any, Any, None]]


class Parts:
    """Two that note that they have begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []

    def named(self, name: str) -> Part:
        async def begin() -> None:
            self.begun.append(name)

        return begin

    def all(self) -> dict[str, Part]:
        return {name: self.named(name) for name in ("relay", "consumer")}


async def all_of(works: Works) -> None:
    async with asyncio.TaskGroup() as group:
        for work in works.values():
            group.create_task(work)


async def test_on_ground_that_is_refused_nothing_begins() -> None:
    parts = Parts()

    async def refused() -> None:
        await asyncio.sleep(0)
        raise CannotStart("A topic is not as declared.")

    with pytest.raises(ExceptionGroup) as caught:
        await all_of(on_sound_ground(refused(), parts.all()))

    assert caught.group_contains(CannotStart)
    assert parts.begun == []


async def test_the_relay_and_the_consumer_begin_once_the_broker_has_answered() -> None:
    parts, answered = Parts(), asyncio.Event()

    async def asked() -> None:
        await answered.wait()

    working = asyncio.create_task(all_of(on_sound_ground(asked(), parts.all())))
    for _ in range(5):
        await asyncio.sleep(0)
    assert parts.begun == []
    answered.set()
    await working

    assert parts.begun == ["relay", "consumer"]

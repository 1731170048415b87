"""The four services, as processes, on the broker and the database everybody is measured on."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from pymongo import AsyncMongoClient

from benchmarks.measure import Ground
from clinic_ctl.demo import arrival, play, treatment
from clinic_ctl.demo.stage import Stage
from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from clinic_ctl.stack.state import Running
from tests.support.stage import a_stage

PARTS: Final = ("devtools", *NAMES)
COPIED: Final = ("sessions", "plans", "standings", "watches", "promises")


@contextmanager
def a_clinic(ground: Ground) -> Iterator[Stack]:
    given = {
        "kafka": Running.given("kafka", bootstrap_servers=ground.kafka),
        "mongo": Running.given("mongo", url=ground.mongo),
    }
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder), given=given, anywhere=True)
        stack.up(PARTS)
        try:
            yield stack
        finally:
            stack.down()


def a_client(ground: Ground) -> AsyncMongoClient[dict[str, Any]]:
    """The plain driver, with the concerns a careful service has."""
    return AsyncMongoClient(ground.mongo, w="majority", journal=True)


async def forget_the_clinic(ground: Ground) -> None:
    """Once its services have ended: the next contender starts from nothing."""
    async with a_client(ground) as client:
        for name in NAMES:
            await client.drop_database(name)


async def somebody_registered(stack: Stack) -> tuple[str, str]:
    """A place and a patient of it, made through the services' doors."""
    async with a_stage(stack) as stage:
        await arrival.open_place(stage)
        await arrival.enquire(stage)
        await stage.settle()
    return stage.location_id, stage.patient_id


async def patients_who_may_leave(stack: Stack, ground: Ground, count: int) -> tuple[str, list[str]]:
    """Where they are, and sessions that have only to be completed.

    One is played through the services' doors. The others are copies of its records, each with a
    patient and a plan of its own.
    """
    async with a_stage(stack) as stage:
        await play.play_until_the_first_infusion(stage)
        await treatment.infuse(stage, play.FIRST)
        await stage.settle()
    return stage.location_id, await _copies(ground, stage, COPIED, count)


async def patients_who_are_dosed(stack: Stack, ground: Ground, count: int) -> tuple[str, list[str]]:
    """Where they are, and their sessions: one through the doors, the others as copies of it."""
    async with a_stage(stack) as stage:
        await play.play_until_the_first_infusion(stage)
        await treatment.start(stage, play.FIRST)
        await stage.settle()
    return stage.location_id, await _copies(ground, stage, COPIED, count)


async def _copies(ground: Ground, stage: Stage, names: Sequence[str], count: int) -> list[str]:
    of = {stage.sessions[0]: "ses", stage.plan_id: "pln", stage.patient_id: "pat"}
    theirs = {"$or": [{"_id": {"$in": list(of)}}, {"about": f"watch/{stage.sessions[0]}"}]}
    async with a_client(ground) as client:
        for name in names:
            rows = client["sessions"][name]
            found = await rows.find(theirs).to_list()
            assert found, f"There is nothing to copy in {name}."
            await rows.insert_many([_copy(row, of, n) for row in found for n in range(count)])
    return [f"ses_bench_{n}" for n in range(count)]


def _copy(row: dict[str, Any], of: dict[str, str], number: int) -> dict[str, Any]:
    return {field: _renamed(value, of, number) for field, value in row.items()}


def _renamed(value: Any, of: dict[str, str], number: int) -> Any:
    """With the ids of what it is a copy of, alone or as a part of a promise's key, replaced."""
    if isinstance(value, str):
        for known, prefix in of.items():
            value = value.replace(known, f"{prefix}_bench_{number}")
    return value

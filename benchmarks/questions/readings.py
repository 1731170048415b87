"""Readings: from 50 patients who are watched, in batches of ten, and the alarm that one raises."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.client import Load, posted
from benchmarks.clinic import a_client, a_clinic, forget_the_clinic, patients_who_are_dosed
from benchmarks.measure import Bar, Ground
from clinic_ctl.stack.devtools import KEY_SET
from clinic_ctl.stack.services import NAMES
from tests.chaos.members import Ground as Members
from tests.support.eventually import eventually

UNIT: Final = "readings/s"
UNITS: Final = {"until an alarm is there, p99": "ms"}
LIVE: Final = 50
ALARMED: Final = 100
BATCH: Final = 10
WARM: Final = 50
MEASURED: Final = 500
# While alarms are timed: 50 batches of ten a second, and two alarms: more than 50 people raise.
BATCH_EVERY: Final = 0.02
EVERY: Final = 0.5

_last: dict[str, float] = {}


@asynccontextmanager
async def watched(ground: Ground) -> AsyncIterator[tuple[str, list[str], list[str], str]]:
    """The door of one process that only answers, what to send with, the sessions, and a time."""
    with a_clinic(ground) as stack:
        place, sessions = await patients_who_are_dosed(stack, ground, LIVE + ALARMED)
        headers = [f"Authorization: Bearer {stack.issuer.mint('nurse', [place])}"]
        await asyncio.to_thread(stack.end, NAMES)
        keys = {"SESSIONS_AUTH_JWKS_URL": f"{stack.url('devtools')}{KEY_SET}"}
        with Members(stack).member("sessions", "api", beside=keys) as service:
            await eventually(service.is_ready, within=60)
            yield service.door.http, headers, sessions, await just_after_the_start(ground)
    await forget_the_clinic(ground)


async def just_after_the_start(ground: Ground) -> str:
    """Of dosing, by the clock of the services: it was moved to get there."""
    async with a_client(ground) as client:
        watch = await client["sessions"]["watches"].find_one({"_id": "ses_bench_0"})
    assert watch is not None, "Who is dosed is watched."
    at: datetime = watch["started_at"].replace(tzinfo=UTC) + timedelta(seconds=1)
    return at.isoformat()


async def ours(ground: Ground) -> float:
    async with watched(ground) as (base, headers, sessions, at):
        load = await accepted(base, headers, sessions[:LIVE], at)
        _last["p99"] = await alarmed(ground, base, headers, sessions, at)
    return load.rate * BATCH


async def accepted(base: str, headers: Sequence[str], live: Sequence[str], at: str) -> Load:
    for key, count in (("warm", WARM), ("bench", MEASURED)):
        paths = [f"/v1/sessions/{live[n % LIVE]}/readings/batch" for n in range(count)]
        load = await posted(base, paths, a_batch(f"{key}_{{n}}", at), keyed(headers, key))
    return load


async def alarmed(
    ground: Ground, base: str, headers: Sequence[str], sessions: Sequence[str], at: str
) -> float:
    """From when a reading that stops everything was to be sent until its alarm was committed, at
    500 readings a second."""
    low = [f"/v1/sessions/{session}/readings" for session in sessions[LIVE:]]
    ticks = range(round(len(low) * EVERY / BATCH_EVERY))
    live = [f"/v1/sessions/{sessions[n % LIVE]}/readings/batch" for n in ticks]
    alarms, _ = await asyncio.gather(
        # Few connections: one that is idle for five seconds is closed by the service.
        posted(
            base,
            low,
            a_reading("low", 1, at, spo2=85),
            keyed(headers, "low"),
            every=EVERY,
            connections=4,
        ),
        posted(base, live, a_batch("tick_{n}", at), keyed(headers, "tick"), every=BATCH_EVERY),
    )
    async with a_client(ground) as client:
        raised = await client["sessions"]["alarms"].distinct("session_id")
    assert {*raised} == {*sessions[LIVE:]}, "Answered, and not raised."
    return alarms.p99


def keyed(headers: Sequence[str], key: str) -> list[str]:
    return [*headers, f"Idempotency-Key: {key}-{{n}}"]


def a_batch(device: str, at: str) -> dict[str, object]:
    return {"readings": [a_reading(device, n, at) for n in range(BATCH)]}


def a_reading(device: str, sequence: int, at: str, *, spo2: int = 98) -> dict[str, object]:
    named = {"device": device, "sequence": sequence, "taken_at": at}
    return {**named, "systolic": 124, "diastolic": 80, "heart_rate": 72, "spo2": spo2, "moaas": 5}


async def alarm_p99(_: Ground) -> float:
    return _last["p99"]


CONTENDERS: Final = {"ours": ours, "until an alarm is there, p99": alarm_p99}
BARS: Final = (
    Bar("ours", at_least=500),
    Bar("until an alarm is there, p99", at_most=1_000),
)

"""API: an accepted command, with its token, policy, idempotency, audit, state and event."""

import asyncio
import sys
import time
from pathlib import Path
from typing import Final

import httpx
from ulid import ULID

from benchmarks.client import Load, posted
from benchmarks.clinic import a_client, a_clinic, patients_who_may_leave
from benchmarks.measure import Bar, Ground
from clinic_ctl.stack.devtools import KEY_SET
from clinic_ctl.stack.ports import free
from clinic_ctl.stack.services import NAMES
from tests.chaos.members import Ground as Members
from tests.support.eventually import eventually

UNIT: Final = "commands/s (p99: ms)"
WARM: Final = 200
MEASURED: Final = 2_000
BODY: Final = {"reason": "patient_ill"}
PEER: Final = Path(__file__).parents[1] / "peers/three_inserts.py"

_last: dict[str, Load] = {}


async def measured(name: str, base: str, sessions: list[str], headers: list[str]) -> float:
    paths = [f"/v1/sessions/{session}/abort" for session in sessions]
    await posted(base, paths[:WARM], BODY, [*headers, "Idempotency-Key: warm-{n}"])
    load = await posted(base, paths[WARM:], BODY, [*headers, "Idempotency-Key: bench-{n}"])
    _last[name] = load
    return load.rate


async def ours(ground: Ground) -> float:
    """One process of the service, in the role that only answers, with what a nurse would send."""
    with a_clinic(ground) as stack:
        place, sessions = await patients_who_may_leave(stack, ground, WARM + MEASURED)
        headers = [f"Authorization: Bearer {stack.issuer.mint('nurse', [place])}"]
        await asyncio.to_thread(stack.end, NAMES)
        keys = {"SESSIONS_AUTH_JWKS_URL": f"{stack.url('devtools')}{KEY_SET}"}
        with Members(stack).member("sessions", "api", beside=keys) as service:
            await eventually(service.is_ready, within=60)
            rate = await measured("ours", service.door.http, sessions, headers)
    async with a_client(ground) as client:
        for name in NAMES:
            await client.drop_database(name)
    return rate


async def bare(ground: Ground) -> float:
    """The limit: FastAPI and Motor, three inserts in a transaction, nothing else."""
    name, port = f"bench_{ULID()}", free(0)
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PEER), ground.mongo, name, str(port)
    )
    base = f"http://127.0.0.1:{port}"
    try:
        await answers(f"{base}/ready")
        sessions = [f"ses_{number}" for number in range(WARM + MEASURED)]
        return await measured("bare", base, sessions, [])
    finally:
        process.terminate()
        await process.wait()
        async with a_client(ground) as client:
            await client.drop_database(name)


async def answers(url: str) -> None:
    deadline = time.monotonic() + 20
    async with httpx.AsyncClient() as client:
        while time.monotonic() < deadline:
            try:
                (await client.get(url)).raise_for_status()
                return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise AssertionError("The peer did not start.")


async def ours_p99(_: Ground) -> float:
    return _last["ours"].p99


async def bare_p99(_: Ground) -> float:
    return _last["bare"].p99


CONTENDERS: Final = {
    "ours": ours,
    "ours, p99": ours_p99,
    "bare": bare,
    "bare, p99": bare_p99,
}
BARS: Final = (
    Bar("ours", "bare", at_least=0.8),
    Bar("ours, p99", "bare, p99", at_most=1.5),
)

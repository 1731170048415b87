"""API: an accepted command, with its token, policy, idempotency, audit, state and event."""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx
from ulid import ULID

from benchmarks.client import Load, posted
from benchmarks.clinic import a_client, a_clinic, forget_the_clinic, somebody_registered
from benchmarks.measure import Bar, Ground
from clinic_ctl.stack.devtools import KEY_SET
from clinic_ctl.stack.ports import free
from clinic_ctl.stack.services import NAMES
from tests.chaos.members import Ground as Members
from tests.support.eventually import eventually

UNIT: Final = "commands/s"
UNITS: Final = {"ours, p99": "ms", "bare, p99": "ms"}
WARM: Final = 200
MEASURED: Final = 2_000
CONSENT: Final = {"kind": "messages", "document_version": 1, "language": "en"}
PEER: Final = Path(__file__).parents[1] / "peers/three_inserts.py"

_last: dict[str, Load] = {}


async def measured(name: str, base: str, patient: str, headers: Sequence[str]) -> float:
    path = f"/v1/patients/{patient}/consents"
    for key, count in (("warm", WARM), ("bench", MEASURED)):
        keyed = [*headers, f"Idempotency-Key: {key}-{{n}}"]
        _last[name] = await posted(base, [path] * count, CONSENT, keyed)
    return _last[name].rate


async def ours(ground: Ground) -> float:
    """Consents given, by one process of intake in the role that only answers."""
    with a_clinic(ground) as stack:
        place, patient = await somebody_registered(stack)
        headers = [f"Authorization: Bearer {stack.issuer.mint('front_desk', [place])}"]
        await asyncio.to_thread(stack.end, NAMES)
        keys = {"INTAKE_AUTH_JWKS_URL": f"{stack.url('devtools')}{KEY_SET}"}
        with Members(stack).member("intake", "api", beside=keys) as service:
            await eventually(service.is_ready, within=60)
            rate = await measured("ours", service.door.http, patient, headers)
    await forget_the_clinic(ground)
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
        return await measured("bare", base, "pat_bench", [])
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

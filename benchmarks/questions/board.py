"""Board: from sending readings until a screen has them; with one screen, and with a hundred."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Final
from urllib.parse import urlsplit

import httpx

from benchmarks.client import posted
from benchmarks.clinic import a_clinic, forget_the_clinic, patients_who_are_dosed
from benchmarks.measure import Bar, Ground
from benchmarks.questions.readings import a_reading, keyed
from clinic_ctl.stack.devtools import KEY_SET
from clinic_ctl.stack.services import NAMES
from tests.chaos.members import Ground as Members
from tests.support.eventually import eventually

UNIT: Final = "ms"
UNITS: Final = {"100 screens, CPU of the process": "% of a core"}
LIVE: Final = 50
CHAIRS: Final = 30
SCREENS: Final = 100
# 500 readings a second, in batches of ten: 50 sessions send one each second.
BATCH: Final = 10
A_SECOND: Final = 50
SECONDS: Final = 20
EVENT_ID: Final = re.compile(rb"^id: (\S+)$", re.MULTILINE)
TICKS: Final = 100  # of a processor's second, as the kernel counts them

_last: dict[str, float] = {}


@dataclass(slots=True)
class Screen:
    """One connection that follows the board: when each event came, and the last one's body."""

    came: dict[bytes, float] = field(default_factory=dict)
    bodies: dict[bytes, bytes] = field(default_factory=dict)

    async def follow(self, base: str, path: str, login: str, *, keeps: bool) -> None:
        address = urlsplit(base)
        reader, writer = await asyncio.open_connection(
            str(address.hostname), int(address.port or 80), limit=2**22
        )
        lines = [f"GET {path} HTTP/1.1", f"Host: {address.hostname}", login, "", ""]
        writer.write("\r\n".join(lines).encode())
        try:
            while piece := await reader.readuntil(b"\n\n"):
                at, event_id = time.perf_counter(), EVENT_ID.search(piece)
                if event_id is not None:
                    self.came[event_id[1]] = at
                if event_id is not None and keeps:
                    self.bodies[event_id[1]] = piece
        finally:
            writer.close()

    def seen(self) -> dict[str, list[tuple[datetime, bytes]]]:
        """For each session the readings that were shown, with the id of their event, in order."""
        shown: dict[str, list[tuple[datetime, bytes]]] = {}
        for id, body in self.bodies.items():
            data = next(line for line in body.splitlines() if line.startswith(b"data: "))
            for card in json.loads(data[6:])["cards"]:
                if card["last_reading"] is not None:
                    at = datetime.fromisoformat(card["last_reading"]["taken_at"])
                    shown.setdefault(card["session_id"], []).append((at, id))
        return shown


@dataclass(slots=True)
class Watched:
    base: str
    place: str
    login: str
    sessions: Sequence[str]
    pid: int
    sent: dict[tuple[str, datetime], float] = field(default_factory=dict)

    async def measured(self, screens: int) -> list[float]:
        """Seconds for each reading and screen, once all have what was sent."""
        following = [Screen() for _ in range(screens)]
        path = f"/v1/locations/{self.place}/board/events"
        tasks = [
            asyncio.create_task(one.follow(self.base, path, self.login, keeps=n == 0))
            for n, one in enumerate(following)
        ]

        async def all_begun() -> bool:
            return all(one.came for one in following)

        await eventually(all_begun)
        began, used = time.perf_counter(), _used(self.pid)
        await self._readings()
        _last["cpu"] = (_used(self.pid) - used) / (time.perf_counter() - began) * 100
        await asyncio.sleep(2)
        for task in tasks:
            assert not task.done(), "A screen was let go."
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return self._waited(following)

    async def _readings(self) -> None:
        token = dict([self.login.split(": ", 1)])
        async with httpx.AsyncClient(base_url=self.base, headers=token) as http:
            board = (await http.get(f"/v1/locations/{self.place}/board")).raise_for_status().json()
        since = datetime.fromisoformat(board["server_time"]).replace(microsecond=0)
        of = [self.sessions[n % len(self.sessions)] for n in range(A_SECOND * SECONDS)]
        began = time.perf_counter()

        def batch(n: int) -> dict[str, object]:
            """Ten of which a screen shows the newest: it has seen them all when it has that."""
            numbers = range(n * BATCH, (n + 1) * BATCH)
            taken = [since + timedelta(milliseconds=number) for number in numbers]
            self.sent[of[n], taken[-1].astimezone(UTC)] = began + n / A_SECOND
            each = zip(numbers, taken, strict=True)
            return {"readings": [a_reading("board", one, at.isoformat()) for one, at in each]}

        paths = [f"/v1/sessions/{session}/readings/batch" for session in of]
        await posted(self.base, paths, batch, keyed([self.login], "board"), every=1 / A_SECOND)

    def _waited(self, screens: Sequence[Screen]) -> list[float]:
        shown, waited = screens[0].seen(), list[float]()
        for (session, at), sent in self.sent.items():
            id = next(id for taken_at, id in shown[session] if taken_at >= at)
            waited += [one.came[id] - sent for one in screens]
        self.sent.clear()
        return waited


@asynccontextmanager
async def watched(ground: Ground, count: int) -> AsyncIterator[Watched]:
    """A process that answers and one that keeps promises, with so many people at the place."""
    with a_clinic(ground) as stack:
        place, sessions = await patients_who_are_dosed(stack, ground, count)
        login = f"Authorization: Bearer {stack.issuer.mint('nurse', [place])}"
        await asyncio.to_thread(stack.end, NAMES)
        keys = {"SESSIONS_AUTH_JWKS_URL": f"{stack.url('devtools')}{KEY_SET}"}
        members = Members(stack)
        with (
            members.member("sessions", "worker", beside=keys) as worker,
            members.member("sessions", "api", beside=keys) as service,
        ):
            for one in (worker, service):
                await eventually(one.is_ready, within=60)
            yield Watched(service.door.http, place, login, sessions, service.process.pid)
    await forget_the_clinic(ground)


def _used(pid: int) -> float:
    """Seconds of a processor that the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def one_screen(ground: Ground) -> float:
    async with watched(ground, LIVE) as board:
        return quantiles(await board.measured(1), n=100)[98] * 1000


async def many_screens(ground: Ground) -> float:
    async with watched(ground, CHAIRS) as board:
        return quantiles(await board.measured(SCREENS), n=100)[98] * 1000


async def cpu(_: Ground) -> float:
    return _last["cpu"]


CONTENDERS: Final = {
    "50 sessions, one screen, p99": one_screen,
    "30 chairs, 100 screens, p99": many_screens,
    "100 screens, CPU of the process": cpu,
}
BARS: Final = (
    Bar("50 sessions, one screen, p99", at_most=500),
    Bar("30 chairs, 100 screens, p99", at_most=500),
)

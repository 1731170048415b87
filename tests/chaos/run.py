"""One run of a storm: patients in phases, time that passes between them, and what is left after."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

import httpx

from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import ADMIN, FRONT_DESK
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from clinic_platform.ids import new_id
from tests.chaos.evidence import (
    Evidence,
    letters_of,
    records_of,
    rows_of,
    texts_of,
    witnessed_in,
)
from tests.chaos.faults import Conductor, Fault
from tests.chaos.history import History
from tests.chaos.load import Client
from tests.chaos.members import Member
from tests.chaos.patients import (
    AT_A_PLACE,
    Patient,
    Phase,
    arrive_at_the_clinic,
    be_cleared_and_book,
    be_dosed,
    be_watched,
    go_home,
    place_document,
    tomorrow_noon,
)

CLIENTS: Final = 12
SETTLES_WITHIN: Final = timedelta(seconds=180)
LONG_STEP, STEP = timedelta(hours=6), timedelta(hours=1)
MOVE_WITHIN: Final = 180.0


class Run:
    """One run on one stack. `between` strike while time passes, when letters are due."""

    def __init__(
        self,
        stack: Stack,
        witness: Member,
        conductor: Conductor,
        http: httpx.AsyncClient,
        patients: int,
        *,
        between: Sequence[Fault] = (),
        dice: random.Random,
    ) -> None:
        self.stack = stack
        self.conductor = conductor
        self.history = History(stack.folder / "history.jsonl")
        self.converged: list[float] = []
        self._http = http
        self._count = patients
        self._between = list(between)
        self._dice = dice
        # Kept, since a part that is being restarted has no address for a moment.
        services = stack.management()
        self._management = {**services, witness.name: witness.door.management}
        self._sandbox = Sandbox(self._management, http)
        urls = {name: stack.url(name) for name in services}
        self._client = Client(urls, stack.issuer, self.history, http, conductor.pace)
        self._patients: list[Patient] = []

    async def open(self, begins: datetime | None = None) -> None:
        """Places, and a slot for each patient's consultation. No fault strikes yet.

        It is the first Monday after `begins`, or after today.
        """
        now = await self._sandbox.now()
        await self._sandbox.advance(next_monday(max(now, begins or now)))
        places = [await self._place() for _ in range(-(-self._count // AT_A_PLACE))]
        await self._sandbox.settle()
        slots = await self._client.ask(
            FRONT_DESK, "intake", "/v1/consultation-slots", location_id=places[0]
        )
        chosen = [
            {name: slot[name] for name in ("clinician", "starts_at")}
            for slot in slots["items"][: self._count]
        ]
        self._patients = [
            Patient(number=number, place=places[number // AT_A_PLACE], slot=slot)
            for number, slot in enumerate(chosen)
        ]

    async def rage(self) -> None:
        """All phases under the conductor's faults. Whichever fails ends the other."""
        async with asyncio.TaskGroup() as group:
            conducting = group.create_task(self.conductor.run())
            await self._all_phases()
            conducting.cancel()

    async def _all_phases(self) -> None:
        await self._phase(arrive_at_the_clinic)
        last = max(datetime.fromisoformat(p.slot["starts_at"]) for p in self._patients)
        await self._pass(next_monday(last), step=LONG_STEP)
        cleared_at = await self._sandbox.now()
        await self._phase(be_cleared_and_book)
        await self._pass(tomorrow_noon(cleared_at))
        await self._phase(be_dosed)
        await self._pass(await self._sandbox.now() + timedelta(minutes=40))
        await self._phase(be_watched)
        await self._pass(await self._sandbox.now() + timedelta(minutes=45))
        await self._phase(go_home)
        await self._pass(await self._sandbox.now() + timedelta(hours=26))

    async def evidence(self) -> Evidence:
        states = await self._sandbox.settle()
        mongo = self.stack.part("mongo").addresses["url"]
        records = await records_of(self.stack.part("kafka").addresses["bootstrap_servers"])
        witnessed, set_aside = await witnessed_in(mongo)
        return Evidence(
            calls=self.history.calls,
            rows=await rows_of(mongo),
            records=records,
            letters=letters_of(self.stack.folder),
            texts=await texts_of(self.stack, records),
            now=min(state.now for state in states.values()),
            meanwhile=self._meanwhile(),
            witnessed=witnessed,
            set_aside=set_aside,
            converged_in=max(self.converged),
            lag={name: state.lag for name, state in states.items()},
        )

    def _meanwhile(self) -> dict[str, int]:
        return {
            struck.fault.name: sum(
                call.outcome == "ok" and struck.began_at < call.ended_at < struck.healed_at
                for call in self.history
            )
            for struck in self.conductor.struck
            if struck.fault.work_goes_on
        }

    async def _place(self) -> str:
        place = new_id("loc")
        token = self.stack.issuer.mint(ADMIN.role, [place], subject=ADMIN.actor)
        answer = await self._http.put(
            f"{self.stack.url('sessions')}/v1/locations/{place}",
            json=place_document(),
            headers={"Authorization": f"Bearer {token}", "If-None-Match": "*"},
        )
        answer.raise_for_status()
        return place

    async def _phase(self, phase: Phase) -> None:
        """Everybody at once, as far as there are clients; then until all is quiet."""
        now = await self._sandbox.now()
        room = asyncio.Semaphore(CLIENTS)

        async def one(patient: Patient) -> None:
            async with room:
                await phase(self._client, patient, now)

        async with asyncio.TaskGroup() as group:
            for patient in self._patients:
                group.create_task(one(patient))
        await self.conductor.calm()
        await self._settle()

    async def _settle(self) -> None:
        """Measured from the last healing, or from the last command if that came later."""
        since = max(self.conductor.healed_at, self.history.last_new_at)
        await self._sandbox.settle(within=SETTLES_WITHIN)
        self.converged.append(time.monotonic() - since)

    async def _pass(self, to: datetime, *, step: timedelta = STEP) -> None:
        """Time moves in steps, and what is due is done; somewhere on the way a fault strikes."""
        now = await self._sandbox.now()
        steps = max(1, -(-(to - now) // step))
        strikes_at = self._dice.randrange(steps) if self._between else None
        for number in range(steps):
            await self._move(min(to, now + (number + 1) * step))
            if number == strikes_at:
                await asyncio.sleep(self._dice.uniform(0, 0.3))  # somewhere among what is due
                await self.conductor.strike(self._between.pop())
                await self._settle()
            else:
                await self._sandbox.settle(within=SETTLES_WITHIN)

    async def _move(self, instant: datetime) -> None:
        for address in self._management.values():
            await self._move_one(f"{address}/sandbox/clock", instant)

    async def _move_one(self, clock: str, instant: datetime) -> None:
        """Until it is taken; refused where time has run there by itself."""
        deadline = time.monotonic() + MOVE_WITHIN
        while time.monotonic() < deadline:
            try:
                moved = await self._http.put(clock, json={"now": instant.isoformat()})
                if moved.is_success or moved.status_code == httpx.codes.CONFLICT:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        raise TimeoutError("The clock could not be moved.")


@asynccontextmanager
async def a_browser() -> AsyncIterator[httpx.AsyncClient]:
    """What all clients send with: as many connections as they want, no attempt without an end."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits, trust_env=False) as http:
        yield http

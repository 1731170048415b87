"""One run of a storm: patients in phases, time that passes between them, and what is left after."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from clinic_ctl.demo.play import next_monday
from clinic_ctl.demo.stage import ADMIN, FRONT_DESK
from clinic_ctl.sandbox import Sandbox
from clinic_ctl.stack.stack import Stack
from clinic_platform.clock import utc_now
from clinic_platform.ids import new_id
from tests.chaos.business_time import BusinessTime, Moved, Span
from tests.chaos.evidence import (
    Ending,
    Evidence,
    Outage,
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
    noon_in,
    place_document,
)
from tests.support.eventually import eventually

CLIENTS: Final = 12
SETTLES_WITHIN: Final = timedelta(seconds=180)
A_DAY: Final = timedelta(days=1)
LONG_STEP, STEP = timedelta(hours=6), timedelta(hours=1)
STRETCHES: Final = 5  # in which time passes
MOVE_WITHIN: Final = 180.0
NONE: Final = timedelta()
DECIDED: Final = timedelta(seconds=24)  # as long as the claim of an act lasts


class Run:
    """One run on one stack. `between` strike while time passes, when letters are due: one in each
    of the last stretches. The first infusion is at noon, `first_in` after the clearance. `twins`
    are second workers of services, which the stack does not know."""

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
        first_in: timedelta = A_DAY,
        twins: Sequence[Member] = (),
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
        self._twins = {f"the second {twin.name}": twin.door.management for twin in twins}
        # What lies on a twin's partitions only the twin can see. Its wall clock may be wrong, and
        # is not asked for the time.
        self._everybody = Sandbox({**self._management, **self._twins}, http)
        urls = {name: stack.url(name) for name in services}
        self._client = Client(urls, stack.issuer, self.history, http, conductor.pace)
        self._patients: list[Patient] = []
        self._clock = BusinessTime()
        self._first_in = first_in
        self._stretches_left = STRETCHES

    async def open(self, begins: datetime | None = None) -> None:
        """Places, and a slot for each patient's consultation. No fault strikes yet.

        It is the first Monday after `begins`, or after today.
        """
        await self._everybody.settle(within=SETTLES_WITHIN)
        now = await self._sandbox.now()
        await self._sandbox.advance(next_monday(max(now, begins or now)))
        for name, address in self._management.items():
            self._clock.note(name, await self._seen(address, utc_now()))
        places = [await self._place() for _ in range(-(-self._count // AT_A_PLACE))]
        await self._everybody.settle(within=SETTLES_WITHIN)
        slots = await self._client.ask(
            FRONT_DESK, "intake", "/v1/consultation-slots", location_id=places[0]
        )
        chosen = [
            {name: slot[name] for name in ("clinician", "starts_at")}
            for slot in slots["items"][: self._count]
        ]
        self._patients = [
            Patient(
                number=number,
                place=places[number // AT_A_PLACE],
                slot=slot,
                first_in=self._first_in,
            )
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
        step = STEP if self._first_in == A_DAY else LONG_STEP
        await self._pass(noon_in(self._first_in, cleared_at), step=step)
        await self._phase(be_dosed)
        await self._pass(await self._sandbox.now() + timedelta(minutes=40))
        await self._phase(be_watched)
        await self._pass(await self._sandbox.now() + timedelta(minutes=45))
        await self._phase(go_home)
        await self._pass(await self._sandbox.now() + timedelta(hours=26))

    async def evidence(self) -> Evidence:
        states = await self._everybody.settle(within=SETTLES_WITHIN)
        ended_at = utc_now()
        mongo = self.stack.part("mongo").addresses["url"]
        records = await records_of(self.stack.part("kafka").addresses["bootstrap_servers"])
        witnessed, set_aside = await witnessed_in(mongo)
        return Evidence(
            calls=self.history.calls,
            rows=await rows_of(mongo),
            records=records,
            letters=letters_of(self.stack.folder, self._clock),
            stops=self._clock.stops(ended_at),
            wrong_clocks=self._wrong_clocks(),
            clocks_off_by=max((s.fault.clock_off_by for s in self.conductor.struck), default=NONE),
            texts=await texts_of(self.stack, records),
            now=min(states[name].now for name in self._management),
            outages=self._outages(),
            endings=self._endings(),
            cut_off=self.history.cut_off,
            witnessed=witnessed,
            set_aside=set_aside,
            converged_in=max(self.converged),
            lag={name: state.lag for name, state in states.items()},
        )

    def _wrong_clocks(self) -> list[Span]:
        """By the clinic's time. What was decided then may come a little later."""
        return [
            Span(
                self._true(struck.began_at).earliest, self._true(struck.healed_at).latest + DECIDED
            )
            for struck in self.conductor.struck
            if struck.fault.clock_off_by
        ]

    def _true(self, monotonic: float) -> Span:
        ago = timedelta(seconds=time.monotonic() - monotonic)
        return self._clock.at("notifications", utc_now() - ago)

    def _outages(self) -> list[Outage]:
        return [
            Outage(struck.fault.name, struck.began_at, struck.healed_at, struck.fault.meets_work)
            for struck in self.conductor.struck
            if struck.fault.work_goes_on
        ]

    def _endings(self) -> list[Ending]:
        return [
            Ending(struck.fault.terminates, struck.began_at, struck.healed_at)
            for struck in self.conductor.struck
            if struck.fault.terminates
        ]

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
        await self._everybody.settle(within=SETTLES_WITHIN)
        self.converged.append(time.monotonic() - since)

    async def _pass(self, to: datetime, *, step: timedelta = STEP) -> None:
        """Time moves in steps, and what is due is done; somewhere on the way a fault strikes."""
        now = await self._sandbox.now()
        steps = max(1, -(-(to - now) // step))
        self._stretches_left -= 1
        strikes = len(self._between) > self._stretches_left
        strikes_at = self._dice.randrange(steps) if strikes else None
        for number in range(steps):
            await self._move(min(to, now + (number + 1) * step))
            if number == strikes_at:
                await asyncio.sleep(self._dice.uniform(0, 0.3))  # somewhere among what is due
                await self.conductor.strike(self._between.pop())
                await self._settle()
            else:
                await self._everybody.settle(within=SETTLES_WITHIN)

    async def _move(self, instant: datetime) -> None:
        async with asyncio.TaskGroup() as group:
            for name, address in self._management.items():
                group.create_task(self._move_one(name, address, instant))
        for address in self._twins.values():
            await self._followed(address, instant)

    async def _followed(self, address: str, instant: datetime) -> None:
        """A twin's clock is moved by its service's, and by nobody else."""

        async def is_there() -> bool:
            return (await self._seen(address, utc_now())).now >= instant

        await eventually(is_there, within=MOVE_WITHIN)

    async def _move_one(self, name: str, address: str, instant: datetime) -> None:
        asked_at = utc_now()
        await self._until_answered("PUT", address, json={"now": instant.isoformat()})
        self._clock.note(name, await self._seen(address, asked_at))

    async def _seen(self, address: str, asked_at: datetime) -> Moved:
        answer = await self._until_answered("GET", address)
        now = datetime.fromisoformat(answer.json()["now"])
        return Moved(asked_at=asked_at, seen_at=utc_now(), now=now)

    async def _until_answered(self, method: str, address: str, **rest: Any) -> httpx.Response:
        """A move is refused where time has run there by itself, and that is an answer."""
        clock, deadline = f"{address}/sandbox/clock", time.monotonic() + MOVE_WITHIN
        while time.monotonic() < deadline:
            try:
                answer = await self._http.request(method, clock, **rest)
                if answer.is_success or answer.status_code == httpx.codes.CONFLICT:
                    return answer
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
        raise TimeoutError("The clock could not be moved.")


@asynccontextmanager
async def a_browser() -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP client of all: as many connections as they want, no attempt without an end."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=CLIENTS)
    async with httpx.AsyncClient(timeout=15, limits=limits, trust_env=False) as http:
        yield http

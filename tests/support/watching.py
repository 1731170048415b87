"""A bedside in memory: one session that is dosed, readings that come, and time that moves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from clinic_events import StaffCalled
from clinic_platform.promises import Due, Ending, Lapsed, Later, PromiseRow, State
from clinic_platform.testing import FixedClock, InMemoryPromises, caller_of
from clinic_sessions.app import definitions
from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.bedside.dose import order_dose
from clinic_sessions.domain.bedside.monitored import Taken
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.facts import (
    Arrived,
    Booked,
    Checked,
    DosingStarted,
    DosingStopped,
    Fact,
)
from clinic_sessions.domain.session import Session, Status
from clinic_sessions.handlers import Handlers, NearestFree
from clinic_sessions.promises import keepers
from tests.support.sessions import GATES, NOON, a_plan, a_protocol, a_visit, good_facts
from tests.support.sessions_drugs_stores import desk_in_memory
from tests.support.sessions_ports import Ports, in_memory

NURSE = caller_of("nurse", "loc_sample", actor="usr_ada")
DATA = definitions()
POLICY = DATA.watch
MINUTE = timedelta(minutes=1)


class NoReceipts:
    """Nothing is decided here."""

    async def keep(self, *_: object) -> None: ...


class NoScreens:
    """Nobody looks at the board."""

    async def note(self, *_: object) -> None: ...


@dataclass
class Bedside:
    """`at` counts minutes from the start of dosing, which is noon."""

    ports: Ports = field(default_factory=in_memory)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOON - 30 * MINUTE))
    session: Session = field(default_factory=lambda: unbooked())

    def __post_init__(self) -> None:
        self.promises = InMemoryPromises(self.clock)
        ports = self.ports
        self.handlers = Handlers(
            locations=ports.locations,
            plans=ports.plans,
            sessions=ports.sessions,
            holds=ports.holds,
            hold_for=10 * MINUTE,
            waiting=ports.waiting,
            moves=NoScreens(),
            repairs=NearestFree(
                plans=ports.plans, sessions=ports.sessions, protocols=DATA.protocols
            ),
            standings=ports.standings,
            readings=ports.readings,
            watches=ports.watches,
            alarms=ports.alarms,
            calls=ports.calls,
            drugs=desk_in_memory({}),
            promises=self.promises,
            receipts=NoReceipts(),
            notes=ports.notes,
            data=DATA,
            clock=self.clock,
        )
        self._sequence = 0

    async def arrives(self, *, checked: bool = False) -> None:
        await self.ports.plans.open(a_plan())
        facts: list[Fact] = [Booked(a_visit()), Arrived(self.clock())]
        if checked:
            facts.append(Checked(good_facts(self.clock())))
        for fact in facts:
            self.session = await self.ports.sessions.record(self.session, fact)

    async def starts(self) -> None:
        """Dosing begins at noon."""
        await self.moves(0)
        self.session = started(self.session, NOON)
        await self.handlers.follow(self.session, dosing_started(NOON))

    async def stops(self, at: float = 40) -> None:
        await self.moves(at)
        await self.handlers.follow(self.session, DosingStopped(self.clock()))

    async def reads(self, at: float, **values: Any) -> Taken:
        """A reading taken and received at that minute."""
        await self.moves(at)
        return await self.sends(self.reading(at, **values))

    async def sends(self, *readings: Reading) -> Taken:
        return (await self.handlers.take_readings(NURSE, "ses_1", readings))[0]

    def reading(self, at: float, **values: Any) -> Reading:
        self._sequence += 1
        fine: dict[str, Any] = {
            "systolic": 124,
            "diastolic": 78,
            "heart_rate": 72,
            "spo2": 98,
            "moaas": 5,
        }
        named = {"device": "monitor_1", "sequence": self._sequence}
        times = {"taken_at": minute(at), "received_at": self.clock()}
        return Reading(session_id="ses_1", **{**times, **fine, **named, **values})

    async def moves(self, at: float) -> None:
        """Time moves on, and promises are kept as they come due."""
        while (due := self._next(minute(at))) is not None:
            self.clock.move_to(max(self.clock(), due.due_at))
            await self._keep(due)
        self.clock.move_to(max(self.clock(), minute(at)))

    async def is_left_alone(self, until: float) -> None:
        """Nobody keeps any promise until then: the worker is away. Then it is back."""
        self.clock.move_to(minute(until))
        await self.moves(until)

    async def watch(self) -> Watch:
        watch = await self.ports.watches.find("ses_1")
        assert watch is not None
        return watch

    async def alarms(self) -> dict[str, Alarm]:
        """By their concern; the newest of each."""
        return {one.concern: one for one in await self.ports.alarms.of_session("ses_1")}

    @property
    def called(self) -> list[str]:
        return [event.reason for event in self._calls]

    @property
    def called_as(self) -> list[str | None]:
        """Each call's role."""
        return [event.role for event in self._calls]

    @property
    def called_about_readings(self) -> list[int]:
        """How many were overdue, of each call about that."""
        return [event.count for event in self._calls if event.reason == "reading_overdue"]

    @property
    def _calls(self) -> list[StaffCalled]:
        return [event for event in self.ports.outbox.published if isinstance(event, StaffCalled)]

    def _next(self, until: datetime) -> PromiseRow | None:
        due = [row for row in self.promises.pending() if row.due_at <= until]
        return min(due, key=lambda row: (row.due_at, row.kind == "call_for_reading"), default=None)

    async def _keep(self, row: PromiseRow) -> Ending:
        keeper = keepers(self.handlers)[row.kind]
        due = Due(promise=row, now=self.clock(), attempt=1)
        if due.now > row.useful_until:
            self.promises.rows[row.key] = replace(row, state=State.LAPSED, ended_at=due.now)
            return Lapsed("too_late")
        ending = await keeper.settle(due, None)
        after = replace(row, state=State.KEPT, ended_at=self.clock())
        if isinstance(ending, Later):
            after = replace(row, due_at=ending.at, reason=ending.reason)
        self.promises.rows[row.key] = after
        return ending


def minute(at: float) -> datetime:
    return NOON + timedelta(minutes=at)


def unbooked() -> Session:
    return Session(
        id="ses_1",
        patient_id="pat_1",
        location_id="loc_sample",
        plan_id="pln_1",
        infusion_number=1,
    )


def started(session: Session, at: datetime) -> Session:
    return replace(session, status=Status.DOSING, dosing_started_at=at)


def dosing_started(at: datetime) -> DosingStarted:
    protocol = a_protocol()
    order = order_dose(protocol, number=1, weight_kg=82, mg_per_kg=0.5, ordered_by="usr_a", now=at)
    return DosingStarted(at, order, "iv", GATES.decide({}, as_of=at))

"""What the acts of the demo share: doors, time, letters, the witness, and who is who."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import httpx

from clinic_ctl.demo.doors import Doors, Who
from clinic_ctl.demo.journal import Journal, JourneyBroken, Step
from clinic_ctl.demo.witness import Witness
from clinic_ctl.sandbox import Sandbox
from clinic_events.contracts.notifications import MessageSent
from clinic_events.envelope import Event

PATIENT_EMAIL: Final = "testa.sample@example.org"
ZONE: Final = ZoneInfo("America/Chicago")

ADMIN: Final = Who("location_admin", "usr_ada_admin")
FRONT_DESK: Final = Who("front_desk", "usr_fred_desk")
NURSE: Final = Who("nurse", "usr_nora_nurse")
SECOND_NURSE: Final = Who("nurse", "usr_ned_nurse")
PRESCRIBER: Final = Who("prescriber", "usr_prue_scriber")

LETTER_WITHIN: Final = 60.0
AWAY_AT_MOST: Final = 90.0
LOOK_EVERY: Final = 0.05

E = TypeVar("E", bound=Event)
T = TypeVar("T")


class NoLetter(JourneyBroken):
    def __init__(self, line: str) -> None:
        super().__init__(f"The letter {line} did not arrive within {LETTER_WITHIN:.0f} s.")


@dataclass(frozen=True, slots=True)
class Letter:
    message_id: str
    to: str
    subject: str
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"“{self.subject}” to {self.to}"


@dataclass(kw_only=True)
class Stage:
    location_id: str
    doors: Doors
    sandbox: Sandbox
    witness: Witness
    journal: Journal
    client: httpx.AsyncClient
    mail_url: str
    patient_id: str = ""
    plan_id: str = ""
    vial_id: str = ""
    """Where the place keeps a ledger of its drug: the vial that doses are drawn from."""
    sessions: list[str] = field(default_factory=list)
    steps: int = 0
    letters_read: set[str] = field(default_factory=set)

    async def note(self, service: str, title: str, seen: str) -> None:
        """A step without an event of its own: an answer, a letter."""
        self._note(service, title, at=await self.now(), event="", seen=seen)

    async def saw(self, title: str, contract: type[E], *, about: str, seen: str = "") -> E:
        """A step, noted once its event is on its topic. `about`: its subject, or its patient."""
        found = await self.witness.sees(contract, lambda event: about in (event.subject, event.key))
        service, event, _ = contract.name.split(".")
        self._note(service, title, at=found.envelope.time, event=event, seen=seen)
        return found.event

    async def now(self) -> datetime:
        return await self._patiently(self.sandbox.now)

    async def wait(self, time_on: timedelta) -> None:
        await self.wait_until(await self.now() + time_on)

    async def wait_until(self, instant: datetime) -> None:
        await self._patiently(lambda: self.sandbox.advance(instant))

    async def settle(self) -> None:
        await self._patiently(self.sandbox.settle)

    async def letters(self) -> list[dict[str, Any]]:
        """Each letter once, however often it arrived."""
        answer = await self.client.get(f"{self.mail_url}/messages")
        items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return list({letter["id"]: letter for letter in items}.values())

    async def letter(self, line: str, *, about: str = "") -> Letter:
        """The newest unread letter of a plan's line, as it arrived. NoLetter if none does."""
        sent = await self.witness.sees(MessageSent, lambda sent: self._is_unread(sent, line, about))
        self.letters_read.add(sent.event.message_id)
        deadline = time.monotonic() + LETTER_WITHIN
        while time.monotonic() < deadline:
            for letter in await self.letters():
                if letter["id"].startswith(f"<{sent.event.message_id}@"):
                    to = ", ".join(letter["to"])
                    return Letter(sent.event.message_id, to, letter["subject"], letter["text"])
            await asyncio.sleep(LOOK_EVERY)
        raise NoLetter(line)

    def _note(self, service: str, title: str, *, at: datetime, event: str, seen: str) -> None:
        self.steps += 1
        self.journal.note(
            Step(
                number=self.steps,
                service=service,
                title=title,
                event=event,
                at=at.astimezone(ZONE),
                seen=seen,
            )
        )

    def _is_unread(self, sent: MessageSent, line: str, about: str) -> bool:
        is_unread = sent.message_id not in self.letters_read
        is_it = sent.purpose.endswith(f"/{line}") and about in ("", sent.promise_about)
        return is_unread and is_it

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """A service may be away for a moment: ask again."""
        deadline = time.monotonic() + AWAY_AT_MOST
        while True:
            try:
                return await ask()
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(LOOK_EVERY)

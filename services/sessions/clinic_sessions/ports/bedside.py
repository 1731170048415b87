"""What the handlers need from the outside world: the bedside."""

from datetime import datetime
from typing import Protocol as Port

from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.note import Fact as NoteFact
from clinic_sessions.domain.bedside.note import Note
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.standing import Standing
from clinic_sessions.domain.session import Session


class Standings(Port):
    """What was heard of each patient."""

    async def get(self, patient_id: str) -> Standing:
        """An empty one when nothing was heard."""
        ...

    async def keep(self, standing: Standing) -> None: ...


class Readings(Port):
    async def add(self, reading: Reading) -> bool:
        """False when this device's reading of this number is there already."""
        ...

    async def of_session(self, session_id: str) -> list[Reading]:
        """By the time they were taken."""
        ...


class Receipts(Port):
    """Decisions, kept as they were made, with the waivers that held beside them."""

    async def keep(self, session_id: str, purpose: str, gates: Gates) -> None: ...


class Notes(Port):
    """The note of each session."""

    async def get(self, session_id: str) -> Note:
        """An empty one, of version 0, when nothing is written."""
        ...

    async def record(self, note: Note, fact: NoteFact) -> Note:
        """The note after the fact, or Conflict if someone else was faster."""
        ...


class StaffCalls(Port):
    """Calling a person of the clinic's staff."""

    async def call(self, session: Session, why: str, *, about: str, now: datetime) -> None:
        """In the caller's transaction. `why` and `about` are a code and an id, never words."""
        ...

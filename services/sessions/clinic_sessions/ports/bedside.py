"""What the handlers need from the outside world: the bedside."""

from typing import Protocol as Port

from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.note import Fact as NoteFact
from clinic_sessions.domain.bedside.note import Note
from clinic_sessions.domain.bedside.standing import Standing


class Standings(Port):
    """What was received of each patient."""

    async def get(self, patient_id: str) -> Standing:
        """An empty one when nothing was received."""
        ...

    async def keep(self, standing: Standing) -> None: ...


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

"""What the handlers need from the outside world: the bedside."""

from typing import Protocol as Port

from clinic_platform.decisions import Receipt
from clinic_sessions.domain.bedside.standing import Standing


class Standings(Port):
    """What was heard of each patient."""

    async def get(self, patient_id: str) -> Standing:
        """An empty one when nothing was heard."""
        ...

    async def keep(self, standing: Standing) -> None: ...


class Receipts(Port):
    """Decisions, kept as they were made."""

    async def keep(self, session_id: str, purpose: str, receipt: Receipt) -> None: ...

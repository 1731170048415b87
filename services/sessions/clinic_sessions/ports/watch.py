"""What the handlers need from the outside world: to watch over patients."""

from typing import Protocol as Port

from clinic_sessions.domain.calls import Call


class Calls(Port):
    """Every call to a person of a place. `make` keeps and announces it, or does neither."""

    async def make(self, call: Call) -> bool:
        """False, and nothing said, when a call of this id was made before."""
        ...

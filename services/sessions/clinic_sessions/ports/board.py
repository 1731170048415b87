"""What the handlers need from the outside world: to report that something moved."""

from typing import Literal, TypeAlias
from typing import Protocol as Port

Kind: TypeAlias = Literal["session", "reading", "alarm"]


class Moves(Port):
    """The log of what changed at each place: the screens there follow it."""

    async def note(self, location_id: str, session_id: str, kind: Kind) -> None:
        """Something to be seen of this session has changed; noted with the change or not at all."""
        ...

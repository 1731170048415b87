"""What the handlers need from the outside world: places."""

from datetime import datetime
from typing import Protocol as Port

from clinic_sessions.domain.places.location import Described, Location
from clinic_sessions.domain.places.repair import Repair
from clinic_sessions.domain.session import Session


class Locations(Port):
    """Every location. `record` saves and announces, or does neither."""

    async def get(self, location_id: str) -> Location:
        """The location, or LocationNotFound."""
        ...

    async def record(self, location: Location, described: Described) -> Location:
        """The location after the fact, or Conflict if someone else was faster."""
        ...


class Repairs(Port):
    """For a booking that its location does not hold any more: where it could go."""

    async def propose(self, location: Location, session: Session, *, now: datetime) -> list[Repair]:
        """Starts it could be moved to, free as far as one can read now, the nearest to its own
        first; nothing when none was found near enough. Nothing is held, and nothing is changed."""
        ...

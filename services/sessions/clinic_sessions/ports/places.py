"""What the handlers need from the outside world: places."""

from typing import Protocol as Port

from clinic_sessions.domain.places.location import Described, Location


class Locations(Port):
    """Every location. `record` saves and announces, or does neither."""

    async def get(self, location_id: str) -> Location:
        """The location, or LocationNotFound."""
        ...

    async def record(self, location: Location, described: Described) -> Location:
        """The location after the fact, or Conflict if someone else was faster."""
        ...

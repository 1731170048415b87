"""Locations: one document each."""

from clinic_platform.auth import Caller
from clinic_platform.problems import StaleVersion
from clinic_sessions.domain.errors import LocationNotFound
from clinic_sessions.domain.places.location import Details, Location
from clinic_sessions.handlers.tools import Tools


class Places(Tools):
    async def get_location(self, by: Caller, location_id: str) -> Location:
        if not by.reaches(location_id):
            raise LocationNotFound
        return await self.locations.get(location_id)

    async def describe_location(
        self, by: Caller, location_id: str, details: Details, *, expected: int | None
    ) -> Location:
        """Open a location (`expected` None) or replace the document of version `expected`."""
        if not by.reaches(location_id):
            raise LocationNotFound
        location = await self._known_or_new(location_id, details)
        if location.revision != (expected or 0):
            raise StaleVersion(location.revision)
        return await self.locations.record(location, location.describe(details))

    async def _known_or_new(self, location_id: str, details: Details) -> Location:
        try:
            return await self.locations.get(location_id)
        except LocationNotFound:
            return Location(id=location_id, details=details)

"""Locations, each with its newest document and every one before it."""

from clinic_events.ports import Database, DuplicateKey, Outbox
from clinic_platform.clock import Clock
from clinic_sessions.domain.errors import Conflict, LocationNotFound
from clinic_sessions.domain.places.location import Described, Location
from clinic_sessions.publishing import of_location
from clinic_sessions.store import documents


class MongoLocations:
    """The port `Locations`."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._rows = database.collection("locations")
        self._history = database.collection("location_history")
        self._outbox = outbox
        self._clock = clock

    async def prepare(self) -> None:
        await self._history.create_index([("location_id", 1), ("revision", 1)], unique=True)

    async def get(self, location_id: str) -> Location:
        document = await self._rows.find_one({"_id": location_id})
        if document is None:
            raise LocationNotFound
        return documents.location_in(document)

    async def record(self, location: Location, described: Described) -> Location:
        after = location.after(described)
        try:
            await self._database.transaction(lambda: self._replace(location, after))
        except DuplicateKey:
            raise Conflict from None
        return after

    async def _replace(self, before: Location, after: Location) -> None:
        document = documents.of_location(after)
        if before.revision == 0:
            await self._rows.insert_one(document)
        elif not await self._rows.replace_one(
            {"_id": before.id, "revision": before.revision}, document
        ):
            raise Conflict
        now = self._clock()
        names = {"_id": f"{after.id}/{after.revision}", "location_id": after.id}
        await self._history.insert_one({**document, **names, "at": now, "known_at": now})
        await self._outbox.append(of_location(after), sequence=after.revision)

"""The boards of all places, in one process."""

from clinic_events.ports import Database
from clinic_platform.clock import Clock
from clinic_sessions.domain.board.cursor import Cursor
from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.places.location import Location
from clinic_sessions.schemas.board import BoardOut, CardOut
from clinic_sessions.views.board.cards import Cards
from clinic_sessions.views.board.hub import Hub
from clinic_sessions.views.board.log import MoveLog
from clinic_sessions.views.board.screen import Screen
from clinic_sessions.views.board.snapshot import board_of


class Boards:
    """A hub for each place that somebody looks at; none for the others."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._cards = Cards(database)
        self._log = MoveLog(database)
        self._clock = clock
        self._hubs: dict[str, Hub] = {}

    async def now(self, location: Location) -> BoardOut:
        """The log is read first: whoever goes on from its cursor misses nothing."""
        now = self._clock()
        day = Day.of(now, location.details.zone)
        newest = await self._log.newest(location.id)
        cards = await self._cards.of_place(location.id, day)
        shown = [CardOut.of(card, now=now) for card in cards.values()]
        return board_of(location, day, str(Cursor(day.date, *newest)), shown, now=now)

    async def join(self, location: Location, last: str | None) -> Screen:
        """A screen there; `last` is the id of the last event it has seen."""
        self._hubs = {id: hub for id, hub in self._hubs.items() if hub.is_watched}
        hub = self._hubs.get(location.id)
        if hub is None:
            hub = self._hubs[location.id] = Hub(location, self._cards, self._log, self._clock)
        hub.location = location
        return await hub.join(last)

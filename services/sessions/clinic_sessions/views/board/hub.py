"""One reader of a place's log for all the screens that show it in this process.

It keeps the cards it has sent, so that a screen that comes costs no query; each event is made once,
as bytes, for all of them.
"""

import asyncio
import time
from contextvars import Context
from datetime import timedelta
from typing import Final

import structlog

from clinic_events.errors import Unavailable
from clinic_platform.clock import Clock
from clinic_platform.mongo.stamps import Stamp
from clinic_platform.web.streaming import COMMENT, sse
from clinic_sessions.domain.board.cursor import Cursor
from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.session import AT_THE_CLINIC
from clinic_sessions.schemas.board import CardOut, ChangedOut, StaleOut
from clinic_sessions.views.board.cards import Cards
from clinic_sessions.views.board.log import Follower, Moved, MoveLog
from clinic_sessions.views.board.screen import Screen
from clinic_sessions.views.board.snapshot import board_of

TICK: Final = timedelta(milliseconds=200)
HEARTBEAT: Final = timedelta(seconds=5)
RETRY: Final = timedelta(seconds=2)

log = structlog.get_logger()


class Hub:
    def __init__(self, location: Location, cards: Cards, moves: MoveLog, clock: Clock) -> None:
        self.location = location
        self._source = cards
        self._moves = moves
        self._clock = clock
        self._follower = Follower(moves, location.id)
        self._screens: set[Screen] = set()
        self._cards: dict[str, CardOut] = {}
        self._day = Day.of(clock(), location.details.zone)
        self._unread: Moved = {}  # moved, and not read again so far
        self._seen_at = clock()
        self._is_stale = False
        self._sent_at = 0.0
        self._beginning = asyncio.Lock()
        self._running: asyncio.Task[None] | None = None

    @property
    def is_watched(self) -> bool:
        return bool(self._screens)

    async def join(self, last: str | None) -> Screen:
        """A screen, which begins with the whole board or, after `last`, with what has changed.

        It is there before anything is read for it: what moves meanwhile is in its beginning.
        """
        screen = Screen(self._screens.discard)
        self._screens.add(screen)
        try:
            await self._begun()
            missed = await self._missed(last)
        except BaseException:
            self._screens.discard(screen)
            raise
        both = missed is not None and screen.meanwhile is not None
        moved = {*(missed or ()), *(screen.meanwhile or ())} if both else None
        screen.begin(self._opening(moved))
        return screen

    async def _begun(self) -> None:
        async with self._beginning:
            if self._running is None or self._running.done():
                await self._load()
                # Not the request's context: the hub outlives it.
                self._running = asyncio.create_task(self._run(), context=Context())
                self._running.add_done_callback(self._ended)

    async def _missed(self, last: str | None) -> set[str] | None:
        cursor = None if last is None else Cursor.read(last)
        if cursor is None or cursor.day != self._day.date:
            return None
        seen = Stamp(cursor.seconds, cursor.increment)
        return await self._moves.missed(self.location.id, seen, self._follower.newest)

    async def _run(self) -> None:
        while self._screens:
            try:
                await self._look()
            except Unavailable:
                self._show_stale()
            await asyncio.sleep(TICK.total_seconds())

    async def _look(self) -> None:
        if Day.of(self._clock(), self.location.details.zone) != self._day:
            await self._load()
            self._broadcast(self._opening(None), None)
        for id, kinds in (await self._follower.moved()).items():
            self._unread.setdefault(id, set()).update(kinds)
        changed, gone = await self._read_again() if self._unread else ([], [])
        self._seen_at = self._clock()
        if changed or gone or self._is_stale:
            moved = {*(card.session_id for card in changed), *gone}
            self._broadcast(self._changed(changed, gone), moved)
        elif time.monotonic() - self._sent_at >= HEARTBEAT.total_seconds():
            self._broadcast(COMMENT, set())
        self._is_stale = False

    async def _load(self) -> None:
        day = Day.of(self._clock(), self.location.details.zone)
        await self._follower.begin()
        cards = await self._source.of_place(self.location.id, day)
        now = self._clock()
        self._cards = {id: CardOut.of(card, now=now) for id, card in cards.items()}
        self._day, self._unread, self._seen_at = day, {}, now

    async def _read_again(self) -> tuple[list[CardOut], list[str]]:
        """What differs from what was sent, and what is gone. What fails here is read again."""
        read = await self._read_moved()
        gone = [id for id in sorted(self._unread.keys() - read.keys()) if self._cards.pop(id, None)]
        changed = [card for id, card in read.items() if card != self._cards.get(id)]
        self._unread = {}
        self._cards |= read
        return changed, gone

    async def _read_moved(self) -> dict[str, CardOut]:
        """Most of what moves are readings: of those cards nothing else is read."""
        read = [id for id, kinds in self._unread.items() if kinds == {"reading"} and self._has(id)]
        whole = self._unread.keys() - {*read}
        shown: dict[str, CardOut] = {}
        if whole:
            cards = await self._source.of_place(self.location.id, self._day, only=whole)
            now = self._clock()
            shown = {id: CardOut.of(card, now=now) for id, card in cards.items()}
        newest = await self._source.last_readings(read)
        return shown | {id: self._cards[id].with_reading(newest.get(id)) for id in read}

    def _has(self, id: str) -> bool:
        """Whether the card of somebody who is there was sent: of nobody else a reading is shown."""
        card = self._cards.get(id)
        return card is not None and card.status in AT_THE_CLINIC

    def _opening(self, moved: set[str] | None) -> bytes:
        if moved is None:
            cards = sorted(self._cards.values(), key=lambda c: (c.starts_at, c.session_id))
            board = board_of(self.location, self._day, self._cursor, cards, now=self._clock())
            data = board.model_dump_json()
            return sse(data, event="snapshot", id=self._cursor, retry=RETRY)
        there = [self._cards[id] for id in sorted(moved) if id in self._cards]
        return self._changed(there, sorted(moved - self._cards.keys()), retry=RETRY)

    def _changed(
        self, cards: list[CardOut], gone: list[str], *, retry: timedelta | None = None
    ) -> bytes:
        now = self._clock()
        change = ChangedOut(server_time=now, cursor=self._cursor, cards=cards, gone=gone)
        return sse(change.model_dump_json(), event="changed", id=self._cursor, retry=retry)

    @property
    def _cursor(self) -> str:
        return str(Cursor(self._day.date, *self._follower.newest))

    def _show_stale(self) -> None:
        """Nobody knows what is going on there: sent once, and no sign of life until it is known."""
        if not self._is_stale:
            log.warning("board_not_read", location_id=self.location.id)
            data = StaleOut(since=self._seen_at).model_dump_json()
            self._broadcast(sse(data, event="stale"), set())
        self._is_stale = True

    def _broadcast(self, event: bytes, moved: set[str] | None) -> None:
        self._sent_at = time.monotonic()
        for screen in [one for one in self._screens if not one.offer(event, moved)]:
            self._screens.discard(screen)
            screen.end()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """By a mistake of ours: the screens are let go, and whoever comes again begins anew."""
        if task.cancelled() or task.exception() is None:
            return
        log.error("board_failed", exc_info=task.exception())
        for screen in self._screens:
            screen.end()
        self._screens.clear()

"""Time that is free again: noted in the transaction that frees it, offered by a promise."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from clinic_platform.promises import Promise
from clinic_sessions.domain.booking.hold import Hold
from clinic_sessions.domain.waiting.freed import Freed
from clinic_sessions.handlers.tools import Tools
from clinic_sessions.handlers.watch.alarming import cause_or

OFFER_FREED: Final = "offer_freed_time"
NOBODY: Final = ""  # whom it will be offered to is not known yet


class Freeing(Tools):
    async def note_freed(self, freed: Freed) -> None:
        """Nothing about a wait-list keeps anybody from cancelling: choosing comes afterwards.

        Where nobody waits nothing is promised. Whoever joins in this very moment sees it among what
        is free.
        """
        await self._promise_offer(freed, self.clock(), {})

    async def note_held(self, hold: Hold) -> None:
        """Its time may run out with nobody there to see it. A hold that ends otherwise leaves the
        promise as it is: it asks what has become of the hold."""
        await self._promise_offer(Freed.by_hold(hold), hold.expires_at, {"hold_id": hold.id})

    async def _promise_offer(self, freed: Freed, at: datetime, also: Mapping[str, str]) -> None:
        if freed.ends_at <= at:
            return
        if not await self.waiting.entries.at({freed.location_id}, now=at, limit=1):
            return
        await self.promises.make(
            Promise(
                key=f"{OFFER_FREED}/{freed.key}/{freed.round}",
                kind=OFFER_FREED,
                about=f"{OFFER_FREED}/{freed.key}",
                person=NOBODY,
                rule=f"booking@{self.waiting.rules.version}/wait_list",
                why=cause_or(freed.key),
                due_at=at,
                useful_until=freed.ends_at,
                facts={**freed.facts, **also},
            )
        )

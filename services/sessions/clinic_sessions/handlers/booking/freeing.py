"""Time that is free again: noted in the transaction that frees it, offered by a promise."""

from typing import Final

from clinic_platform.promises import Promise
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
        now = self.clock()
        if freed.ends_at <= now:
            return
        if not await self.waiting.entries.at({freed.location_id}, now=now, limit=1):
            return
        await self.promises.make(
            Promise(
                key=f"{OFFER_FREED}/{freed.key}/{freed.round}",
                kind=OFFER_FREED,
                about=f"{OFFER_FREED}/{freed.key}",
                person=NOBODY,
                rule=f"booking@{self.waiting.rules.version}/wait_list",
                why=cause_or(freed.key),
                due_at=now,
                useful_until=freed.ends_at,
                facts=dict(freed.facts),
            )
        )

"""What the handlers need from the outside world: the wait-list and its offers."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol as Port

from clinic_sessions.domain.waiting.entry import Waiting, WaitingFact
from clinic_sessions.domain.waiting.offer import Offer, OfferFact
from clinic_sessions.domain.waiting.rules import WaitRules


class WaitList(Port):
    """Every entry there ever was."""

    async def get(self, waiting_id: str) -> Waiting:
        """The entry, or WaitingNotFound."""
        ...

    async def of_plan(self, plan_id: str) -> Waiting | None:
        """The one that nothing has ended, even if its time is over."""
        ...

    async def at(
        self,
        locations: Set[str] | None,
        *,
        now: datetime,
        after: str | None = None,
        limit: int = 0,
    ) -> Sequence[Waiting]:
        """Who waits there (None: anywhere), in order, beginning after that place in the order."""
        ...

    async def record(self, waiting: Waiting, fact: WaitingFact) -> Waiting:
        """The entry after the fact. Raises AlreadyWaiting when the plan has another one that
        nothing has ended, Conflict if someone else was faster."""
        ...


class Offers(Port):
    """Every offer. `record` saves and announces, or does neither."""

    async def get(self, offer_id: str) -> Offer:
        """The offer, or OfferNotFound."""
        ...

    async def open_of(self, patient_id: str) -> Offer | None:
        """The one that nothing has ended, even if its time is over."""
        ...

    async def open_at(
        self, locations: Set[str] | None, *, after: str | None = None, limit: int = 0
    ) -> Sequence[Offer]:
        """Those that nothing has ended, by id."""
        ...

    async def record(self, offer: Offer, fact: OfferFact) -> Offer:
        """The offer after the fact. Raises Conflict if someone else was faster, or the patient has
        another open one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRoom:
    """All that the handlers of the wait-list work with."""

    entries: WaitList
    offers: Offers
    rules: WaitRules

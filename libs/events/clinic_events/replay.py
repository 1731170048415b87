"""Hearing a piece of the past again: which listeners may, and which refuse.

Without `again` it is safe for everybody: the inbox knows what was heard, so only what a listener
has missed is handled (a database that was restored from a backup has missed some). What is on a
compacted topic for longer than the inbox remembers is handled once more. With `again` a piece
is handled although it was heard, to build a projection anew. Only a listener that says it is
`repeatable` may: doing it again leaves what is there, and nothing of it is seen outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic_events.catalog import stem_of
from clinic_events.errors import CannotStart
from clinic_events.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What is on `topic` since `since` (by the broker's time), of one `kind` of event or of all.

    A kind is an event's name without its version. `again`: also what was heard already; then a
    `kind` is needed.
    """

    topic: str
    since: datetime
    kind: str | None = None
    again: bool = False

    def listeners(self, subscriptions: Iterable[Subscription]) -> list[Subscription]:
        """Those that will hear it. Raises CannotStart when there are none, or one must refuse."""
        chosen = [s for s in subscriptions if self._concerns(s)]
        if not chosen:
            raise CannotStart(f"Nothing here listens to {self.kind or 'anything'} on {self.topic}.")
        if self.again and self.kind is None:
            raise CannotStart("What is to be heard again needs a kind: one listener at a time.")
        if self.again and not all(s.repeatable for s in chosen):
            raise CannotStart(f"{self.kind} cannot be heard again: its effects are seen outside.")
        return chosen

    def _concerns(self, subscription: Subscription) -> bool:
        event = subscription.event
        return event.topic.name == self.topic and self.kind in (None, stem_of(event.name))

"""Replay: which events of a topic's past are handled once more, and by which listeners.

Without `again` it is safe for every listener: the inbox knows what was handled, so only missed
events are (a database restored from a backup has missed some). What is on a compacted topic for
longer than the inbox remembers is handled once more. With `again` events are handled although the
inbox has them, to rebuild a projection. Only a listener declared `repeatable` may do that: handling
an event twice leaves what is there, and nothing of it is seen outside.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic_events.catalog import stem_of
from clinic_events.errors import CannotStart
from clinic_events.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Events on `topic` from `since` on (by the broker's time), of one `kind` or of all.

    A kind is an event's name without its version. `again`: also events handled already; then a
    `kind` is needed.
    """

    topic: str
    since: datetime
    kind: str | None = None
    again: bool = False

    def listeners(self, subscriptions: Iterable[Subscription]) -> list[Subscription]:
        """Those to be called. Raises CannotStart where there are none, or one is not repeatable."""
        chosen = [s for s in subscriptions if self._concerns(s)]
        if not chosen:
            raise CannotStart(f"Nothing here listens to {self.kind or 'anything'} on {self.topic}.")
        if self.again and self.kind is None:
            raise CannotStart("A replay of handled events needs a kind: one listener at a time.")
        if self.again and not all(s.repeatable for s in chosen):
            raise CannotStart(f"{self.kind} cannot be handled again: its effects are seen outside.")
        return chosen

    def _concerns(self, subscription: Subscription) -> bool:
        event = subscription.event
        return event.topic.name == self.topic and self.kind in (None, stem_of(event.name))

"""Errors in handling or publishing an event, distinguished by what is done next."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType


class Park(Exception):
    """Raised by a handler: it will fail every time, so the event is parked at once."""


class Undecodable(Park):
    """The bytes are not an event this service can read; its handlers never see it."""


class UnknownVersion(Undecodable):
    """The event is known or subscribed to, but not in this version."""


class NobodyListens(Park):
    """A parked event that this service no longer subscribes to: it stays parked."""


class Unavailable(Exception):
    """A system we depend on does not answer: retried without end, never the event's fault."""


class NotAllTaken(Unavailable):
    """The broker answers and has acknowledged some of the messages, or none.

    `taken` are the positions, from 0, of those acknowledged: of one key on one topic always the
    first ones. `rests` are positions of refused ones, each with the seconds for which it is of no
    use to publish it again. What is in neither may be published again at once.
    """

    def __init__(
        self, taken: Iterable[int], *, of: int, rests: Mapping[int, float] = MappingProxyType({})
    ) -> None:
        self.taken = frozenset(taken)
        self.rests = rests
        super().__init__(f"The broker has taken {len(self.taken)} of {of} messages.")


class OutOfTime(Unavailable):
    """A transaction ran out of time in a database that answers: it may be too much for it.

    Elsewhere it is handled as Unavailable; for an event handled alone it is a failed attempt.
    """


class TookTooLong(Exception):
    """A handler ran for longer than any transaction may: it is cut off, a failed attempt."""


class CannotStart(Exception):
    """A precondition of the service is not met: reported in one line, and the process ends."""

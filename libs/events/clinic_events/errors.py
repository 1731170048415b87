"""What can go wrong with an event, sorted by what happens next."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType


class Park(Exception):
    """Will fail every time: set aside at once, with later events of its key behind it."""


class Undecodable(Park):
    """The bytes are not an event this service can read; its handlers never see it."""


class UnknownVersion(Undecodable):
    """The event is known or listened to, but not in this version."""


class NobodyListens(Park):
    """A parked event of a kind that this service has stopped listening to: it stays parked."""


class Unavailable(Exception):
    """A part we stand on does not answer: tried again without end, and never the event's fault."""


class NotAllTaken(Unavailable):
    """A broker that answers has not acknowledged all: of one topic or partition, perhaps.

    `taken` are the positions, from 0, of those that it has; it may be none. Of one key on one topic
    they are the first. `rests` are others of them, and the seconds for which it is of no use to
    publish them again. What is in neither may be published again at once.
    """

    def __init__(
        self, taken: Iterable[int], *, of: int, rests: Mapping[int, float] = MappingProxyType({})
    ) -> None:
        self.taken = frozenset(taken)
        self.rests = rests
        super().__init__(f"The broker has taken {len(self.taken)} of {of} messages.")


class OutOfTime(Unavailable):
    """A transaction's whole time has passed in a database that answers: it may be too much for it.

    To whoever tries a thing again without end it is as being away. An event by itself has failed.
    """


class TookTooLong(Exception):
    """A handler went on for longer than any transaction may last: cut off, a failure as others."""


class CannotStart(Exception):
    """What we stand on is not as it must be: told in one line, and the process ends."""

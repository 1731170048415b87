"""The wait-list: who waits, what they are offered, and what they answer."""

from clinic_sessions.handlers.waiting.answering import Answering
from clinic_sessions.handlers.waiting.following import Following
from clinic_sessions.handlers.waiting.listing import Listing
from clinic_sessions.handlers.waiting.offering import Offering

__all__ = ["Waits"]


class Waits(Listing, Offering, Answering, Following):
    """All stand on `passing`, which ends an offer so that the next in order is asked."""

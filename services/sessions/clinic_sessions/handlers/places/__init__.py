"""Places: their documents, changes of them, and bookings that a change has broken."""

from clinic_sessions.handlers.places.documents import Places
from clinic_sessions.handlers.places.repairs import NearestFree

__all__ = ["NearestFree", "Places"]

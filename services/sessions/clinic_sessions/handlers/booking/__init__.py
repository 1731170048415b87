"""Booking: what is free, holds, sessions, and every change of time."""

from clinic_sessions.handlers.booking.holds import Holding
from clinic_sessions.handlers.booking.sessions import Bookings

__all__ = ["Booking"]


class Booking(Bookings, Holding):
    """Both stand on `placing`, which finds and checks a place for a visit."""

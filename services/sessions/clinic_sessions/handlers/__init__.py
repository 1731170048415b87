"""Everything the sessions service does, one method per thing."""

from clinic_sessions.handlers.bedside import Bedside
from clinic_sessions.handlers.booking import Booking
from clinic_sessions.handlers.drugs import Drugs
from clinic_sessions.handlers.hearing import Hearing
from clinic_sessions.handlers.places import Places
from clinic_sessions.handlers.tools import Tools

__all__ = ["Bedside", "Booking", "Drugs", "Handlers", "Hearing", "Places", "Tools"]


class Handlers(Places, Booking, Bedside, Drugs, Hearing):
    """One object with all of them, over one set of tools."""

"""Everything the sessions service does, one method per thing."""

from clinic_sessions.handlers.bedside import Bedside
from clinic_sessions.handlers.booking import Booking
from clinic_sessions.handlers.drugs import Drugs
from clinic_sessions.handlers.hearing import Hearing
from clinic_sessions.handlers.places import NearestFree, Places
from clinic_sessions.handlers.tools import Definitions, Tools
from clinic_sessions.handlers.versions import Versions
from clinic_sessions.handlers.watch import Watching

__all__ = [
    "Bedside",
    "Booking",
    "Definitions",
    "Drugs",
    "Handlers",
    "Hearing",
    "NearestFree",
    "Places",
    "Tools",
    "Versions",
    "Watching",
]


class Handlers(Places, Booking, Bedside, Watching, Drugs, Versions, Hearing):
    """One object with all of them, over one set of tools."""

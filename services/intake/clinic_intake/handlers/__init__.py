"""Everything the intake service does, one method per thing."""

from clinic_intake.handlers.clearing import Clearing
from clinic_intake.handlers.consenting import Consenting
from clinic_intake.handlers.consulting import Consulting
from clinic_intake.handlers.erasing import Erasing
from clinic_intake.handlers.people import People
from clinic_intake.handlers.questioning import Questioning
from clinic_intake.handlers.reacting import Reacting
from clinic_intake.handlers.tools import Definitions, Tools

__all__ = [
    "Clearing",
    "Consenting",
    "Consulting",
    "Definitions",
    "Erasing",
    "Handlers",
    "People",
    "Questioning",
    "Reacting",
    "Tools",
]


class Handlers(People, Questioning, Consulting, Consenting, Erasing, Reacting):
    """One object with all of them, over one set of tools."""

"""What the API takes and gives about controlled drugs. Amounts are milligrams, to the microgram."""

from clinic_sessions.schemas.drugs.duties import (
    CloseDay,
    CloseIncident,
    ClosingOut,
    FormOut,
    FormSubmission,
    IncidentOut,
    LossReport,
)
from clinic_sessions.schemas.drugs.shown import VialOut, VialWithEntries
from clinic_sessions.schemas.drugs.vials import (
    CorrectEntry,
    CountVial,
    DrawDose,
    GiveDose,
    ProposeWaste,
    ReceiveVial,
    ReturnVial,
)

__all__ = [
    "CloseDay",
    "CloseIncident",
    "ClosingOut",
    "CorrectEntry",
    "CountVial",
    "DrawDose",
    "FormOut",
    "FormSubmission",
    "GiveDose",
    "IncidentOut",
    "LossReport",
    "ProposeWaste",
    "ReceiveVial",
    "ReturnVial",
    "VialOut",
    "VialWithEntries",
]

"""What the HTTP API takes and gives."""

from clinic_intake.schemas.consultations import ClearanceOut, ConsultationOut, SlotOut
from clinic_intake.schemas.erasing import ErasedOut, LegalHoldOut
from clinic_intake.schemas.people import CrisisOut, EnquiryOut, PatientOut, ReceivedOut
from clinic_intake.schemas.screenings import (
    ConsentDocumentOut,
    ConsentOut,
    QuestionnaireOut,
    ScreeningOut,
)
from clinic_intake.schemas.sent import (
    BookConsultation,
    ChangePatient,
    Convert,
    DecideClearance,
    Empty,
    Enquire,
    ErasePatient,
    GiveConsent,
    PlaceLegalHold,
    Reason,
    RescheduleConsultation,
    Screen,
    WithdrawConsent,
)

__all__ = [
    "BookConsultation",
    "ChangePatient",
    "ClearanceOut",
    "ConsentDocumentOut",
    "ConsentOut",
    "ConsultationOut",
    "Convert",
    "CrisisOut",
    "DecideClearance",
    "Empty",
    "Enquire",
    "EnquiryOut",
    "ErasePatient",
    "ErasedOut",
    "GiveConsent",
    "LegalHoldOut",
    "PatientOut",
    "PlaceLegalHold",
    "QuestionnaireOut",
    "Reason",
    "ReceivedOut",
    "RescheduleConsultation",
    "Screen",
    "ScreeningOut",
    "SlotOut",
    "WithdrawConsent",
]

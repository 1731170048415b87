"""HTTP → handler or view; the table error → status."""

from collections.abc import Mapping
from typing import Final

from clinic_intake.domain import errors
from clinic_intake.routes import erasing
from clinic_intake.routes.consultations import router as consultations
from clinic_intake.routes.people import router as people
from clinic_intake.routes.screenings import router as screenings

ROUTERS: Final = (people, screenings, consultations, erasing.router)

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.IntakeError: 409,
    errors.LocationNotFound: 404,
    errors.EnquiryNotFound: 404,
    errors.PatientNotFound: 404,
    errors.ScreeningNotFound: 404,
    errors.ConsultationNotFound: 404,
    errors.ClearanceNotFound: 404,
    errors.ConsentNotFound: 404,
    errors.ConsentDocumentNotCurrent: 409,
    errors.Conflict: 409,
    errors.NotAllowed: 409,
    errors.MayBeDuplicate: 409,
    errors.AnswersDoNotFit: 422,
    errors.SlotHasPassed: 422,
    errors.SlotTaken: 409,
    errors.SlotNotOffered: 409,
    errors.RangeTooLong: 422,
    errors.ConsultationNotBegun: 409,
    errors.GatesBlock: 409,
    errors.NothingToOverride: 409,
    errors.SecondPersonNeeded: 409,
    errors.UnknownProtocol: 422,
    **erasing.PROBLEMS,
}

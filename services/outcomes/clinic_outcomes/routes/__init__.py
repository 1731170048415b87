"""HTTP → handler or view; and which refusal has which status."""

from collections.abc import Mapping
from typing import Final

from clinic_outcomes.domain import errors
from clinic_outcomes.routes.clinicians import router as clinicians
from clinic_outcomes.routes.patients import router as patients

ROUTERS: Final = (patients, clinicians)
PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.PatientNotFound: 404,
    errors.SurveyNotFound: 404,
    errors.AlertNotFound: 404,
    errors.NotAllowed: 409,
    errors.Conflict: 409,
    errors.BadAnswers: 422,
    errors.FollowUpHasPassed: 422,
}

__all__ = ["PROBLEMS", "ROUTERS"]

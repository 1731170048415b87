"""HTTP → handler or view; the table error → status."""

from collections.abc import Mapping
from typing import Final

from clinic_sessions.domain import errors
from clinic_sessions.routes.bedside import router as bedside
from clinic_sessions.routes.booking import router as booking
from clinic_sessions.routes.places import router as places

ROUTERS: Final = (places, booking, bedside)

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.SessionsError: 409,
    errors.LocationNotFound: 404,
    errors.PlanNotFound: 404,
    errors.SessionNotFound: 404,
    errors.NoDoseOrdered: 404,
    errors.Conflict: 409,
    errors.NotAllowed: 409,
    errors.NotNow: 409,
    errors.SlotTaken: 409,
    errors.NotBookable: 409,
    errors.GatesBlock: 409,
    errors.SecondPersonNeeded: 409,
    errors.WeightUnknown: 409,
    errors.WeightChanged: 409,
    errors.NotYetMissed: 409,
    errors.UnknownProtocol: 409,
    errors.SlotHasPassed: 422,
    errors.DoseOutsideBounds: 422,
}

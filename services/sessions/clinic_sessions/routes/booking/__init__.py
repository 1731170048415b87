"""Plans, slots, holds and sessions over HTTP, and the statuses of their refusals."""

from collections.abc import Mapping
from typing import Final

from clinic_sessions.domain import errors
from clinic_sessions.routes.booking import holds, repairs, series, sessions

ROUTERS: Final = (sessions.router, holds.router, series.router, repairs.router)

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.PlanNotFound: 404,
    errors.SessionNotFound: 404,
    errors.HoldNotFound: 404,
    errors.NotAllowed: 409,
    errors.NotNow: 409,
    errors.SlotTaken: 409,
    errors.NotBookable: 409,
    errors.SeriesIncomplete: 409,
    errors.RepairChanged: 409,
    errors.RepairLosesVisits: 409,
    errors.NotYetMissed: 409,
    errors.AlreadyHere: 409,
    errors.ArrivedTooEarly: 409,
    errors.VisitIsOver: 409,
    errors.HoldHasEnded: 409,
    errors.UnknownProtocol: 409,
    errors.SlotHasPassed: 422,
    errors.WallTimeDoesNotExist: 422,
    errors.WallTimeExistsTwice: 422,
}

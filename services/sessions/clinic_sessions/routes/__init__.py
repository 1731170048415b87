"""HTTP → handler or view, by subject; the table error → status."""

from collections.abc import Mapping
from typing import Final

from clinic_sessions.domain import errors
from clinic_sessions.routes import bedside, board, booking, drugs, places, protocols, waiting, watch

ROUTERS: Final = (
    places.router,
    protocols.router,
    *booking.ROUTERS,
    waiting.router,
    *bedside.ROUTERS,
    watch.router,
    board.router,
    *drugs.ROUTERS,
)

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.SessionsError: 409,
    errors.Conflict: 409,
    errors.PatientErased: 410,
    **places.PROBLEMS,
    **protocols.PROBLEMS,
    **booking.PROBLEMS,
    **waiting.PROBLEMS,
    **bedside.PROBLEMS,
    **board.PROBLEMS,
    **watch.PROBLEMS,
    **drugs.PROBLEMS,
}

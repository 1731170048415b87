"""The day over HTTP: one file for each part of it, each with its routes and its refusals."""

from collections.abc import Mapping
from typing import Final

from clinic_sessions.routes.bedside import dosing, events, leaving, note, readiness

ROUTERS: Final = (
    readiness.router,
    dosing.router,
    events.router,
    leaving.router,
    note.router,
)
PROBLEMS: Final[Mapping[type[Exception], int]] = {
    **readiness.PROBLEMS,
    **dosing.PROBLEMS,
    **events.PROBLEMS,
    **leaving.PROBLEMS,
    **note.PROBLEMS,
}

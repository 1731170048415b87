"""What the routes of this service share."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request, Response

from clinic_platform.auth import Caller
from clinic_platform.web import ETag, about, caller
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from clinic_sessions.schemas import SessionOut
from clinic_sessions.views import Views


def _handlers(request: Request) -> Handlers:
    return cast(Handlers, request.app.state.handlers)


def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


Handling = Annotated[Handlers, Depends(_handlers)]
Viewing = Annotated[Views, Depends(_views)]
By = Annotated[Caller, Depends(caller)]


async def shown(
    request: Request, response: Response, handlers: Handlers, session: Session
) -> SessionOut:
    """The session as the API gives it, with its version, and noted in the audit by its id."""
    location = await handlers.locations.get(session.location_id)
    about(request, object_id=session.id, location_id=session.location_id)
    ETag(response, session.revision)
    return SessionOut.of(session, location.details.zone, now=handlers.clock())


@dataclass(frozen=True, slots=True)
class Show:
    """`shown`, as a verb's route uses it: `return await show(await handlers.…)`."""

    request: Request
    response: Response
    handlers: Handlers

    async def __call__(self, session: Session) -> SessionOut:
        return await shown(self.request, self.response, self.handlers, session)


def _show(request: Request, response: Response, handlers: Handling) -> Show:
    return Show(request, response, handlers)


Showing = Annotated[Show, Depends(_show)]

"""What the routes of this service share."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Query, Request, Response

from clinic_platform.auth import Caller
from clinic_platform.problems import MEDIA_TYPE
from clinic_platform.web import ETag, Moment, about, caller
from clinic_sessions.domain.board.past import Then
from clinic_sessions.domain.errors import SessionNotFound
from clinic_sessions.domain.session import Session
from clinic_sessions.handlers import Handlers
from clinic_sessions.schemas import SessionOut
from clinic_sessions.schemas.examples import SLOT_IS_TAKEN
from clinic_sessions.views import Past, Views


async def _handlers(request: Request) -> Handlers:
    return cast(Handlers, request.app.state.handlers)


async def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


async def _past(request: Request) -> Past:
    return cast(Past, request.app.state.past)


Handling = Annotated[Handlers, Depends(_handlers)]
Viewing = Annotated[Views, Depends(_views)]
Remembering = Annotated[Past, Depends(_past)]


async def _then(
    handlers: Handling,
    as_of: Annotated[Moment | None, Query()] = None,
    known_at: Annotated[Moment | None, Query()] = None,
) -> Then | None:
    """None where no other time is asked for. The one that is left out is now."""
    if as_of is None and known_at is None:
        return None
    now = handlers.clock()
    return Then(as_of=as_of or now, known_at=known_at or now)


# What a refused booking looks like, in the API's description.
TAKEN: Final[dict[int | str, dict[str, Any]]] = {
    409: {
        "description": "What is in the way, and the nearest starts that are free.",
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": SLOT_IS_TAKEN,
            }
        },
    }
}

AsOf = Annotated[Then | None, Depends(_then)]
By = Annotated[Caller, Depends(caller)]


@dataclass(frozen=True, slots=True)
class Tell:
    """What an answer is about goes into the audit, and its version into the ETag."""

    request: Request
    response: Response

    def __call__(self, object_id: str, location_id: str, revision: int) -> None:
        about(self.request, object_id=object_id, location_id=location_id)
        ETag(self.response, revision)


async def _tell(request: Request, response: Response) -> Tell:
    return Tell(request, response)


Telling = Annotated[Tell, Depends(_tell)]


async def session_then(
    by: Caller, session_id: str, then: Then, handlers: Handlers, past: Past
) -> Session:
    """The session then, of a caller who reaches it now. Before it was booked, or before that was
    known, there was none: SessionNotFound."""
    reached = await handlers.reached_session(by, session_id)
    session = await past.session(reached.id, then)
    if session is None:
        raise SessionNotFound
    return session


async def shown(
    request: Request, response: Response, handlers: Handlers, session: Session
) -> SessionOut:
    """The session as the API gives it to this caller, with its version, and noted in the audit by
    its id."""
    location = await handlers.locations.get(session.location_id)
    Tell(request, response)(session.id, session.location_id, session.revision)
    by, now = await caller(request), handlers.clock()
    return SessionOut.of(session, location.details.zone, now=now, by=by)


@dataclass(frozen=True, slots=True)
class Show:
    """`shown`, as a verb's route uses it: `return await show(await handlers.…)`."""

    request: Request
    response: Response
    handlers: Handlers

    async def __call__(self, session: Session) -> SessionOut:
        return await shown(self.request, self.response, self.handlers, session)


async def _show(request: Request, response: Response, handlers: Handling) -> Show:
    return Show(request, response, handlers)


Showing = Annotated[Show, Depends(_show)]

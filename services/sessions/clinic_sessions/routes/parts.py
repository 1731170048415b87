"""What the routes of this service share."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, Protocol, TypeAlias, cast

from fastapi import Depends, Header, Query, Request, Response

from clinic_platform.auth import Caller
from clinic_platform.problems import MEDIA_TYPE, Fault, StaleVersion, UnreadableRequest
from clinic_platform.web import ETag, Moment, about, caller, if_match
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


# A caller's clock may be ahead: a time that is later by no more than this is now.
CLOCKS_APART: Final = timedelta(minutes=1)
NOT_LATER: Final = "Left out it is now; one that is later than now is refused (422)."
TRUE_THEN: Final = f"What was true then. {NOT_LATER}"
KNOWN_THEN: Final = f"Only what had been recorded by then. {NOT_LATER}"


async def _then(
    handlers: Handling,
    as_of: Annotated[Moment | None, Query(description=TRUE_THEN)] = None,
    known_at: Annotated[Moment | None, Query(description=KNOWN_THEN)] = None,
) -> Then | None:
    """None where no other time is asked for. The one that is left out is now."""
    if as_of is None and known_at is None:
        return None
    now = handlers.clock()
    sent = {"as_of": as_of or now, "known_at": known_at or now}
    later = [name for name, at in sent.items() if at > now + CLOCKS_APART]
    if later:
        message = "The time is not later than now."
        raise UnreadableRequest([Fault(f"/{name}", "not_in_future", message) for name in later])
    return Then(as_of=min(sent["as_of"], now), known_at=min(sent["known_at"], now))


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
IfMatch = Annotated[str | None, Header(alias="If-Match")]


class Versioned(Protocol):
    @property
    def revision(self) -> int: ...


# How what a path names is read by a caller: of another location it is not found.
Reached: TypeAlias = Callable[[Handlers, Caller, str], Awaitable[Versioned]]
REACHED: Final[Mapping[str, Reached]] = {
    "session_id": Handlers.reached_session,
    "hold_id": Handlers.reached_hold,
    "plan_id": Handlers.reached_plan,
    "waiting_id": Handlers.reached_waiting,
    "offer_id": Handlers.reached_offer,
}


async def as_read(request: Request, by: By, handlers: Handling, sent: IfMatch = None) -> None:
    """With `If-Match` the change is of the version that was read, or refused: StaleVersion."""
    if sent is None:
        return
    expected = await if_match(sent)
    for name in REACHED.keys() & request.path_params.keys():
        found = await REACHED[name](handlers, by, request.path_params[name])
        _only_version(found.revision, expected)


async def note_as_read(session_id: str, by: By, handlers: Handling, sent: IfMatch = None) -> None:
    """As `as_read`, of the note, which has a version of its own."""
    if sent is not None:
        note = await handlers.read_note(by, session_id)
        _only_version(note.revision, await if_match(sent))


def _only_version(found: int, expected: int) -> None:
    """Raises StaleVersion."""
    if found != expected:
        raise StaleVersion(found)


@dataclass(frozen=True, slots=True)
class Describe:
    """What an answer is about goes into the audit, and its version into the ETag."""

    request: Request
    response: Response

    def __call__(self, object_id: str, location_id: str, revision: int) -> None:
        about(self.request, object_id=object_id, location_id=location_id)
        ETag(self.response, revision)


async def _describe(request: Request, response: Response) -> Describe:
    return Describe(request, response)


Describing = Annotated[Describe, Depends(_describe)]


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
    request: Request,
    response: Response,
    handlers: Handlers,
    session: Session,
    then: Then | None = None,
) -> SessionOut:
    """The session as the API gives it to this caller, with its version, and noted in the audit by
    its id. `then` is what it was read for: what is reckoned is reckoned to that time."""
    location = await handlers.locations.get(session.location_id)
    Describe(request, response)(session.id, session.location_id, session.revision)
    by, now = await caller(request), handlers.clock() if then is None else then.as_of
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

"""The board of a place over HTTP: once, as it moves, and as a page."""

from collections.abc import Mapping
from typing import Annotated, Final, cast

from fastapi import Depends, Header, Request
from fastapi.responses import HTMLResponse

from clinic_platform.web import (
    EventStream,
    Router,
    StaticPage,
    login_ends_at,
)
from clinic_platform.web.streaming import DESCRIPTION
from clinic_sessions.routes.parts import AsOf, By, Handling, Remembering
from clinic_sessions.schemas.board import BoardOut
from clinic_sessions.views import Boards, PastBoard

router = Router()

PROBLEMS: Final[Mapping[type[Exception], int]] = {}


async def _boards(request: Request) -> Boards:
    return cast(Boards, request.app.state.boards)


async def _page(request: Request) -> StaticPage:
    return cast(StaticPage, request.app.state.board_page)


async def _past_board(request: Request) -> PastBoard:
    return cast(PastBoard, request.app.state.past_board)


Watching = Annotated[Boards, Depends(_boards)]
LookingBack = Annotated[PastBoard, Depends(_past_board)]


@router.get("/board", operation_id="show_board_page", response_class=HTMLResponse)
async def show_board_page(page: Annotated[StaticPage, Depends(_page)]) -> HTMLResponse:
    """The same page for everybody; what it shows it asks for with a token."""
    return page.answer()


@router.get("/v1/locations/{location_id}/board", operation_id="get_board")
async def get_board(
    location_id: str,
    then: AsOf,
    past: Remembering,
    by: By,
    handlers: Handling,
    boards: Watching,
    past_board: LookingBack,
) -> BoardOut:
    """With `as_of` and `known_at` as it was, with an empty `cursor`."""
    location = await handlers.get_location(by, location_id)
    if then is None:
        return await boards.now(location)
    return await past_board.of(await past.location(location.id, then), then)


@router.get(
    "/v1/locations/{location_id}/board/events",
    operation_id="watch_board",
    status_code=200,
    response_class=EventStream,
    responses={**DESCRIPTION},
)
async def watch_board(
    location_id: str,
    by: By,
    handlers: Handling,
    boards: Watching,
    request: Request,
    last: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
) -> EventStream:
    """Server-sent events: `snapshot` (a board), `changed` (cards that differ, and those gone) and
    `stale` (the records cannot be read). After `Last-Event-ID` it begins with what has changed."""
    location = await handlers.get_location(by, location_id)
    screen = await boards.join(location, last)
    return EventStream(screen.events(), until=login_ends_at(request))

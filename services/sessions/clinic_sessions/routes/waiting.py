"""The wait-list and its offers over HTTP, and the statuses of their refusals."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import Depends

from clinic_platform.web import JsonBody, Page, Router, about, page_of
from clinic_sessions.domain import errors
from clinic_sessions.domain.waiting.entry import Waiting
from clinic_sessions.domain.waiting.offer import Offer
from clinic_sessions.handlers import Handlers
from clinic_sessions.routes.parts import By, Describe, Describing, Handling, Showing, as_read
from clinic_sessions.schemas import Empty, SessionOut
from clinic_sessions.schemas.waiting import JoinWaitList, OfferOut, PrioritiseWaiting, WaitingOut

router = Router(before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.WaitingNotFound: 404,
    errors.OfferNotFound: 404,
    errors.AlreadyWaiting: 409,
    errors.WaitingHasEnded: 409,
    errors.OfferHasEnded: 409,
    errors.HoldIsOffered: 409,
}


@router.post("/v1/wait-list", operation_id="join_wait_list", status_code=201)
async def join_wait_list(
    wanted: Annotated[JoinWaitList, JsonBody(JoinWaitList)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> WaitingOut:
    """A plan waits for a time that suits: for one more visit, or for an earlier one."""
    waiting = await handlers.join_wait_list(by, wanted.plan_id, wanted.wanted())
    return _waiting(describe, handlers, waiting)


@router.get("/v1/wait-list", operation_id="list_wait_list")
async def list_wait_list(
    by: By, handlers: Handling, page: Annotated[Page, Depends()]
) -> dict[str, object]:
    """Who waits, in the order in which they are asked."""
    found = await handlers.list_waiting(by, after=page.key, limit=page.fetch)
    order, now = {waiting.id: waiting.order for waiting in found}, handlers.clock()
    return page_of(
        [WaitingOut.of(waiting, now) for waiting in found], page, lambda one: order[one.id]
    )


@router.get("/v1/wait-list/{waiting_id}", operation_id="get_waiting")
async def get_waiting(
    waiting_id: str, by: By, handlers: Handling, describe: Describing
) -> WaitingOut:
    waiting = await handlers.reached_waiting(by, waiting_id)
    return _waiting(describe, handlers, waiting)


@router.post("/v1/wait-list/{waiting_id}/prioritise", operation_id="prioritise_waiting")
async def prioritise_waiting(
    waiting_id: str,
    how: Annotated[PrioritiseWaiting, JsonBody(PrioritiseWaiting)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> WaitingOut:
    """A clinician changes the order, with a reason."""
    waiting = await handlers.prioritise_waiting(by, waiting_id, level=how.level, reason=how.reason)
    answer = _waiting(describe, handlers, waiting)
    about(
        describe.request, object_id=waiting.id, location_id=waiting.location_id, reason=how.reason
    )
    return answer


@router.post("/v1/wait-list/{waiting_id}/withdraw", operation_id="withdraw_waiting")
async def withdraw_waiting(
    waiting_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> WaitingOut:
    """They wait no longer; what is offered to them just now goes to the next."""
    waiting = await handlers.withdraw_waiting(by, waiting_id)
    return _waiting(describe, handlers, waiting)


@router.get("/v1/offers", operation_id="list_offers")
async def list_offers(
    by: By, handlers: Handling, page: Annotated[Page, Depends()]
) -> dict[str, object]:
    """Those that wait for an answer."""
    found = await handlers.list_offers(by, after=page.key, limit=page.fetch)
    return page_of(await _shown(handlers, found), page, lambda offer: offer.id)


@router.get("/v1/offers/{offer_id}", operation_id="get_offer")
async def get_offer(offer_id: str, by: By, handlers: Handling, describe: Describing) -> OfferOut:
    offer = await handlers.reached_offer(by, offer_id)
    return await _offer(describe, handlers, offer)


@router.post("/v1/offers/{offer_id}/accept", operation_id="accept_offer")
async def accept_offer(
    offer_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """On behalf of whom it was made to: booked, or the booking moved, at once."""
    return await show(await handlers.accept_offer(by, offer_id))


@router.post("/v1/offers/{offer_id}/decline", operation_id="decline_offer")
async def decline_offer(
    offer_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> OfferOut:
    """They wait on; the time is offered to the next."""
    offer = await handlers.decline_offer(by, offer_id)
    return await _offer(describe, handlers, offer)


def _waiting(describe: Describe, handlers: Handlers, waiting: Waiting) -> WaitingOut:
    describe(waiting.id, waiting.location_id, waiting.revision)
    return WaitingOut.of(waiting, handlers.clock())


async def _offer(describe: Describe, handlers: Handlers, offer: Offer) -> OfferOut:
    describe(offer.id, offer.location_id, offer.revision)
    [shown] = await _shown(handlers, [offer])
    return shown


async def _shown(handlers: Handlers, offers: Sequence[Offer]) -> list[OfferOut]:
    places = {offer.location_id for offer in offers}
    zones = {place: (await handlers.locations.get(place)).details.zone for place in places}
    now = handlers.clock()
    return [OfferOut.of(offer, zones[offer.location_id], now) for offer in offers]

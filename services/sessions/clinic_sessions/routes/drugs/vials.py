"""Vials over HTTP: each verb posts to the ledger, and answers the vial as it is then."""

from typing import Annotated

from fastapi import Depends, Query

from clinic_platform.web import JsonBody, Page, Router, page_of
from clinic_sessions.domain.drugs.vial import Vial
from clinic_sessions.domain.errors.drugs import VialNotFound
from clinic_sessions.routes.parts import AsOf, By, Describe, Describing, Handling
from clinic_sessions.schemas import Empty
from clinic_sessions.schemas.drugs import (
    CorrectEntry,
    CountVial,
    DrawDose,
    GiveDose,
    ProposeWaste,
    ReceiveVial,
    ReturnVial,
    VialOut,
    VialWithEntries,
)
from clinic_sessions.schemas.drugs.vials import micrograms

router = Router()


@router.post("/v1/locations/{location_id}/vials", operation_id="receive_vial", status_code=201)
async def receive_vial(
    location_id: str,
    received: Annotated[ReceiveVial, JsonBody(ReceiveVial)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    vial = await handlers.receive_vial(
        by, location_id, received.to_product(), is_stored=received.is_stored
    )
    return _shown(describe, vial)


@router.get("/v1/locations/{location_id}/vials", operation_id="list_vials")
async def list_vials(
    location_id: str,
    by: By,
    handlers: Handling,
    page: Annotated[Page, Depends()],
    then: AsOf,
    is_open: Annotated[bool, Query(alias="open")] = False,
) -> dict[str, object]:
    """With `open=true` only those with something left, or with an incident. With `as_of` those
    that had come by then, each as it was; a page may then have fewer than the limit."""
    place = await handlers.reached_place(by, location_id)
    vials = await handlers.drugs.vials.page(
        place.id, after=page.key, limit=page.fetch, is_open=is_open and then is None
    )
    listed, shown = page_of(vials, page, lambda vial: vial.id), vials[: page.limit]
    if then is not None:
        were = await handlers.vials_then(shown, then)
        shown = [vial for vial in were if not (is_open and vial.is_settled)]
    return {**listed, "items": [VialOut.of(vial) for vial in shown]}


@router.get("/v1/vials/{vial_id}", operation_id="get_vial")
async def get_vial(
    vial_id: str, then: AsOf, by: By, handlers: Handling, describe: Describing
) -> VialWithEntries:
    """With `as_of` as it was then, with its version of then."""
    vial = await handlers.reached_vial(by, vial_id)
    if then is None:
        return _shown(describe, vial)
    for was in await handlers.vials_then([vial], then):
        return _shown(describe, was)
    raise VialNotFound


@router.post("/v1/vials/{vial_id}/check-out", operation_id="check_out_vial")
async def check_out_vial(
    vial_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """Until another person witnesses it, the vial stays in the store."""
    return _shown(describe, await handlers.check_out_vial(by, vial_id))


@router.post(
    "/v1/vials/{vial_id}/check-out/{check_out_id}/witness", operation_id="witness_check_out"
)
async def witness_check_out(
    vial_id: str,
    check_out_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """The vial is with the one who asked for it, or away as they asked."""
    return _shown(describe, await handlers.witness_check_out(by, vial_id, check_out_id))


@router.post("/v1/vials/{vial_id}/draws", operation_id="draw_dose", status_code=201)
async def draw_dose(
    vial_id: str,
    drawn: Annotated[DrawDose, JsonBody(DrawDose)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    vial = await handlers.draw_dose(
        by,
        vial_id,
        session_id=drawn.session_id,
        micrograms=micrograms(drawn.mg),
        millilitres=drawn.ml,
    )
    return _shown(describe, vial)


@router.post("/v1/vials/{vial_id}/give", operation_id="give_dose")
async def give_dose(
    vial_id: str,
    given: Annotated[GiveDose, JsonBody(GiveDose)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    vial = await handlers.give_dose(
        by, vial_id, session_id=given.session_id, micrograms=micrograms(given.mg)
    )
    return _shown(describe, vial)


@router.post("/v1/vials/{vial_id}/waste", operation_id="propose_waste", status_code=201)
async def propose_waste(
    vial_id: str,
    waste: Annotated[ProposeWaste, JsonBody(ProposeWaste)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """Until another person witnesses it, two what is destroyed, the amount stays where it is."""
    vial = await handlers.propose_waste(by, vial_id, waste.to_proposal())
    return _shown(describe, vial)


@router.post("/v1/vials/{vial_id}/waste/{waste_id}/witness", operation_id="witness_waste")
async def witness_waste(
    vial_id: str,
    waste_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    return _shown(describe, await handlers.witness_waste(by, vial_id, waste_id))


@router.post("/v1/vials/{vial_id}/return", operation_id="return_vial")
async def return_vial(
    vial_id: str,
    back: Annotated[ReturnVial, JsonBody(ReturnVial)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """Into the store at once. From it a check-out, which another person witnesses as any other."""
    vial = await handlers.return_vial(
        by, vial_id, to=back.to, location_id=back.location_id, reference=back.reference
    )
    return _shown(describe, vial)


@router.post("/v1/vials/{vial_id}/counts", operation_id="count_vial", status_code=201)
async def count_vial(
    vial_id: str,
    count: Annotated[CountVial, JsonBody(CountVial)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """One that differs from the ledger opens an incident, which blocks the vial."""
    vial = await handlers.count_vial(by, vial_id, count.shift, micrograms(count.mg))
    return _shown(describe, vial)


@router.post("/v1/vials/{vial_id}/corrections", operation_id="correct_entry", status_code=201)
async def correct_entry(
    vial_id: str,
    wrong: Annotated[CorrectEntry, JsonBody(CorrectEntry)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> VialWithEntries:
    """Take an entry back by an entry of today. What should have been is then posted as usual."""
    return _shown(describe, await handlers.correct_entry(by, vial_id, wrong.corrects))


def _shown(describe: Describe, vial: Vial) -> VialWithEntries:
    describe(vial.id, vial.location_id, vial.revision)
    return VialWithEntries.of(vial)

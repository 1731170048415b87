"""Arrival, checks, gates and waivers over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import (
    AsOf,
    By,
    Handling,
    Remembering,
    Showing,
    as_read,
    session_then,
)
from clinic_sessions.schemas import (
    ArrivedOut,
    Checks,
    ConfirmWaiver,
    Empty,
    GatesOut,
    SessionOut,
    WaiveGate,
    noted,
)

router = Router(prefix="/v1/sessions/{session_id}", before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.GatesBlock: 409,
    errors.GateNotShut: 409,
    errors.NotWaivable: 409,
    errors.NotForYourRole: 403,
    errors.NoSuchWaiver: 404,
    errors.NothingDecided: 404,
    errors.SecondSignatureNeeded: 409,
    errors.SeenNeeded: 422,
    errors.SeenIsAnother: 409,
}


@router.post("/arrive", operation_id="receive_patient")
async def receive_patient(
    session_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> ArrivedOut:
    session = await handlers.receive_patient(by, session_id)
    there = await handlers.still_there(session)
    return ArrivedOut.with_those(await show(session), there)


@router.post("/checks", operation_id="note_checks")
async def note_checks(
    session_id: str,
    checks: Annotated[Checks, JsonBody(Checks)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.note_checks(by, session_id, noted(checks)))


@router.get("/readiness", operation_id="get_readiness")
async def get_readiness(
    session_id: str, then: AsOf, past: Remembering, by: By, handlers: Handling
) -> GatesOut:
    """The gates as they stand. With `as_of` and `known_at` the newest decision about them that was
    kept by then, as it was made: when a gate was waived, a dose verified, or dosing started."""
    if then is not None:
        session = await session_then(by, session_id, then, handlers, past)
        protocol = await handlers.protocol_for(session)
        gates = await past.readiness(session, protocol, then)
        return GatesOut.with_those(gates, handlers.data.rule_sets, [])
    gates, there = await handlers.assess_readiness(by, session_id)
    return GatesOut.with_those(gates, handlers.data.rule_sets, there)


@router.post("/waivers", operation_id="waive_gate", status_code=201)
async def waive_gate(
    session_id: str,
    sent: Annotated[WaiveGate, JsonBody(WaiveGate)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """A gate that is shut now, of those that are next: readiness, or discharge after dosing.
    `seen` is what the signer has read: what is signed for is that, and nothing else."""
    return await show(await handlers.waive_gate(by, session_id, sent.gate, sent.reason, sent.seen))


@router.post("/waivers/{gate}/confirm", operation_id="confirm_waiver")
async def confirm_waiver(
    session_id: str,
    gate: str,
    sent: Annotated[ConfirmWaiver, JsonBody(ConfirmWaiver)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.confirm_waiver(by, session_id, gate, sent.seen))

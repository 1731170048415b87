"""Going home and the other ends, over HTTP."""

from collections.abc import Mapping
from typing import Annotated, Final

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.routes.parts import By, Handling, Showing, as_read
from clinic_sessions.schemas import (
    CompleteSession,
    CorrectSession,
    DischargeAssessment,
    LeaveAgainstAdvice,
    Reason,
    ReceiptOut,
    SessionOut,
    noted,
)

router = Router(prefix="/v1/sessions/{session_id}", before_changes=[as_read])

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.DischargeIsAnother: 409,
    errors.GradeBelowEvents: 409,
    errors.NotDocumented: 409,
    errors.WitnessNeeded: 409,
    errors.NotByAbort: 409,
    errors.NothingToCorrect: 409,
}


@router.post("/discharge-assessments", operation_id="assess_discharge", status_code=201)
async def assess_discharge(
    session_id: str,
    assessment: Annotated[DischargeAssessment, JsonBody(DischargeAssessment)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> ReceiptOut:
    session, gates = await handlers.assess_discharge(by, session_id, noted(assessment))
    await show(session)
    return ReceiptOut.of(gates, handlers.data.rule_sets)


@router.post("/extend-stay", operation_id="extend_stay")
async def extend_stay(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """Without an escort nobody leaves alone: the patient stays, and is watched on."""
    return await show(await handlers.extend_stay(by, session_id, why.reason))


@router.post("/complete", operation_id="complete_session")
async def complete_session(
    session_id: str,
    end: Annotated[CompleteSession, JsonBody(CompleteSession)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    session = await handlers.complete_session(
        by, session_id, discharge=end.discharge, grade=end.adverse_event_grade_max
    )
    return await show(session)


@router.post("/leave-against-advice", operation_id="leave_against_advice")
async def leave_against_advice(
    session_id: str,
    sent: Annotated[LeaveAgainstAdvice, JsonBody(LeaveAgainstAdvice)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    account = sent.to_leaving(by=by.actor, now=handlers.clock())
    return await show(await handlers.leave_against_advice(by, session_id, account))


@router.post("/correct", operation_id="correct_session")
async def correct_session(
    session_id: str,
    sent: Annotated[CorrectSession, JsonBody(CorrectSession)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    """The completion is published again, with a higher version."""
    session = await handlers.correct_session(by, session_id, sent.to_anew(), sent.reason)
    return await show(session)


@router.post("/abort", operation_id="abort_session")
async def abort_session(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.abort_session(by, session_id, why.reason))


@router.post("/void", operation_id="void_session")
async def void_session(
    session_id: str,
    why: Annotated[Reason, JsonBody(Reason)],
    by: By,
    handlers: Handling,
    show: Showing,
) -> SessionOut:
    return await show(await handlers.void_session(by, session_id, why.reason))

"""For clinicians: instruments, assignments, scores, trends and risk alerts."""

from typing import Annotated, Literal, cast

from fastapi import Depends, Request

from clinic_outcomes.domain.instrument import Instruments
from clinic_outcomes.handlers import Risk
from clinic_outcomes.schemas import (
    AddNote,
    AlertOut,
    AlertsOut,
    AssignmentsOut,
    CloseAlert,
    InstrumentOut,
    InstrumentsOut,
    ScoresOut,
    TrendOut,
)
from clinic_outcomes.views import Views
from clinic_platform.auth import Caller
from clinic_platform.web import JsonBody, Page, Router, caller, page_of

router = Router(prefix="/v1")


async def _risk(request: Request) -> Risk:
    return cast(Risk, request.app.state.handlers.risk)


async def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


async def _instruments(request: Request) -> Instruments:
    return cast(Instruments, request.app.state.instruments)


By = Annotated[Caller, Depends(caller)]
Watching = Annotated[Risk, Depends(_risk)]
Reading = Annotated[Views, Depends(_views)]


@router.get("/instruments", operation_id="list_instruments")
async def list_instruments(
    instruments: Annotated[Instruments, Depends(_instruments)],
) -> InstrumentsOut:
    return InstrumentsOut(items=[InstrumentOut.of(instrument) for instrument in instruments.all])


@router.get("/patients/{patient_id}/assignments", operation_id="list_assignments")
async def list_assignments(patient_id: str, by: By, views: Reading) -> AssignmentsOut:
    items = await views.assignments_of(patient_id, by=by)
    return AssignmentsOut.model_validate({"items": items})


@router.get("/patients/{patient_id}/scores", operation_id="list_scores")
async def list_scores(patient_id: str, by: By, views: Reading) -> ScoresOut:
    return ScoresOut.model_validate({"items": await views.scores_of(patient_id, by=by)})


@router.get("/patients/{patient_id}/trend", operation_id="get_trend")
async def get_trend(patient_id: str, by: By, views: Reading) -> TrendOut:
    return TrendOut.model_validate({"items": await views.trend_of(patient_id, by=by)})


@router.get("/risk-alerts", operation_id="list_risk_alerts")
async def list_risk_alerts(
    by: By,
    views: Reading,
    page: Annotated[Page, Depends()],
    status: Literal["open", "acknowledged", "closed"] | None = None,
) -> AlertsOut:
    found = await views.alerts(by=by, status=status, before=page.key, limit=page.fetch)
    return AlertsOut.model_validate(page_of(found, page, lambda alert: str(alert["id"])))


@router.get("/risk-alerts/{alert_id}", operation_id="get_risk_alert")
async def get_risk_alert(alert_id: str, by: By, views: Reading) -> AlertOut:
    return AlertOut.model_validate(await views.alert(alert_id, by=by))


@router.post("/risk-alerts/{alert_id}/acknowledge", operation_id="acknowledge_risk_alert")
async def acknowledge_risk_alert(alert_id: str, by: By, risk: Watching) -> AlertOut:
    return AlertOut.model_validate(await risk.acknowledge(alert_id, by=by))


@router.post("/risk-alerts/{alert_id}/notes", operation_id="add_risk_note", status_code=201)
async def add_risk_note(
    alert_id: str, sent: Annotated[AddNote, JsonBody(AddNote)], by: By, risk: Watching
) -> AlertOut:
    return AlertOut.model_validate(await risk.note(alert_id, sent.text, by=by))


@router.post("/risk-alerts/{alert_id}/close", operation_id="close_risk_alert")
async def close_risk_alert(
    alert_id: str, sent: Annotated[CloseAlert, JsonBody(CloseAlert)], by: By, risk: Watching
) -> AlertOut:
    closed = await risk.close(
        alert_id, sent.level, rationale=sent.rationale, follow_up_on=sent.follow_up_on, by=by
    )
    return AlertOut.model_validate(closed)

"""HTTP → handler or view; and which refusal has which status."""

from collections.abc import Mapping
from typing import Annotated, Final, cast

from fastapi import Depends, Query, Request, Response

from clinic_notifications.domain import errors
from clinic_notifications.handlers import Choosing
from clinic_notifications.schemas import (
    MessagesOut,
    PreferencesOut,
    PromisesOut,
    SetPreferences,
)
from clinic_notifications.views import Views
from clinic_platform.auth import Caller
from clinic_platform.web import ETag, JsonBody, Moment, Router, caller, if_match

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.NotificationsError: 409,
    errors.PatientNotFound: 404,
    errors.PatientErased: 410,
    errors.UnknownCategory: 422,
    errors.UnknownChannel: 422,
    errors.StaleVersion: 412,
    errors.MessageHasEnded: 409,
    errors.Conflict: 409,
    errors.UnsafeHeader: 422,
}

router = Router(prefix="/v1/patients/{patient_id}")


async def _choosing(request: Request) -> Choosing:
    return cast(Choosing, request.app.state.handlers.choosing)


async def _views(request: Request) -> Views:
    return cast(Views, request.app.state.views)


By = Annotated[Caller, Depends(caller)]
Handling = Annotated[Choosing, Depends(_choosing)]
Reading = Annotated[Views, Depends(_views)]


@router.get("/promises", operation_id="list_promises")
async def list_promises(
    patient_id: str,
    by: By,
    views: Reading,
    until: Annotated[Moment | None, Query()] = None,
) -> PromisesOut:
    items = await views.promises_of(patient_id, until=until, by=by)
    return PromisesOut.model_validate({"items": items})


@router.get("/messages", operation_id="list_messages")
async def list_messages(patient_id: str, by: By, views: Reading) -> MessagesOut:
    return MessagesOut.model_validate({"items": await views.messages_of(patient_id, by=by)})


@router.get("/preferences", operation_id="read_preferences")
async def read_preferences(
    patient_id: str, by: By, handlers: Handling, response: Response
) -> PreferencesOut:
    preferences = await handlers.preferences(patient_id, by=by)
    ETag(response, preferences.revision)
    return PreferencesOut.of(preferences, await handlers.answers(preferences))


@router.put("/preferences", operation_id="set_preferences")
async def set_preferences(
    patient_id: str,
    sent: Annotated[SetPreferences, JsonBody(SetPreferences)],
    expected: Annotated[int, Depends(if_match)],
    by: By,
    handlers: Handling,
    response: Response,
) -> PreferencesOut:
    preferences = await handlers.set_preferences(
        patient_id, sent.as_choices(), opted_out=sent.opted_out, expected=expected, by=by
    )
    ETag(response, preferences.revision)
    return PreferencesOut.of(preferences, await handlers.answers(preferences))

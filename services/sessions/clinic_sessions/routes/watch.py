"""Watching over a patient over HTTP: readings, what is due, alarms."""

from collections.abc import Mapping
from typing import Annotated, Final

from clinic_platform.web import JsonBody, Router
from clinic_sessions.domain import errors
from clinic_sessions.domain.bedside.alarms import Alarm
from clinic_sessions.domain.board.past import alarms_then
from clinic_sessions.routes.parts import (
    AsOf,
    By,
    Describe,
    Describing,
    Handling,
    Remembering,
    session_then,
)
from clinic_sessions.schemas.booking import Empty
from clinic_sessions.schemas.watch import (
    AlarmCloses,
    AlarmOut,
    MonitoringOut,
    TakenOut,
    TakeReading,
    TakeReadings,
)

router = Router(prefix="/v1/sessions/{session_id}")

PROBLEMS: Final[Mapping[type[Exception], int]] = {
    errors.AlarmNotFound: 404,
    errors.AlarmNotAllowed: 409,
    errors.AlarmStands: 409,
    errors.ReadingNotFound: 404,
    errors.ReadingCorrectedMeanwhile: 409,
    errors.ReadingDiffers: 409,
    errors.ReadingKeepsItsTime: 422,
}


@router.post("/readings", operation_id="take_reading", status_code=201)
async def take_reading(
    session_id: str,
    sent: Annotated[TakeReading, JsonBody(TakeReading)],
    by: By,
    handlers: Handling,
) -> TakenOut:
    """`is_new` is false when this device sent this before: it is kept once. Another reading under a
    number that was used is refused, never dropped."""
    reading = sent.to_reading(session_id, now=handlers.clock())
    [taken] = await handlers.take_readings(by, session_id, [reading])
    return TakenOut.of(taken)


@router.post("/readings/batch", operation_id="take_readings", status_code=201)
async def take_readings(
    session_id: str,
    sent: Annotated[TakeReadings, JsonBody(TakeReadings)],
    by: By,
    handlers: Handling,
) -> dict[str, list[TakenOut]]:
    """All or none, by the time they were taken; a refusal names the place of the reading that it is
    about, from 0."""
    now = handlers.clock()
    readings = [reading.to_reading(session_id, now=now) for reading in sent.readings]
    taken = await handlers.take_readings(by, session_id, readings)
    return {"items": [TakenOut.of(one) for one in taken]}


@router.get("/readings", operation_id="list_readings")
async def list_readings(
    session_id: str, then: AsOf, past: Remembering, by: By, handlers: Handling
) -> dict[str, object]:
    """Every version of each, as it came. With `as_of` those taken by then, with `known_at` as they
    were known then."""
    if then is None:
        return {"items": await handlers.list_readings(by, session_id)}
    session = await handlers.reached_session(by, session_id)
    return {"items": await past.readings(session.id, then)}


@router.get("/monitoring", operation_id="get_monitoring")
async def get_monitoring(
    session_id: str, then: AsOf, past: Remembering, by: By, handlers: Handling
) -> MonitoringOut:
    """With `as_of` and `known_at` as it stood then; until the earlier of both, and no further."""
    if then is not None:
        session = await session_then(by, session_id, then, handlers, past)
        return MonitoringOut.of(await handlers.monitor_then(session, then))
    return MonitoringOut.of(await handlers.monitor(by, session_id))


@router.get("/alarms", operation_id="list_alarms")
async def list_alarms(
    session_id: str, then: AsOf, by: By, handlers: Handling
) -> dict[str, list[AlarmOut]]:
    """With `as_of` and `known_at` those that were raised by then, each as it stood."""
    alarms = await handlers.list_alarms(by, session_id)
    if then is not None:
        alarms = alarms_then(alarms, then)
    return {"items": [AlarmOut.of(alarm) for alarm in alarms]}


@router.post("/alarms/{alarm_id}/acknowledge", operation_id="acknowledge_alarm")
async def acknowledge_alarm(
    session_id: str,
    alarm_id: str,
    _: Annotated[Empty, JsonBody(Empty)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> AlarmOut:
    alarm = await handlers.acknowledge_alarm(by, session_id, alarm_id)
    return _shown(describe, alarm)


@router.post("/alarms/{alarm_id}/close", operation_id="close_alarm")
async def close_alarm(
    session_id: str,
    alarm_id: str,
    closing: Annotated[AlarmCloses, JsonBody(AlarmCloses)],
    by: By,
    handlers: Handling,
    describe: Describing,
) -> AlarmOut:
    alarm = await handlers.close_alarm(by, session_id, alarm_id, action=closing.action)
    return _shown(describe, alarm)


def _shown(describe: Describe, alarm: Alarm) -> AlarmOut:
    describe(alarm.id, alarm.location_id, alarm.revision)
    return AlarmOut.of(alarm)

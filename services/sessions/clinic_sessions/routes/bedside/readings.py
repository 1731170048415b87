"""What is measured at the bedside, over HTTP."""

from typing import Annotated

from clinic_platform.web import JsonBody, Router
from clinic_sessions.routes.parts import By, Handling
from clinic_sessions.schemas import TakeReading

router = Router(prefix="/v1/sessions/{session_id}")


@router.post("/readings", operation_id="take_reading", status_code=201)
async def take_reading(
    session_id: str,
    sent: Annotated[TakeReading, JsonBody(TakeReading)],
    by: By,
    handlers: Handling,
) -> dict[str, bool]:
    """`is_new` is false when this device sent this number before: it is kept once."""
    reading = sent.to_reading(session_id, now=handlers.clock())
    return {"is_new": await handlers.take_reading(by, reading)}


@router.get("/readings", operation_id="list_readings")
async def list_readings(session_id: str, by: By, handlers: Handling) -> dict[str, object]:
    return {"items": await handlers.list_readings(by, session_id)}

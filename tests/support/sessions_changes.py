"""Changes of a location over HTTP: planned, and applied as planned."""

from typing import Final

from clinic_events.ports import Document
from tests.support.answers import done
from tests.support.sessions_doors import HERE, Service, a_document

PLAN, APPLY, BROKEN = f"{HERE}/changes", f"{HERE}/changes/apply", f"{HERE}/broken-bookings"
ONLY_CHAIR_2: Final = [{"name": "chair_2", "room": "room_1"}]


async def planned(sessions: Service, **changes: object) -> Document:
    return done(await sessions.post(PLAN, a_document(**changes)))


async def applied(sessions: Service, **changes: object) -> Document:
    plan = await planned(sessions, **changes)
    change = {"document": a_document(**changes), "fingerprint": plan["fingerprint"]}
    return done(await sessions.post(APPLY, change))


def kinds(plan: Document) -> dict[str, int]:
    return {one["kind"]: one["bookings"] for one in plan["kinds"]}

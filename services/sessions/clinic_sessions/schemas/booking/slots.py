"""Slots as the API gives them: hundreds in one answer, written at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, Self

from pydantic import BaseModel, TypeAdapter

from clinic_platform.web import shown_as
from clinic_sessions.domain.booking.conflicts import wall
from clinic_sessions.domain.booking.timetable import Start
from clinic_sessions.schemas import examples


class SlotOut(BaseModel):
    """Free when it has no `why_not`; then chair and nurse are those that would be assigned, and
    `gap_days` are the days above the protocol's most to the plan's visits next to it."""

    model_config = shown_as(examples.SLOT_FREE, examples.SLOT_TAKEN)

    starts_at: datetime
    starts_local: str
    zone: str
    chair: str | None
    nurse: str | None
    gap_days: float
    why_not: str | None
    conflicts: list[Mapping[str, str]]

    @classmethod
    def of(cls, start: Start, zone: str) -> Self:
        conflict, seating = start.conflict, start.seating
        return cls(
            starts_at=start.starts_at,
            starts_local=wall(start.starts_at, zone),
            zone=zone,
            chair=None if seating is None else seating.chair,
            nurse=None if seating is None else seating.nurse,
            gap_days=start.gap_days,
            why_not=None if conflict is None else conflict.sentence,
            conflicts=[] if conflict is None else [conflict.details(zone)],
        )


SLOTS: Final = TypeAdapter(dict[str, list[SlotOut]])


def slots_as_json(starts: Iterable[Start], zone: str) -> bytes:
    """The whole answer in JSON. For four weeks it takes some ten milliseconds: see `searched`."""
    return SLOTS.dump_json({"items": [SlotOut.of(start, zone) for start in starts]})

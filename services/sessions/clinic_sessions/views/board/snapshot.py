"""The whole board: the answer to one request, and the first event of a screen."""

from collections.abc import Sequence
from datetime import datetime

from clinic_sessions.domain.board.day import Day
from clinic_sessions.domain.places.location import Location
from clinic_sessions.schemas.board import BoardOut, CardOut, PlaceOut, local_time


def board_of(
    location: Location, day: Day, cursor: str, cards: Sequence[CardOut], *, now: datetime
) -> BoardOut:
    return BoardOut(
        location=PlaceOut.of(location),
        day=day.date,
        server_time=now,
        local_time=local_time(now, location.details.zone),
        cursor=cursor,
        cards=list(cards),
    )

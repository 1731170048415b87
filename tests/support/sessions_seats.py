"""A stand-in of seats, shared by the stand-ins of sessions and holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from clinic_sessions.domain.booking.visit import PATIENT, Reservation
from clinic_sessions.domain.errors import SlotTaken

Seat: TypeAlias = tuple[str, str, datetime]  # where and what, ordinary or beside, when
Seated: TypeAlias = dict[Seat, dict[str, int]]  # who is there, and how many they tolerate


class InMemorySeats:
    """All or nothing: what is changed is a copy, until it is whole."""

    def __init__(self) -> None:
        self.rows: Seated = {}
        self.places: dict[str, str] = {}  # of whoever has seats

    def without(self, of: str) -> Seated:
        left = {s: {o: n for o, n in by.items() if o != of} for s, by in self.rows.items()}
        return {seat: by for seat, by in left.items() if by}

    def with_(
        self,
        rows: Seated,
        location_id: str,
        of: str,
        reservations: Iterable[Reservation],
        *,
        left_to: str | None = None,
    ) -> Seated:
        rows = {seat: dict(by) for seat, by in rows.items()}
        self.places[of] = location_id
        for one in reservations:
            for seat in _seats(location_id, one):
                there = rows.setdefault(seat, {})
                if left_to in there:
                    continue
                most = min([one.at_most, *there.values()])
                is_beside = seat[1] == "beside"
                is_elsewhere = any(self.places[other] != location_id for other in there)
                if one.person is not None and is_elsewhere:
                    raise _refusal(one, seat)
                if len(there) >= most and (is_beside or not one.is_overbooked):
                    raise _refusal(one, seat)
                there[of] = one.at_most
        return rows


def _seats(location_id: str, one: Reservation) -> list[Seat]:
    where = "anywhere" if one.kind == PATIENT else location_id
    name = f"{where}/{one.kind}/{one.resource}"
    if one.person is not None:
        name = f"anywhere/{one.kind}/{one.person}"
    beside = [(name, "beside", at) for at in one.slots()] if one.is_overbooked else []
    return [*((name, "", at) for at in one.slots()), *beside]


def _refusal(one: Reservation, seat: Seat) -> SlotTaken:
    name = PATIENT if one.kind == PATIENT else one.person or one.resource
    conflict = {"kind": one.kind, "resource": name, "from": seat[2].isoformat()}
    return SlotTaken(f"The {one.kind} is taken.", [conflict])

"""Seats: who has what, five minutes at a time. Here the database keeps people apart.

A row is one resource for one slot: its id is both, so there cannot be two. It knows who is there
(`by`), how many they are (`there`), and how many more the strictest of them tolerates (`room`).

- Whoever wants a resource alone (a chair, a nurse at a dosing, a patient) inserts the row. If there
  is one, somebody is there, and the insert is refused.
- Whoever tolerates others, up to so many in all (a recovery place, a nurse who watches), adds
  themselves to a row with few enough people and some room left, or inserts it. If there is a row
  and it is not such a one, the insert is refused.

Both are one write, decided by the database when it is written; what anybody has read before does
not matter. Of two transactions that write one row the later one begins again.

An overbooked seat is added to the row whatever it holds, so that the row stays full as long as one
of them is there; and it takes a row of its own, so that there is no second one.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from clinic_events.ports import Database, Document, DuplicateKey
from clinic_sessions.domain.booking.conflicts import PATIENT
from clinic_sessions.domain.booking.visit import Reservation
from clinic_sessions.domain.errors import SlotTaken

OVERBOOKED: Final = "overbooked"
ANYWHERE: Final = "anywhere"
COUNTED: Final[Document] = {
    "$set": {
        "there": {"$size": "$by"},
        "room": {"$subtract": [{"$min": "$by.at_most"}, {"$size": "$by"}]},
    }
}


class Seats:
    """In the collection `taken_slots`. Every call belongs in a transaction."""

    def __init__(self, database: Database) -> None:
        self._rows = database.collection("taken_slots")

    async def prepare(self) -> None:
        await self._rows.create_index([("by.of", 1)])

    async def take(
        self,
        location_id: str,
        of: str,
        reservations: Iterable[Reservation],
        *,
        left_to: str | None = None,
    ) -> None:
        """With the end of the transaction, which raises SlotTaken when one of them is not to be
        had. What the session `left_to` has already is not taken a second time."""
        theirs = set() if left_to is None else await self._seats_of(left_to)
        alone: list[Document] = []
        for reservation in reservations:
            for at in reservation.slots():
                seat = _seat(location_id, reservation, at)
                if (seat["resource"], at) in theirs:
                    continue
                if reservation.at_most == 1 and not reservation.is_overbooked:
                    alone.append(_row(seat, of))
                    continue
                await self._join(location_id, seat, reservation, of)
                if reservation.is_overbooked:
                    alone.append(_row({**seat, "beside": OVERBOOKED}, of))
        if alone:
            await self._rows.insert_later(alone, otherwise=_refusal)

    async def free(self, of: str) -> None:
        await self._free(of, {"by.of": of})

    async def leave(
        self, location_id: str, of: str, reservations: Iterable[Reservation], at: datetime
    ) -> None:
        """Free what is still to come of them, for a visit that ends at `at`."""
        to_come = [
            {
                "_id.resource": _resource(location_id, one),
                "_id.at": {"$gte": one.left_at(at).taken_until, "$lt": one.taken_until},
            }
            for one in reservations
            if one.left_at(at).taken_until < one.taken_until
        ]
        if to_come:
            await self._free(of, {"by.of": of, "$or": to_come})

    async def _seats_of(self, of: str) -> set[tuple[str, datetime]]:
        rows = await self._rows.find({"by.of": of}, fields=["_id"])
        return {(row["_id"]["resource"], row["_id"]["at"]) for row in rows}

    async def _free(self, of: str, where: Document) -> None:
        await self._rows.delete_many_later({**where, "there": 1})
        others: Document = {"$filter": {"input": "$by", "cond": {"$ne": ["$$this.of", of]}}}
        await self._rows.update_many_later(where, [{"$set": {"by": others}}, COUNTED])

    async def _join(
        self, location_id: str, seat: Document, reservation: Reservation, of: str
    ) -> None:
        where: Document = {"_id": seat}
        if reservation.person is not None:
            where["place"] = location_id  # they may share their time, but not between two places
        if not reservation.is_overbooked:
            where |= {"there": {"$lt": reservation.at_most}, "room": {"$gt": 0}}
        mine = {"of": {"$literal": of}, "at_most": reservation.at_most}
        all_of_them = {"$concatArrays": [{"$ifNull": ["$by", []]}, [mine]]}
        await self._rows.update_later(
            where,
            [{"$set": {"by": all_of_them}}, COUNTED],
            upsert=True,
            taken=_refusal,
        )


def _refusal(refused: DuplicateKey) -> SlotTaken:
    """What a refused write means to whoever asked."""
    seat = refused.key["_id"]
    assert isinstance(seat, dict), "No other index of seats is unique."
    at: datetime = seat["at"]
    _, kind, name = str(seat["resource"]).split("/", 2)
    resource = PATIENT if kind == PATIENT else name
    conflict = {"kind": kind, "resource": resource, "from": at.isoformat()}
    return SlotTaken(f"The {kind} is taken at {at:%H:%M} UTC.", [conflict])


def _seat(location_id: str, reservation: Reservation, at: datetime) -> Document:
    return {"resource": _resource(location_id, reservation), "at": at}


def _resource(location_id: str, reservation: Reservation) -> str:
    """A chair is one of a location; a patient is the same person everywhere, and so is somebody
    whom the documents of several places have as one."""
    if reservation.person is not None:
        return f"{ANYWHERE}/{reservation.kind}/{reservation.person}"
    where = ANYWHERE if reservation.kind == PATIENT else location_id
    return f"{where}/{reservation.kind}/{reservation.resource}"


def _row(seat: Document, of: str) -> Document:
    return {"_id": seat, "by": [{"of": of, "at_most": 1}], "there": 1, "room": 0}

"""What was true and known at another time, straight from MongoDB."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from clinic_events.ports import Collection, Database, Document
from clinic_platform.decisions import Receipt
from clinic_sessions.domain.bedside.gates import Gates
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.waiver import GateWaiver
from clinic_sessions.domain.board.past import Recorded, Then, readings_then, session_then
from clinic_sessions.domain.errors import LocationNotFound, NothingDecided
from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.places.location import Location
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.protocols.rule_sets import without_version
from clinic_sessions.domain.session import Session

# Facts of one shape are distinguished by their name.
_FACTS: Final[Mapping[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind) for kind in get_args(Fact)
}
_SESSION: Final = TypeAdapter(Session)
_READING: Final = TypeAdapter(Reading)
_LOCATION: Final = TypeAdapter(Location)
_WAIVERS: Final = TypeAdapter(tuple[GateWaiver, ...])


def content_of(fact: Fact) -> Document:
    """What is kept of a fact, beside its kind."""
    content: Document = _FACTS[type(fact).__name__].dump_python(fact)
    return content


class Past:
    def __init__(self, database: Database) -> None:
        self._facts = database.collection("session_facts")
        self._readings = database.collection("readings")
        self._receipts = database.collection("receipts")
        self._locations = database.collection("location_history")
        self._plans = database.collection("plan_history")

    async def session(self, session_id: str, then: Then) -> Session | None:
        """None before it was booked, or before that was known."""
        rows = await self._facts.find({"session_id": session_id}, sort=[("revision", 1)])
        return session_then([_recorded(row) for row in rows], then)

    async def readings(self, session_id: str, then: Then) -> list[Reading]:
        rows = await self._readings.find({"session_id": session_id})
        return readings_then([_READING.validate_python(row) for row in rows], then)

    async def readiness(self, session: Session, protocol: Protocol, then: Then) -> Gates:
        """The newest decision that was kept by then about whether dosing may begin, or
        NothingDecided. `session` is the session then."""
        rows = await self._receipts.find({"session_id": session.id})
        kept = [(Receipt.from_document(row["receipt"]), row["waivers"]) for row in rows]
        seen = [
            (receipt, waivers)
            for receipt, waivers in kept
            if receipt.rule_set == without_version(protocol.gates) and receipt.as_of <= then.earlier
        ]
        if not seen:
            raise NothingDecided
        receipt, waivers = max(seen, key=lambda one: one[0].as_of)
        at_once = await self.session(session.id, Then(receipt.as_of, receipt.as_of)) or session
        signed = _WAIVERS.validate_python(waivers)
        return Gates(receipt, signed, protocol.waivers, at_once.facts)

    async def location(self, location_id: str, then: Then) -> Location:
        """The document that held then, or LocationNotFound."""
        row = await _version(self._locations, {"location_id": location_id}, then)
        if row is None:
            raise LocationNotFound
        return _LOCATION.validate_python({**row, "id": location_id})

    async def plans(self, plan_ids: Iterable[str], then: Then) -> list[Document]:
        """Those that had begun, each as it was kept then."""
        rows = [(one, await _version(self._plans, {"plan_id": one}, then)) for one in plan_ids]
        return [{**row, "_id": plan_id} for plan_id, row in rows if row is not None]


async def _version(rows: Collection, owner: Document, then: Then) -> Document | None:
    """The newest of those that were so, and recorded, by then."""
    where = {**owner, "at": {"$lte": then.as_of}, "known_at": {"$lte": then.known_at}}
    return await rows.find_one(where, sort=[("revision", -1)])


def _recorded(row: Document) -> Recorded:
    after = row["after"]
    return Recorded(
        revision=row["revision"],
        fact=_FACTS[row["fact"]["kind"]].validate_python(row["fact"]["content"]),
        at=row["at"],
        known_at=row["known_at"],
        after=_SESSION.validate_python({**after, "id": after["_id"]}),
    )

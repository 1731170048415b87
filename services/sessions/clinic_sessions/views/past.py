"""What was true and known of a session at another time, straight from MongoDB."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from pydantic import TypeAdapter

from clinic_events.ports import Database, Document
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.board.past import Recorded, Then, readings_then, session_then
from clinic_sessions.domain.facts import Fact
from clinic_sessions.domain.session import Session

# Facts of one shape are told apart by their name.
_FACTS: Final[Mapping[str, TypeAdapter[Any]]] = {
    kind.__name__: TypeAdapter(kind) for kind in get_args(Fact)
}
_SESSION: Final = TypeAdapter(Session)
_READING: Final = TypeAdapter(Reading)


def content_of(fact: Fact) -> Document:
    """What is kept of a fact, beside its kind."""
    content: Document = _FACTS[type(fact).__name__].dump_python(fact)
    return content


class Past:
    def __init__(self, database: Database) -> None:
        self._facts = database.collection("session_facts")
        self._readings = database.collection("readings")

    async def session(self, session_id: str, then: Then) -> Session | None:
        """None before it was booked, or before that was known."""
        rows = await self._facts.find({"session_id": session_id}, sort=[("revision", 1)])
        return session_then([_recorded(row) for row in rows], then)

    async def readings(self, session_id: str, then: Then) -> list[Reading]:
        rows = await self._readings.find({"session_id": session_id})
        return readings_then([_READING.validate_python(row) for row in rows], then)


def _recorded(row: Document) -> Recorded:
    after = row["after"]
    return Recorded(
        revision=row["revision"],
        fact=_FACTS[row["fact"]["kind"]].validate_python(row["fact"]["content"]),
        at=row["at"],
        known_at=row["known_at"],
        after=_SESSION.validate_python({**after, "id": after["_id"]}),
    )

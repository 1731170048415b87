"""The evidence left by a storm, from four sources: databases, topics, the mail server, and all text
that was written. Gathered once; the checkers then need nothing else.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from clinic_ctl.stack.services import NAMES
from clinic_ctl.stack.stack import Stack
from clinic_events import topics
from clinic_events.ports import Document, Message
from clinic_platform.mongo import Mongo
from tests.chaos import witness
from tests.chaos.business_time import BusinessTime, Span
from tests.chaos.history import Call, CutOff
from tests.support.plain import plain
from tests.support.records import all_of

COLLECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "intake": (
        *("enquiries", "patients", "screenings", "consents", "consultations", "clearances"),
    ),
    "sessions": ("sessions", "plans", "readings"),
    "notifications": ("messages",),
    "outcomes": ("assignments", "doses"),
}
EVERYWHERE: Final = ("audit", "idempotency", "inbox", "outbox", "parked", "promises")
NEVER: Final = Span(datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
NEAR_ITS_END: Final = timedelta(seconds=5)


class Outage(NamedTuple):
    """A fault during which commands must be answered, by the monotonic clock. `meets_work` if some
    must have begun while it lasted."""

    name: str
    began_at: float
    healed_at: float
    meets_work: bool


class Ending(NamedTuple):
    """A service was asked to end itself at `asked_at`, and was back at `back_at`."""

    service: str
    asked_at: float
    back_at: float


class Deed(NamedTuple):
    """What an operator did to `about`, a record of the service."""

    service: str
    action: str
    about: str


class Letter(NamedTuple):
    """One that came: `msg_…`, when that was by the clinic's time, and its words."""

    id: str
    at: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One message as it lies on its topic, read as far as anybody can."""

    message: Message

    @property
    def place(self) -> tuple[str, int, int]:
        return self.message.topic, self.message.partition, self.message.offset

    @property
    def id(self) -> str:
        return self._header("ce_id") or "/".join(map(str, self.place))

    @property
    def stem(self) -> str:
        """`sessions.session_booked`."""
        return self._header("ce_type").rpartition(".v")[0]

    @property
    def subject(self) -> str:
        return self._header("ce_subject")

    @property
    def sequence(self) -> int:
        return int(self._header("ce_sequence") or 0)

    @property
    def published_at(self) -> datetime:
        """By the clock of the service that published it."""
        return datetime.fromisoformat(self._header("ce_time"))

    @property
    def cause(self) -> str:
        return self._header("ce_causationid")

    @property
    def correlation(self) -> str:
        return self._header("ce_correlationid")

    @property
    def body(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads(self.message.value or b"{}")
        return found

    def _header(self, name: str) -> str:
        return self.message.headers.get(name, b"").decode(errors="replace")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """`rows`: service → collection → documents. `letters`: each that came, as often as it came.
    `stops`: by service, the stretches of business time that were lived through; between two of them
    time was moved. `wrong_clocks`: when some worker's wall clock was off, by `clocks_off_by`.

    `injected`: the ids of events that we put onto topics ourselves, and what they were; `poison`:
    how often one of them is to be set aside; `pending`: what must be left to come of bookings that
    we invented. `deeds`: what an operator did. `outages`: the faults that must hold up no command.
    `endings`: when a service was asked to end itself, and `cut_off` the attempts whose end nobody
    knows.
    `witnessed`: by topic and key, the ids of events as the witness has written them down, and which
    of them were `set_aside` there; None where there was no witness.
    """

    calls: Sequence[Call] = ()
    rows: Mapping[str, Mapping[str, Sequence[Document]]] = field(default_factory=dict)
    records: Sequence[Record] = ()
    letters: Sequence[Letter] = ()
    stops: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    wrong_clocks: Sequence[Span] = ()
    clocks_off_by: timedelta = timedelta()
    texts: Mapping[str, bytes] = field(default_factory=dict)
    injected: Mapping[str, str] = field(default_factory=dict)
    poison: int = 0
    pending: Mapping[str, frozenset[str]] = field(default_factory=dict)
    deeds: Sequence[Deed] = ()
    outages: Sequence[Outage] = ()
    endings: Sequence[Ending] = ()
    cut_off: Sequence[CutOff] = ()
    witnessed: Mapping[str, Sequence[str]] | None = None
    set_aside: frozenset[str] = frozenset()
    now: datetime | None = None
    converged_in: float = 0.0
    lag: Mapping[str, int | None] = field(default_factory=dict)

    def of(self, service: str, collection: str) -> Sequence[Document]:
        return self.rows.get(service, {}).get(collection, ())

    def when_time_stood(self, service: str, at: datetime) -> Span:
        """The stop in which `at` came, from then to its end; NEVER where time has not come so far.
        What comes at the very end of one may be done in the next."""
        for stop in self.stops.get(service, ()):
            if at <= stop.earliest or at <= stop.latest - NEAR_ITS_END:
                return Span(max(at, stop.earliest), stop.latest)
        return NEVER

    def clock_error(self, since: datetime, until: datetime) -> timedelta:
        """How far off some worker's clock was then."""
        was_wrong = any(w.earliest <= until and since <= w.latest for w in self.wrong_clocks)
        return self.clocks_off_by if was_wrong else timedelta()

    @cached_property
    def ok(self) -> list[Call]:
        return [call for call in self.calls if call.outcome == "ok"]

    @cached_property
    def events(self) -> list[Record]:
        """Each event once, as first published, in the order of its partition; none of ours."""
        first: dict[str, Record] = {}
        for record in sorted(self.records, key=lambda record: record.place):
            if record.id not in self.injected:
                first.setdefault(record.id, record)
        return list(first.values())

    def named(self, stem: str) -> Iterator[Record]:
        return (record for record in self.events if record.stem == stem)

    @cached_property
    def caused(self) -> Mapping[str, list[Record]]:
        """Events by what led to them."""
        by: dict[str, list[Record]] = defaultdict(list)
        for record in self.events:
            by[record.cause].append(record)
        return by


async def rows_of(mongo: str) -> dict[str, dict[str, list[Document]]]:
    found: dict[str, dict[str, list[Document]]] = {}
    for service in NAMES:
        database = await Mongo.connect(mongo, database=service)
        try:
            found[service] = {
                name: await database.collection(name).find({})
                for name in (*COLLECTIONS[service], *EVERYWHERE)
            }
        finally:
            await database.close()
    return found


async def witnessed_in(mongo: str) -> tuple[dict[str, list[str]], frozenset[str]]:
    """The events the witness has written down, and those it could not handle."""
    database = await Mongo.connect(mongo, database=witness.NAME)
    try:
        rows = await database.collection(witness.HANDLED).find({})
        parked = await database.collection("parked").find({})
    finally:
        await database.close()
    handled = {row["_id"]: row["events"] for row in rows}
    return handled, frozenset(row["event_id"] for row in parked)


async def records_of(kafka: str) -> list[Record]:
    return [Record(message) for message in await all_of(kafka, topics.ALL)]


def letters_of(folder: Path, clock: BusinessTime) -> list[Letter]:
    """Each as often as it came. The mail server notes the machine's time."""
    kept = folder / "mail.jsonl"
    lines = kept.read_text().splitlines() if kept.exists() else []
    return [_letter(json.loads(line), clock) for line in lines]


def _letter(row: Mapping[str, str], clock: BusinessTime) -> Letter:
    received_at = datetime.fromisoformat(row["received_at"])
    message_id = row["id"].strip("<>").partition("@")[0]
    return Letter(message_id, clock.at("notifications", received_at), row["text"])


async def texts_of(stack: Stack, records: Sequence[Record]) -> dict[str, bytes]:
    """Everything that was written in clear: logs, metrics, topics."""
    found = {path.name: path.read_bytes() for path in sorted(stack.folder.glob("*.log*"))}
    async with plain() as client:
        for name, address in stack.management().items():
            found[f"metrics of {name}"] = (await client.get(f"{address}/metrics")).content
    for record in records:
        message = record.message
        headers = b"".join(message.headers.values())
        found["/".join(map(str, record.place))] = b"\n".join(
            [message.key or b"", message.value or b"", headers]
        )
    return found

"""For tests of notifications: plainly invented people and places, and its ports in memory."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any

from clinic_events.ports import DuplicateKey, Outbox
from clinic_notifications.app import USUAL_INTEGRATION, Definitions
from clinic_notifications.domain.consents import Consent
from clinic_notifications.domain.errors import Conflict
from clinic_notifications.domain.letters import Letter
from clinic_notifications.domain.messages import Fact, Message
from clinic_notifications.domain.people import Card, Location, Survey
from clinic_notifications.domain.plans import LetterPlan
from clinic_notifications.domain.preferences import Choice, Preferences, PreferencesSet
from clinic_notifications.domain.quiet_hours import QuietHours
from clinic_notifications.handlers import (
    ALERT,
    Choosing,
    Erasing,
    Handlers,
    Learning,
    Links,
    Planning,
    Writing,
)
from clinic_notifications.ports import Accepted, Answer, MailerFailed
from clinic_notifications.publishing import of_message
from clinic_platform.promises import Due, Ending, Lapsed, PromiseRow
from clinic_platform.schedules import Schedules
from clinic_platform.sealing import KeyRing
from clinic_platform.testing import NOON, FixedClock, InMemoryOutbox, InMemoryPromises

PATIENT = "pat_testa"
LOCATION = "loc_testville"
EMAIL = "testa.sample@example.org"
KEYS = KeyRing({"test": bytes(range(32))})
LINKS = Links("https://surveys.example.org", "https://staff.example.org/alerts")


def a_location(**changes: Any) -> Location:
    location = Location(
        id=LOCATION,
        version=1,
        name="Testville House",
        zone="Europe/Berlin",
        language="en",
        sender_name="Testville House",
        sender_email="hello@example.org",
        phone="555-0100",
        on_call_email="oncall@example.org",
        quiet_hours=QuietHours(time(20), time(8)),
        crisis_text="If you are in danger, call at any hour.",
        crisis_phone="555-0199",
    )
    return replace(location, **changes)


def a_card(version: int = 1, **changes: str | None) -> Card:
    opened = {"name": "Testa Sample", "email": EMAIL, "zone": "Europe/Berlin", "language": "en"}
    sealed = KEYS.seal(json.dumps({**opened, **changes}).encode(), about=PATIENT)
    return Card(patient_id=PATIENT, location_id=LOCATION, version=version, sealed=sealed)


def a_consent(**changes: Any) -> Consent:
    consent = Consent(
        id="con_1",
        patient_id=PATIENT,
        given_at=NOON - timedelta(days=30),
        expires_at=NOON + timedelta(days=335),
    )
    return replace(consent, **changes)


def a_message(**changes: Any) -> Message:
    message = Message(
        id="msg_1",
        patient_id=PATIENT,
        location_id=LOCATION,
        promise_key="ses_1/journal-1",
        promise_about="ses_1",
        purpose="integration-plan@1/journal-1",
        template="journal-1",
        category="integration",
        channel="email",
        created_at=NOON,
    )
    return replace(message, **changes)


class InMemoryPeople:
    def __init__(self) -> None:
        self.rows: dict[str, Card] = {}

    async def find(self, patient_id: str) -> Card | None:
        return self.rows.get(patient_id)

    async def keep(self, card: Card) -> bool:
        known = self.rows.get(card.patient_id)
        if known is not None and (known.is_erased or known.version >= card.version):
            return False
        self.rows[card.patient_id] = card
        return True

    async def erase(self, patient_id: str, location_id: str) -> None:
        known = self.rows.get(patient_id)
        self.rows[patient_id] = Card(
            patient_id=patient_id,
            location_id=location_id or (known.location_id if known else ""),
            version=known.version if known else 0,
            sealed=None,
        )


class InMemoryLocations:
    def __init__(self) -> None:
        self.rows: dict[str, Location] = {}

    async def find(self, location_id: str) -> Location | None:
        return self.rows.get(location_id)

    async def keep(self, location: Location) -> bool:
        known = self.rows.get(location.id)
        if known is not None and known.version >= location.version:
            return False
        self.rows[location.id] = location
        return True


class InMemoryConsents:
    def __init__(self) -> None:
        self.rows: dict[str, Consent] = {}

    async def find(self, consent_id: str) -> Consent | None:
        return self.rows.get(consent_id)

    async def of_patient(self, patient_id: str) -> list[Consent]:
        return [row for _, row in sorted(self.rows.items()) if row.patient_id == patient_id]

    async def keep(self, consent: Consent) -> None:
        self.rows[consent.id] = consent


class InMemorySurveys:
    def __init__(self) -> None:
        self.rows: dict[str, Survey] = {}

    async def find(self, assignment_id: str) -> Survey | None:
        return self.rows.get(assignment_id)

    async def keep(self, survey: Survey) -> None:
        self.rows[survey.assignment_id] = survey


class InMemoryPreferences:
    def __init__(self) -> None:
        self.rows: dict[str, Preferences] = {}

    async def find(self, patient_id: str) -> Preferences | None:
        return self.rows.get(patient_id)

    async def record(self, preferences: Preferences, fact: PreferencesSet) -> Preferences:
        known = self.rows.get(preferences.patient_id)
        _check("preferences", known.revision if known else None, preferences.revision)
        self.rows[preferences.patient_id] = preferences.after(fact)
        return self.rows[preferences.patient_id]

    async def forget(self, patient_id: str) -> None:
        self.rows.pop(patient_id, None)


class InMemoryMessages:
    def __init__(self, outbox: Outbox) -> None:
        self.rows: dict[str, Message] = {}
        self._outbox = outbox

    async def find(self, message_id: str) -> Message | None:
        return self.rows.get(message_id)

    async def record(self, message: Message, fact: Fact) -> Message:
        known = self.rows.get(message.id)
        _check("messages", known.revision if known else None, message.revision)
        after = self.rows[message.id] = message.after(fact)
        if events := of_message(after, fact):
            await self._outbox.append(*events, sequence=after.revision)
        return after


def _check(collection: str, known: int | None, expected: int) -> None:
    if expected == 0 and known is not None:
        raise DuplicateKey(collection, {"_id": "testa"})
    if expected != (known or 0):
        raise Conflict


class Letterbox:
    """A mailer that gives the chosen answer, and keeps what it took on."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.answer: Answer | MailerFailed = Accepted()

    async def send(self, letter: Letter) -> Answer:
        if isinstance(self.answer, MailerFailed):
            raise self.answer
        self.letters.append(letter)
        return self.answer


@dataclass
class Office:
    """The whole service in memory."""

    clock: FixedClock = field(default_factory=FixedClock)
    outbox: InMemoryOutbox = field(default_factory=InMemoryOutbox)
    people: InMemoryPeople = field(default_factory=InMemoryPeople)
    locations: InMemoryLocations = field(default_factory=InMemoryLocations)
    consents: InMemoryConsents = field(default_factory=InMemoryConsents)
    surveys: InMemorySurveys = field(default_factory=InMemorySurveys)
    book: InMemoryPreferences = field(default_factory=InMemoryPreferences)
    mailer: Letterbox = field(default_factory=Letterbox)
    also: Sequence[LetterPlan] = ()

    def __post_init__(self) -> None:
        definitions = Definitions.load()
        integrations = Schedules.of(
            (*definitions.integrations, *self.also), usual=USUAL_INTEGRATION
        )
        self.promises = InMemoryPromises(self.clock)
        self.messages = InMemoryMessages(self.outbox)
        categories = definitions.categories
        self.handlers = Handlers(
            learning=Learning(self.people, self.locations, self.consents),
            planning=Planning(self.promises, self.surveys, definitions.plans, integrations),
            writing=Writing(
                people=self.people,
                locations=self.locations,
                consents=self.consents,
                book=self.book,
                surveys=self.surveys,
                messages=self.messages,
                templates=definitions.templates,
                mailer=self.mailer,
                keys=KEYS,
                links=LINKS,
                categories=categories,
            ),
            choosing=Choosing(self.people, self.consents, self.book, categories, self.clock),
            erasing=Erasing(self.people, self.book, self.promises),
        )

    async def knows(self, *, card: Card | None = None, location: Location | None = None) -> None:
        """A patient who can be written to, and has agreed to it."""
        await self.people.keep(card or a_card())
        await self.locations.keep(location or a_location())
        await self.consents.keep(a_consent())

    def due(self, key: str, *, attempt: int = 1, uncertain: bool = False) -> Due:
        return Due(
            promise=self.promises.rows[key],
            now=self.clock(),
            attempt=attempt,
            uncertain=uncertain,
        )

    async def keep(self, key: str, *, attempt: int = 1, uncertain: bool = False) -> Ending:
        """As the keeper of promises does it."""
        writing = self.handlers.writing
        due = self.due(key, attempt=attempt, uncertain=uncertain)
        is_alert = due.promise.kind == ALERT
        decide = writing.letter_to_on_call if is_alert else writing.letter_to_patient
        step = await decide(due)
        outcome = await writing.hand_over(due, step) if isinstance(step, Letter) else step.outcome
        ending = await writing.settle(due, outcome)
        if isinstance(ending, Lapsed):
            await writing.note_lapse(due, ending.reason)
        return ending

    async def chooses(self, *choices: Choice, opted_out: bool = False) -> None:
        nothing = Preferences(patient_id=PATIENT, location_id=LOCATION)
        await self.book.record(nothing, PreferencesSet(choices, opted_out, NOON))

    def pending(self) -> list[PromiseRow]:
        return sorted(self.promises.pending(), key=lambda row: row.due_at)

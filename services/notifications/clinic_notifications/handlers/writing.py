"""Keeping a promised letter: look again, write, hand over, and record how it ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypeAlias, assert_never
from zoneinfo import ZoneInfo

import structlog

from clinic_notifications.domain.consents import standing
from clinic_notifications.domain.deciding import (
    ASK_AGAIN_AFTER,
    Defer,
    Facts,
    Go,
    Reason,
    Unread,
    Withhold,
    decide,
)
from clinic_notifications.domain.letters import Letter
from clinic_notifications.domain.messages import Message
from clinic_notifications.domain.people import Contact, Location
from clinic_notifications.domain.preferences import EMAIL, Category, Preferences
from clinic_notifications.domain.quiet_hours import zone_or
from clinic_notifications.ports import (
    Answer,
    Consents,
    Locations,
    Mailer,
    Messages,
    People,
    PreferenceBook,
    Refused,
    Surveys,
    Templates,
)
from clinic_platform.ids import derived_id
from clinic_platform.promises import Due, Ending, Kept, Lapsed, Later, NoAct, Withdrawn
from clinic_platform.sealing import CannotOpen, KeyRing

ALERT_AGAIN_AFTER: Final = timedelta(seconds=30)
NO_NAME: Final = "there"
# What letters to the one on call hold, under the names of their promises' facts.
IDS: Final = ("alert_id", "call_id", "about_id", "step")
# What letters about a visit hold: promise's fact → template's variable.
VARIABLES: Final = {"starts_at": "starts", "answer_by": "answer_by"}
TIMES: Final = frozenset({"answer_by", "called_at"})

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Links:
    """Where the links in letters lead."""

    survey_base_url: str
    alerts_base_url: str

    def survey(self, secret: str) -> str:
        """The secret stands in the fragment, which no server and no log ever sees."""
        return f"{self.survey_base_url.rstrip('/')}/s#{secret}"

    def alert(self, alert_id: str) -> str:
        return f"{self.alerts_base_url.rstrip('/')}/{alert_id}"


@dataclass(frozen=True, slots=True)
class Handed:
    """A letter that was handed over, and what the mail server answered."""

    letter: Letter
    answer: Answer


Course: TypeAlias = Letter | Defer | Withhold
Outcome: TypeAlias = Handed | Defer | Withhold
# Waiting and withholding send nothing: they are recorded in the transaction that ends the promise.
Step: TypeAlias = Letter | NoAct[Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    people: People
    locations: Locations
    consents: Consents
    book: PreferenceBook
    surveys: Surveys
    messages: Messages
    templates: Templates
    mailer: Mailer
    keys: KeyRing
    links: Links
    categories: Mapping[str, Category]

    async def letter_to_patient(self, due: Due) -> Step:
        """From what is true now. Reads only."""
        return _step(await self._to_patient(due))

    async def letter_to_on_call(self, due: Due) -> Step:
        """Waits for nothing but the place itself: not for a patient's card, choice or the hour."""
        return _step(await self._to_on_call(due))

    async def hand_over(self, due: Due, letter: Letter) -> Outcome:
        """The effect outside. Raises MailerFailed, and is then tried again."""
        return Handed(letter, await self.mailer.send(letter))

    async def settle(self, due: Due, outcome: Outcome) -> Ending:
        match outcome:
            case Handed(letter, answer):
                return await self._handed(due, letter, answer)
            case Defer():
                return await self._deferred(due, outcome)
            case Withhold(reason):
                message = await self._message(due)
                fact = message.withhold(reason, uncertain=due.uncertain, now=due.now)
                await self.messages.record(message, fact)
                return Withdrawn(reason)
            case _:
                assert_never(outcome)

    async def note_lapse(self, due: Due, reason: str) -> None:
        """Its time is over: withheld if nothing had gone wrong before, else undeliverable."""
        message = await self._message(due)
        if reason != Reason.TOO_LATE:
            await self.messages.record(message, message.give_up(reason, now=due.now))
        elif due.attempt > 1:
            fact = message.give_up(Reason.KEPT_FAILING, now=due.now)
            await self.messages.record(message, fact)
        else:
            withheld = message.withhold(reason, uncertain=due.uncertain, now=due.now)
            await self.messages.record(message, withheld)

    async def _to_patient(self, due: Due) -> Course:
        location = await self._location(due)
        if location is None:
            return Defer(due.now + ASK_AGAIN_AFTER, Reason.LOCATION_NOT_HEARD)
        if not await self._is_still_true(due):
            return Withhold(Reason.NO_LONGER_TRUE)
        contact = await self._contact(due.promise.person)
        decision = decide(await self._facts(due, location, contact))
        if not isinstance(decision, Go):
            return decision
        assert isinstance(contact, Contact)  # or the decision would have been to wait
        try:
            particulars = await self._particulars(due, decision.zone)
        except CannotOpen:
            log.error("survey_secret_cannot_be_opened", promise=due.promise.key)
            return Defer(due.now + ASK_AGAIN_AFTER, Reason.CONTACT_UNREADABLE)
        values = {
            "greeting": " ".join(contact.name.split()) or NO_NAME,
            "clinic": location.sender_name,
            "phone": location.phone,
            "crisis_text": location.crisis_text,
            "crisis_phone": location.crisis_phone,
            **particulars,
        }
        language = contact.language or location.language
        return self._letter(due, location, decision.recipient, language, values)

    async def _to_on_call(self, due: Due) -> Course:
        location = await self._location(due)
        if location is None:
            return Defer(due.now + ALERT_AGAIN_AFTER, Reason.LOCATION_NOT_HEARD)
        facts, zone = due.promise.facts, zone_or(location.zone, "UTC")
        about = str(facts.get("alert_id") or facts["about_id"])
        values: dict[str, object] = {"link": self.links.alert(about)}
        values |= {name: facts[name] for name in IDS if name in facts}
        for name in TIMES & facts.keys():
            values[name] = _in_words(datetime.fromisoformat(str(facts[name])), zone)
        role = facts.get("role")
        recipient = location.on_call_at(due.now, None if role is None else str(role))
        return self._letter(due, location, recipient, location.language, values)

    async def _handed(self, due: Due, letter: Letter, answer: Answer) -> Ending:
        if isinstance(answer, Refused):
            return Lapsed(f"smtp_{answer.code}")
        message = await self._message(due)
        version = letter.wording.template_version
        sent = message.send(template_version=version, uncertain=due.uncertain, now=due.now)
        await self.messages.record(message, sent)
        return Kept()

    async def _deferred(self, due: Due, defer: Defer) -> Ending:
        if defer.until > due.promise.useful_until:
            return Lapsed(Reason.TOO_LATE)
        message = await self._message(due)
        if not message.waits_for(defer.reason):
            fact = message.defer(until=defer.until, reason=defer.reason, now=due.now)
            await self.messages.record(message, fact)
        return Later(defer.until, defer.reason)

    async def _location(self, due: Due) -> Location | None:
        return await self.locations.find(str(due.promise.facts["location_id"]))

    async def _is_still_true(self, due: Due) -> bool:
        """Whether a survey is still open. All else that ends a letter withdraws its promise."""
        assignment_id = due.promise.facts.get("assignment_id")
        if assignment_id is None:
            return True
        survey = await self.surveys.find(str(assignment_id))
        return survey is not None and survey.is_open

    async def _contact(self, patient_id: str) -> Contact | Unread:
        card = await self.people.find(patient_id)
        if card is None:
            return Unread.NOT_RECEIVED
        if card.sealed is None:
            return Unread.ERASED
        try:
            opened = json.loads(self.keys.open(card.sealed, about=patient_id))
        except (CannotOpen, ValueError):
            log.error("card_cannot_be_opened", patient_id=patient_id, version=card.version)
            return Unread.UNREADABLE
        return Contact.of(opened) if isinstance(opened, dict) else Unread.UNREADABLE

    async def _facts(self, due: Due, location: Location, contact: Contact | Unread) -> Facts:
        promise = due.promise
        chosen = await self.book.find(promise.person)
        consents = await self.consents.of_patient(promise.person)
        return Facts(
            location=location,
            contact=contact,
            category=self.categories[str(promise.facts["category"])],
            preferences=chosen or Preferences(patient_id=promise.person, location_id=location.id),
            consent=standing(consents, due.now),
            heeds_quiet_hours=bool(promise.facts["heeds_quiet_hours"]),
            now=due.now,
        )

    async def _particulars(self, due: Due, zone: ZoneInfo) -> dict[str, object]:
        """The values that only this kind of letter has. Raises CannotOpen."""
        facts = due.promise.facts
        if "starts_at" in facts:
            shown = {name: facts[name] for name in VARIABLES if name in facts}
            times = {name: datetime.fromisoformat(str(at)) for name, at in shown.items()}
            return {VARIABLES[name]: _in_words(at, zone) for name, at in times.items()}
        if "assignment_id" not in facts:
            return {}
        survey = await self.surveys.find(str(facts["assignment_id"]))
        if survey is None or survey.sealed_secret is None:
            raise CannotOpen
        secret = self.keys.open(survey.sealed_secret, about=survey.patient_id)
        return {"link": self.links.survey(secret.decode())}

    def _letter(
        self,
        due: Due,
        location: Location,
        recipient: str,
        language: str,
        values: Mapping[str, object],
    ) -> Letter:
        template = str(due.promise.facts["template"])
        return Letter(
            message_id=_message_id(due),
            sender_name=location.sender_name,
            sender_email=location.sender_email,
            recipient=recipient,
            written_at=due.now,
            wording=self.templates.write(template, language=language, values=values),
        )

    async def _message(self, due: Due) -> Message:
        promise = due.promise
        found = await self.messages.find(_message_id(due))
        return found or Message(
            id=_message_id(due),
            patient_id=promise.person,
            location_id=str(promise.facts["location_id"]),
            promise_key=promise.key,
            promise_about=promise.about,
            purpose=promise.rule,
            template=str(promise.facts["template"]),
            category=str(promise.facts["category"]),
            channel=EMAIL,
            created_at=due.now,
        )


def _step(course: Course) -> Step:
    return course if isinstance(course, Letter) else NoAct(course)


def _message_id(due: Due) -> str:
    return derived_id("msg", due.promise.key)


def _in_words(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B} at {local:%H:%M} ({zone.key})"

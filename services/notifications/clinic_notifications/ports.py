"""What the handlers need from outside, and what each of these promises."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from clinic_events.errors import Unavailable
from clinic_notifications.domain.consents import Consent
from clinic_notifications.domain.letters import Letter, Wording
from clinic_notifications.domain.messages import Fact, Message
from clinic_notifications.domain.people import Card, Location, Survey
from clinic_notifications.domain.preferences import Preferences, PreferencesSet


class People(Protocol):
    """The newest contact card of each patient, as it was sealed."""

    async def find(self, patient_id: str) -> Card | None: ...

    async def keep(self, card: Card) -> bool:
        """Keep it if it is newer than the one that is kept. False, and nothing changed, if not, or
        if the patient was erased."""
        ...

    async def erase(self, patient_id: str, location_id: str) -> None:
        """Nothing stays but that there was a card. No card is kept for them ever after, however
        new. Without a place, the one that is known stays."""
        ...


class Locations(Protocol):
    """The newest description of each place."""

    async def find(self, location_id: str) -> Location | None: ...

    async def keep(self, location: Location) -> bool:
        """Keep it if it is newer than the one that is kept. False, and nothing changed, if not."""
        ...


class Consents(Protocol):
    """The consents to messages, given and withdrawn."""

    async def find(self, consent_id: str) -> Consent | None: ...

    async def of_patient(self, patient_id: str) -> list[Consent]: ...

    async def keep(self, consent: Consent) -> None:
        """In place of what was known of it."""
        ...


class Surveys(Protocol):
    """The surveys that letters are about."""

    async def find(self, assignment_id: str) -> Survey | None: ...

    async def keep(self, survey: Survey) -> None:
        """In place of what was known of it."""
        ...


class PreferenceBook(Protocol):
    """What each patient has chosen."""

    async def find(self, patient_id: str) -> Preferences | None: ...

    async def record(self, preferences: Preferences, fact: PreferencesSet) -> Preferences:
        """The preferences after the fact; Conflict or DuplicateKey if someone else was faster."""
        ...

    async def forget(self, patient_id: str) -> None:
        """Delete their choices, if any."""
        ...


class Messages(Protocol):
    """Every message that came due. `record` saves it and publishes what happened, or neither."""

    async def find(self, message_id: str) -> Message | None: ...

    async def record(self, message: Message, fact: Fact) -> Message:
        """The message after the fact; Conflict or DuplicateKey if someone else was faster."""
        ...


class Templates(Protocol):
    """The words of letters."""

    def write(self, template: str, *, language: str, values: Mapping[str, object]) -> Wording:
        """Fill a template in, with the variables it declares; English where a language lacks it.

        Raises CannotWrite when there is no such template, or a variable has no value.
        """
        ...


class CannotWrite(Exception):
    """A letter's words could not be made. The message names the template, never a value."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail server has taken the letter on."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The mail server refused the letter for good, with this code (5xx)."""

    code: int


Answer: TypeAlias = Accepted | Refused


class MailerFailed(Unavailable):
    """The letter may or may not have been taken on: hand the same one over again later."""


class Mailer(Protocol):
    async def send(self, letter: Letter) -> Answer:
        """Hand it over. The same letter twice has the same Message-ID. Raises MailerFailed."""
        ...

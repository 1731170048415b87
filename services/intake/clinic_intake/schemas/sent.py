"""What the HTTP API takes."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StrictBool, StrictFloat, StrictInt

from clinic_intake.domain.clearance import Decision
from clinic_intake.domain.enquiry import Asked
from clinic_intake.domain.erasure import Basis, Requester, Wish
from clinic_intake.domain.erasure import Reason as EraseReason
from clinic_intake.domain.patient import Changes
from clinic_intake.domain.questionnaire import Answers
from clinic_platform.web import Day, Moment, Sent, Text, Whole


def _a_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError("It is not a zone of the IANA list.") from None
    return name


def _not_encoded(text: str) -> str:
    """An encoded word of a mail header would be read as something else than it looks like."""
    if "=?" in text:
        raise ValueError("The text has characters that are not allowed.")
    return text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")]
Code = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,60}$")]
PersonName = Annotated[str, Text(120), AfterValidator(_not_encoded)]
# No white space (so no line break), no `=?`, no quoting: what mail to a person needs, no more.
Email = Annotated[str, Field(pattern=r"^[A-Za-z0-9.!#$%&'*+/^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()./-]{3,28}[0-9]$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
Zone = Annotated[str, Field(max_length=60), AfterValidator(_a_zone)]
Channel = Literal["email", "sms", "phone"]
Words = Annotated[str, Text(2000, lines=True)]
# Any number: the questionnaire has the bounds of each, and names the answer that passes them.
Value = StrictBool | StrictInt | StrictFloat | Annotated[str, Field(max_length=60)] | None
Group = Annotated[dict[Code, Value], Field(max_length=100)]


class Enquire(Sent):
    location_id: Id
    name: PersonName
    greeting_name: PersonName | None = None
    email: Email
    phone: Phone
    language: Language
    zone: Zone | None = None
    reason: Words
    consent_to_contact: bool
    preferred_channel: Channel
    source: Code

    def to_asked(self) -> Asked:
        return Asked(**dict(self))


class Convert(Sent):
    birth_date: Day | None = None
    not_a_duplicate_of: tuple[Id, ...] = Field(default=(), max_length=50)


class ChangePatient(Sent):
    name: PersonName | None = None
    greeting_name: PersonName | None = None
    email: Email | None = None
    phone: Phone | None = None
    language: Language | None = None
    zone: Zone | None = None
    birth_date: Day | None = None
    preferred_channel: Channel | None = None

    def to_changes(self) -> Changes:
        return Changes(**dict(self))


class Screen(Sent):
    """What the questionnaire asks, by group; null, or left out, is not known."""

    answers: Group
    vitals: Group
    instruments: Group

    def to_answers(self) -> Answers:
        return {
            "answers": self.answers,
            "vitals": self.vitals,
            "instruments": self.instruments,
        }


class GiveConsent(Sent):
    kind: Code
    document_version: Annotated[Whole, Field(ge=1)]
    language: Language
    signer: Literal["patient", "representative"] = "patient"


class WithdrawConsent(Sent):
    kind: Code


class BookConsultation(Sent):
    patient_id: Id
    clinician: Code
    starts_at: Moment


class RescheduleConsultation(Sent):
    clinician: Code
    starts_at: Moment


class Reason(Sent):
    reason: Code


class Empty(Sent):
    """A verb that needs nothing more."""


class Override(Sent):
    reason: Words


class DecideClearance(Sent):
    decision: Literal["cleared", "declined", "deferred"]
    rationale: Words
    indication: Code
    protocol: Code
    override: Override | None = None

    def to_decision(self) -> Decision:
        return Decision(
            outcome=self.decision,
            rationale=self.rationale,
            indication=self.indication,
            protocol=self.protocol,
            override=None if self.override is None else self.override.reason,
        )


class ErasePatient(Sent):
    """`end_episode`: what is still planned, as a refusal has listed it, ends with the record."""

    reason: EraseReason
    requested_by: Requester
    end_episode: bool = False

    def to_wish(self) -> Wish:
        return Wish(**dict(self))


class PlaceLegalHold(Sent):
    basis: Basis

"""The life of an enquiry: somebody asks before they are a patient, and is asked nothing twice."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, Self, TypeAlias, assert_never

from clinic_intake.domain.contact import Contact
from clinic_intake.domain.erasure import NOBODY
from clinic_intake.domain.errors import NotAllowed


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    CONVERTED = "converted"
    ERASED = "erased"


# The whole state machine. An arrow that is not drawn here cannot happen.
ARROWS: Final[Mapping[Status, tuple[Status, ...]]] = {
    Status.NEW: (Status.OPEN,),
    Status.OPEN: (Status.CONVERTED,),
    Status.CONVERTED: (Status.ERASED,),
    Status.ERASED: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody sends before they are a patient. Without a zone, that of the place holds."""

    location_id: str
    name: str
    greeting_name: str | None
    email: str
    phone: str
    language: str
    zone: str | None
    reason: str
    consent_to_contact: bool
    preferred_channel: str
    source: str


@dataclass(frozen=True, slots=True)
class Received:
    at: datetime


@dataclass(frozen=True, slots=True)
class Converted:
    """`not_a_duplicate_of`: the candidates that somebody knows to be other people."""

    at: datetime
    patient_id: str
    not_a_duplicate_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """With the patient it became: who asked, and in which words, is forgotten."""


Fact: TypeAlias = Received | Converted | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Enquiry:
    id: str
    location_id: str
    contact: Contact
    reason: str
    consent_to_contact: bool
    preferred_channel: str
    source: str
    status: Status = Status.NEW
    received_at: datetime | None = None
    patient_id: str | None = None
    not_a_duplicate_of: tuple[str, ...] = ()
    revision: int = 0

    def receive(self, *, now: datetime) -> Received:
        self._may_become(Status.OPEN)
        return Received(now)

    def convert(
        self, patient_id: str, *, not_a_duplicate_of: tuple[str, ...], now: datetime
    ) -> Converted:
        self._may_become(Status.CONVERTED)
        return Converted(now, patient_id, not_a_duplicate_of)

    def erase(self) -> Erased:
        self._may_become(Status.ERASED)
        return Erased()

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Received(at):
                return replace(following, status=Status.OPEN, received_at=at)
            case Converted(_, patient_id, others):
                return replace(
                    following,
                    status=Status.CONVERTED,
                    patient_id=patient_id,
                    not_a_duplicate_of=others,
                )
            case Erased():
                return following._without_person()
            case _:
                assert_never(fact)

    def _without_person(self) -> Self:
        return replace(
            self,
            status=Status.ERASED,
            contact=NOBODY,
            reason="",
            consent_to_contact=False,
            preferred_channel="",
            source="",
            not_a_duplicate_of=(),
        )

    def _may_become(self, status: Status) -> None:
        allowed = ARROWS[self.status]
        if status not in allowed:
            raise NotAllowed("An enquiry", self.status, status, allowed=allowed)

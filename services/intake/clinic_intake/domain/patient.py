"""A person with a record, and the version of their contact card."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Self, TypeAlias, assert_never

from clinic_intake.domain.contact import Contact, marks_of
from clinic_intake.domain.erasure import NOBODY, Basis, Episode, Erased, HoldLifted, LegalHold, Wish
from clinic_intake.domain.errors import LegalHoldStands, NoLegalHold, PatientErased


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is None stays as it is."""

    name: str | None = None
    greeting_name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    zone: str | None = None
    birth_date: date | None = None
    preferred_channel: str | None = None

    def of(self, contact: Contact) -> Contact:
        return Contact(
            name=self.name or contact.name,
            greeting_name=self.greeting_name or contact.greeting_name,
            email=self.email or contact.email,
            phone=self.phone or contact.phone,
            language=self.language or contact.language,
            zone=self.zone or contact.zone,
        )


@dataclass(frozen=True, slots=True)
class Registered:
    at: datetime


@dataclass(frozen=True, slots=True)
class DetailsChanged:
    contact: Contact
    birth_date: date | None
    preferred_channel: str


Fact: TypeAlias = Registered | DetailsChanged | LegalHold | HoldLifted | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Every change seals a new contact card, so the card's version is the record's."""

    id: str
    location_id: str
    enquiry_id: str
    contact: Contact
    birth_date: date | None
    preferred_channel: str
    consent_to_contact: bool
    source: str
    registered_at: datetime | None = None
    legal_hold: LegalHold | None = None
    erased: Erased | None = None
    revision: int = 0

    @property
    def card_version(self) -> int:
        return self.revision

    @property
    def marks(self) -> frozenset[str]:
        """None once they are erased: whoever comes again is somebody new."""
        return frozenset() if self.erased else marks_of(self.contact, self.birth_date)

    def register(self, *, now: datetime) -> Registered:
        return Registered(now)

    def change(
        self, contact: Contact, *, birth_date: date | None, preferred_channel: str
    ) -> DetailsChanged:
        return DetailsChanged(contact, birth_date, preferred_channel)

    def hold(self, basis: Basis, *, by: str, now: datetime) -> LegalHold:
        if self.legal_hold is not None:
            raise LegalHoldStands(self.legal_hold.basis)
        return LegalHold(basis, by, now)

    def lift_hold(self, *, by: str, now: datetime) -> HoldLifted:
        if self.legal_hold is None:
            raise NoLegalHold
        return HoldLifted(by, now)

    def erase(self, wish: Wish, episode: Episode, *, by: str, now: datetime) -> Erased:
        """Raises LegalHoldStands, CareUnderWay; EpisodeOpen, unless that is wished, too."""
        self.only_known()
        if self.legal_hold is not None:
            raise LegalHoldStands(self.legal_hold.basis)
        episode.only_what_may_end(wish)
        return Erased(now, by, wish.reason, wish.requested_by)

    def only_known(self) -> None:
        """Raises PatientErased."""
        if self.erased is not None:
            raise PatientErased

    def age_on(self, day: date) -> int | None:
        """Full years. Somebody born on 29 February is a year older on 1 March."""
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def after(self, fact: Fact) -> Self:
        following = replace(self, revision=self.revision + 1)
        match fact:
            case Registered(at):
                return replace(following, registered_at=at)
            case DetailsChanged(contact, birth_date, channel):
                return replace(
                    following, contact=contact, birth_date=birth_date, preferred_channel=channel
                )
            case LegalHold():
                return replace(following, legal_hold=fact)
            case HoldLifted():
                return replace(following, legal_hold=None)
            case Erased():
                return following._without_person(fact)
            case _:
                assert_never(fact)

    def _without_person(self, fact: Erased) -> Self:
        return replace(
            self,
            contact=NOBODY,
            birth_date=None,
            preferred_channel="",
            consent_to_contact=False,
            source="",
            erased=fact,
        )

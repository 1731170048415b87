"""Whether a letter that is due may go now, from what is known at this moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from clinic_notifications.domain.consents import ConsentState
from clinic_notifications.domain.errors import UnsafeHeader
from clinic_notifications.domain.letters import address
from clinic_notifications.domain.people import Contact, Location
from clinic_notifications.domain.preferences import EMAIL, Category, Layer, Preferences
from clinic_notifications.domain.quiet_hours import zone_or

ASK_AGAIN_AFTER: Final = timedelta(minutes=10)


class Reason(StrEnum):
    """Why a letter waits or does not go."""

    QUIET_HOURS = "quiet_hours"
    LOCATION_NOT_HEARD = "location_not_heard"
    CONTACT_NOT_HEARD = "contact_not_heard"
    CONTACT_UNREADABLE = "contact_unreadable"
    NO_CONTACT = "no_contact"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    PATIENT_ERASED = "patient_erased"
    NO_LONGER_TRUE = "no_longer_true"
    TOO_LATE = "too_late"
    KEPT_FAILING = "kept_failing"


class Unread(StrEnum):
    """Why there is no contact to write to. Unless they were erased, there may be one later."""

    NOT_RECEIVED = Reason.CONTACT_NOT_HEARD
    UNREADABLE = Reason.CONTACT_UNREADABLE
    ERASED = Reason.PATIENT_ERASED


@dataclass(frozen=True, slots=True)
class Go:
    """Write it now, to this address, with times in this zone."""

    recipient: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Defer:
    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Withhold:
    reason: Reason


Decision: TypeAlias = Go | Defer | Withhold


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known about a patient's letter. Read again each time, never remembered."""

    location: Location
    contact: Contact | Unread
    category: Category
    preferences: Preferences
    consent: ConsentState
    heeds_quiet_hours: bool
    now: datetime


def decide(facts: Facts) -> Decision:
    """For a letter to a patient. What forbids it comes before what delays it."""
    if facts.contact is Unread.ERASED:
        return Withhold(Reason.PATIENT_ERASED)
    if (unwanted := _unwanted(facts)) is not None:
        return Withhold(unwanted)
    if isinstance(facts.contact, Unread):
        return Defer(facts.now + ASK_AGAIN_AFTER, Reason(facts.contact.value))
    if not _is_address(facts.contact.email):
        return Withhold(Reason.NO_CONTACT)
    assert facts.contact.email is not None  # an address was found in it
    zone = zone_or(facts.contact.zone, facts.location.zone)
    over_at = facts.location.quiet_hours.end_after(facts.now, zone)
    if over_at is not None and facts.heeds_quiet_hours and not facts.category.critical:
        return Defer(over_at, Reason.QUIET_HOURS)
    return Go(facts.contact.email, zone)


def _unwanted(facts: Facts) -> Reason | None:
    answer = facts.preferences.answer(facts.category, EMAIL, facts.consent)
    if answer.wanted:
        return None
    never_agreed = answer.decided_by is Layer.CONSENT and facts.consent is ConsentState.ABSENT
    return Reason.NO_CONSENT if never_agreed else Reason.OPTED_OUT


def _is_address(email: str | None) -> bool:
    try:
        return email is not None and bool(address("To", email))
    except UnsafeHeader:
        return False

"""A place of the clinic, as one document: where, when, who, and how it writes to patients."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final, Literal, Self, TypeAlias

from clinic_sessions.domain.places.hours import Calendar, Closure, Hours, SpecialDay
from clinic_sessions.domain.places.resources import Chair, Equipment, RecoveryPlace, Room
from clinic_sessions.domain.places.staff import Member, OnCall

AN_HOUR: Final = timedelta(hours=1)
A_DAY: Final = timedelta(days=1)
WhyAway: TypeAlias = Literal["lost", "closed", "out_of_shift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """How long before a visit it may be booked, and until when it is cancelled in good time."""

    book_at_least_hours: int = 0
    book_at_most_days: int = 180  # clinic default
    cancel_at_least_hours: int = 24  # clinic default

    @property
    def book_at_least(self) -> timedelta:
        return self.book_at_least_hours * AN_HOUR

    @property
    def book_at_most(self) -> timedelta:
        return self.book_at_most_days * A_DAY

    @property
    def cancel_at_least(self) -> timedelta:
        return self.cancel_at_least_hours * AN_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """When patients are left alone, on the location's clock; over midnight where `ends` is less."""

    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Crisis:
    """What somebody in danger is shown, and whom they can call."""

    text: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The registration of this address to keep and give controlled drugs (21 CFR 1301.12)."""

    number: str
    schedules: tuple[str, ...]  # II, IIN, III, IIIN, IV, V; with N: other than narcotics
    expires_on: date  # the last day on which it is valid


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescriptionMonitoring:
    """Whether the law of this place has its state's programme asked `before_dose`, and again after
    so many days; 0: on the day of each dose. `law` says where that is written."""

    before_dose: bool
    every_days: int
    law: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What the document says. `ratios`: by phase, how many patients one person may watch at once
    where the protocol lets people be shared."""

    display_name: str
    zone: str
    language: str
    sender_name: str
    sender_email: str
    phone: str
    on_call_email: str
    quiet_hours: Quiet
    crisis: Crisis
    hours: Mapping[str, Hours]
    special_days: tuple[SpecialDay, ...] = ()
    closures: tuple[Closure, ...] = ()
    rooms: tuple[Room, ...] = ()
    chairs: tuple[Chair, ...] = ()
    recovery: tuple[RecoveryPlace, ...] = ()
    equipment: tuple[Equipment, ...] = ()
    staff: tuple[Member, ...] = ()
    ratios: Mapping[str, int] = field(default_factory=dict)
    notice: Notice = Notice()
    rota: tuple[OnCall, ...] = ()
    registration: Registration | None = None
    protocols: tuple[str, ...] = ()
    prescription_monitoring: PrescriptionMonitoring | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """The document, as it is from now on."""

    details: Details


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    id: str
    details: Details
    revision: int = 0

    def describe(self, details: Details) -> Described:
        return Described(details)

    def after(self, described: Described) -> Self:
        return replace(self, details=described.details, revision=self.revision + 1)

    @property
    def calendar(self) -> Calendar:
        details = self.details
        return Calendar(
            zone=details.zone,
            week=details.hours,
            special_days=details.special_days,
            closures=tuple(closure for closure in details.closures if not closure.protocols),
        )

    def giving(self, protocol: str) -> Self:
        """As it is for what is given by that protocol: what is closed for it alone is closed, too,
        and rooms have its buffers. The whole document knows nothing of who asks, and leaves such
        closures out."""
        details = self.details
        is_one_for_all = not any(closure.protocols for closure in details.closures)
        if is_one_for_all and not any(room.buffers for room in details.rooms):
            return self
        meant = (one for one in details.closures if not one.protocols or protocol in one.protocols)
        seen = replace(
            details,
            closures=tuple(replace(closure, protocols=()) for closure in meant),
            rooms=tuple(room.giving(protocol) for room in details.rooms),
        )
        return replace(self, details=seen)

    def offers(self, protocol: str) -> bool:
        """Nothing is booked, held or moved for a plan of a protocol that is not offered."""
        return protocol in self.details.protocols

    def is_open(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the place is open all that while, by its own clock, on one day."""
        return self.calendar.is_open(starts_at, ends_at)

    def why_away(
        self, kind: str, name: str, starts_at: datetime, ends_at: datetime
    ) -> WhyAway | None:
        """Why a place, a person or a piece of equipment cannot be had for all of that time; None
        when it can. A room that is closed closes what stands in it. What else takes it: not here.
        """
        resource = self._resources(kind).get(name)
        if resource is None:
            return "lost"
        names = {name, getattr(resource, "room", name)}
        if any(self.calendar.is_closed_for(one, starts_at) for one in names):
            return "closed"
        start, end = self.calendar.local(starts_at), self.calendar.local(ends_at)
        if isinstance(resource, Member) and not resource.is_there(start, end):
            return "out_of_shift"
        return None

    @property
    def people(self) -> Mapping[str, str]:
        """Who may be at other places, too, by the name they have here."""
        return {one.person: one.name for one in self.details.staff if one.person is not None}

    def staff_for(self, role: str, competence: str | None = None) -> tuple[Member, ...]:
        """Everybody with the role and, where one is asked for, the competence."""
        return tuple(one for one in self.details.staff if one.can(role, competence))

    def _resources(self, kind: str) -> Mapping[str, object]:
        details = self.details
        of_kind: Mapping[str, tuple[Chair | RecoveryPlace | Member | Equipment, ...]] = {
            "place": (*details.chairs, *details.recovery),
            "person": details.staff,
            "equipment": details.equipment,
        }
        return {resource.name: resource for resource in of_kind[kind]}

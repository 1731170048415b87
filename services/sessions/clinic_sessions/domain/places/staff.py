"""Who works at a place: roles, competences, shifts, and who is on call."""

from dataclasses import dataclass
from datetime import date, datetime

from clinic_sessions.domain.places.hours import WEEKDAYS, Hours, joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Weekly, on the location's clock; `first` and `last` bound the days on which it applies."""

    weekday: str
    hours: Hours
    first: date | None = None
    last: date | None = None

    def is_on(self, day: date) -> bool:
        return (
            WEEKDAYS[day.weekday()] == self.weekday
            and (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """`name` is a code, never a person's name. Without shifts: there whenever the place is open.

    `person` is who that is in the whole clinic, where they work at several places: the same in each
    of their documents. Without it nobody knows that two are one, and they can be booked twice."""

    name: str
    roles: tuple[str, ...]
    competences: tuple[str, ...] = ()
    shifts: tuple[Shift, ...] = ()
    person: str | None = None

    def can(self, role: str, competence: str | None = None) -> bool:
        return role in self.roles and (competence is None or competence in self.competences)

    def hours_on(self, day: date) -> list[Hours]:
        """Of their shifts. Those that touch are one."""
        return joined(shift.hours for shift in self.shifts if shift.is_on(day))

    def is_there(self, start: datetime, end: datetime) -> bool:
        """`start` and `end` on the wall of the place."""
        hours = self.hours_on(start.date())
        return not self.shifts or any(one.cover(start, end) for one in hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Who is called, weekly, on the location's clock. An address of the clinic, not a person's.

    `role`: as whom, `charge_nurse`; None where none is given, and they are called as anybody is.
    """

    member: str
    email: str
    weekday: str
    hours: Hours
    role: str | None = None

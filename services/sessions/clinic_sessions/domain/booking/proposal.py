"""A repair of a plan's visits as it is proposed: each visit's fate, what it costs, and why.

`fingerprint` stands for all of it: what is applied is what was shown, or nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from clinic_sessions.domain.booking.conflicts import Conflict, wall
from clinic_sessions.domain.booking.override import SHORT_NOTICE, Override
from clinic_sessions.domain.booking.preferences import NO_PREFERENCE, Preference
from clinic_sessions.domain.booking.repair import Cost, Remaining, best_repair
from clinic_sessions.domain.booking.resting import rested_at
from clinic_sessions.domain.booking.series import seated_apart
from clinic_sessions.domain.booking.timetable import Timetable
from clinic_sessions.domain.booking.visit import Visit
from clinic_sessions.domain.booking.wishes import NO_WISHES, Wishes
from clinic_sessions.domain.session import Session

STAYS: Final = "stays"
MOVES: Final = "moves"
LOST: Final = "lost"
FOR_THE_SPACING: Final = "It is moved for the spacing of the series."
IS_AWAY: Final = "The patient cannot come then."
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairWanted:
    """`away`: when the patient cannot come, from and until. What is moved is moved to where it
    suits `preference` and `wishes`; what can stay need not. `until` None: as long as the series
    may last, and one step more."""

    away: tuple[tuple[datetime, datetime], ...] = ()
    until: datetime | None = None
    preference: Preference = NO_PREFERENCE
    wishes: Wishes = NO_WISHES

    def is_away(self, visit: Visit) -> bool:
        return any(start < visit.ends_at and visit.starts_at < end for start, end in self.away)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """`after` is None for a visit that is lost. `why`: what is in the way of its staying."""

    session: Session
    after: Visit | None
    why: str | None

    @property
    def kind(self) -> str:
        if self.after is None:
            return LOST
        return STAYS if self.after == self.session.booked_visit else MOVES

    def details(self, zone: str) -> dict[str, object]:
        return {
            "session_id": self.session.id,
            "fate": self.kind,
            "why": self.why,
            "before": _placed(self.session.booked_visit, zone),
            "after": None if self.after is None else _placed(self.after, zone),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    fates: tuple[Fate, ...]
    cost: Cost

    @property
    def fingerprint(self) -> str:
        """Of what each visit is now and would become."""
        parts = [
            [one.session.id, one.session.revision, one.kind, _seats(one.after)]
            for one in self.fates
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def lost(self) -> list[Session]:
        return [fate.session for fate in self.fates if fate.after is None]

    @property
    def starts(self) -> list[datetime]:
        return [fate.after.starts_at for fate in self.fates if fate.after]

    @property
    def moves(self) -> list[tuple[Session, Visit]]:
        """In an order in which none needs a seat that another has yet. Visits keep their order, so
        whoever moves later waits for those behind it, whoever moves earlier for those before it."""
        moving = [(f.session, f.after) for f in self.fates if f.after and f.kind == MOVES]
        later = [one for one in moving if one[1].starts_at > one[0].booked_visit.starts_at]
        return [*reversed(later), *(one for one in moving if one not in later)]

    def details(self, zone: str) -> dict[str, object]:
        cost = self.cost
        return {
            "fingerprint": self.fingerprint,
            "visits": [fate.details(zone) for fate in self.fates],
            "costs": {
                "lost": cost.lost,
                "after_the_series_ends": cost.outside,
                "gap_days": round(cost.beyond / A_DAY, 2),
                "moved": cost.moved,
            },
        }


def propose(
    timetable: Timetable,
    sessions: Sequence[Session],
    before: Sequence[datetime],
    wanted: RepairWanted,
    *,
    allows: Callable[[datetime], bool],
    broken_off: Sequence[datetime] = (),
    until: datetime,
    now: datetime,
) -> Proposal:
    """For `sessions` that are booked and to come, by their times, which the timetable leaves out;
    `before` are the starts of the plan's others. `allows`: whether one of the plan may begin then,
    beside all of it that is not mended here, what is held among it. `broken_off`: those that were
    dosed and are no infusion; none may stay too near to one."""
    rested = rested_at(broken_off, before, timetable.protocol.spacing)
    whys = {
        one.id: _in_the_way(timetable, one.booked_visit, wanted, now)
        or _too_soon(one.booked_visit, rested)
        for one in sessions
    }
    found = _free(timetable, sessions, wanted, until=until, now=now)
    free = {start: visit for start, visit in found.items() if allows(start)}
    spacing = seated_apart(timetable.protocol.spacing, timetable.asks)
    remaining = [
        Remaining(one.id, one.booked_visit.starts_at, whys[one.id] is None) for one in sessions
    ]
    repair = best_repair(remaining, list(free), before, spacing, broken_off)
    fates = (_fate(one, repair.starts[one.id], free, whys[one.id]) for one in sessions)
    return Proposal(fates=tuple(fates), cost=repair.cost)


def _fate(
    session: Session, start: datetime | None, free: Mapping[datetime, Visit], why: str | None
) -> Fate:
    visit = session.booked_visit
    if start == visit.starts_at and why is None:
        return Fate(session=session, after=visit, why=None)
    after = None if start is None else free[start]
    return Fate(session=session, after=after, why=why or FOR_THE_SPACING)


def _in_the_way(
    timetable: Timetable, visit: Visit, wanted: RepairWanted, now: datetime
) -> str | None:
    """Of a visit as it is, with all it has taken and by the permission it was booked under. It is
    booked already: how long before does not matter any more."""
    if wanted.is_away(visit):
        return IS_AWAY
    found = timetable.examine(
        visit.starts_at, now=now, wishes=Wishes.as_in(visit), override=_as_booked(visit)
    )
    return found.sentence if isinstance(found, Conflict) else None


def _too_soon(visit: Visit, rested: datetime | None) -> str | None:
    return FOR_THE_SPACING if rested is not None and visit.starts_at < rested else None


def _as_booked(visit: Visit) -> Override:
    rules = () if visit.override is None else visit.override.rules
    return Override(
        rules=(*rules, SHORT_NOTICE),
        reason="booked_before",
        by="",
        permitted_at=visit.starts_at,
        expires_at=visit.ends_at,
    )


def _free(
    timetable: Timetable,
    sessions: Iterable[Session],
    wanted: RepairWanted,
    *,
    until: datetime,
    now: datetime,
) -> dict[datetime, Visit]:
    """Where any of them could be: every half hour; and where one is now, on other seats."""
    starts = timetable.starts(since=now, until=until, now=now, wishes=wanted.wishes)
    found = {at: timetable.at(at, seating) for at, seating, *_ in starts if seating}
    for start in (session.booked_visit.starts_at for session in sessions):
        here = timetable.examine(start, now=now, wishes=wanted.wishes)
        if isinstance(here, Visit):
            found[start] = here
    local = timetable.location.calendar.local
    return {
        start: visit
        for start, visit in found.items()
        if wanted.preference.suits(local(start)) and not wanted.is_away(visit)
    }


def _seats(visit: Visit | None) -> list[str]:
    if visit is None:
        return []
    seats = sorted(f"{one.kind}/{one.resource}" for one in visit.reservations)
    return [visit.starts_at.isoformat(), *seats]


def _placed(visit: Visit, zone: str) -> dict[str, object]:
    return {
        "starts_at": visit.starts_at.isoformat(),
        "starts_local": wall(visit.starts_at, zone),
        "zone": zone,
        "chair": visit.chair,
        "nurse": visit.nurse,
    }

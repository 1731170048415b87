"""Which due a reading answers, and that it stays answered. Pure.

The protocol names what a due needs. A due is answered once all of it was read, be it by one device
or by several: each parameter on its own counts for the due it was read nearest to.

A reading answers the due it is nearest to, among those there were when it was taken. What happens
later may take that due away before its time (an alarm brings others, the end of dosing, too): only
then the reading answers what is nearest now. So what was due and answered is never open again.

Nobody has looked at a patient again before an alarm: a reading that was there before it answers
nothing that is due after it began.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeAlias

from clinic_sessions.domain.bedside.monitoring import Schedule, Timeline
from clinic_sessions.domain.bedside.reading import Look

# Of each due what was read for it, and when.
Found: TypeAlias = Mapping[datetime, Mapping[str, datetime]]


@dataclass(frozen=True, slots=True)
class Known:
    """What was known to be due at one time. `beginnings`: of dosing, and of each caution in it."""

    beginnings: Sequence[datetime]
    dues: Sequence[datetime]

    @classmethod
    def of(cls, schedule: Schedule, timeline: Timeline, until: datetime) -> Self:
        cautions = (caution.since for caution in timeline.cautions)
        beginnings = [timeline.started_at, *(at for at in cautions if at > timeline.started_at)]
        return cls(beginnings, schedule.dues(timeline, until=until))

    def answer(self, at: datetime, before: datetime | None) -> datetime | None:
        """The due that a reading of that time answers; `before`, if that can still be."""
        place = bisect_left(self.beginnings, at)
        reachable = self.dues
        if place < len(self.beginnings):
            reachable = self.dues[: bisect_right(self.dues, self.beginnings[place])]
        if before in reachable:
            return before
        return _nearest(reachable, at, self.beginnings[place - 1])


def known_of(schedule: Schedule, of: Timeline, until: datetime) -> list[Known]:
    """What was due at first, and after each change."""
    times = [of.started_at, *(at for at in of.changes if at > of.started_at)]
    return [Known.of(schedule, of.as_of(at), until) for at in times]


def _nearest(dues: Sequence[datetime], at: datetime, begun: datetime) -> datetime | None:
    """The earlier of two as near. Nearest to the beginning is what belongs to it: such a reading
    answers, late, what was due before; and None where nothing was."""
    place = bisect_left(dues, at)
    points = {begun, *dues[max(place - 1, 0) : place + 1]}
    nearest = min(points, key=lambda point: (abs(point - at), point))
    until = bisect_right(dues, nearest)
    return dues[until - 1] if until else None


def done(
    schedule: Schedule, of: Timeline, taken: Iterable[datetime], *, until: datetime
) -> dict[datetime, datetime]:
    """Of one parameter: each due it was read for, and the time nearest to it. In any order."""
    changes = [at for at in of.changes if at > of.started_at]
    known = known_of(schedule, of, until)
    answers: dict[datetime, datetime] = {}
    for at in taken:
        due = None
        for then in known[bisect_left(changes, at) :] if at > of.started_at else ():
            due = then.answer(at, due)
        if due is not None and _is_nearer(at, answers.get(due), due):
            answers[due] = at
    return answers


def found_for(schedule: Schedule, of: Timeline, looks: Iterable[Look], *, until: datetime) -> Found:
    """What was read for each due, of what it needs."""
    seen = [*looks]
    times = {name: times_of(name, seen) for name in schedule.monitoring.needs}
    # Most devices send everything at once: what was read together is weighed once.
    answers = {each: done(schedule, of, each, until=until) for each in {*times.values()}}
    found: dict[datetime, dict[str, datetime]] = {}
    for name, each in times.items():
        for due, at in answers[each].items():
            found.setdefault(due, {})[name] = at
    return found


def times_of(name: str, looks: Iterable[Look]) -> tuple[datetime, ...]:
    return tuple(sorted({look.at for look in looks if name in look.has}))


def answered_by(schedule: Schedule, found: Found) -> dict[datetime, datetime]:
    """Each due of which everything was read, and when the last of it was."""
    needs = {*schedule.monitoring.needs}
    return {due: max(read.values()) for due, read in found.items() if needs <= read.keys()}


def _is_nearer(at: datetime, known: datetime | None, due: datetime) -> bool:
    return known is None or (abs(at - due), at) < (abs(known - due), known)

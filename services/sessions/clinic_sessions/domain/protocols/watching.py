"""When readings of a past session would have been due under a draft. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from clinic_sessions.domain.bedside.monitoring import Schedule, Timeline
from clinic_sessions.domain.protocols.protocol import Protocol
from clinic_sessions.domain.session import Session

DueKind: TypeAlias = Literal["readings_newly_due", "readings_no_longer_due"]


def reading_differences(
    draft: Protocol, held: Protocol, session: Session
) -> Iterator[tuple[DueKind, int]]:
    """How many would have been due that were not, and the other way round.

    From the start of dosing to the end of the session. Alarms that made readings due more often are
    left out: whether there would have been one is not known.
    """
    if draft.monitoring == held.monitoring:
        return
    before, after = _dues(held, session), _dues(draft, session)
    if added := len(after - before):
        yield "readings_newly_due", added
    if removed := len(before - after):
        yield "readings_no_longer_due", removed


def _dues(protocol: Protocol, session: Session) -> set[datetime]:
    started, ended = session.dosing_started_at, session.dosing_ended_at
    last = session.ended_at or ended
    if started is None or last is None:
        return set()
    schedule = Schedule(
        monitoring=protocol.monitoring, caution_every=protocol.monitoring.during_every
    )
    timeline = Timeline(started_at=started, ended_at=ended, closed_at=last)
    return set(schedule.dues(timeline, until=last))

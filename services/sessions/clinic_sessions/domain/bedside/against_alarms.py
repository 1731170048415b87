"""No more of the drug against an alarm that asks for a pause or a stop, nor against a limit of that
level that was passed once and waits to be measured again. Pure.

Software neither pauses nor stops: it asks that a person has seen the alarm before one goes on.
"""

from collections.abc import Collection, Iterable
from typing import Final

from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.bedside.reading import Reading
from clinic_sessions.domain.bedside.watch import Watch
from clinic_sessions.domain.errors import AlarmStands
from clinic_sessions.domain.protocols.limits import Limit
from clinic_sessions.domain.protocols.protocol import Monitoring

HOLDING: Final = ("pause", "stop")
PRESCRIBER: Final = "prescriber"


def may_resume(
    alarms: Iterable[Alarm], roles: Collection[str], *, to_confirm: Iterable[Limit]
) -> None:
    """Once each alarm is acknowledged, a prescriber may, whose reason is kept; nobody may while a
    limit waits: it is an alarm, or none, within minutes. Raises AlarmStands."""
    standing = _holding(alarms)
    if PRESCRIBER in roles:
        standing = [one for one in standing if one.status is AlarmStatus.RAISED]
    _none(standing, to_confirm)


def may_give_device(alarms: Iterable[Alarm], *, to_confirm: Iterable[Limit]) -> None:
    """A device cannot be slowed or taken back: not before a person has closed each alarm, with what
    was done, and no limit waits. Raises AlarmStands."""
    _none(_holding(alarms), to_confirm)


def limits_to_confirm(
    watch: Watch, monitoring: Monitoring, again: Iterable[Reading]
) -> list[Limit]:
    """Those that wait to be measured again, and that no open alarm covers already.
    `again`: the readings since the first that waits."""
    waiting = [(one.limit_id, one.codes) for one in watch.to_confirm(monitoring, again)]
    return [
        limit
        for limit in monitoring.limits
        if any(limit.id == id and not watch.covers(limit, codes) for id, codes in waiting)
    ]


def _holding(alarms: Iterable[Alarm]) -> list[Alarm]:
    is_open = (one for one in alarms if one.status is not AlarmStatus.CLOSED)
    return [one for one in is_open if one.level in HOLDING]


def _none(standing: Iterable[Alarm], to_confirm: Iterable[Limit]) -> None:
    open_ = [(one.id, one.concern, one.level, one.status) for one in standing]
    waiting = [(one.id, one.concern, one.level) for one in to_confirm if one.level in HOLDING]
    if open_ or waiting:
        raise AlarmStands(open_, waiting)

"""No more of the drug against an alarm that asks for a pause or a stop. Pure.

Software neither pauses nor stops: it asks that a person has seen the alarm before one goes on.
"""

from collections.abc import Collection, Iterable
from typing import Final

from clinic_sessions.domain.bedside.alarms import Alarm, AlarmStatus
from clinic_sessions.domain.errors import AlarmStands

HOLDING: Final = ("pause", "stop")
PRESCRIBER: Final = "prescriber"


def may_resume(alarms: Iterable[Alarm], roles: Collection[str]) -> None:
    """Once each is acknowledged, a prescriber may, whose reason is kept. Raises AlarmStands."""
    standing = _holding(alarms)
    if PRESCRIBER in roles:
        standing = [one for one in standing if one.status is AlarmStatus.RAISED]
    _none(standing)


def may_give_device(alarms: Iterable[Alarm]) -> None:
    """A device cannot be slowed or taken back: not before a person has closed each, with what was
    done. Raises AlarmStands."""
    _none(_holding(alarms))


def _holding(alarms: Iterable[Alarm]) -> list[Alarm]:
    is_open = (one for one in alarms if one.status is not AlarmStatus.CLOSED)
    return [one for one in is_open if one.level in HOLDING]


def _none(standing: Iterable[Alarm]) -> None:
    if told := [(one.id, one.concern, one.level, one.status) for one in standing]:
        raise AlarmStands(told)

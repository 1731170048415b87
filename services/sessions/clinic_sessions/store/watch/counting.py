"""What is measured of alarms: how many, and how long until somebody has seen one."""

from datetime import datetime

from clinic_platform import metrics
from clinic_sessions.domain.bedside.alarms import (
    MISSED_AGAIN,
    READING_LATE,
    Acknowledged,
    Alarm,
    AlarmFact,
    AlarmNoted,
    Closed,
    Raised,
    Worsened,
)


def count(alarm: Alarm, fact: AlarmFact) -> None:
    """Once committed. No label holds more than the kind of alarm."""
    match fact:
        case Raised() | Worsened():
            metrics.ALARMS_RAISED.labels(alarm.concern, alarm.level).inc()
        case Acknowledged(_, at):
            metrics.ALARM_ACKNOWLEDGED.labels(alarm.level).observe(_waited(alarm, at))
        case Closed():
            metrics.ALARMS_CLOSED.labels(alarm.concern, alarm.level).inc()
        case _:
            pass
    if alarm.concern == READING_LATE and isinstance(fact, Raised | AlarmNoted):
        metrics.READINGS_LATE.inc(isinstance(fact, Raised) or fact.what == MISSED_AGAIN)


def _waited(alarm: Alarm, at: datetime) -> float:
    since = max(fact.at for fact in alarm.history if isinstance(fact, Raised | Worsened))
    return (at - since).total_seconds()

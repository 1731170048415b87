"""The metrics of every service, each with a sentence. No label ever names a patient."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS: Final = Histogram(
    "http_request_seconds",
    "One request from its first byte to its answer, in seconds.",
    ["operation", "outcome"],
)
LOG_KEYS_DROPPED: Final = Counter(
    "log_keys_dropped_total", "Keys not on the allow-list that were left out of the log."
)
PROMISES_OVERDUE: Final = Gauge("promises_overdue", "Promises that are due and not kept yet.")
PROMISES_ENDED: Final = Counter(
    "promises_ended_total",
    "Promises that were due and came to an end, and to which. Not those withdrawn before.",
    ["kind", "end"],
)
PROMISES_ENDED_BEFORE: Final = Counter(
    "promises_ended_before_total",
    "Promises planned whose key had ended already, and how: nothing is done for them again.",
    ["kind", "end"],
)
SCHEDULES_UNKNOWN: Final = Counter(
    "schedules_unknown_total",
    "Times that an event named a schedule that is not known here, and the usual one was followed.",
)
LOOP_LAG: Final = Histogram(
    "event_loop_lag_seconds",
    "How much later than it should the event loop came back to its heartbeat, in seconds.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

# The watch over patients. No counter gives how many alarms are open: one that gets worse is
# raised again, and is closed once.
ALARMS_RAISED: Final = Counter(
    "alarms_raised_total", "Alarms at the bedside, raised or made worse.", ["concern", "level"]
)
ALARMS_CLOSED: Final = Counter(
    "alarms_closed_total", "Alarms at the bedside that a person has closed.", ["concern", "level"]
)
ALARM_ACKNOWLEDGED: Final = Histogram(
    "alarm_acknowledged_seconds",
    "From an alarm to the first person who acknowledged it, in seconds.",
    ["level"],
    buckets=(10, 30, 60, 120, 300, 600, 1_800, 3_600),
)
READINGS_LATE: Final = Counter(
    "readings_late_total", "Readings that were not there when they counted as late."
)

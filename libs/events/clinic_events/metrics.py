"""The metrics of this library, each with a help text. No label ever names a patient."""

from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

APPENDED: Final = Counter("events_appended_total", "Events written to the outbox.")
PUBLISHED: Final = Counter(
    "events_relay_published_total", "Events the relay published and the broker acknowledged."
)
RELAY_FAILURES: Final = Counter(
    "events_relay_failures_total",
    "Batches the relay has to publish again, or could not begin within its lease.",
)
OUTBOX_WAITING: Final = Gauge("events_outbox_depth", "Events in the outbox, not published yet.")
OUTBOX_OLDEST: Final = Gauge(
    "events_outbox_oldest_seconds", "How long the oldest of those has been waiting; 0 without any."
)
LEASES: Final = Gauge("leases_held", "Shares of the rows this process may work on.", ["name"])
DELIVERED: Final = Counter(
    "events_delivered_total", "Messages that ended, by their outcome.", ["outcome"]
)
RETRIES: Final = Counter(
    "events_retries_total",
    "Attempts at one event, or at many together, that failed and are repeated.",
)
HANDLING: Final = Histogram(
    "events_handler_seconds",
    "From the first attempt to the end of one event, or of many together, in seconds.",
)
TOGETHER: Final = Histogram(
    "events_handled_together",
    "How many messages ended in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50),
)
LAG: Final = Gauge("events_lag", "Messages on the topics that have not ended here.")
PARKED: Final = Gauge("events_parked", "Events that are parked.")
IN_FLIGHT: Final = Gauge("events_inflight", "Messages fetched and not ended.")
OLDEST_IN_FLIGHT: Final = Gauge(
    "events_oldest_inflight_seconds", "How long ago the oldest of those was fetched."
)
BRAKED: Final = Gauge(
    "events_braked",
    "1 while a kind of event is held on its topic: too many in a row failed.",
    ["kind"],
)
COMMIT_FAILURES: Final = Counter(
    "events_commit_failures_total", "Offset commits that failed: harmless, tried again."
)
REBALANCES: Final = Counter("events_rebalances_total", "Assignments of partitions received.")
REBUILDS: Final = Counter(
    "events_consumer_rebuilds_total",
    "Consumers that had stalled without an error and were replaced.",
)
GONE: Final = Counter(
    "events_gone_total",
    "Messages that the broker deleted before this service received them, by their offsets.",
)
END_TO_END: Final = Histogram(
    "events_end_to_end_seconds",
    "From an event's own time to the end of its handling, the oldest of those handled together, in"
    " seconds of the business clock.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)


def ended(outcome: str) -> int:
    """How many messages ended so in this process."""
    return int(REGISTRY.get_sample_value("events_delivered_total", {"outcome": outcome}) or 0)

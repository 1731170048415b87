"""What is measured of every service, each with a sentence. No label ever names a patient."""

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

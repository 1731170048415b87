"""The brake: once many events of a kind in a row were parked, the rest are held, not parked.

Then the fault is more likely in the service than in the events, and parking would empty the topic.
Events of this kind stay on their topic and are tried again and again, until one is handled.
"""

from collections import Counter
from typing import Final

import structlog

from clinic_events import metrics

PARKED_IN_A_ROW: Final = 20  # a clinic default: more than a bad day, less than a bad release

log = structlog.get_logger()


class Brake:
    """One per consumer group; each kind of event (its name without version) is counted apart."""

    def __init__(self, *, after: int = PARKED_IN_A_ROW) -> None:
        self._after = after
        self._in_a_row: Counter[str] = Counter()

    @property
    def on(self) -> list[str]:
        """The kinds of events that are held."""
        return sorted(kind for kind in self._in_a_row if self.holds(kind))

    def holds(self, kind: str) -> bool:
        return self._in_a_row[kind] >= self._after

    def parked(self, kind: str) -> None:
        self._in_a_row[kind] += 1
        if self._in_a_row[kind] == self._after:
            metrics.BRAKED.labels(kind).set(1)
            log.error("brake_on", event_type=kind, count=self._after)

    @property
    def counts(self) -> bool:
        """Whether events of any kind were parked since the last of it was handled."""
        return bool(self._in_a_row)

    def handled(self, kind: str) -> None:
        if self.holds(kind):
            metrics.BRAKED.labels(kind).set(0)
            log.info("brake_off", event_type=kind)
        self._in_a_row.pop(kind, None)

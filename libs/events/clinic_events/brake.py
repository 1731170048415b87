"""A brake: when one event after another of a kind fails, something is wrong with us, not with them.

Setting all of them aside would empty a topic into the park. So from then on events of this kind
stay where they are, on their topic, and are tried again and again: until one of them is handled.
"""

from collections import Counter
from typing import Final

import structlog

from clinic_events import metrics

PARKED_IN_A_ROW: Final = 20  # a clinic default: more than a bad day, less than a bad release

log = structlog.get_logger()


class Brake:
    """One for a group of listeners; each kind of event (its name without version) on its own."""

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
        """Whether any kind has failed since one of it was handled."""
        return bool(self._in_a_row)

    def handled(self, kind: str) -> None:
        if self.holds(kind):
            metrics.BRAKED.labels(kind).set(0)
            log.info("brake_off", event_type=kind)
        self._in_a_row.pop(kind, None)

"""The clients' acts in a storm: every attempt, noted before it is made and after it ended."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

# `unknown`: it was sent, and nobody knows how it ended. It may have happened, or may happen yet.
Outcome = Literal["invoked", "ok", "fail", "unknown"]


@dataclass(slots=True, kw_only=True)
class Call:
    """One command of one client, over all its attempts. `key` is its Idempotency-Key.

    `about` is the record the audit should name. `touches` holds (collection, id) of each record
    that the command brings to its next version. `refusals` counts the answers that it cannot be
    done now (503), and `rude` those of them that do not state when to come again. Times are of the
    monotonic clock.
    """

    key: str
    service: str
    operation: str
    path: str
    actor: str
    outcome: Outcome = "invoked"
    status: int = 0
    attempts: int = 0
    began_at: float = 0.0
    ended_at: float = 0.0
    refusals: int = 0
    rude: int = 0
    about: str = ""
    touches: tuple[tuple[str, str], ...] = ()
    answer: Mapping[str, object] = field(default_factory=dict, repr=False)

    @property
    def correlation(self) -> str:
        """The correlation id of the command's events. The same for every attempt."""
        return self.key


class CutOff(NamedTuple):
    """An attempt that went out and was not answered. When, by the monotonic clock."""

    service: str
    operation: str
    began_at: float
    ended_at: float


class History:
    """Of all clients of one run, in memory and, line by line, in a file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._out = path.open("a", buffering=1)
        self._calls: dict[str, Call] = {}
        self.last_new_at = 0.0  # by the monotonic clock
        self.cut_off: list[CutOff] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def calls(self) -> list[Call]:
        return list(self._calls.values())

    def invoke(self, call: Call) -> None:
        """Before each attempt."""
        if call.key not in self._calls:
            self.last_new_at = call.began_at = time.monotonic()
            self._calls[call.key] = call
        call.attempts += 1
        self._write(call, "invoked")

    def end(self, call: Call, outcome: Outcome, status: int = 0) -> None:
        """After each attempt. An answer is final; of an attempt without one, nothing is known."""
        call.outcome, call.status, call.ended_at = outcome, status, time.monotonic()
        self._write(call, outcome)

    def refuse(self, call: Call, *, politely: bool) -> None:
        """After an attempt that was answered with 503; `politely` if with when to come again."""
        call.refusals += 1
        call.rude += not politely
        self.end(call, "unknown", 503)

    def lose(self, call: Call, began_at: float) -> None:
        """After an attempt that nobody answered."""
        self.end(call, "unknown")
        self.cut_off.append(CutOff(call.service, call.operation, began_at, call.ended_at))

    def close(self) -> None:
        self._out.close()

    def _write(self, call: Call, what: Outcome) -> None:
        """Without what was sent: that is a patient's, even an invented one's."""
        line = {
            "at": round(time.monotonic(), 4),
            "key": call.key,
            "operation": call.operation,
            "what": what,
            "status": call.status,
            "attempt": call.attempts,
        }
        self._out.write(json.dumps(line) + "\n")

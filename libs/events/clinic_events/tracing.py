"""What led to what: the cause of whatever is being handled now.

A request or a delivery opens a `Cause`; every event appended while it is open carries it on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """`id` is the event or request being handled; `correlation_id` the step a person started."""

    id: str
    correlation_id: str
    trace_parent: str | None = None


_current: ContextVar[Cause | None] = ContextVar("clinic_cause", default=None)


def current() -> Cause | None:
    return _current.get()


@contextmanager
def caused_by(cause: Cause) -> Iterator[Cause]:
    token = _current.set(cause)
    try:
        yield cause
    finally:
        _current.reset(token)

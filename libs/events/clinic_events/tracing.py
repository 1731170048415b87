"""What led to what: the cause of whatever is being handled now.

A request or a delivery opens a `Cause`; every event appended while it is open carries it on.
"""

from contextvars import ContextVar
from typing import NamedTuple


class Cause(NamedTuple):
    """`id` is the event or request being handled; `correlation_id` the step a person started."""

    id: str
    correlation_id: str
    trace_parent: str | None = None


_current: ContextVar[Cause | None] = ContextVar("clinic_cause", default=None)


def current() -> Cause | None:
    return _current.get()


class caused_by:
    """`with caused_by(cause):` what is said inside is caused by it."""

    __slots__ = ("_cause", "_token")

    def __init__(self, cause: Cause) -> None:
        self._cause = cause

    def __enter__(self) -> None:
        self._token = _current.set(self._cause)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)

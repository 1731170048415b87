"""What can be refused about plans, bookings and the states of a session."""

from collections.abc import Sequence
from datetime import datetime

from clinic_sessions.domain.errors.base import SessionsError


class PlanNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such plan.")


class SessionNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such session.")


class NotAllowed(SessionsError):
    """An arrow that is not drawn. `allowed` lists those that are."""

    def __init__(self, now: str, then: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"A session that is {now} cannot become {then}.")
        self.allowed = list(allowed)


class NotNow(SessionsError):
    """The session's status does not allow this. `allowed` lists the statuses that do."""

    def __init__(self, what: str, now: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"{what} is not possible while a session is {now}.")
        self.allowed = list(allowed)


class SlotHasPassed(SessionsError):
    def __init__(self, starts_at: datetime) -> None:
        super().__init__(f"{starts_at:%d %B %Y, %H:%M} UTC has already passed.")


class SlotTaken(SessionsError):
    """`conflicts` names a resource that is taken, its kind, and from when."""

    def __init__(self, kind: str, resource: str, starts_at: datetime) -> None:
        super().__init__(f"The {kind} is taken at {starts_at:%H:%M} UTC.")
        self.conflicts = [{"kind": kind, "resource": resource, "from": starts_at.isoformat()}]


class NotBookable(SessionsError):
    """The time, the place or the person does not suit; `conflicts` says which rule."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.conflicts = [{"kind": rule}]


class NotYetMissed(SessionsError):
    def __init__(self) -> None:
        super().__init__("A visit that has not begun cannot have been missed.")

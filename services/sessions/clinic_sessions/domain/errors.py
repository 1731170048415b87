"""What can be refused, and why."""

from collections.abc import Sequence
from datetime import datetime

from clinic_platform.decisions import Receipt


class SessionsError(Exception):
    """A request the rules of this service do not allow."""


class LocationNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such location.")


class PlanNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such plan.")


class SessionNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such session.")


class Conflict(SessionsError):
    def __init__(self) -> None:
        super().__init__("Somebody else changed it at the same moment.")


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


class GatesBlock(SessionsError):
    """A gate is not open. `conflicts` lists each finding: rule, why, and who may waive it."""

    def __init__(self, receipt: Receipt) -> None:
        super().__init__("Not every gate is open.")
        self.receipt = receipt
        self.conflicts = [
            {
                "kind": finding.rule,
                "why": finding.why,
                "message": finding.message,
                "waivable_by": list(finding.waivable_by),
            }
            for finding in receipt.blocking
        ]


class DoseOutsideBounds(SessionsError):
    """`conflicts` names the bound of the protocol and its value."""

    def __init__(self, bound: str, limit: float, unit: str) -> None:
        super().__init__(f"The protocol's {bound} is {limit:g} {unit}.")
        self.conflicts = [{"kind": bound, "limit": limit, "unit": unit}]


class WeightUnknown(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has not been measured today.")


class WeightChanged(SessionsError):
    def __init__(self) -> None:
        super().__init__("The weight has changed since the dose was ordered; order it anew.")


class NotYetMissed(SessionsError):
    def __init__(self) -> None:
        super().__init__("A visit that has not begun cannot have been missed.")


class SecondPersonNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__("A dose is verified by somebody other than the one who ordered it.")


class NoDoseOrdered(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such dose order.")


class UnknownProtocol(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such protocol.")

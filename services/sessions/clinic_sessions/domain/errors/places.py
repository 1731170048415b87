"""What can be refused about places."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinic_sessions.domain.errors.base import SessionsError


@dataclass(frozen=True, slots=True)
class Fault:
    """`pointer`: where in the document (RFC 6901), by position; never what stands there."""

    pointer: str
    rule: str
    message: str


class LocationNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such location.")


class LocationContradictsItself(SessionsError):
    """`errors` lists each fault: which field, which rule."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("The location's document contradicts itself.")
        self.errors = tuple(faults)


class ChangeIsOutdated(SessionsError):
    """`conflicts` says what is not as it was: the `change` itself (the location, or the document
    that is sent) or the `bookings` it touches."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__("It is not what was planned any more. Plan the change again.")
        self.conflicts = [{"kind": kind} for kind in kinds]

"""What can be refused about protocols."""

from clinic_sessions.domain.errors.base import SessionsError


class UnknownProtocol(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such protocol.")

"""What can be refused about places."""

from clinic_sessions.domain.errors.base import SessionsError


class LocationNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such location.")

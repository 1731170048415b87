"""What can be refused, and why."""

from collections.abc import Sequence


class NotificationsError(Exception):
    """A request that the rules of notifications do not allow."""


class PatientNotFound(NotificationsError):
    """No contact card of this patient was received, or the caller does not reach the location."""

    def __init__(self) -> None:
        super().__init__("There is no such patient.")


class PatientErased(NotificationsError):
    """What was written to them can be looked up by id; nothing can be chosen for them."""

    def __init__(self) -> None:
        super().__init__("This patient was erased: nobody writes to them any more.")


class UnknownCategory(NotificationsError):
    def __init__(self, category: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"There is no choice to make about {category}.")
        self.allowed = list(allowed)


class UnknownChannel(NotificationsError):
    def __init__(self, channel: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"There is no channel {channel}.")
        self.allowed = list(allowed)


class StaleVersion(NotificationsError):
    """Somebody changed it since the caller read it."""

    def __init__(self, current: int) -> None:
        super().__init__(f"It has changed meanwhile: its version is {current}.")
        self.current = current


class MessageHasEnded(NotificationsError):
    def __init__(self, now: str) -> None:
        super().__init__(f"A message that is {now} does not change any more.")


class Conflict(NotificationsError):
    """Somebody else recorded something about it at the same moment."""

    def __init__(self) -> None:
        super().__init__("It was changed by somebody else at the same moment.")


class UnsafeHeader(NotificationsError):
    """A value that could smuggle lines into a letter's head. Never repeats the value."""

    def __init__(self, header: str) -> None:
        super().__init__(f"The value for {header} holds characters that a header may not.")

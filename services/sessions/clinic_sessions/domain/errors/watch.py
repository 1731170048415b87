"""What can be refused about readings and alarms."""

from collections.abc import Sequence

from clinic_sessions.domain.errors.base import SessionsError


class AlarmNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such alarm.")


class AlarmNotAllowed(SessionsError):
    """An arrow that is not drawn. `allowed` lists those that are."""

    def __init__(self, now: str, then: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"An alarm that is {now} cannot become {then}.")
        self.allowed = list(allowed)


class ReadingNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such reading to correct.")


class ReadingCorrectedMeanwhile(SessionsError):
    """`conflicts` names the version that is the newest."""

    def __init__(self, newest: int) -> None:
        super().__init__("The reading has been corrected since; correct its newest version.")
        self.conflicts = [{"kind": "version", "newest": newest}]


class ReadingKeepsItsTime(SessionsError):
    """A correction is of what was measured, not of when."""

    def __init__(self) -> None:
        super().__init__("A correction keeps the time at which the reading was taken.")

"""What can be refused, and why."""

from collections.abc import Sequence
from datetime import date


class OutcomesError(Exception):
    """A request the rules of outcomes do not allow."""


class PatientNotFound(OutcomesError):
    """Nobody of that id here, or somebody the caller may not reach: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("There is no such patient.")


class SurveyNotFound(OutcomesError):
    """The link or credential is unknown, expired or used: the answer does not show which."""

    def __init__(self) -> None:
        super().__init__("There is nothing to answer here.")


class AlertNotFound(OutcomesError):
    def __init__(self) -> None:
        super().__init__("There is no such alert.")


class NotAllowed(OutcomesError):
    def __init__(self, what: str, now: str, then: str, *, allowed: Sequence[str]) -> None:
        super().__init__(f"{what} that is {now} cannot become {then}.")
        self.allowed = list(allowed)


class BadAnswers(OutcomesError):
    """Answers that the instrument does not know. `errors` points at each, without its value."""

    def __init__(self, items: Sequence[str]) -> None:
        super().__init__("Some answers do not belong to this survey.")
        self.errors = [
            {
                "pointer": f"/answers/{item}",
                "rule": "choice",
                "message": "There is no such item, or it has no such choice.",
            }
            for item in items
        ]


class FollowUpHasPassed(OutcomesError):
    def __init__(self, day: date) -> None:
        super().__init__(f"A follow-up on {day:%d %B %Y} would lie in the past.")


class Conflict(OutcomesError):
    """Somebody else was faster: read again, then decide again."""

    def __init__(self) -> None:
        super().__init__("It was changed by somebody else meanwhile.")

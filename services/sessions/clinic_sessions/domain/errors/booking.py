"""What can be refused about plans, bookings and the states of a session."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

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
    """Somebody else has it. `conflicts` names what is in the way: kind, and when; `alternatives`
    are the nearest starts that were free."""

    def __init__(self, sentence: str, conflicts: Sequence[Mapping[str, str]]) -> None:
        super().__init__(sentence)
        self.conflicts = [dict(conflict) for conflict in conflicts]
        self.alternatives: list[dict[str, object]] | None = None


class NotBookable(SessionsError):
    """The time, the place or the person does not suit. `conflicts` says by which rule;
    `alternatives` are the nearest starts that suit."""

    def __init__(
        self, rule: str, sentence: str, conflicts: Sequence[Mapping[str, str]] | None = None
    ) -> None:
        super().__init__(sentence)
        self.conflicts = [dict(conflict) for conflict in conflicts or ({"kind": rule},)]
        self.alternatives: list[dict[str, object]] | None = None


class RepairChanged(SessionsError):
    """Nothing was moved. `proposal` is what the repair would be now."""

    def __init__(self, proposal: Mapping[str, object]) -> None:
        super().__init__("The repair is not what it was when it was shown. Look at it again.")
        self.proposal = dict(proposal)


class RepairLosesVisits(SessionsError):
    """Nothing was moved. Whether visits without a place are cancelled is somebody's decision."""

    def __init__(self, lost: int, proposal: Mapping[str, object]) -> None:
        super().__init__(
            f"For {lost} of the visits no time was found: confirm that they are cancelled."
        )
        self.proposal = dict(proposal)


class SeriesIncomplete(SessionsError):
    """Nothing was booked. `proposal` is the best there is, with its gaps explained: it is booked
    where a series that is not whole is accepted."""

    def __init__(self, missing: int, proposal: Mapping[str, object]) -> None:
        super().__init__(f"For {missing} of the visits no time was found.")
        self.proposal = dict(proposal)


class WallTimeDoesNotExist(SessionsError):
    """The clocks skip it. `candidates` are the two instants it could have meant."""

    def __init__(self, candidates: Sequence[Mapping[str, object]]) -> None:
        super().__init__("At that location the clocks skip this time: give the one that is meant.")
        self.candidates = [dict(candidate) for candidate in candidates]


class WallTimeExistsTwice(SessionsError):
    """The clocks show it twice. `candidates` are both, distinguished by `fold`."""

    def __init__(self, candidates: Sequence[Mapping[str, object]]) -> None:
        super().__init__("At that location the clocks show this time twice: choose with `fold`.")
        self.candidates = [dict(candidate) for candidate in candidates]


class HoldNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such hold.")


class HoldHasEnded(SessionsError):
    """It was confirmed or released, or its time has run out. `current` says which."""

    def __init__(self, current: str) -> None:
        super().__init__(f"The hold is {current}: it keeps nothing any more.")
        self.current = current


class AlreadyHere(SessionsError):
    def __init__(self) -> None:
        super().__init__("This patient is at the clinic for another visit, which ends first.")


class ArrivedTooEarly(SessionsError):
    """`conflicts` has when the visit begins, and how many minutes before somebody may arrive."""

    def __init__(self, starts_at: datetime, early: timedelta) -> None:
        super().__init__("The visit begins later: reschedule it to be seen now.")
        minutes = early.total_seconds() / 60
        self.conflicts = [
            {"kind": "too_early", "starts_at": starts_at.isoformat(), "limit_minutes": minutes}
        ]


class VisitIsOver(SessionsError):
    """`conflicts` has when the visit ended: what it needs has been others' since."""

    def __init__(self, ended_at: datetime) -> None:
        super().__init__("The visit has ended: reschedule it to be seen now.")
        self.conflicts = [{"kind": "too_late", "ended_at": ended_at.isoformat()}]


class NotYetMissed(SessionsError):
    def __init__(self) -> None:
        super().__init__("A visit that has not begun cannot have been missed.")

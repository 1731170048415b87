"""What can be refused on the way out, and afterwards."""

from collections.abc import Sequence

from clinic_sessions.domain.errors.base import SessionsError


class NoSuchTerm(SessionsError):
    """`allowed` lists the codes of the catalogue."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("There is no such term in the catalogue of adverse events.")
        self.allowed = list(allowed)


class AdverseEventNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("There is no such adverse event.")


class SeriousnessMissing(SessionsError):
    def __init__(self) -> None:
        super().__init__("From grade 4 on an event is serious; name the criteria.")


class NotSerious(SessionsError):
    def __init__(self) -> None:
        super().__init__("Only a serious event is reported.")


class GradeBelowEvents(SessionsError):
    """`conflicts` has the worst grade that was noted."""

    def __init__(self, worst: int) -> None:
        super().__init__(f"An adverse event of grade {worst} was noted; the worst is no less.")
        self.conflicts = [{"kind": "adverse_event_grade_max", "limit": worst}]


class DischargeIsAnother(SessionsError):
    """`allowed` has the one it is."""

    def __init__(self, discharge: str) -> None:
        super().__init__(f"This discharge is of the kind {discharge}.")
        self.allowed = [discharge]


class NotDocumented(SessionsError):
    """Leaving against advice: `conflicts` names what was not done."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("Who leaves against advice is assessed and informed of the risks first.")
        self.conflicts = [{"kind": kind} for kind in missing]


class WitnessNeeded(SessionsError):
    def __init__(self) -> None:
        super().__init__("The witness is somebody other than the one who writes this down.")


class NotByAbort(SessionsError):
    """`allowed` lists the reasons that there are."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__("Once dosing has begun, a visit ends by discharge, or in others' care.")
        self.allowed = list(allowed)


class NothingToCorrect(SessionsError):
    def __init__(self) -> None:
        super().__init__("What is sent is what is recorded already.")


class NoteNotFound(SessionsError):
    def __init__(self) -> None:
        super().__init__("This session has no note.")


class NoteIsSigned(SessionsError):
    def __init__(self) -> None:
        super().__init__("The note is signed and locked; what is to be added is an addendum.")


class NoteNotSigned(SessionsError):
    def __init__(self) -> None:
        super().__init__("The note is still a draft; an addendum follows a signature.")


class NoteHasChanged(SessionsError):
    """`current` is its version now."""

    def __init__(self, current: int) -> None:
        super().__init__("The note has changed since you read it. Read it again before you sign.")
        self.current = current

"""What can be refused because a patient was erased."""

from clinic_sessions.domain.errors.base import SessionsError


class PatientErased(SessionsError):
    """What was done with them stays on record under the id; nothing new begins."""

    def __init__(self) -> None:
        super().__init__("The patient was erased: nothing new begins for them.")

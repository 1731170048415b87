"""Whether a patient has agreed to be written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MESSAGES = "messages"


class ConsentState(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One consent to messages. Known as withdrawn, it stays so, whatever is received later."""

    id: str
    patient_id: str
    given_at: datetime | None = None
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        if self.withdrawn_at is not None or self.expires_at is None:
            return False
        return at < self.expires_at


def standing(consents: Sequence[Consent], at: datetime) -> ConsentState:
    """One that holds is enough. Otherwise a withdrawal is an answer, and silence is not."""
    if any(consent.holds(at) for consent in consents):
        return ConsentState.GIVEN
    if any(consent.withdrawn_at is not None for consent in consents):
        return ConsentState.WITHDRAWN
    return ConsentState.ABSENT
